/** Waits for brokers to take part in the cluster. */
import { type ClusterImage, type ImageDelta, isFenced } from '../cluster/image.ts'

/** Resolves once this broker is not fenced and as many in all are active. Rejects where the signal calls it off. */
export function joined(
  cluster: { readonly image: ClusterImage; onChange(listener: (delta: ImageDelta) => void): () => void },
  nodeId: number,
  brokersMin: number,
  signal?: AbortSignal,
): Promise<void> {
  const isDone = () => {
    const { image } = cluster
    return !isFenced(image, nodeId) && image.brokers.filter(({ state }) => state === 'active').length >= brokersMin
  }
  if (isDone()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stop = cluster.onChange(() => {
      if (!isDone()) return
      stop()
      signal?.removeEventListener('abort', calledOff)
      resolve()
    })
    const calledOff = () => {
      stop()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', calledOff, { once: true })
  })
}

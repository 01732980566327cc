/** A broker that is about to stop has others lead what it leads, so that clients find them before it is gone (controlled shutdown). */
import type { Clock } from '../base/clock.ts'
import type { ClusterImage, ImageDelta } from '../cluster/image.ts'
import type { Membership } from './membership.ts'

interface FollowedCluster {
  readonly image: ClusterImage
  onChange(listener: (delta: ImageDelta) => void): () => void
}

/** Resolves once no partition that others have, too, is led here, or after a while. */
export async function handOver(
  cluster: FollowedCluster,
  { registration, clock }: Pick<Membership, 'registration' | 'clock'>,
  nodeId: number,
  withinMs: number,
): Promise<void> {
  if (!cluster.image.brokers.some(({ id, state }) => id !== nodeId && state === 'active')) return
  await registration.shutDown()
  if (!leadsForOthers(cluster.image, nodeId)) return
  await until(cluster, clock, withinMs, image => !leadsForOthers(image, nodeId))
}

function leadsForOthers({ topics }: ClusterImage, nodeId: number): boolean {
  for (const { partitions } of topics.values()) {
    for (const { leader, replicas } of partitions) if (leader === nodeId && replicas.length > 1) return true
  }
  return false
}

/** Resolves once the image is as wanted, or after a while. */
function until(
  cluster: FollowedCluster,
  clock: Clock,
  withinMs: number,
  isDone: (image: ClusterImage) => boolean,
): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      timer.cancel()
      stop()
      resolve()
    }
    const timer = clock.schedule(withinMs, end)
    const stop = cluster.onChange(({ image }) => {
      if (isDone(image)) end()
    })
  })
}

/** Lets the metadata store forget old history: the controller's work, as etcd by itself keeps all there ever was. */
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { MetadataStore } from './store.ts'

const everyMs = 60_000

/** Until what it returns is called. */
export function keepCompact(options: {
  readonly store: MetadataStore
  readonly historyMs: number
  readonly isController: () => boolean
  readonly clock: Clock
  readonly logger: Logger
}): () => void {
  const { store, historyMs, isController, clock, logger } = options
  let timer: Timer
  const schedule = () => {
    timer = clock.schedule(everyMs, () => {
      schedule()
      if (!isController()) return
      store.compact(historyMs).catch(error => logger.warn('the history of the metadata could not be cut', { error }))
    })
  }
  schedule()
  return () => timer.cancel()
}

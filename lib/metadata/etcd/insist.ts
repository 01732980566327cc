/** Asking etcd again where it is silent. */
import type { Clock } from '../../base/clock.ts'
import { EtcdSilence } from './faults.ts'

const againMs = 50

/** Asks again until there is an answer, for so long at most; only for what may be done twice. */
export async function insist<T>(
  ask: () => Promise<T>,
  clock: Clock,
  withinMs: number,
  givenUp: () => boolean = () => false,
): Promise<T> {
  const untilMs = clock.monotonicMs() + withinMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof EtcdSilence) || givenUp() || clock.monotonicMs() >= untilMs) throw error
    }
    await new Promise<void>(resolve => clock.schedule(againMs, resolve))
  }
}

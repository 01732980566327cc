/** Waiting for something to be so, for a bounded time: looked at again whenever something may have changed. */
import type { Clock, Timer } from '../base/clock.ts'
import type { NamesOf } from '../base/names.ts'
import { checkMs, checkNames } from './given.ts'
import type { WaitOptions } from './options.ts'
import { WaitTimeoutError } from './wait-timeout-error.ts'

/** How long it is waited where nothing is said, in milliseconds. */
export const waitMsDefault = 4_000
/** How often it is looked at where nothing tells of a change. */
const againMs = 25

/** What every wait takes. */
export const waitNames: NamesOf<WaitOptions> = { timeoutMs: true, signal: true }

/** One look: the value that was waited for, or what there is instead. */
export type Look<T> = { readonly met: T } | { readonly seen: string; readonly state?: unknown }

/** Those who wait, and the clock that they wait by. */
export class Waiting {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #looks = new Set<() => void>()
  #isDue = false
  #again: Timer | null = null
  readonly #waiters = new Set<(reason: Error) => void>()
  /** Why nobody can wait any more. */
  #closed: Error | null = null

  /** `timeoutMs` is how long is waited where a call says nothing of it. */
  constructor(clock: Clock, timeoutMs = waitMsDefault) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Something may be so now: everybody looks, at the end of the turn. */
  changed(): void {
    if (this.#isDue || this.#looks.size === 0) return
    this.#isDue = true
    this.#clock.immediate(() => {
      this.#isDue = false
      for (const look of [...this.#looks]) look()
    })
  }

  /**
   * Resolves once `look` has what is waited for, at once where it has; `what` says it in words. Rejects with a WaitTimeoutError that says
   * what was seen, with the signal's reason, or with what `look` throws.
   */
  async until<T>(what: string, look: () => Look<T> | Promise<Look<T>>, options: WaitOptions = {}): Promise<T> {
    checkNames('waiting', options, waitNames)
    const { timeoutMs = this.#timeoutMs, signal } = options
    checkMs('timeoutMs', timeoutMs)
    if (this.#closed !== null) throw this.#closed
    return new Promise<T>((resolve, reject) => {
      let last: { readonly seen: string; readonly state?: unknown } = { seen: 'nothing yet' }
      let [isLooking, looksAgain] = [false, false]
      const end = () => {
        this.#looks.delete(run)
        this.#waiters.delete(giveUp)
        timer.cancel()
        signal?.removeEventListener('abort', aborted)
      }
      const giveUp = (reason: unknown) => {
        end()
        reject(reason)
      }
      const aborted = () => giveUp(signal!.reason)
      const run = async () => {
        looksAgain = isLooking
        if (isLooking) return
        isLooking = true
        try {
          const found = await look()
          if ('met' in found) {
            end()
            resolve(found.met)
            return
          }
          last = found
        } catch (error) {
          giveUp(error)
          return
        } finally {
          isLooking = false
        }
        if (looksAgain && this.#looks.has(run)) void run()
      }
      const timer = this.#clock.schedule(timeoutMs, () => {
        giveUp(new WaitTimeoutError(`${what}: not within ${timeoutMs} ms; ${last.seen}`, last.state ?? last.seen))
      })
      if (signal?.aborted) return aborted()
      signal?.addEventListener('abort', aborted, { once: true })
      this.#looks.add(run)
      this.#waiters.add(giveUp)
      this.#lookAgain()
      void run()
    })
  }

  /** Whoever waits, or is going to, is told why nothing comes any more. */
  close(reason: Error): void {
    this.#closed = reason
    for (const giveUp of [...this.#waiters]) giveUp(reason)
    this.#again?.cancel()
    this.#again = null
  }

  #lookAgain(): void {
    if (this.#again !== null || this.#looks.size === 0) return
    this.#again = this.#clock.schedule(againMs, () => {
      this.#again = null
      this.changed()
      this.#lookAgain()
    })
  }
}

/** Long work on many partitions, cut into pieces between which others have their turn. */
import type { Clock } from '../../base/clock.ts'
import { type SharedSlices, slicesOf } from '../../base/shared-slices.ts'
import type { Due, Timetable } from '../waiting/timetable.ts'

/** Milliseconds that others have between two slices, however much there is to do. */
const pauseMs = 10

/**
 * Works through lists, several at once where they come so; all of them share each slice, and rest together. A slice is one of those that all long work of
 * the process shares: figures and pages of the console, too.
 */
export class Slices {
  readonly #clock: Clock
  readonly #timetable: Timetable
  readonly #shared: SharedSlices
  readonly #running = new Set<Due>()
  readonly #idlers: (() => void)[] = []
  /** When the present slice ends, or the last one did. */
  #endMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, timetable: Timetable) {
    this.#clock = clock
    this.#timetable = timetable
    this.#shared = slicesOf(clock)
  }

  /** Calls `work` for each item, beginning at once unless others have their turn, and `done` when all are through. */
  run<T>(items: Iterable<T>, work: (item: T) => void, done?: () => void): void {
    const iterator = items[Symbol.iterator]()
    const slice: Due = { due: () => go(false) }
    const go = (isGiven: boolean) => {
      if (!this.#running.has(slice)) return
      const nowMs = this.#clock.monotonicMs()
      const restsMs = this.#endMs + pauseMs - nowMs
      if (restsMs <= 0) {
        if (!isGiven && !this.#shared.take()) {
          this.#shared.wait(() => go(true))
          return
        }
        this.#endMs = this.#shared.endMs
      } else if (nowMs >= this.#endMs) {
        this.#timetable.in(restsMs, slice)
        return
      }
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
        work(next.value)
        if (this.#clock.monotonicMs() < this.#endMs) continue
        // What went beyond its time is not taken off the rest of the others.
        this.#endMs = this.#clock.monotonicMs()
        this.#timetable.in(pauseMs, slice)
        return
      }
      this.#running.delete(slice)
      done?.()
      this.#tellIdle()
    }
    this.#running.add(slice)
    slice.due()
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#idlers.push(resolve))
  }

  #tellIdle(): void {
    if (this.#running.size === 0) for (const tell of this.#idlers.splice(0)) tell()
  }

  /** Ends what is under way where it is. */
  stop(): void {
    for (const slice of this.#running) this.#timetable.cancel(slice)
    this.#running.clear()
    this.#tellIdle()
  }
}

/** Everything in the partitions that happens at a time, on one real timer: waiting requests, checkpoints, retention, flushes. */
import { Alarm } from '../../base/alarm.ts'
import type { Clock } from '../../base/clock.ts'
import { Deadlines } from '../../base/deadlines.ts'

/** Something that has a deadline. */
export interface Due {
  due(): void
}

/** Deadlines of any number of things; setting and cancelling cost the logarithm of their number. */
export class Timetable {
  readonly #clock: Clock
  readonly #deadlines = new Deadlines<Due>()
  readonly #alarm: Alarm

  constructor(clock: Clock) {
    this.#clock = clock
    this.#alarm = new Alarm(clock, () => this.#ring(), 'monotonicMs')
  }

  /** How many have a deadline. */
  get size(): number {
    return this.#deadlines.size
  }

  /** Calls `task.due()` once, in so many milliseconds; replaces an earlier deadline of the same task. Infinity: never. */
  in(delayMs: number, task: Due): void {
    if (delayMs === Number.POSITIVE_INFINITY) {
      this.#deadlines.cancel(task)
      return
    }
    this.#deadlines.set(task, this.#clock.monotonicMs() + delayMs)
    this.#alarm.set(this.#deadlines.nextMs())
  }

  cancel(task: Due): void {
    this.#deadlines.cancel(task)
    // The timer keeps its moment: ringing once for nothing is cheaper than moving it for every answered request.
  }

  /** Forgets all deadlines and stops the timer. */
  close(): void {
    this.#deadlines.clear()
    this.#alarm.cancel()
  }

  #ring(): void {
    const now = this.#clock.monotonicMs()
    for (let task = this.#deadlines.expireOne(now); task !== undefined; task = this.#deadlines.expireOne(now)) {
      task.due()
    }
    this.#alarm.set(this.#deadlines.nextMs())
  }
}

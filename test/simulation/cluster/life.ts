/** One life of a simulated broker's process: it may be stopped for a while, in which nothing of it runs, and once it is over nothing ever does. */
import type { Clock, Timer } from '../../../lib/base/clock.ts'
import type { ManualClock } from '../../../lib/testing/clock.ts'

export class Life {
  isOver = false
  #isStopped = false
  #held: (() => void)[] = []

  run(work: () => void): void {
    if (this.isOver) return
    if (this.#isStopped) this.#held.push(work)
    else work()
  }

  stop(): void {
    this.#isStopped = true
  }

  /** What would have run meanwhile is run by `later`, in its order. */
  goOn(later: (work: () => void) => void): void {
    this.#isStopped = false
    const held = this.#held
    this.#held = []
    for (const work of held) later(() => this.run(work))
  }
}

/** The clock of a life; its time of day may be wrong. */
export class LifeClock implements Clock {
  readonly #life: Life
  readonly #clock: ManualClock
  readonly #skewMs: () => number

  constructor(life: Life, clock: ManualClock, skewMs: () => number) {
    this.#life = life
    this.#clock = clock
    this.#skewMs = skewMs
  }

  now(): number {
    return this.#clock.now() + this.#skewMs()
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  schedule(delayMs: number, run: () => void): Timer {
    let isCancelled = false
    const timer = this.#clock.schedule(delayMs, () =>
      this.#life.run(() => {
        if (!isCancelled) run()
      }),
    )
    return {
      cancel: () => {
        isCancelled = true
        timer.cancel()
      },
    }
  }

  immediate(run: () => void): void {
    this.#clock.immediate(() => this.#life.run(run))
  }
}

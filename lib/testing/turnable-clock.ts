/** A clock that goes as the machine's does until a test freezes, advances or sets it. */
import type { Clock, Timer } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'

class TurnableTimer implements Timer {
  readonly run: () => void
  readonly #cancel: (timer: TurnableTimer) => void

  constructor(run: () => void, cancel: (timer: TurnableTimer) => void) {
    this.run = run
    this.#cancel = cancel
  }

  cancel(): void {
    this.#cancel(this)
  }
}

/** Moments after each of which all that follows is awaited, and parts of what is left after each of which it is. */
const [momentsMax, settledPartsMax] = [200, 100]

/** See the head of the file. */
export class TurnableClock implements Clock {
  readonly #machine: Clock
  /** By milliseconds of this clock's monotonic time. */
  readonly #timers = new Deadlines<TurnableTimer>()
  readonly #cancel = (timer: TurnableTimer) => {
    this.#timers.cancel(timer)
    // The machine's would keep a process from ending.
    if (this.#timers.size === 0) this.#arm()
  }
  /** How far it is ahead of the machine's, while it goes. */
  #aheadMs = 0
  #monotonicAheadMs = 0
  /** What it shows while it stands still. */
  #frozen: { nowMs: number; monotonicMs: number } | null = null
  /** The machine's timer for the first of ours, and when that is due. */
  #alarm: Timer | null = null
  #alarmMs = Number.POSITIVE_INFINITY

  constructor(machine: Clock) {
    this.#machine = machine
  }

  now(): number {
    return this.#frozen === null ? this.#machine.now() + this.#aheadMs : Math.round(this.#frozen.nowMs)
  }

  monotonicMs(): number {
    return this.#frozen === null ? this.#machine.monotonicMs() + this.#monotonicAheadMs : this.#frozen.monotonicMs
  }

  schedule(delayMs: number, run: () => void): Timer {
    const timer = new TurnableTimer(run, this.#cancel)
    this.#timers.set(timer, this.monotonicMs() + Math.max(0, delayMs))
    this.#arm()
    return timer
  }

  immediate(run: () => void): void {
    this.#machine.immediate(run)
  }

  get isFrozen(): boolean {
    return this.#frozen !== null
  }

  /** How far its time of day is ahead of the machine's, in milliseconds; negative where it is behind. */
  get aheadMs(): number {
    return this.now() - this.#machine.now()
  }

  /** Timers that were set and neither ran nor were cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Stands still from now on. */
  freeze(): void {
    this.#frozen ??= { nowMs: this.now(), monotonicMs: this.monotonicMs() }
    this.#arm()
  }

  /** Goes on from where it stands. */
  resume(): void {
    if (this.#frozen === null) return
    const { nowMs, monotonicMs } = this.#frozen
    this.#frozen = null
    this.#aheadMs = Math.round(nowMs) - this.#machine.now()
    this.#monotonicAheadMs = monotonicMs - this.#machine.monotonicMs()
    this.#arm()
  }

  /** Sets the time of day; what waits for so many milliseconds goes on waiting for them. */
  set(nowMs: number): void {
    if (this.#frozen === null) this.#aheadMs = nowMs - this.#machine.now()
    else this.#frozen.nowMs = nowMs
  }

  /**
   * Passes so many milliseconds at once. What falls due runs at its own moment, in order, and `settled` is awaited after each of the first
   * 200 moments; from then on as often as `settledPartsMax` says, so that a week with a timer every few seconds takes no minutes. Gives how
   * many timers ran.
   */
  async advance(ms: number, settled: () => Promise<void>): Promise<number> {
    const wasFrozen = this.isFrozen
    this.freeze()
    let fired = 0
    try {
      await settled()
      const endMs = this.monotonicMs() + ms
      let partMs = 0
      for (let moments = 0; this.#timers.nextMs() <= endMs; moments++) {
        if (moments === momentsMax) partMs = (endMs - this.monotonicMs()) / settledPartsMax
        const untilMs = Math.min(endMs, this.#timers.nextMs() + partMs)
        while (this.#timers.nextMs() <= untilMs) {
          this.#pass(this.#timers.nextMs() - this.monotonicMs())
          fired += this.#runDue()
        }
        await settled()
      }
      this.#pass(endMs - this.monotonicMs())
      await settled()
    } finally {
      if (!wasFrozen) this.resume()
    }
    return fired
  }

  /** Forgets all timers. */
  close(): void {
    this.#timers.clear()
    this.#arm()
  }

  #pass(ms: number): void {
    const frozen = this.#frozen!
    frozen.nowMs += Math.max(0, ms)
    frozen.monotonicMs += Math.max(0, ms)
  }

  #runDue(): number {
    const nowMs = this.monotonicMs()
    let count = 0
    for (let timer = this.#timers.expireOne(nowMs); timer; timer = this.#timers.expireOne(nowMs)) {
      count++
      timer.run()
    }
    return count
  }

  /** Has the machine wake us when the first timer is due. */
  #arm(): void {
    const dueMs = this.#frozen === null ? this.#timers.nextMs() : Number.POSITIVE_INFINITY
    if (dueMs === this.#alarmMs) return
    this.#alarm?.cancel()
    this.#alarmMs = dueMs
    this.#alarm =
      dueMs === Number.POSITIVE_INFINITY ? null : this.#machine.schedule(dueMs - this.monotonicMs(), this.#ring)
  }

  readonly #ring = () => {
    this.#alarm = null
    this.#alarmMs = Number.POSITIVE_INFINITY
    this.#runDue()
    this.#arm()
  }
}

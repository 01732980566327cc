/** One direction of a connection that may be slow, narrow or blocked: what is put in comes out later, in order. */
import type { Clock, Timer } from '../../base/clock.ts'
import { Queue } from '../../base/queue.ts'

/** How a direction is disturbed now. */
export interface LaneState {
  readonly isBlocked: boolean
  readonly latencyMs: number
  /** Infinity where it is as wide as it is. */
  readonly bytesPerSecond: number
}

interface Item {
  readonly atMs: number
  readonly run: () => void
}

/** See the head of the file. */
export class Lane {
  readonly #clock: Clock
  readonly #state: () => LaneState
  readonly #items = new Queue<Item>()
  #freeMs = 0
  #timer: Timer | null = null

  constructor(clock: Clock, state: () => LaneState) {
    this.#clock = clock
    this.#state = state
  }

  /** Nothing is in it, and nothing would be held up. */
  get isClear(): boolean {
    const { isBlocked, latencyMs, bytesPerSecond } = this.#state()
    return this.#items.length === 0 && !isBlocked && latencyMs === 0 && bytesPerSecond === Number.POSITIVE_INFINITY
  }

  /** Runs `run` when so many bytes have come through. */
  put(bytes: number, run: () => void): void {
    const { latencyMs, bytesPerSecond } = this.#state()
    const beginMs = Math.max(this.#freeMs, this.#clock.monotonicMs())
    this.#freeMs = beginMs + (bytes / bytesPerSecond) * 1_000
    this.#items.push({ atMs: this.#freeMs + latencyMs, run })
    this.changed()
  }

  /** What was put in may come out now, as it is not blocked any more. */
  changed(): void {
    this.#timer?.cancel()
    this.#timer = null
    for (let item = this.#items.peek(); item && !this.#state().isBlocked; item = this.#items.peek()) {
      const waitMs = item.atMs - this.#clock.monotonicMs()
      if (waitMs > 0) {
        this.#timer = this.#clock.schedule(waitMs, () => this.changed())
        return
      }
      this.#items.shift()
      item.run()
    }
  }

  /** Drops what is in it. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = null
    while (this.#items.shift());
  }
}

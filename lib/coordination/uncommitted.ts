/** Answers that are there, and are held back until what they rest on is committed, or until that has taken too long. */
import { Queue } from '../base/queue.ts'

/** An answer on its way to a client: given by an operation, delivered when that is committed. */
export interface Given {
  /** Replaces the answer by a refusal. */
  refuse(errorCode: number): void
  deliver(): void
}

interface Held {
  /** The last offset that the answers rest on. */
  readonly offset: number
  readonly dueMs: number
  readonly given: readonly Given[]
}

/** In order of their offsets, which is that of their deadlines, too. */
export class Uncommitted {
  readonly #held = new Queue<Held>()

  /** Holds answers back until `offset` is committed, at most until `dueMs`. */
  hold(offset: number, dueMs: number, given: readonly Given[]): void {
    this.#held.push({ offset, dueMs, given })
  }

  /** When the time of the first is over; Infinity where there is none. */
  get nextMs(): number {
    return this.#held.peek()?.dueMs ?? Number.POSITIVE_INFINITY
  }

  /** Delivers what rests on offsets below the high watermark. */
  deliverBelow(highWatermark: number): void {
    for (let first = this.#held.peek(); first && first.offset < highWatermark; first = this.#held.peek()) {
      this.#held.shift()
      for (const answer of first.given) answer.deliver()
    }
  }

  /** Refuses what was to be committed before `nowMs`; Infinity: all. */
  refuseUntil(nowMs: number, errorCode: number): void {
    for (let first = this.#held.peek(); first && first.dueMs <= nowMs; first = this.#held.peek()) {
      this.#held.shift()
      for (const answer of first.given) {
        answer.refuse(errorCode)
        answer.deliver()
      }
    }
  }
}

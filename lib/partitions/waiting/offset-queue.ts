/** Who waits for an offset of a partition to be reached: answered in order of offset. */

/** One waiting thing, which may wait for several partitions at once; `slot` tells it which of them was reached. */
export interface OffsetWaiter<S> {
  /** `errorCode` is NONE where the offset was reached. */
  settled(slot: S, errorCode: number): void
}

interface Waiting {
  readonly offset: number
  readonly waiter: OffsetWaiter<unknown>
  readonly slot: unknown
}

/** Takes the place of who was settled, so that nothing of theirs is kept. */
const settled: Waiting = { offset: -1, waiter: { settled: () => undefined }, slot: undefined }
/** An array that is read to its end is emptied once it is this long: emptying is a call into the runtime. */
const emptiedFrom = 64

/** Waiters by offset. Appends come in order of offset, so adding is nearly always at the end. */
export class OffsetQueue {
  #waiting: Waiting[] = []
  #head = 0

  get length(): number {
    return this.#waiting.length - this.#head
  }

  add<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    const entry: Waiting = { offset, waiter: waiter as OffsetWaiter<unknown>, slot }
    let at = this.#waiting.length
    while (at > this.#head && this.#waiting[at - 1].offset > offset) at--
    if (at === this.#waiting.length) this.#waiting.push(entry)
    else this.#waiting.splice(at, 0, entry)
  }

  /** Settles those that wait for an offset below `end`. */
  settleBelow(end: number, errorCode: number): void {
    while (this.#head < this.#waiting.length && this.#waiting[this.#head].offset < end) {
      const { waiter, slot } = this.#waiting[this.#head]
      this.#waiting[this.#head++] = settled
      // Only a queue that never runs dry needs its front cut off.
      if (this.#head === this.#waiting.length && this.#head >= emptiedFrom) {
        this.#waiting.length = 0
        this.#head = 0
      } else if (this.#head >= 1024) {
        this.#waiting = this.#waiting.slice(this.#head)
        this.#head = 0
      }
      waiter.settled(slot, errorCode)
    }
  }

  /** Settles all with an error. */
  fail(errorCode: number): void {
    this.settleBelow(Number.POSITIVE_INFINITY, errorCode)
  }
}

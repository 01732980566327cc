/** Where a partition's log ended when: enough to say since when an offset has been there to read. Pure. */

/** Points that are kept; beyond it, the older half is kept at every second. */
const pointsMax = 64

interface Point {
  /** When the end was first seen to be there, and when it was last. */
  readonly sinceMs: number
  untilMs: number
  readonly end: number
}

/** See the head of the file. */
export class EndHistory {
  #points: Point[] = []

  /** The log ends there now. Ends that go back, by unclean elections, take what was seen before with them. */
  note(nowMs: number, end: number): void {
    let last = this.#points.at(-1)
    while (last !== undefined && last.end > end) {
      this.#points.pop()
      last = this.#points.at(-1)
    }
    if (last?.end === end) last.untilMs = Math.max(last.untilMs, nowMs)
    else this.#points.push({ sinceMs: nowMs, untilMs: nowMs, end })
    if (this.#points.length <= pointsMax) return
    const half = pointsMax / 2
    // The first stays: it is as far back as anything is known.
    this.#points = this.#points.filter((_, i) => i === 0 || i >= half || i % 2 === 1)
  }

  /**
   * When the end passed an offset, so that there was a record to read at it, in ms; between two looks in proportion. The first look,
   * where it had passed it then: it may be longer ago. Null where it has not.
   */
  passedMs(offset: number): number | null {
    let [low, high] = [0, this.#points.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#points[middle]!.end > offset) high = middle
      else low = middle + 1
    }
    const after = this.#points[low]
    if (after === undefined) return null
    const before = this.#points[low - 1]
    if (before === undefined) return after.sinceMs
    // The record at the offset was the one that came after so many others.
    const part = (offset + 1 - before.end) / (after.end - before.end)
    return before.untilMs + part * (after.sinceMs - before.untilMs)
  }
}

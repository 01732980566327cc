/** Which offset of a copy belongs to one of the original: stretches in which both go on by one for each record. Pure. */

/** So many records from `source` on lie from `target` on. */
export type Stretch = readonly [source: number, target: number, length: number]

/** Stretches that are kept: what is older is translated to an earlier record, and so is read again. */
const stretchesMax = 64

export class OffsetMap {
  #stretches: Stretch[]

  constructor(stretches: readonly Stretch[] = []) {
    this.#stretches = [...stretches]
  }

  /** Notes that records from `source` on were copied to `target` on; each call goes on where the last has left off, or behind. */
  add(source: number, target: number, length: number): void {
    const last = this.#stretches.at(-1)
    if (last !== undefined && source < last[0] + last[2]) {
      // Copied again after a crash: the first copy of what came before stays what offsets mean.
      const seen = last[0] + last[2] - source
      if (seen >= length) return
      this.add(source + seen, target + seen, length - seen)
      return
    }
    if (last !== undefined && source === last[0] + last[2] && target === last[1] + last[2]) {
      this.#stretches[this.#stretches.length - 1] = [last[0], last[1], last[2] + length]
      return
    }
    this.#stretches.push([source, target, length])
    if (this.#stretches.length > stretchesMax) this.#thin()
  }

  /** Every second of the older ones goes, so that far offsets are known roughly and near ones exactly. */
  #thin(): void {
    const half = stretchesMax >> 1
    this.#stretches = this.#stretches.filter((_, index) => index >= half || index % 2 === 0)
  }

  /**
   * The offset in the copy from which a reader of the original at `source` goes on: never behind a record that it has not read. Null where nothing
   * was copied.
   */
  targetOf(source: number): number | null {
    for (let index = this.#stretches.length - 1; index >= 0; index--) {
      const [from, target, length] = this.#stretches[index]!
      if (source >= from) return target + Math.min(source - from, length)
    }
    return this.#stretches[0]?.[1] ?? null
  }

  get stretches(): readonly Stretch[] {
    return this.#stretches
  }
}

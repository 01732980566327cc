/** How long things took, counted by bounds: plain numbers, so that adding one allocates nothing. */

/** Upper bounds of the buckets in seconds; what took longer is in one more. */
export const boundsSeconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const

/** A tick is 10 µs, and fits into a small integer for six hours: what takes longer than three is counted as less. */
export const ticksPerSecond = 100_000

const boundsTicks = Int32Array.from(boundsSeconds, seconds => Math.round(seconds * ticksPerSecond))
const bucketCount = boundsTicks.length + 1

/** The moment in ticks, which start again from below after six hours. Only differences mean something. */
export function ticksOf(ms: number): number {
  return (ms * 100) | 0
}

/** See the head of the file. */
export class TimeHistogram {
  /** Counts by bucket, and then the sum of ticks. */
  readonly #values = new Float64Array(bucketCount + 1)

  /** A clock that was read before this began may lie behind: then it took no time. */
  add(ticks: number): void {
    const took = ticks < 0 ? 0 : ticks
    let bucket = 0
    while (bucket < boundsTicks.length && took > boundsTicks[bucket]!) bucket++
    this.#values[bucket]!++
    this.#values[bucketCount]! += took
  }

  /** How many took at most as long as each bound, and how many there are in all. */
  cumulative(): number[] {
    let sum = 0
    return Array.from({ length: bucketCount }, (_, bucket) => {
      sum += this.#values[bucket]!
      return sum
    })
  }

  get count(): number {
    return this.cumulative()[bucketCount - 1]!
  }

  get sumSeconds(): number {
    return this.#values[bucketCount]! / ticksPerSecond
  }
}

/** What replicated state machines take and give: the time, the records to write, and the answer. */

/** One moment on both of the clock's scales, in milliseconds. */
export interface Moment {
  /** Since 1970: what is written into records. */
  readonly ms: number
  /** Since some start, never going back: what timeouts are measured by. */
  readonly monotonicMs: number
}

/** Records to be written, and the answer once they are committed; undefined where it comes another way. */
export interface Outcome<R, T> {
  readonly records: readonly R[]
  readonly response: T
  /** Some of the records may last without the others. They are written in one batch else, which the log takes or refuses. */
  readonly mayBeSplit?: boolean
}

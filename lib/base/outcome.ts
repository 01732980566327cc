/** What replicated state machines take and give: the time, the records to write, and the ways to answer. */

/** One moment on both of the clock's scales, in milliseconds. */
export interface Moment {
  /** Since 1970: what is written into records. */
  readonly ms: number
  /** Since some start, never going back: what timeouts are measured by. */
  readonly monotonicMs: number
}

/** Records to be written, and the answer once they are committed; undefined where it comes another way. */
export interface Outcome<R, T> {
  /** They take effect together or not at all, unless they are divisible. */
  readonly records: readonly R[]
  /** Each record stands for itself, as when much is forgotten at once: they may be more than one batch takes. */
  readonly divisible?: boolean
  readonly response: T
}

/** Gives a request its answer, and what to answer instead where the records of the operation cannot be written. */
export type Reply<T> = (response: T, refused?: (errorCode: number) => T) => void

/** When which revision of the store was the newest, so that history can be forgotten by its age. */
import type { Clock } from '../../base/clock.ts'

/** How exact an age is. */
const everyMs = 10_000
/** Half an hour and more of them. */
const timesMax = 200

export class RevisionTimes {
  readonly #clock: Clock
  readonly #times: { readonly revision: number; readonly atMs: number }[] = []
  #newest = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The store was at this revision, or beyond. */
  note(revision: number): void {
    if (!(revision > this.#newest)) return
    this.#newest = revision
    const atMs = this.#clock.monotonicMs()
    const last = this.#times.at(-1)
    if (last !== undefined && atMs - last.atMs < everyMs) return
    this.#times.push({ revision, atMs })
    if (this.#times.length > timesMax) this.#times.shift()
  }

  /** The newest revision that is known to be of this age; null where none is. */
  newestBefore(ageMs: number): number | null {
    if (ageMs <= 0) return this.#newest || null
    const untilMs = this.#clock.monotonicMs() - ageMs
    return this.#times.findLast(({ atMs }) => atMs <= untilMs)?.revision ?? null
  }
}

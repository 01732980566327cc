/**
 * How a group gets on with a partition, by a window of looks at it. The rules are Burrow's, over looks by the clock in the place of commits, so
 * that a consumer which commits seldom is judged as one that commits often. Pure.
 */

/** From good to bad. */
export const lagStatuses = ['OK', 'WARN', 'STALL', 'STOP', 'REWIND'] as const
export type LagStatus = (typeof lagStatuses)[number]

/** One look. */
export interface LagLook {
  readonly atMs: number
  /** What is committed, and when that was. */
  readonly offset: number
  readonly commitMs: number
  readonly lag: number
}

/** Looks that a judgement takes, and the time that they have to span. */
export const looksMin = 3

/**
 * Of looks in their order. OK where there is no lag, or was none in the window, and where too little is known.
 * REWIND: what is committed went back. STOP: nothing is committed in the window. STALL: commits come, always of the same offset.
 * WARN: offsets move on, and the lag grows, or stays, from each look to the next.
 */
export function lagStatus(looks: readonly LagLook[], windowMs: number): LagStatus {
  const last = looks.at(-1)
  if (last === undefined || last.lag === 0) return 'OK'
  if (looks.some((look, i) => i > 0 && look.offset < looks[i - 1]!.offset)) return 'REWIND'
  const first = looks[0]!
  if (looks.length < looksMin || last.atMs - first.atMs < windowMs) return 'OK'
  if (looks.some(({ lag }) => lag === 0)) return 'OK'
  if (last.commitMs <= first.commitMs) return 'STOP'
  if (last.offset === first.offset) return last.lag >= first.lag ? 'STALL' : 'OK'
  return looks.every((look, i) => i === 0 || look.lag >= looks[i - 1]!.lag) ? 'WARN' : 'OK'
}

/** The worst of some. */
export function worst(statuses: Iterable<LagStatus>): LagStatus {
  let index = 0
  for (const status of statuses) index = Math.max(index, lagStatuses.indexOf(status))
  return lagStatuses[index]!
}

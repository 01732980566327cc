/** Durations and moments as tests write them. */

/** A number of milliseconds, or text such as 250ms, 10s, 90m, 2h, 7d. */
export type Duration = number | string
/** Milliseconds since 1970, a date, or the text of one. */
export type Moment = number | Date | string

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** In milliseconds. Throws RangeError. */
export function durationMs(duration: Duration): number {
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(String(duration).trim()) ?? []
  if (amount === undefined)
    throw new RangeError(`'${duration}' is no duration: write milliseconds, or 250ms, 10s, 90m, 2h, 7d`)
  return Number(amount) * unitsMs[unit]!
}

/** In milliseconds since 1970. Throws RangeError. */
export function momentMs(moment: Moment): number {
  const ms = typeof moment === 'string' && /^\d+$/.test(moment) ? Number(moment) : new Date(moment).getTime()
  if (Number.isNaN(ms)) throw new RangeError(`'${moment}' is no date: write it as in 2026-11-30T10:00:00Z`)
  return ms
}

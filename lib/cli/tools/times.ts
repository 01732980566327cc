/** Times and durations as options of Kafka's tools take them. */

const timeForm = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?(Z|[+-]\d\d(?::?\d\d)?)?$/

/** `2030-01-31T13:00:00.000` in milliseconds since 1970; in UTC where no zone is said. Throws where it is none. */
export function timeOf(text: string): number {
  if (!text.includes('T')) {
    throw new Error(
      "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format",
    )
  }
  const parts = timeForm.exec(text)
  if (parts === null) throw new Error(`java.text.ParseException: Unparseable date: "${text}"`)
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const time = Date.UTC(year, month - 1, day, hour, minute, second, Number((parts[7] ?? '0').padEnd(3, '0')))
  return time - zoneMsOf(parts[8] ?? 'Z')
}

function zoneMsOf(zone: string): number {
  if (zone === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || 0)]
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

const durationForm =
  /^([+-]?)P(?:([+-]?\d{1,9})D)?(?:T(?:([+-]?\d{1,9})H)?(?:([+-]?\d{1,9})M)?(?:([+-]?\d{1,9}(?:\.\d{1,9})?)S)?)?$/i

/** `P1DT2H30M` in milliseconds. Throws where it is none. */
export function durationMsOf(text: string): number {
  const parts = durationForm.exec(text)
  const isEmpty = parts === null || parts.slice(2).every(part => part === undefined) || /T$/i.test(text)
  if (isEmpty) throw new Error('Text cannot be parsed to a Duration')
  const [days, hours, minutes, seconds] = parts.slice(2).map(part => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ]
  const ms = Math.trunc((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000)
  return parts[1] === '-' ? -ms : ms
}

/** A moment by a pattern of letters as Java has them: years, months, days, hours, minutes, seconds and milliseconds. */
export function javaDate(ms: number, pattern: string): string {
  const date = new Date(ms)
  const values: Readonly<Record<string, number>> = {
    ...{ y: date.getFullYear(), M: date.getMonth() + 1, d: date.getDate() },
    ...{ H: date.getHours(), m: date.getMinutes(), s: date.getSeconds(), S: date.getMilliseconds() },
  }
  return pattern.replace(/'([^']*)'|(y+|M+|d+|H+|m+|s+|S+)/g, (_all, literal?: string, letters?: string) => {
    if (letters === undefined) return literal === '' ? "'" : (literal ?? '')
    const text = String(values[letters[0]!])
    return letters === 'yy' ? text.slice(-2) : text.padStart(letters.length, '0')
  })
}

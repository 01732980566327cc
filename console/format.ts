/** Numbers, sizes and times as people read them; always in the same form, so that columns can be compared. */

const groups = new Intl.NumberFormat('en', { useGrouping: true })

/** With separators of thousands; a dash where there is none. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined || value < 0 ? '–' : groups.format(value)
}

/** Bytes in the largest unit that leaves a number above one. */
export function size(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || bytes < 0) return '–'
  if (bytes < 1_000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  let [value, unit] = [bytes / 1_000, 0]
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000
    unit++
  }
  return `${value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** Local time to the millisecond; a dash where there is none. */
export function time(ms: number): string {
  if (ms < 0) return '–'
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return String(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** How long ago, or how long, roughly. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** `1 topic`, `2 topics`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `TOPIC_ALREADY_EXISTS` as a sentence begins. */
export function words(code: string): string {
  const text = code.toLowerCase().replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

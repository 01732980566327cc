/** What `ottla doctor` found out about one thing. */

export interface Finding {
  /** `fail` where something will not work, `warn` where it may not, or not well. */
  readonly level: 'ok' | 'warn' | 'fail'
  /** What was looked at, in a word. */
  readonly about: string
  /** In plain words: how it is, and what to do where that is not good. */
  readonly text: string
}

export const ok = (about: string, text: string): Finding => ({ level: 'ok', about, text })
export const warn = (about: string, text: string): Finding => ({ level: 'warn', about, text })
export const fail = (about: string, text: string): Finding => ({ level: 'fail', about, text })

/** Bytes for people. */
export function sizeOf(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let [size, unit] = [bytes, 0]
  while (size >= 1_000 && unit < units.length - 1) [size, unit] = [size / 1_000, unit + 1]
  return `${size.toFixed(size < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`
}

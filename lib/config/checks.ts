/** What is allowed where bounds and lists of words cannot say it: each answers null for a good value, else what would be one. */

/** -1 for the codec's default, or 1 to 9. */
export function gzipLevel(value: string): string | null {
  return /^(-1|[1-9])$/.test(value) ? null : '-1 or a number from 1 to 9'
}

/** At least one character. */
export function notEmpty(value: string): string | null {
  return value.length > 0 ? null : 'a text that is not empty'
}

/** '*' for all, nothing, or partition:broker pairs. */
export function throttledReplicas(value: string): string | null {
  return value === '' || value === '*' || /^\d+:\d+(\s*,\s*\d+:\d+)*$/.test(value)
    ? null
    : "'*', or pairs of partition and broker such as 0:1,1:2"
}

/** Where a share group begins (KIP-932). */
export function shareOffsetReset(value: string): string | null {
  const word = value.toLowerCase()
  if (word === 'latest' || word === 'earliest') return null
  return /^by_duration:p(?=.)(\d+d)?(t(?=.)(\d+h)?(\d+m)?(\d+(\.\d+)?s)?)?$/.test(word)
    ? null
    : 'latest, earliest or by_duration: with a duration such as PT1H'
}

/** Addresses with a number each. */
export function connectionOverrides(value: string): string | null {
  return value.trim() === '' || value.split(',').every(pair => /^\s*\S+:\d+\s*$/.test(pair))
    ? null
    : 'pairs of address and number such as 10.0.0.1:200,db.example.com:50'
}

/** How Java reads and prints numbers, and what it takes for white space: property values are the text that Kafka makes of them. */

/** Without the characters up to U+0020 at both ends. Other white space stays. */
export function trimmed(text: string): string {
  return stripped(text, code => code <= 0x20)
}

/** Runs of white space are as long as clients want, so that a regular expression would take its time. */
function stripped(text: string, isSpace: (code: number) => boolean): string {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

/** The members of a list, of which there is none in an empty text. */
export function members(text: string): string[] {
  const whole = trimmed(text)
  if (whole === '') return []
  return whole.split(',').map(member => stripped(member, code => code === 0x20 || (code >= 0x09 && code <= 0x0d)))
}

/** Digits of every script, as far as they are one UTF-16 unit, count as digits. Null where the text is no whole number. */
export function parseInteger(text: string): bigint | null {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text)
  const western = text.replace(/(?![0-9])\p{Nd}/gu, digit => (digit.length === 1 ? valueOfDigit(digit) : digit))
  return western === text ? null : parseInteger(western)
}

/** The digits of a script stand in a row, zero first. */
function valueOfDigit(digit: string): string {
  const code = digit.charCodeAt(0)
  let zero = code
  while (/\p{Nd}/u.test(String.fromCharCode(zero - 1))) zero--
  return String((code - zero) % 10)
}

const decimalForm = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/
const hexadecimalForm = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/
const wordForm = /^([+-]?)(NaN|Infinity)$/

/** A decimal or hexadecimal number, NaN or Infinity; null where the text is none of them. */
export function parseDouble(text: string): number | null {
  if (decimalForm.test(text)) return Number(text.replace(/[fFdD]$/, ''))
  const word = wordForm.exec(text)
  if (word) return word[2] === 'NaN' ? Number.NaN : word[1] === '-' ? -Infinity : Infinity
  const parts = hexadecimalForm.exec(text)
  if (!parts) return null
  const [, sign, whole, fraction, exponent] = parts
  const digits = `${whole}${fraction}`
  if (digits === '') return null
  const value = Number.parseInt(digits, 16) * 2 ** (Number(exponent) - 4 * fraction!.length)
  return sign === '-' ? -value : value
}

/** With a point always, and with an exponent below a thousandth and from ten million up. */
export function printDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7)) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/**
 * Lines in Prometheus' text format as bytes, in one buffer that is written over and over: a broker of ten thousand partitions has as many lines as there
 * are of strings that would have to be collected, and the collector holds up others for longer than a slice.
 */

/** Bytes of a piece of the answer. */
export const pieceBytes = 65_536
/** Beyond that, for the line that made it full. */
const roomBytes = 4_096
/** What one unit of a text takes at most: two where it is escaped, three in UTF-8. */
const unitBytesMax = 3

const [quote, backslash, lineFeed, letterN, digit0, brace] = [34, 92, 10, 110, 48, 123] as const

/** See the head of the file. */
export class TextWriter {
  #bytes = Buffer.allocUnsafeSlow(pieceBytes + roomBytes)
  #length = 0

  get isFull(): boolean {
    return this.#length >= pieceBytes
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** What was written since; good until something is written. */
  take(): Uint8Array {
    const piece = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    return piece
  }

  text(text: string): void {
    this.#put(text, false)
  }

  /** `name{label="value"} 1` and the end of the line. */
  series(name: string, labels: Readonly<Record<string, string | number>>, value: number): void {
    this.#put(name, false)
    let before: number = brace
    for (const label in labels) {
      this.#byte(before)
      before = 44
      this.#put(label, false)
      this.#byte(61)
      this.#byte(quote)
      const of = labels[label]!
      if (typeof of === 'number') this.#number(of)
      else this.#put(of, true)
      this.#byte(quote)
    }
    if (before !== brace) this.#byte(125)
    this.#byte(32)
    this.#number(value)
    this.#byte(lineFeed)
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #number(value: number): void {
    if ((value | 0) !== value || value < 0) {
      if (value === Number.POSITIVE_INFINITY) this.#put('+Inf', false)
      else this.#put(value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value), false)
      return
    }
    let digits = 1
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++
    this.#reserve(digits)
    const bytes = this.#bytes
    let rest = value
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const tens = (rest / 10) | 0
      bytes[at] = digit0 + rest - 10 * tens
      rest = tens
    }
    this.#length += digits
  }

  #put(text: string, isEscaped: boolean): void {
    this.#reserve(text.length * unitBytesMax)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < text.length; i++) {
      let code = text.charCodeAt(i)
      if (code >= 0x80) {
        this.#length = at
        const rest = text.slice(i)
        this.#length += this.#bytes.write(isEscaped ? escapedLabel(rest) : rest, at)
        return
      }
      if (isEscaped && (code === quote || code === backslash || code === lineFeed)) {
        bytes[at++] = backslash
        if (code === lineFeed) code = letterN
      }
      bytes[at++] = code
    }
    this.#length = at
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes
    if (wanted <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(wanted + roomBytes)
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

const special = /[\\"\n]/g

/** As it stands between the quotes of a label. */
export function escapedLabel(value: string): string {
  return value.replace(special, found => (found === '\n' ? '\\n' : `\\${found}`))
}

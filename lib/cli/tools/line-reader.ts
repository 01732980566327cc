/** Lines of standard input as records, by the properties of Kafka's LineMessageReader: pure. */

/** A record as a line says it. */
export interface LineRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  /** Null where the line does not say. */
  readonly timestamp: number | null
  readonly partition: number | null
}

const [newline, carriageReturn] = [0x0a, 0x0d]

/** A line longer than this is no record that a broker would take. */
const lineBytesMax = 256 * 1024 * 1024

/** Cuts bytes, as they come in, into lines that end with a newline, a carriage return, or both. */
export class LineSplitter {
  #rest: Buffer[] = []
  #restBytes = 0
  /** The last byte was a carriage return, behind which a newline means nothing more. */
  #isAfterReturn = false

  /** The lines that are whole with these bytes. Throws an Error where one has no end. */
  push(bytes: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let start = 0
    if (this.#isAfterReturn && bytes[0] === newline) start = 1
    if (bytes.length > 0) this.#isAfterReturn = false
    const hasReturns = bytes.includes(carriageReturn)
    while (start < bytes.length) {
      const end = hasReturns ? endOfLine(bytes, start) : bytes.indexOf(newline, start)
      if (end < 0) break
      lines.push(this.#line(bytes.subarray(start, end)))
      start = end + 1
      if (bytes[end] !== carriageReturn) continue
      if (start === bytes.length) this.#isAfterReturn = true
      else if (bytes[start] === newline) start++
    }
    if (start < bytes.length) {
      this.#rest.push(bytes.subarray(start))
      this.#restBytes += bytes.length - start
      if (this.#restBytes > lineBytesMax) throw new Error(`a line is longer than ${lineBytesMax} bytes`)
    }
    return lines
  }

  /** The last line, where it has no end. */
  end(): Buffer | null {
    return this.#restBytes === 0 ? null : this.#line(Buffer.alloc(0))
  }

  #line(last: Buffer): Buffer {
    if (this.#restBytes === 0) return last
    const line = Buffer.concat([...this.#rest, last])
    this.#rest = []
    this.#restBytes = 0
    return line
  }
}

function endOfLine(bytes: Buffer, start: number): number {
  const [a, b] = [bytes.indexOf(newline, start), bytes.indexOf(carriageReturn, start)]
  return a < 0 || (b >= 0 && b < a) ? b : a
}

/** Which parts a line has, in this order, as `ottla consume` prints them: timestamp, partition, headers, key, value. */
export class LineReader {
  readonly #parsesTimestamp: boolean
  readonly #parsesPartition: boolean
  readonly #parsesHeaders: boolean
  readonly #parsesKey: boolean
  readonly #keySeparator: Buffer
  readonly #headersDelimiter: Buffer
  readonly #headersSeparator: RegExp
  readonly #headersKeySeparator: string
  readonly #ignoresErrors: boolean
  readonly #nullMarker: Buffer | null
  #lineNumber = 0

  /** Throws an Error where they do not go together. */
  constructor(properties: Readonly<Record<string, string>>) {
    const flag = (name: string) => properties[name]?.trim().toLowerCase() === 'true'
    this.#parsesTimestamp = flag('parse.timestamp')
    this.#parsesPartition = flag('parse.partition')
    this.#parsesHeaders = flag('parse.headers')
    this.#parsesKey = flag('parse.key')
    this.#ignoresErrors = flag('ignore.error')
    const texts = {
      'headers.delimiter': properties['headers.delimiter'] ?? '\t',
      'headers.separator': properties['headers.separator'] ?? ',',
      'headers.key.separator': properties['headers.key.separator'] ?? ':',
      'key.separator': properties['key.separator'] ?? '\t',
    }
    const marker = properties['null.marker']
    const different = (a: keyof typeof texts, b: keyof typeof texts) => {
      if (texts[a] === texts[b]) throw new Error(`${a} and ${b} may not be equal`)
    }
    different('headers.delimiter', 'headers.separator')
    different('headers.delimiter', 'headers.key.separator')
    different('headers.separator', 'headers.key.separator')
    for (const name of ['key.separator', 'headers.separator', 'headers.delimiter', 'headers.key.separator'] as const)
      if (texts[name] === marker) throw new Error(`null.marker and ${name} may not be equal`)
    this.#keySeparator = Buffer.from(texts['key.separator'])
    this.#headersDelimiter = Buffer.from(texts['headers.delimiter'])
    this.#headersSeparator = new RegExp(texts['headers.separator'])
    this.#headersKeySeparator = texts['headers.key.separator']
    this.#nullMarker = marker === undefined ? null : Buffer.from(marker)
  }

  /** Throws an Error where the line lacks a part. */
  read(line: Buffer): LineRecord {
    this.#lineNumber++
    let at = 0
    const part = (isParsed: boolean, separator: Buffer, name: string): Buffer | null => {
      if (!isParsed) return null
      const end = line.indexOf(separator, at)
      if (end < 0) {
        if (this.#ignoresErrors) return null
        throw new Error(`No ${name} found on line number ${this.#lineNumber}: '${line}'`)
      }
      const bytes = line.subarray(at, end)
      at = end + separator.length
      return bytes
    }
    const timestamp = part(this.#parsesTimestamp, this.#keySeparator, 'timestamp separator')
    const partition = part(this.#parsesPartition, this.#keySeparator, 'partition separator')
    const headers = part(this.#parsesHeaders, this.#headersDelimiter, 'headers delimiter')
    const key = part(this.#parsesKey, this.#keySeparator, 'key separator')
    return {
      key: this.#unlessNull(key),
      value: this.#unlessNull(at === 0 ? line : line.subarray(at)),
      headers: headers === null || this.#isNull(headers) ? none : this.#headers(headers.toString()),
      timestamp: timestamp && this.#number(timestamp, 'timestamp'),
      partition: partition && this.#number(partition, 'partition'),
    }
  }

  #isNull(bytes: Buffer): boolean {
    return this.#nullMarker?.equals(bytes) ?? false
  }

  #unlessNull(bytes: Buffer | null): Buffer | null {
    return bytes === null || this.#isNull(bytes) ? null : bytes
  }

  /** A number, also with a word and a colon before it, as in `CreateTime:1700000000000`. */
  #number(bytes: Buffer, name: string): number {
    const match = /^(?:[A-Za-z]+:)?(\d{1,15})$/.exec(bytes.toString())
    if (match === null) throw new Error(`No ${name} found on line number ${this.#lineNumber}: '${bytes}'`)
    return Number(match[1])
  }

  #headers(text: string): LineRecord['headers'] {
    const pairs = text.split(this.#headersSeparator)
    while (pairs.length > 1 && pairs.at(-1) === '') pairs.pop()
    return pairs.map(pair => {
      const at = pair.indexOf(this.#headersKeySeparator)
      if (at < 0) {
        if (this.#ignoresErrors) return { key: pair, value: null }
        throw new Error(`No header key separator found in pair '${pair}' on line number ${this.#lineNumber}`)
      }
      const key = pair.slice(0, at)
      if (this.#nullMarker?.equals(Buffer.from(key))) {
        throw new Error(
          `Header keys should not be equal to the null marker '${this.#nullMarker}' as they can't be null`,
        )
      }
      return { key, value: this.#unlessNull(Buffer.from(pair.slice(at + this.#headersKeySeparator.length))) }
    })
  }
}

const none: LineRecord['headers'] = []

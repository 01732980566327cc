/** Metrics as clients push them: OpenTelemetry's MetricsData in protocol buffers, of which sums and gauges are read. */

/** The last value of one metric with its labels. */
export interface PushedMetric {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Fields of the messages that are read. */
const resourceMetrics = { scopeMetrics: 2 }
const scopeMetrics = { metrics: 2 }
const metric = { name: 1, gauge: 5, sum: 7 }
const point = { asDouble: 4, asInt: 6, attributes: 7 }
const [ofMetricsData, ofPoints] = [1, 1]
const [ofKey, ofValue, ofText] = [1, 2, 1]

const [varint, fixed64, delimited, fixed32] = [0, 1, 2, 5]

/** A name or a label is cut behind so many characters. */
const textCharactersMax = 200
/** More labels of one value are left out. */
const labelsMax = 20

/** Reads at most `pointsMax` values. Throws RangeError where the bytes are no such message. */
export function metricsIn(bytes: Buffer, pointsMax: number): PushedMetric[] {
  const found: PushedMetric[] = []
  for (const resource of messages(bytes, ofMetricsData)) {
    for (const scope of messages(resource, resourceMetrics.scopeMetrics)) {
      for (const each of messages(scope, scopeMetrics.metrics)) {
        const name = textIn(each, metric.name)
        for (const kind of [metric.gauge, metric.sum]) {
          for (const data of messages(each, kind)) {
            for (const one of messages(data, ofPoints)) {
              if (found.length >= pointsMax) return found
              found.push({ name, labels: labelsIn(one), value: valueIn(one) })
            }
          }
        }
      }
    }
  }
  return found
}

interface Field {
  readonly number: number
  readonly wire: number
  /** The bytes of the value; a varint's are not looked at. */
  readonly bytes: Buffer
}

function* fields(bytes: Buffer): Iterable<Field> {
  let at = 0
  while (at < bytes.length) {
    const [key, start] = varintAt(bytes, at)
    const [number, wire] = [Math.floor(key / 8), key % 8]
    let [from, to] = [start, start]
    if (wire === varint) to = varintAt(bytes, start)[1]
    else if (wire === fixed64) to = start + 8
    else if (wire === fixed32) to = start + 4
    else if (wire === delimited) {
      const [length, behind] = varintAt(bytes, start)
      ;[from, to] = [behind, behind + length]
    } else throw new RangeError(`there is no wire type ${wire}`)
    if (to > bytes.length) throw new RangeError('a field ends behind its message')
    yield { number, wire, bytes: bytes.subarray(from, to) }
    at = to
  }
}

function varintAt(bytes: Buffer, at: number): readonly [value: number, end: number] {
  let value = 0
  for (let index = 0; index < 10; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) throw new RangeError('a number ends behind its message')
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return [value, at + index + 1]
  }
  throw new RangeError('a number is too long')
}

function* messages(bytes: Buffer, number: number): Iterable<Buffer> {
  for (const field of fields(bytes)) if (field.number === number && field.wire === delimited) yield field.bytes
}

function textIn(bytes: Buffer, number: number): string {
  for (const text of messages(bytes, number)) return text.toString('utf8').slice(0, textCharactersMax)
  return ''
}

function labelsIn(bytes: Buffer): Record<string, string> {
  const labels: Record<string, string> = {}
  let count = 0
  for (const attribute of messages(bytes, point.attributes)) {
    if (count++ >= labelsMax) break
    for (const value of messages(attribute, ofValue)) labels[textIn(attribute, ofKey)] = textIn(value, ofText)
  }
  return labels
}

function valueIn(bytes: Buffer): number {
  for (const { number, wire, bytes: value } of fields(bytes)) {
    if (number === point.asDouble && wire === fixed64) return value.readDoubleLE(0)
    if (number === point.asInt && wire === fixed64) return Number(value.readBigInt64LE(0))
  }
  return 0
}

/** Which records are looked for: data that a page sends, never code. Bytes are compared as they are; a place in JSON by its source text. */
import type { RecordView } from '../../protocol/records/record.ts'
import { compareNumbers, type JsonStep, jsonAt, jsonPath, stringOf, type Token } from './json-source.ts'

/** Where a record is looked at, and how; each a word of the page's query. */
export const filterPlaces = ['any', 'key', 'value', 'header'] as const
export const filterTests = ['contains', 'equals', 'starts', 'less', 'greater', 'null', 'empty'] as const

export interface RecordFilter {
  readonly place: (typeof filterPlaces)[number]
  readonly test: (typeof filterTests)[number]
  readonly text: string
  /** Into the JSON of key or value, as in `order.lines[0].price`; '' for the bytes as they are. */
  readonly path: string
  /** The name of the header; '' for all. */
  readonly header: string
}

export type RecordTest = (record: RecordView) => boolean

/** The longest text, path and name that is taken. */
const textMax = 1_000
/** JSON of more bytes is not looked into: it would hold up the event loop. */
const jsonBytesMax = 1_048_576

/** Throws a RangeError whose message says what is wrong. */
export function filterOf(query: URLSearchParams): RecordFilter | null {
  const test = query.get('test')
  if (test === null) return null
  const place = query.get('place') ?? 'any'
  const text = (name: string) => {
    const given = query.get(name) ?? ''
    if (given.length > textMax) throw new RangeError(`${name} may have ${textMax} characters`)
    return given
  }
  const filter = { place, test, text: text('text'), path: text('path'), header: text('header') }
  if (!(filterPlaces as readonly string[]).includes(place))
    throw new RangeError(`place is one of ${filterPlaces.join()}`)
  if (!(filterTests as readonly string[]).includes(test)) throw new RangeError(`test is one of ${filterTests.join()}`)
  if (jsonPath(filter.path) === null) throw new RangeError('path is names and indexes, as in order.lines[0].price')
  if ((test === 'less' || test === 'greater') && (filter.text.trim() === '' || Number.isNaN(Number(filter.text))))
    throw new RangeError('text is to be a number, to be compared with numbers')
  return filter as RecordFilter
}

/** What a filter asks of each record. */
export function testOf({ place, test, text, path, header }: RecordFilter): RecordTest {
  const steps = jsonPath(path) ?? []
  const fits =
    steps.length > 0 || test === 'less' || test === 'greater' ? inJson(steps, test, text) : inBytes(test, text)
  const ofHeaders = ({ headers }: RecordView) =>
    headers.some(({ key, value }) => (header === '' || key === header) && fits(value))
  switch (place) {
    case 'key':
      return ({ key }) => fits(key)
    case 'value':
      return ({ value }) => fits(value)
    case 'header':
      return ofHeaders
    case 'any':
      return record => fits(record.key) || fits(record.value) || ofHeaders(record)
  }
}

type BytesTest = (bytes: Buffer | null) => boolean

function inBytes(test: RecordFilter['test'], text: string): BytesTest {
  const wanted = Buffer.from(text)
  switch (test) {
    case 'null':
      return bytes => bytes === null
    case 'empty':
      return bytes => bytes?.length === 0
    case 'equals':
      return bytes => bytes?.equals(wanted) ?? false
    case 'starts':
      return bytes => bytes?.subarray(0, wanted.length).equals(wanted) ?? false
    default:
      return bytes => bytes?.includes(wanted) ?? false
  }
}

function inJson(steps: readonly JsonStep[], test: RecordFilter['test'], text: string): BytesTest {
  return bytes => {
    if (bytes === null || bytes.length > jsonBytesMax) return false
    const token = jsonAt(bytes.toString(), steps)
    return token !== null && fitsToken(token, test, text)
  }
}

function fitsToken({ kind, text: source }: Token, test: RecordFilter['test'], text: string): boolean {
  if (test === 'null') return source === 'null'
  const said = kind === 'string' ? (stringOf(source) ?? '') : source
  switch (test) {
    case 'equals':
      return said === text || (kind === 'number' && text !== '' && compareNumbers(source, text) === 0)
    case 'starts':
      return said.startsWith(text)
    case 'empty':
      return said === ''
    case 'less':
      return kind === 'number' && compareNumbers(source, text) < 0
    case 'greater':
      return kind === 'number' && compareNumbers(source, text) > 0
    default:
      return said.includes(text)
  }
}

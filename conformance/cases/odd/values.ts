/** Values that a client should not send, or seldom does, by the type of a field. */
import type { FieldType, Primitive } from '../../../protocol/schema.ts'
import { unknownTopicId } from '../case.ts'

/** Text as names, ids, keys and addresses may be. All but the empty one are this run's own: a group may have any name, and keeps it. */
function texts(run: string): [word: string, value: string][] {
  return [
    ['empty', ''],
    ['nonsense', `nonsense-${run}`],
    ['with a blank', `a ${run}`],
    ['beyond ASCII', `ä/${run}`],
    ['of 250 letters', run.padEnd(250, 'x')],
  ]
}

const values: Readonly<Record<Exclude<Primitive, 'string'>, readonly unknown[]>> = {
  bool: [true, false],
  int8: [-128, -1, 0, 1, 2, 3, 99, 127],
  int16: [-32_768, -2, -1, 0, 1, 2, 32_767],
  uint16: [0, 1, 65_535],
  int32: [-2_147_483_648, -2, -1, 0, 1, 2, 2_147_483_647],
  uint32: [0, 1, 4_294_967_295],
  // The last two are the ends of the range.
  int64: [-9, -2, -1, 0, 1, 2, -(2 ** 63), 2 ** 63],
  float64: [-1, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY],
  // None, the one of the metadata topic, and one that nobody has.
  uuid: ['AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAQ', unknownTopicId],
  bytes: [Buffer.alloc(0), Buffer.from('junk')],
  records: [Buffer.alloc(0), Buffer.from('junk'), Buffer.alloc(61)],
}

/** The odd texts that are somebody's name. */
export function oddTexts(run: string): string[] {
  return texts(run).flatMap(([, value]) => (value === '' ? [] : [value]))
}

/** Odd values of one type, each with a word for it. `given` is what the field usually holds. */
export function oddValues(
  type: FieldType,
  nullable: boolean,
  given: unknown,
  run: string,
): [word: string, value: unknown][] {
  const odd: [string, unknown][] = nullable && given !== null ? [['null', null]] : []
  if (type.kind === 'array') {
    if (!Array.isArray(given) || given.length > 0) odd.push(['[]', []])
    if (Array.isArray(given) && given.length > 0) odd.push(['twice', [...given, given[0]]])
  } else if (type.kind === 'string') {
    odd.push(...texts(run).filter(([, value]) => value !== given))
  } else if (type.kind !== 'struct') {
    for (const value of values[type.kind]) if (value !== given) odd.push([wordOf(value), value])
  }
  return odd
}

function wordOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.equals(Buffer.alloc(value.length)) ? `${value.length} zeroes` : `${value}`
  if (value === 2 ** 63) return 'the greatest'
  if (value === -(2 ** 63)) return 'the least'
  return String(value)
}

/**
 * Messages as JSON in the shape in which Apache Kafka prints them: names in lower camel case, bytes and records as base64, uuids
 * as url-safe base64, nothing of fields that the version lacks nor of tagged fields at their default. int64 is exact.
 */
import { isDefault, type Struct, toBigInt64 } from './interpret.ts'
import { type Layout, type LayoutField, layoutOf } from './layout.ts'
import type { Message } from './schema.ts'
import { EncodeError } from './writer.ts'

/** A value of JSON, where integers beyond what a double holds are bigints. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json }

/** The JSON of a decoded message, or of one to be encoded. */
export function toJson(message: Message, version: number, decoded: object): Json {
  return structToJson(layoutOf(message, version), decoded as Struct)
}

function structToJson(layout: Layout, struct: Struct): Json {
  const json: Record<string, Json> = {}
  for (const field of layout.fields) {
    const value = struct[field.name]
    if (field.present && !(field.tag !== null && isDefault(field, value))) json[field.name] = fieldToJson(field, value)
  }
  return json
}

function fieldToJson(field: LayoutField, value: unknown): Json {
  const { type } = field
  if (value === null) return null
  switch (type.kind) {
    case 'struct':
      return structToJson(type.layout, value as Struct)
    case 'array':
      return (value as unknown[]).map(element => fieldToJson({ ...field, type: type.element }, element))
    case 'bytes':
    case 'records':
      return Buffer.concat([value].flat() as Uint8Array[]).toString('base64')
    case 'int64':
      return typeof value === 'bigint' || Number.isSafeInteger(value) ? (value as Json) : toBigInt64(value as number)
    case 'float64':
      return Number.isFinite(value) ? (value as number) : String(value)
    default:
      return value as Json
  }
}

/**
 * The message that JSON describes, for the encoder; int64 beyond what a double holds is a bigint, which `encodeExact` takes.
 * Fields that the version has must be there, tagged ones may be missing; names that it does not have are passed over.
 * EncodeError says what is wrong with which field.
 */
export function fromJson(message: Message, version: number, json: unknown): object {
  return structFromJson(layoutOf(message, version), json, '')
}

function structFromJson(layout: Layout, json: unknown, path: string): Struct {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw expected('an object', json, path)
  const members = json as Readonly<Record<string, unknown>>
  const struct: Struct = {}
  for (const field of layout.fields) {
    const inner = path === '' ? field.name : `${path}.${field.name}`
    if (!field.present) continue
    if (Object.hasOwn(members, field.name)) struct[field.name] = fieldFromJson(field, members[field.name], inner)
    else if (field.tag === null) throw new EncodeError('it is missing', inner)
  }
  return struct
}

const ranges: Readonly<Partial<Record<LayoutField['type']['kind'], readonly [number, number]>>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
}

function fieldFromJson(field: LayoutField, json: unknown, path: string): unknown {
  const { type, nullable } = field
  if (json === null && nullable) return null
  switch (type.kind) {
    case 'struct':
      return structFromJson(type.layout, json, path)
    case 'array':
      if (!Array.isArray(json)) throw expected('an array', json, path)
      return json.map((element, i) =>
        fieldFromJson({ ...field, type: type.element, nullable: false }, element, `${path}[${i}]`),
      )
    case 'bytes':
    case 'records':
      if (typeof json !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(json)) throw expected('base64', json, path)
      return Buffer.from(json, 'base64')
    case 'uuid':
      if (typeof json !== 'string' || !/^[\w-]{22}$/.test(json)) throw expected('a uuid in base64', json, path)
      return json
    case 'string':
      if (typeof json !== 'string') throw expected('a string', json, path)
      return json
    case 'bool':
      if (typeof json !== 'boolean') throw expected('true or false', json, path)
      return json
    case 'int64':
      return int64FromJson(json, path)
    case 'float64':
      return floatFromJson(json, path)
    default: {
      const [lowest, highest] = ranges[type.kind]!
      if (!Number.isInteger(json) || (json as number) < lowest || (json as number) > highest) {
        throw expected(`an integer from ${lowest} to ${highest}`, json, path)
      }
      return json
    }
  }
}

function int64FromJson(json: unknown, path: string): number | bigint {
  if (Number.isSafeInteger(json)) return json as number
  if (typeof json !== 'bigint' || BigInt.asIntN(64, json) !== json) throw expected('an integer of 64 bits', json, path)
  return json
}

function floatFromJson(json: unknown, path: string): number {
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json)
  if (typeof json !== 'number' && typeof json !== 'bigint') throw expected('a number', json, path)
  return Number(json)
}

/** Long enough to recognise a value by. */
const shownCharactersMax = 40

function expected(what: string, json: unknown, path: string): EncodeError {
  const kind = Array.isArray(json) ? 'an array' : json === null ? 'null' : typeof json
  const shown = kind === 'object' ? 'an object' : kind === 'string' ? JSON.stringify(json) : String(json)
  const found = kind === 'an array' || kind === 'null' ? kind : shown
  const cut = found.length > shownCharactersMax ? `${found.slice(0, shownCharactersMax)}…` : found
  return new EncodeError(`${what} is expected, not ${cut}`, path)
}

/**
 * The language in which Kafka's messages are declared, and the TypeScript types inferred from a declaration.
 *
 * A message is a record of fields in wire order. A field is a type with modifiers: `since`/`until` bound the versions
 * that carry it, `nullable` the versions in which it may be null, `tagged` puts it in the tag section, `default` gives
 * the value it has where a version does not carry it. Every field has a default: the zero of its type where none is named.
 */
import type { Chunk } from './records/chunk.ts'

/** The types whose bytes do not depend on other fields. */
export type Primitive =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

/** What a field is made of, as the compiler and the interpreter read it. */
export type FieldType =
  | { readonly kind: Primitive }
  | { readonly kind: 'array'; readonly element: FieldType }
  | { readonly kind: 'struct'; readonly fields: readonly NamedField[] }

/** One field with its modifiers. Versions are inclusive; `until` is Infinity where the field never ends. */
export interface FieldSpec {
  readonly type: FieldType
  readonly since: number
  readonly until: number
  /** First version in which null is allowed, or null where it never is. */
  readonly nullableSince: number | null
  /** Number in the tag section, or null for a field in the body. */
  readonly tag: number | null
  readonly defaultValue: unknown
  /** False for the rare field that keeps the old encoding in flexible versions. */
  readonly flexible: boolean
}

export interface NamedField extends FieldSpec {
  readonly name: string
}

/** A tagged field that the declaration does not know; kept so that it can be passed on. */
export interface UnknownTaggedField {
  readonly tag: number
  readonly data: Buffer
}

/** Record bytes on the wire: decoded as one view of the frame, encoded also from several chunks spliced in by reference. */
export type RecordBytes = Buffer | readonly Chunk[]

declare const phantom: unique symbol

/** A field being declared: `Out` is its decoded type, `In` what an encoder takes, `Optional` whether the encoder may be given none. */
export class Field<Out, In = Out, Optional extends boolean = false> {
  declare readonly [phantom]: [Out, In, Optional]
  readonly spec: FieldSpec

  constructor(spec: FieldSpec) {
    this.spec = spec
  }

  /** First version that carries the field. */
  since(version: number): Field<Out, In, Optional> {
    return new Field({ ...this.spec, since: version })
  }

  /** Last version that carries the field. */
  until(version: number): Field<Out, In, Optional> {
    return new Field({ ...this.spec, until: version })
  }

  /** The field may be null, from `version` on. */
  nullable(version = 0): Field<Out | null, In | null, Optional> {
    return new Field({ ...this.spec, nullableSince: version })
  }

  /** The field stands in the tag section under this number; the encoder writes it only where it is not its default. */
  tagged(tag: number): Field<Out, In, true> {
    return new Field({ ...this.spec, tag })
  }

  /** The value where a version does not carry the field; the encoder may then be given none. */
  default(value: NoInfer<Out>): Field<Out, In, true> {
    return new Field({ ...this.spec, defaultValue: value })
  }

  /** The field keeps the old, fixed-length encoding in flexible versions too. */
  inflexible(): Field<Out, In, Optional> {
    return new Field({ ...this.spec, flexible: false })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a declaration may hold fields of every type
export type Fields = Readonly<Record<string, Field<any, any, boolean>>>

type OutOf<F> = F extends Field<infer Out, unknown, boolean> ? Out : never
type InOf<F> = F extends Field<unknown, infer In, boolean> ? In : never
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<unknown, unknown, true> ? K : never
}[keyof F]

/** What decoding gives: every field, those that the version lacks at their default. */
export type Decoded<F extends Fields> = { -readonly [K in keyof F]: OutOf<F[K]> } & {
  unknownTaggedFields?: UnknownTaggedField[]
}

/** What encoding takes: fields with a default may be left out. */
export type Encodable<F extends Fields> = {
  [K in Exclude<keyof F, OptionalKeys<F>>]: InOf<F[K]>
} & { [K in OptionalKeys<F>]?: InOf<F[K]> } & { unknownTaggedFields?: UnknownTaggedField[] }

const zeroes: Record<Primitive, unknown> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
  string: '',
  bytes: Buffer.alloc(0),
  records: null,
}

function field<Out, In = Out>(type: FieldType, defaultValue: unknown): Field<Out, In> {
  return new Field({
    type,
    since: 0,
    until: Number.POSITIVE_INFINITY,
    nullableSince: null,
    tag: null,
    defaultValue,
    flexible: true,
  })
}

function primitive<Out, In = Out>(kind: Primitive): Field<Out, In> {
  return field({ kind }, zeroes[kind])
}

export const bool = primitive<boolean>('bool')
export const int8 = primitive<number>('int8')
export const int16 = primitive<number>('int16')
export const uint16 = primitive<number>('uint16')
export const int32 = primitive<number>('int32')
export const uint32 = primitive<number>('uint32')
/** A double: exact to 2⁵³, rounded beyond, and saturated at the ends of the int64 range. */
export const int64 = primitive<number>('int64')
export const float64 = primitive<number>('float64')
/** Sixteen bytes, held as Kafka prints them: url-safe base64, 22 characters. */
export const uuid = primitive<string>('uuid')
export const string = primitive<string>('string')
/** A view of the frame that it was decoded from; copy what is kept. */
export const bytes = primitive<Buffer, Uint8Array>('bytes')
/** Record batches: a view of the frame when decoded, spliced by reference when encoded. */
export const records = primitive<Buffer, RecordBytes>('records')

/** Zero or more of the same. */
export function array<Out, In>(element: Field<Out, In, boolean>): Field<Out[], readonly In[]> {
  return field({ kind: 'array', element: element.spec.type }, [])
}

/** Fields in a row; in flexible versions followed by a tag section of its own. */
export function struct<F extends Fields>(fields: F): Field<Decoded<F>, Encodable<F>> {
  const named = nameFields(fields)
  return field({ kind: 'struct', fields: named }, undefined)
}

function nameFields(fields: Fields): NamedField[] {
  return Object.entries(fields).map(([name, { spec }]) => ({ name, ...spec }))
}

/** A declared message: what the compiler, the interpreter and the JSON form work from. */
export interface Message<F extends Fields = Fields> {
  readonly name: string
  /** Lowest and highest version that is declared. */
  readonly versions: readonly [number, number]
  /** First version with compact lengths and tag sections, or null where there is none. */
  readonly flexible: number | null
  readonly fields: readonly NamedField[]
  readonly declared: F
}

/** A request and its response, under one key. */
export interface Api<Req extends Fields = Fields, Res extends Fields = Fields> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [number, number]
  /** Highest version that Kafka advertises; those above are declared but still in the making. */
  readonly latestStable: number
  readonly flexible: number | null
  readonly request: Message<Req>
  readonly response: Message<Res>
}

/** Declares a message that is neither request nor response: a header, or a key or value kept in a log. */
export function message<F extends Fields>(definition: {
  name: string
  versions: readonly [number, number]
  flexible: number | null
  fields: F
}): Message<F> {
  const { name, versions, flexible, fields } = definition
  return { name, versions, flexible, fields: nameFields(fields), declared: fields }
}

/** Declares an API: one request, one response, the versions both have. */
export function api<Req extends Fields, Res extends Fields>(definition: {
  key: number
  name: string
  versions: readonly [number, number]
  latestStable?: number
  flexible: number | null
  request: Req
  response: Res
}): Api<Req, Res> {
  const { key, name, versions, flexible, request, response } = definition
  return {
    key,
    name,
    versions,
    latestStable: definition.latestStable ?? versions[1],
    flexible,
    request: message({ name: `${name}Request`, versions, flexible, fields: request }),
    response: message({ name: `${name}Response`, versions, flexible, fields: response }),
  }
}

/** A decoded message. */
export type DecodedOf<M> = M extends Message<infer F> ? Decoded<F> : never
/** A message to encode. */
export type EncodableOf<M> = M extends Message<infer F> ? Encodable<F> : never
/** What a broker receives. */
export type RequestOf<A> = A extends Api<infer Req, Fields> ? Decoded<Req> : never
/** What a broker answers. */
export type ResponseOf<A> = A extends Api<Fields, infer Res> ? Encodable<Res> : never
/** What a client sends. */
export type ClientRequestOf<A> = A extends Api<infer Req, Fields> ? Encodable<Req> : never
/** What a client receives. */
export type ClientResponseOf<A> = A extends Api<Fields, infer Res> ? Decoded<Res> : never

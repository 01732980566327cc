/** A message at one version: which fields that version carries, in which order and in which encoding. */
import type { FieldType, Message, NamedField, Primitive } from './schema.ts'

export type LayoutType =
  | { readonly kind: Primitive }
  | { readonly kind: 'array'; readonly element: LayoutType; readonly elementBytesMin: number }
  | { readonly kind: 'struct'; readonly layout: Layout }

export interface LayoutField {
  readonly name: string
  readonly type: LayoutType
  /** False for a field that the version lacks: decoded to its default, not encoded. */
  readonly present: boolean
  readonly nullable: boolean
  /** Number in the tag section, or null for a field in the body. */
  readonly tag: number | null
  /** Compact lengths. */
  readonly compact: boolean
  /** Undefined for a struct whose default is one of defaults. */
  readonly defaultValue: unknown
}

export interface Layout {
  /** Every declared field in its order, those that the version lacks too. */
  readonly fields: readonly LayoutField[]
  /** The fields in the body in wire order. */
  readonly body: readonly LayoutField[]
  /** The fields in the tag section in the order of their tags. */
  readonly tagged: readonly LayoutField[]
  /** Whether a tag section follows the body. */
  readonly flexible: boolean
  readonly bytesMin: number
}

/** Bytes of the types of fixed size. */
export const fixedBytes: Partial<Record<LayoutType['kind'], number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

const layouts = new Map<Message, Layout[]>()

/** The layout of a message at a version; RangeError for a version that is not declared. */
export function layoutOf(message: Message, version: number): Layout {
  let ofMessage = layouts.get(message)
  if (ofMessage === undefined) {
    ofMessage = []
    layouts.set(message, ofMessage)
  }
  ofMessage[version] ??= makeLayout(message, version)
  return ofMessage[version]
}

function makeLayout(message: Message, version: number): Layout {
  const [lowest, highest] = message.versions
  if (!Number.isInteger(version) || version < lowest || version > highest) {
    throw new RangeError(`${message.name} has no version ${version}, only ${lowest} to ${highest}`)
  }
  return layoutStruct(message.fields, version, message.flexible !== null && version >= message.flexible)
}

function layoutStruct(declared: readonly NamedField[], version: number, flexible: boolean): Layout {
  const fields = declared.map(field => layoutField(field, version, flexible))
  const present = fields.filter(field => field.present)
  const body = present.filter(field => field.tag === null)
  const tagged = present.filter(field => field.tag !== null).sort((a, b) => a.tag! - b.tag!)
  const bytesMin = body.reduce((sum, field) => sum + bytesMinOf(field), flexible ? 1 : 0)
  return { fields, body, tagged, flexible, bytesMin }
}

function layoutField(field: NamedField, version: number, flexible: boolean): LayoutField {
  return {
    name: field.name,
    type: layoutType(field.type, version, flexible),
    present: version >= field.since && version <= field.until,
    nullable: field.nullableSince !== null && version >= field.nullableSince,
    tag: flexible ? field.tag : null,
    compact: flexible && field.flexible,
    defaultValue: field.defaultValue,
  }
}

function layoutType(type: FieldType, version: number, flexible: boolean): LayoutType {
  if (type.kind === 'struct') return { kind: 'struct', layout: layoutStruct(type.fields, version, flexible) }
  if (type.kind !== 'array') return type
  const element = layoutType(type.element, version, flexible)
  return { kind: 'array', element, elementBytesMin: Math.max(1, typeBytesMin(element, flexible)) }
}

function bytesMinOf(field: LayoutField): number {
  return field.type.kind === 'struct' && field.nullable ? 1 : typeBytesMin(field.type, field.compact)
}

function typeBytesMin(type: LayoutType, compact: boolean): number {
  if (type.kind === 'struct') return type.layout.bytesMin
  return fixedBytes[type.kind] ?? (compact ? 1 : type.kind === 'string' ? 2 : 4)
}

/**
 * Reads and writes messages by walking their layout: the plain twin of the compiled code, used where code cannot be made from
 * strings, to find the field in which bytes went wrong, and for exact int64 values.
 */
import type { Layout, LayoutField, LayoutType } from './layout.ts'
import { DecodeError, type Reader } from './reader.ts'
import type { RecordBytes, UnknownTaggedField } from './schema.ts'
import { EncodeError, sortUnknownTags, type Writer } from './writer.ts'

export type Struct = Record<string, unknown>
type Path = (string | number)[]

const emptyBytes = Buffer.alloc(0)
const int64Max = 0x7fffffffffffffffn

/** Decodes one message; an error names its field. With `exact`, int64 values are bigints. */
export function interpretRead(layout: Layout, reader: Reader, exact = false): Struct {
  const path: Path = []
  try {
    return new Walk(reader, exact, path).struct(layout)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new DecodeError(error.reason, error.byte, pathText(path))
  }
}

/** Encodes one message, int64 values as numbers or bigints; what cannot be encoded is an EncodeError that names its field. */
export function interpretWrite(layout: Layout, writer: Writer, value: unknown): void {
  const path: Path = []
  try {
    writeStruct(layout, writer, value as Struct, path)
  } catch (error) {
    if (error instanceof EncodeError) throw new EncodeError(error.reason, pathText(path))
    if (error instanceof TypeError) throw new EncodeError(`not a value of its type (${error.message})`, pathText(path))
    throw error
  }
}

function pathText(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')
}

/** The value of a field that is not there; a new one each time where it can be changed. */
export function defaultOf(field: LayoutField, exact = false): unknown {
  const { type, defaultValue } = field
  if (defaultValue === null) return null
  if (type.kind === 'array') return []
  if (type.kind === 'struct') {
    return Object.fromEntries(type.layout.fields.map(inner => [inner.name, defaultOf(inner, exact)]))
  }
  if (type.kind === 'bytes') return emptyBytes
  return exact && type.kind === 'int64' ? toBigInt64(defaultValue as number) : defaultValue
}

/** An int64 held as a double, saturated. */
export function toBigInt64(value: number): bigint {
  if (value >= 2 ** 63) return int64Max
  return value <= -(2 ** 63) ? -int64Max - 1n : BigInt(Math.trunc(value))
}

class Walk {
  private readonly reader: Reader
  private readonly exact: boolean
  private readonly path: Path

  constructor(reader: Reader, exact: boolean, path: Path) {
    this.reader = reader
    this.exact = exact
    this.path = path
  }

  struct(layout: Layout): Struct {
    const { reader, path } = this
    const value: Struct = {}
    for (const field of layout.fields) {
      if (field.present && field.tag === null) {
        path.push(field.name)
        value[field.name] = this.field(field)
        path.pop()
      } else value[field.name] = defaultOf(field, this.exact)
    }
    if (!layout.flexible) return value
    let unknown: UnknownTaggedField[] | undefined
    for (let left = reader.tagCount(); left > 0; left--) {
      const tag = reader.uvarint()
      const field = layout.tagged.find(known => known.tag === tag)
      if (field === undefined) unknown = reader.unknownTag(unknown, tag)
      else value[field.name] = this.tagged(field)
    }
    if (unknown !== undefined) value.unknownTaggedFields = unknown
    return value
  }

  private tagged(field: LayoutField): unknown {
    const { reader, path } = this
    path.push(field.name)
    const at = reader.position
    const size = reader.uvarint()
    const from = reader.position
    const value = this.field(field)
    const taken = reader.position - from
    if (reader.strict && taken !== size) reader.fail(`a tagged field of ${size} bytes that takes ${taken}`, at)
    path.pop()
    return value
  }

  private field(field: LayoutField): unknown {
    const { reader } = this
    const { type, nullable, compact } = field
    switch (type.kind) {
      case 'struct': {
        if (!nullable) return this.struct(type.layout)
        const present = field.tag === null ? reader.int8() >= 0 : reader.uvarint() > 0
        return present ? this.struct(type.layout) : null
      }
      case 'array':
        return this.array(type, this.count(type.elementBytesMin, nullable, compact), compact)
      case 'string':
        if (compact) return nullable ? reader.compactNullableString() : reader.compactString()
        return nullable ? reader.nullableString() : reader.string()
      case 'bytes':
      case 'records':
        if (compact) return nullable ? reader.compactNullableBytes() : reader.compactBytes()
        return nullable ? reader.nullableBytes() : reader.bytes()
      default:
        return this.fixed(type.kind)
    }
  }

  private count(elementBytesMin: number, nullable: boolean, compact: boolean): number {
    const { reader } = this
    // A person wants to see the field in which bytes end, rather than the count that says so first.
    const least = reader.strict ? 1 : elementBytesMin
    if (compact) return nullable ? reader.compactNullableCount(least) : reader.compactCount(least)
    return nullable ? reader.nullableCount(least) : reader.count(least)
  }

  private array(type: LayoutType & { kind: 'array' }, count: number, compact: boolean): unknown[] | null {
    if (count < 0) return null
    const element = elementField(type.element, compact)
    const values: unknown[] = []
    for (let i = 0; i < count; i++) {
      this.path.push(i)
      values.push(this.field(element))
      this.path.pop()
    }
    return values
  }

  private fixed(kind: LayoutType['kind']): unknown {
    const { reader } = this
    switch (kind) {
      case 'bool':
        return reader.bool()
      case 'int8':
        return reader.int8()
      case 'int16':
        return reader.int16()
      case 'uint16':
        return reader.uint16()
      case 'int32':
        return reader.int32()
      case 'uint32':
        return reader.uint32()
      case 'int64':
        return this.exact ? reader.bigInt64() : reader.int64()
      case 'float64':
        return reader.float64()
      case 'uuid':
        return reader.uuid()
      default:
        throw new Error(`${kind} is not of fixed size`)
    }
  }
}

function elementField(type: LayoutType, compact: boolean): LayoutField {
  return { name: '', type, present: true, nullable: false, tag: null, compact, defaultValue: undefined }
}

function writeStruct(layout: Layout, writer: Writer, value: Struct, path: Path): void {
  if (typeof value !== 'object' || value === null) throw new EncodeError('null where it is not allowed')
  for (const field of layout.body) {
    path.push(field.name)
    writeField(field, writer, value[field.name] ?? missing(field, value), path)
    path.pop()
  }
  if (layout.flexible) writeTags(layout, writer, value, path)
}

/** Null stays; what is undefined becomes the default. */
function missing(field: LayoutField, value: Struct): unknown {
  return value[field.name] === null ? null : defaultOf(field)
}

function writeTags(layout: Layout, writer: Writer, value: Struct, path: Path): void {
  const written = layout.tagged.filter(field => !isDefault(field, value[field.name]))
  const known = layout.tagged.map(field => field.tag!)
  const unknown = sortUnknownTags((value.unknownTaggedFields as UnknownTaggedField[] | undefined) ?? [], known)
  writer.uvarint(written.length + unknown.length)
  let next = 0
  for (const field of written) {
    next = writer.unknownTags(unknown, next, field.tag!)
    path.push(field.name)
    const mark = writer.beginTagged(field.tag!)
    writeField(field, writer, value[field.name], path)
    writer.endTagged(mark)
    path.pop()
  }
  writer.unknownTags(unknown, next, Number.POSITIVE_INFINITY)
}

/** Whether a tagged field is left out. */
export function isDefault(field: LayoutField, value: unknown): boolean {
  const { type, defaultValue } = field
  if (value === undefined) return true
  if (value === null || defaultValue === null) return value === defaultValue
  if (type.kind === 'struct') {
    const struct = value as Struct
    const unknown = (struct.unknownTaggedFields as unknown[] | undefined) ?? []
    return unknown.length === 0 && type.layout.fields.every(f => !f.present || isDefault(f, struct[f.name]))
  }
  if (type.kind === 'array' || type.kind === 'bytes') return (value as { length: number }).length === 0
  return typeof value === 'bigint' ? value === toBigInt64(defaultValue as number) : value === defaultValue
}

function writeField(field: LayoutField, writer: Writer, value: unknown, path: Path): void {
  const { type, compact } = field
  if (value === null && !field.nullable) throw new EncodeError('null where it is not allowed')
  switch (type.kind) {
    case 'struct':
      if (field.nullable) {
        if (field.tag === null) writer.int8(value === null ? -1 : 1)
        else writer.uvarint(value === null ? 0 : 1)
      }
      if (value !== null) writeStruct(type.layout, writer, value as Struct, path)
      break
    case 'array':
      writeArray(type, writer, value as unknown[] | null, compact, path)
      break
    case 'string':
      if (compact) writer.compactNullableString(value as string | null)
      else writer.nullableString(value as string | null)
      break
    case 'bytes':
    case 'records':
      if (compact) writer.compactNullableBytes(value as RecordBytes | null)
      else writer.nullableBytes(value as RecordBytes | null)
      break
    case 'bool':
      writer.bool(value as boolean)
      break
    case 'uuid':
      writer.uuid(value as string)
      break
    case 'int64':
      if (typeof value === 'bigint') writer.bigInt64(value)
      else writer.int64(value as number)
      break
    default:
      writer[type.kind](value as number)
  }
}

function writeArray(
  type: LayoutType & { kind: 'array' },
  writer: Writer,
  values: readonly unknown[] | null,
  compact: boolean,
  path: Path,
): void {
  if (compact) writer.uvarint(values === null ? 0 : values.length + 1)
  else writer.int32(values === null ? -1 : values.length)
  if (values === null) return
  const element = elementField(type.element, compact)
  for (let i = 0; i < values.length; i++) {
    path.push(i)
    writeField(element, writer, values[i], path)
    path.pop()
  }
}

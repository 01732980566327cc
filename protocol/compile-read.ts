/** The source of the functions that read a message: `read0` for the message itself, one more for each struct within. */
import { fixedBytes, type Layout, type LayoutField, type LayoutType } from './layout.ts'

/** Source of `read0(r)` and what it calls. */
export function compileRead(layout: Layout): string {
  const functions: string[] = []
  readStruct(layout, functions)
  return functions.join('\n')
}

/** Adds the function that reads a struct, and returns its name. */
function readStruct(layout: Layout, functions: string[]): string {
  const name = `read${functions.length}`
  const slot = functions.push('') - 1
  const lines: string[] = []
  const variable = (field: LayoutField) => `v${layout.fields.indexOf(field)}`

  for (const run of runs(layout.body)) {
    if (typeof run === 'object' && 'bytes' in run) {
      lines.push(`p = r.take(${run.bytes})`)
      let offset = 0
      for (const field of run.fields) {
        lines.push(`const ${variable(field)} = ${fixed(field.type.kind, offset === 0 ? 'p' : `p + ${offset}`)}`)
        offset += fixedBytes[field.type.kind]!
      }
    } else lines.push(`let ${variable(run)}`, ...readInto(variable(run), run, functions))
  }
  for (const field of layout.tagged) lines.push(`let ${variable(field)} = ${defaultSource(field)}`)
  if (layout.flexible) {
    if (layout.tagged.length === 0) lines.push('const unknown = r.unknownTags()')
    else lines.push(...readTags(layout, variable, functions))
  }
  const properties = layout.fields.map(field => {
    return `${field.name}: ${field.present ? variable(field) : defaultSource(field)}`
  })
  lines.push(`const o = { ${properties.join(', ')} }`)
  if (layout.flexible) lines.push('if (unknown !== undefined) o.unknownTaggedFields = unknown')
  lines.push('return o')
  functions[slot] = `function ${name}(r) {\nconst d = r.view\nlet p = 0\n${lines.join('\n')}\n}`
  return name
}

/** A row of fields of fixed size and their bytes, or another field. */
type Run = { readonly bytes: number; readonly fields: LayoutField[] } | LayoutField

/** Fields in wire order, those of fixed size that follow each other put together. */
export function runs(body: readonly LayoutField[]): Run[] {
  const found: Run[] = []
  let open: { bytes: number; fields: LayoutField[] } | null = null
  for (const field of body) {
    const bytes = fixedBytes[field.type.kind]
    if (bytes === undefined) {
      found.push(field)
      open = null
    } else if (open === null) {
      open = { bytes, fields: [field] }
      found.push(open)
    } else {
      open.bytes += bytes
      open.fields.push(field)
    }
  }
  return found
}

function readTags(layout: Layout, variable: (field: LayoutField) => string, functions: string[]): string[] {
  const lines = ['let unknown', 'for (let n = r.tagCount(); n > 0; n--) {', 'const tag = r.uvarint()', 'switch (tag) {']
  for (const field of layout.tagged) {
    lines.push(`case ${field.tag}: r.uvarint()`, ...readInto(variable(field), field, functions), 'break')
  }
  lines.push('default: unknown = r.unknownTag(unknown, tag)', '}', '}')
  return lines
}

/** Statements that put a field's value into a variable. */
function readInto(variable: string, field: LayoutField, functions: string[]): string[] {
  const { type, nullable, compact } = field
  const prefix = compact ? (nullable ? 'compactNullable' : 'compact') : nullable ? 'nullable' : ''
  switch (type.kind) {
    case 'struct': {
      const read = `${readStruct(type.layout, functions)}(r)`
      if (!nullable) return [`${variable} = ${read}`]
      const present = field.tag === null ? 'r.int8() >= 0' : 'r.uvarint() > 0'
      return [`${variable} = ${present} ? ${read} : null`]
    }
    case 'array': {
      const count = `${variable}n`
      const counted = `const ${count} = r.${method(prefix, 'Count')}(${type.elementBytesMin})`
      const fill = readElements(variable, count, type.element, compact, functions)
      return ['{', counted, nullable ? `if (${count} < 0) ${variable} = null\nelse {` : '{', ...fill, '}', '}']
    }
    case 'string':
      return [`${variable} = r.${method(prefix, 'String')}()`]
    case 'bytes':
    case 'records':
      return [`${variable} = r.${method(prefix, 'Bytes')}()`]
    default:
      return [`p = r.take(${fixedBytes[type.kind]})`, `${variable} = ${fixed(type.kind, 'p')}`]
  }
}

function readElements(v: string, count: string, type: LayoutType, compact: boolean, functions: string[]): string[] {
  const loop = `for (let i = 0; i < ${count}; i++)`
  const bytes = fixedBytes[type.kind]
  if (bytes !== undefined) {
    return [
      `${v} = new Array(${count})`,
      `p = r.take(${count} * ${bytes})`,
      `${loop} ${v}[i] = ${fixed(type.kind, `p + i * ${bytes}`)}`,
    ]
  }
  if (type.kind === 'array') throw new Error('an array of arrays is not in the language')
  const prefix = compact ? 'compact' : ''
  const element =
    type.kind === 'struct'
      ? `${readStruct(type.layout, functions)}(r)`
      : `r.${method(prefix, type.kind === 'string' ? 'String' : 'Bytes')}()`
  return [`${v} = new Array(${count})`, `${loop} ${v}[i] = ${element}`]
}

function method(prefix: string, name: string): string {
  return prefix === '' ? name.toLowerCase() : prefix + name
}

/** An expression for the value of fixed size at a position, whose bounds were checked. */
function fixed(kind: LayoutType['kind'], at: string): string {
  switch (kind) {
    case 'bool':
      return `d.getInt8(${at}) !== 0`
    case 'int64':
      return `d.getInt32(${at}) * 0x100000000 + d.getUint32(${at} + 4)`
    case 'uuid':
      return `r.uuidAt(${at})`
    default:
      return `d.get${kind[0].toUpperCase()}${kind.slice(1)}(${at})`
  }
}

/** An expression for the value of a field that is not there. */
export function defaultSource(field: LayoutField): string {
  const { type, defaultValue } = field
  if (defaultValue === null) return 'null'
  if (type.kind === 'array') return '[]'
  if (type.kind === 'bytes') return 'emptyBytes'
  if (type.kind !== 'struct') return JSON.stringify(defaultValue)
  return `{ ${type.layout.fields.map(inner => `${inner.name}: ${defaultSource(inner)}`).join(', ')} }`
}

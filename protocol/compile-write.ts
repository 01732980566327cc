/** The source of the functions that write a message: `write0` for the message itself, one more for each struct within. */
import { defaultSource, runs } from './compile-read.ts'
import { fixedBytes, type Layout, type LayoutField, type LayoutType } from './layout.ts'

/** Source of `write0(w, o)` and what it calls. */
export function compileWrite(layout: Layout): string {
  const functions: string[] = []
  writeStruct(layout, functions)
  return functions.join('\n')
}

/** Adds the function that writes a struct, and returns its name. */
function writeStruct(layout: Layout, functions: string[]): string {
  const name = `write${functions.length}`
  const slot = functions.push('') - 1
  const lines: string[] = []
  const variable = (field: LayoutField) => `v${layout.fields.indexOf(field)}`

  for (const run of runs(layout.body)) {
    const fields = 'bytes' in run ? run.fields : [run]
    for (const field of fields) {
      lines.push(`let ${variable(field)} = o.${field.name}`)
      lines.push(`if (${variable(field)} === undefined) ${variable(field)} = ${defaultSource(field)}`)
    }
    if ('bytes' in run) {
      lines.push(`p = w.reserve(${run.bytes})`, 'd = w.view')
      let offset = 0
      for (const field of fields) {
        lines.push(fixed(field.type.kind, offset === 0 ? 'p' : `p + ${offset}`, variable(field)))
        offset += fixedBytes[field.type.kind]!
      }
    } else lines.push(...write(variable(run), run, functions))
  }
  if (layout.flexible) lines.push(...writeTags(layout, variable, functions))
  functions[slot] = `function ${name}(w, o) {\nlet p = 0, d = w.view\n${lines.join('\n')}\n}`
  return name
}

function writeTags(layout: Layout, variable: (field: LayoutField) => string, functions: string[]): string[] {
  const known = layout.tagged.map(field => field.tag)
  const lines = [
    'let unknown = o.unknownTaggedFields, next = 0',
    `if (unknown !== undefined) unknown = sortUnknownTags(unknown, [${known.join(', ')}])`,
    'let tags = unknown === undefined ? 0 : unknown.length',
  ]
  for (const field of layout.tagged) {
    lines.push(`const ${variable(field)} = o.${field.name}`)
    lines.push(`const ${variable(field)}is = !(${isDefault(field, variable(field))})`)
    lines.push(`if (${variable(field)}is) tags++`)
  }
  lines.push('w.uvarint(tags)')
  for (const field of layout.tagged) {
    lines.push(
      `if (${variable(field)}is) {`,
      `if (unknown !== undefined) next = w.unknownTags(unknown, next, ${field.tag})`,
      `const mark = w.beginTagged(${field.tag})`,
      ...write(variable(field), field, functions),
      'w.endTagged(mark)',
      '}',
    )
  }
  lines.push('if (unknown !== undefined) w.unknownTags(unknown, next, Infinity)')
  return lines
}

/** An expression that is true where a tagged field is left out. */
function isDefault(field: LayoutField, value: string): string {
  const { type, defaultValue } = field
  const absent = `${value} === undefined`
  if (defaultValue === null) return `${absent} || ${value} === null`
  if (type.kind === 'array' || type.kind === 'bytes') return `${absent} || (${value} !== null && ${value}.length === 0)`
  if (type.kind !== 'struct') return `${absent} || ${value} === ${JSON.stringify(defaultValue)}`
  const inner = type.layout.fields.filter(f => f.present).map(f => `(${isDefault(f, `${value}.${f.name}`)})`)
  const unknown = `(${value}.unknownTaggedFields === undefined || ${value}.unknownTaggedFields.length === 0)`
  return `${absent} || (${value} !== null && ${[...inner, unknown].join(' && ')})`
}

/** Statements that write the value of one field. */
function write(value: string, field: LayoutField, functions: string[]): string[] {
  const { type, nullable, compact } = field
  const prefix = compact ? (nullable ? 'compactNullable' : 'compact') : nullable ? 'nullable' : ''
  switch (type.kind) {
    case 'struct': {
      const struct = `${writeStruct(type.layout, functions)}(w, ${value})`
      if (!nullable) return [struct]
      const [absent, present] = field.tag === null ? ['w.int8(-1)', 'w.int8(1)'] : ['w.uvarint(0)', 'w.uvarint(1)']
      return [`if (${value} === null) ${absent}`, `else { ${present}; ${struct} }`]
    }
    case 'array': {
      const counted = compact ? `w.uvarint(${value}.length + 1)` : `w.int32(${value}.length)`
      const elements = [counted, ...writeElements(value, type.element, compact, functions)]
      if (!nullable) return elements
      return [`if (${value} === null) ${compact ? 'w.uvarint(0)' : 'w.int32(-1)'}`, 'else {', ...elements, '}']
    }
    case 'string':
      return [`w.${method(prefix, 'String')}(${value})`]
    case 'bytes':
    case 'records':
      return [`w.${method(prefix, 'Bytes')}(${value})`]
    default:
      return [`p = w.reserve(${fixedBytes[type.kind]})`, 'd = w.view', fixed(type.kind, 'p', value)]
  }
}

function writeElements(value: string, type: LayoutType, compact: boolean, functions: string[]): string[] {
  const loop = `for (let i = 0; i < ${value}.length; i++)`
  const bytes = fixedBytes[type.kind]
  if (bytes !== undefined) {
    const element = fixed(type.kind, `p + i * ${bytes}`, `${value}[i]`)
    return [`p = w.reserve(${value}.length * ${bytes})`, 'd = w.view', `${loop} ${element}`]
  }
  if (type.kind === 'struct') return [`${loop} ${writeStruct(type.layout, functions)}(w, ${value}[i])`]
  const prefix = compact ? 'compact' : ''
  return [`${loop} w.${method(prefix, type.kind === 'string' ? 'String' : 'Bytes')}(${value}[i])`]
}

function method(prefix: string, name: string): string {
  return prefix === '' ? name.toLowerCase() : prefix + name
}

/** A statement that writes a value of fixed size at a position for which there is room. */
function fixed(kind: LayoutType['kind'], at: string, value: string): string {
  switch (kind) {
    case 'bool':
      return `d.setInt8(${at}, ${value} ? 1 : 0)`
    case 'int64':
      return `w.int64At(${at}, ${value})`
    case 'uuid':
      return `w.uuidAt(${at}, ${value})`
    default:
      return `d.set${kind[0].toUpperCase()}${kind.slice(1)}(${at}, ${value})`
  }
}

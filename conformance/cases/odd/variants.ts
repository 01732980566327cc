/** Requests like a good one but for one field: each field that the message has, with each odd value of its type. */
import type { Api, FieldType, NamedField } from '../../../protocol/schema.ts'
import { oddValues } from './values.ts'

export type Plain = Readonly<Record<string, unknown>>

export interface Variant {
  /** Which field, from the top: `topics[0].name`. */
  readonly path: string
  /** The odd value in a word. */
  readonly word: string
  /** The newest version that has the field. */
  readonly version: number
  readonly change: (request: Plain) => Plain
}

type Versions = readonly [min: number, max: number]
type Change = (request: Plain) => Plain

/** All variants of a good request, in the order of the message's fields. `versions` are those that may be asked, `run` is part of names. */
export function variantsOf(api: Api, good: Plain, versions: Versions, run: string): Variant[] {
  return ofFields(api.request.fields, good, { versions, path: '', run, within: change => change })
}

/** Where a struct or an array stands in the request. */
interface Place {
  readonly versions: Versions
  readonly path: string
  readonly run: string
  /** Makes a change of this struct one of the whole request. */
  readonly within: (change: Change) => Change
}

function ofFields(fields: readonly NamedField[], good: Plain, place: Place): Variant[] {
  return fields.flatMap(field => {
    const { name, type, since, until, nullableSince, defaultValue } = field
    const versions: Versions = [Math.max(place.versions[0], since), Math.min(place.versions[1], until)]
    if (versions[0] > versions[1]) return []
    const version = versions[1]
    const given = name in good ? good[name] : defaultValue
    const path = place.path === '' ? name : `${place.path}.${name}`
    const changed = (change: (value: unknown) => unknown) =>
      place.within(struct => ({ ...struct, [name]: change(struct[name]) }))
    const nullable = nullableSince !== null && nullableSince <= version
    const own = oddValues(type, nullable, given, place.run).map(([word, value]) => ({
      path,
      word,
      version,
      change: changed(() => value),
    }))
    return [...own, ...inside(type, given, { ...place, versions, path }, changed)]
  })
}

function inside(
  type: FieldType,
  given: unknown,
  place: Place,
  changed: (change: (value: unknown) => unknown) => Change,
): Variant[] {
  if (type.kind === 'struct' && given !== null && given !== undefined) {
    const within = (change: Change) => changed(struct => change((struct ?? {}) as Plain))
    return ofFields(type.fields, given as Plain, { ...place, within })
  }
  if (type.kind !== 'array' || !Array.isArray(given) || given.length === 0) return []
  const [first] = given as unknown[]
  const path = `${place.path}[0]`
  const ofFirst = (change: (value: unknown) => unknown) =>
    changed(value => {
      const [one, ...others] = value as unknown[]
      return [change(one), ...others]
    })
  const { element } = type
  if (element.kind === 'struct') {
    const within = (change: Change) => ofFirst(one => change(one as Plain))
    return ofFields(element.fields, first as Plain, { ...place, path, within })
  }
  return oddValues(element, false, first, place.run).map(([word, value]) => ({
    path,
    word,
    version: place.versions[1],
    change: ofFirst(() => value),
  }))
}

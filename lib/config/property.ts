/** What a row of the property tables is made of, and the words in which rows are written. */
import type { Secret } from '../base/secret.ts'

/** Kafka's types of a property's value. */
export type PropertyType = 'boolean' | 'int' | 'short' | 'long' | 'double' | 'string' | 'list' | 'class' | 'password'

export type Importance = 'high' | 'medium' | 'low'

/** How a broker property may change while the broker runs: not at all, for one broker, or for one and for all. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

/**
 * Whether clients see a property: always, only where it is set (Kafka's internal ones), or only where it is set while the
 * broker runs, which is then the one way to set it.
 */
export type Visibility = 'listed' | 'internal' | 'dynamic-only'

/** One property. `V` is the type of its parsed value. */
export interface Property<V = unknown> {
  readonly type: PropertyType
  readonly defaultValue: V
  readonly importance: Importance
  readonly updateMode: UpdateMode
  /** Inclusive bounds of a number, or null where there is none. */
  readonly min: number | null
  readonly max: number | null
  /** The only values allowed, of the text or of each member of the list; null where all are. */
  readonly values: readonly string[] | null
  readonly ignoreCase: boolean
  /** Whether a list may have no member. */
  readonly emptyAllowed: boolean
  /** Whether the members of a list must be texts of at least one character, of which one counts once. */
  readonly distinct: boolean
  /** Says what is allowed where bounds and values cannot; null as answer means that the value is good. */
  readonly check: ((value: string) => string | null) | null
  /** Whether Kafka has no default for it: ours is then no synonym of what was set. */
  readonly required: boolean
  readonly visibility: Visibility
  /** False where the property is accepted and described but has no effect yet. */
  readonly effective: boolean
  /** What the property does here, in one line; null where it does nothing yet. */
  readonly doc: string | null
  /** The broker properties that give a topic or group property its default, the first that is set wins. */
  readonly brokerSynonyms: readonly BrokerSynonym[]
}

/** A broker property that stands behind a topic's or group's, and what its unit is worth in that one's. */
export interface BrokerSynonym {
  readonly name: string
  readonly factor: number
}

interface Rules {
  importance?: Importance
  updateMode?: UpdateMode
  min?: number
  max?: number
  values?: readonly string[]
  ignoreCase?: boolean
  emptyAllowed?: boolean
  distinct?: boolean
  required?: boolean
  visibility?: Visibility
  check?: (value: string) => string | null
  doc?: string
  brokerSynonyms?: readonly (string | BrokerSynonym)[]
}

/** Rows of one subject. */
export type Properties = Readonly<Record<string, Property>>

/** The type of a row's value. */
export type ValueOf<P> = P extends Property<infer V> ? V : never

type Nullable<D, V> = D extends null ? V | null : V

/** A row that says what it does (`doc`) is effective; one that does not is only accepted and described. */
function property<V>(type: PropertyType, defaultValue: V, rules: Rules): Property<V> {
  return {
    type,
    defaultValue,
    importance: rules.importance ?? 'medium',
    updateMode: rules.updateMode ?? 'read-only',
    min: rules.min ?? null,
    max: rules.max ?? null,
    values: rules.values ?? null,
    ignoreCase: rules.ignoreCase ?? false,
    emptyAllowed: rules.emptyAllowed ?? true,
    distinct: rules.distinct ?? true,
    required: rules.required ?? false,
    visibility: rules.visibility ?? 'listed',
    check: rules.check ?? null,
    effective: rules.doc !== undefined,
    doc: rules.doc ?? null,
    brokerSynonyms: (rules.brokerSynonyms ?? []).map(synonym =>
      typeof synonym === 'string' ? { name: synonym, factor: 1 } : synonym,
    ),
  }
}

/** 32 bits. */
export function int<D extends number | null>(defaultValue: D, rules: Rules = {}): Property<Nullable<D, number>> {
  return property<number | null>('int', defaultValue, { min: -(2 ** 31), max: 2 ** 31 - 1, ...rules }) as Property<
    Nullable<D, number>
  >
}

/** 16 bits. */
export function short(defaultValue: number, rules: Rules = {}): Property<number> {
  return property('short', defaultValue, { min: -(2 ** 15), max: 2 ** 15 - 1, ...rules })
}

/** 64 bits: exact up to 2⁵³; the greatest value is the double next to it. */
export function long<D extends number | null>(defaultValue: D, rules: Rules = {}): Property<Nullable<D, number>> {
  return property<number | null>('long', defaultValue, { min: -(2 ** 63), max: 2 ** 63, ...rules }) as Property<
    Nullable<D, number>
  >
}

export function double(defaultValue: number, rules: Rules = {}): Property<number> {
  return property('double', defaultValue, rules)
}

export function boolean(defaultValue: boolean, rules: Rules = {}): Property<boolean> {
  return property('boolean', defaultValue, rules)
}

export function string<D extends string | null>(defaultValue: D, rules: Rules = {}): Property<Nullable<D, string>> {
  return property<string | null>('string', defaultValue, rules) as Property<Nullable<D, string>>
}

/** One of the words given. */
export function choice<const V extends readonly string[]>(
  defaultValue: V[number],
  values: V,
  rules: Rules = {},
): Property<V[number]> {
  return property('string', defaultValue, { ...rules, values })
}

/** Texts separated by commas. */
export function list<D extends readonly string[] | null>(
  defaultValue: D,
  rules: Rules = {},
): Property<Nullable<D, readonly string[]>> {
  return property<readonly string[] | null>('list', defaultValue, rules) as Property<Nullable<D, readonly string[]>>
}

/** The name of a Java class, kept as text. */
export function className(defaultValue: string | null, rules: Rules = {}): Property<string | null> {
  return property('class', defaultValue, rules)
}

/** A secret: never shown. */
export function password(rules: Rules = {}): Property<Secret | null> {
  return property<Secret | null>('password', null, rules)
}

/** The greatest 64-bit number, as near as a double gets. */
export const longMax = 2 ** 63
/** The greatest 32-bit number. */
export const intMax = 2 ** 31 - 1

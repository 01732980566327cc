/** Requests of which only what matters is given. */
import type { Api, ClientRequestOf, FieldType, NamedField } from './schema.ts'

/** A request of which any field may be left out; it then has its default. */
export type Loose<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer E)[]
    ? readonly Loose<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Loose<T[K]> }
      : T

function filledType(type: FieldType, value: unknown): unknown {
  if (value === null) return null
  if (type.kind === 'struct') return filled(type.fields, value as Record<string, unknown>)
  if (type.kind === 'array') return (value as readonly unknown[]).map(element => filledType(type.element, element))
  return value
}

function filled(fields: readonly NamedField[], given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const whole: Record<string, unknown> = {}
  for (const { name, type, defaultValue } of fields) {
    const value = given[name] ?? (name in given && given[name] === null ? null : defaultValue)
    whole[name] = filledType(type, value === undefined ? {} : value)
  }
  return whole
}

/** The whole request that a few fields stand for. */
export function wholeRequest<A extends Api>(api: A, request: Loose<ClientRequestOf<A>>): ClientRequestOf<A> {
  return filled(api.request.fields, request as Record<string, unknown>) as ClientRequestOf<A>
}

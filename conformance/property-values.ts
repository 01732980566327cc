/** Values to try a property with, made from its row: another one that is good, and some at and beyond its bounds. */
import type { Property } from '../lib/config/property.ts'
import { formatValue } from '../lib/config/values.ts'

const [intMin, intMax, longMin, longMax] = ['-2147483648', '2147483647', '-9223372036854775808', '9223372036854775807']

/** A value that is good for the property alone, and not its default; null where none is known. */
export function otherValue(property: Property): string | null {
  const { type, defaultValue, values, min, max } = property
  const now = formatValue(property, defaultValue)
  if (type === 'boolean') return defaultValue === true ? 'false' : 'true'
  if (type === 'double') return String(Math.min(max ?? 1, 0.25))
  if (isNumber(property)) {
    const start = Number(defaultValue ?? 0)
    const far = Math.max(min ?? 0, 1_000_000)
    // Below 0 it stands for something else than a number, such as no limit.
    const next = (start < 0 ? [far, 1] : [start + 1, start + 2, far]).find(
      value => value <= Math.min(max ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) && isGood(property, value),
    )
    return String(Math.max(min ?? 0, next ?? far))
  }
  if (values !== null) return values.find(value => value !== now) ?? null
  return null
}

/** Texts that are good, bad, and at the bounds. */
export function textsFor(property: Property): string[] {
  const { type, min, max, values } = property
  const texts = new Set<string>(['', 'no such value'])
  const other = otherValue(property)
  if (other !== null) texts.add(other)
  if (type === 'boolean') texts.add('true').add('false')
  else if (type === 'double')
    for (const bound of [min, max])
      if (bound !== null) texts.add(String(bound)).add(String(bound + (bound === min ? -1 : 1)))
  if (isNumber(property)) {
    texts
      .add('-1')
      .add('0')
      .add('1')
      .add(type === 'long' ? longMin : intMin)
      .add(type === 'long' ? longMax : intMax)
    if (min !== null && Number.isSafeInteger(min)) texts.add(String(min)).add(String(min - 1))
    if (max !== null && Number.isSafeInteger(max)) texts.add(String(max)).add(String(max + 1))
  }
  for (const value of values ?? []) texts.add(value)
  return [...texts]
}

function isGood({ check, min }: Property, value: number): boolean {
  return check === null || check(String(Math.max(min ?? 0, value))) === null
}

function isNumber({ type }: Property): boolean {
  return type === 'int' || type === 'short' || type === 'long'
}

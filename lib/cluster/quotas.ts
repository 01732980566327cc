/** Quotas of users, clients and addresses (KIP-546): what they may be, plans to change them, and filters. The rules are Kafka's, one entity at a time. */
import { codes } from '../../protocol/errors.ts'
import type { StoredChange } from './stored.ts'

/** Whose a quota is, as pairs in the order of their types; a name of null stands for all who have none of their own. */
export type QuotaEntity = readonly (readonly [type: string, name: string | null])[]

export interface Quota {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

/** By the key under which each is stored. */
export type Quotas = ReadonlyMap<string, Quota>

export interface QuotaAlteration {
  readonly entity: readonly { readonly entityType: string; readonly entityName: string | null }[]
  readonly ops: readonly { readonly key: string; readonly value: number; readonly remove: boolean }[]
}

export interface QuotaResult {
  readonly entity: QuotaAlteration['entity']
  readonly errorCode: number
  readonly errorMessage: string | null
}

const [user, clientId, ip] = ['user', 'client-id', 'ip']
/** In the order in which Kafka tells them. */
const entityTypes: readonly string[] = [clientId, user, ip]

/** What a whole number may be: the greatest, and how Kafka names its type. Null for fractions. */
type Whole = { readonly max: number; readonly type: string } | null

const long: Whole = { max: 2 ** 63, type: 'a LONG' }
const int: Whole = { max: 2 ** 31 - 1, type: 'an INT' }

/** Quotas of users and clients by their names. */
const ofClients: Readonly<Record<string, Whole>> = {
  producer_byte_rate: long,
  consumer_byte_rate: long,
  request_percentage: null,
  controller_mutation_rate: null,
}
const ofAddresses: Readonly<Record<string, Whole>> = { connection_creation_rate: int }

/** As far as a whole number may be off. */
const epsilon = 1e-6

/** One result for each entity, in the order of first mention. An entity keeps what it has where one of its quotas is refused. */
export function planQuotas(
  quotas: Quotas,
  alterations: readonly QuotaAlteration[],
): { readonly changes: StoredChange[]; readonly result: QuotaResult[] } {
  const results = new Map<string, QuotaResult>()
  const changes = new Map<string, StoredChange>()
  for (const alteration of alterations) {
    const entity = onceByType(alteration.entity).sort(
      (a, b) => entityTypes.indexOf(a.entityType) - entityTypes.indexOf(b.entityType),
    )
    const key = quotaKey(entity.map(({ entityType, entityName }) => [entityType, entityName] as const))
    const fault = results.has(key)
      ? 'the entity stands in the request more than once'
      : (entityFault(entity) ?? valuesFault(entity, alteration.ops))
    if (fault !== null) {
      changes.delete(key)
      results.set(key, { entity, errorCode: codes.INVALID_REQUEST, errorMessage: fault })
      continue
    }
    results.set(key, { entity, errorCode: codes.NONE, errorMessage: null })
    const values = new Map(quotas.get(key)?.values)
    for (const { key: name, value, remove } of alteration.ops) {
      if (remove) values.delete(name)
      else values.set(name, value)
    }
    changes.set(key, storedValues(key, values))
  }
  return { changes: [...changes.values()], result: [...results.values()] }
}

/** Of a type that is named twice, the last name counts, as in Kafka. */
function onceByType(entity: QuotaAlteration['entity']): QuotaAlteration['entity'][number][] {
  return [...new Map(entity.map(each => [each.entityType, each])).values()]
}

/** An entity's quotas as they are kept. A directory of Apache Kafka may have numbers that are not finite, for which JSON has no words. */
export function storedQuota(entity: QuotaEntity, values: ReadonlyMap<string, number>): StoredChange {
  const finite = [...values].map(([key, value]) => [key, Math.min(value, Number.MAX_VALUE)] as const)
  return storedValues(quotaKey(entity), new Map(finite.filter(([, value]) => Number.isFinite(value))))
}

function storedValues(key: string, values: ReadonlyMap<string, number>): StoredChange {
  return { key, value: values.size === 0 ? null : JSON.stringify(Object.fromEntries(values)) }
}

/** Where an entity's quotas are kept: `quotas/[["client-id",null],["user","alice"]]`. */
export function quotaKey(entity: QuotaEntity): string {
  return `quotas/${JSON.stringify([...entity].sort(([a], [b]) => (a < b ? -1 : 1)))}`
}

/** What is wrong with an entity; null where nothing is. */
function entityFault(entity: QuotaAlteration['entity']): string | null {
  if (entity.length === 0) return 'Invalid empty client quota entity'
  const types = entity.map(({ entityType }) => entityType)
  for (const { entityType, entityName } of entity) {
    if (!entityTypes.includes(entityType)) return `Unhandled client quota entity type: ${entityType}`
    if (entityName === '') return `Empty ${entityType} not supported`
  }
  if (types.includes(ip)) {
    if (types.length > 1) return 'An ip is not combined with a user or a client-id'
    const [{ entityName: address } = { entityName: null }] = entity
    if (address !== null && !isAddress(address)) return `${address} is not a valid IP or resolvable host.`
  }
  return null
}

/** Addresses in numbers, and this machine; other names are not looked up. */
function isAddress(text: string): boolean {
  if (text === 'localhost') return true
  const bytes = text.split('.')
  if (bytes.length === 4) return bytes.every(byte => /^\d{1,3}$/.test(byte) && Number(byte) < 256)
  return text.includes(':') && /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`)
}

function valuesFault(entity: QuotaAlteration['entity'], ops: QuotaAlteration['ops']): string | null {
  const known = entity.some(({ entityType }) => entityType === ip) ? ofAddresses : ofClients
  const seen = new Set<string>()
  for (const { key, value, remove } of ops) {
    if (seen.has(key)) return `Duplicate quota key ${key}`
    seen.add(key)
    if (remove) continue
    if (!Object.hasOwn(known, key)) return `Invalid configuration key ${key}`
    if (!Number.isFinite(value)) return `Quota ${key} must be a finite number`
    if (value <= 0) return `Quota ${key} must be greater than 0`
    const whole = known[key]
    if (!whole) continue
    if (value > whole.max) return `Proposed value for ${key} is too large for ${whole.type}.`
    if (Math.abs(Math.round(value) - value) > epsilon) return `${key} cannot be a fractional value.`
  }
  return null
}

/** The quotas after what is under one key was written, or deleted where `stored` is null. */
export function withQuota(quotas: Quotas, key: string, stored: Readonly<Record<string, number>> | null): Quotas {
  const next = new Map(quotas)
  if (stored === null) next.delete(key)
  else {
    const entity = JSON.parse(key.slice(key.indexOf('/') + 1)) as QuotaEntity
    next.set(key, { entity, values: new Map(Object.entries(stored)) })
  }
  return next
}

/** The order in which quotas are told: of one before those of two together, defaults before names. */
export function inOrder({ entity: a }: Quota, { entity: b }: Quota): number {
  if (a.length !== b.length) return a.length - b.length
  const text = (entity: QuotaEntity) => entity.map(([type, name]) => `${type}=${name ?? ''}`)
  const [one, other] = [text(a).reverse().join(), text(b).reverse().join()]
  return one < other ? -1 : one > other ? 1 : 0
}

/** A type of entity that is asked for: by name, by the default (null), or with any name (undefined). */
export interface QuotaFilter {
  readonly type: string
  readonly name: string | null | undefined
}

/** Whether an entity has all that is asked for, and where `strict` nothing else. */
export function matchesQuota({ entity }: Quota, filters: readonly QuotaFilter[], strict: boolean): boolean {
  if (strict && entity.length !== filters.length) return false
  return filters.every(({ type, name }) =>
    entity.some(([ofType, ofName]) => ofType === type && (name === undefined || name === ofName)),
  )
}

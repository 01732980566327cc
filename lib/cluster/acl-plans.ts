/** Filters over access rules, and plans to make and to delete them. What is refused, and in which words, is Kafka's. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import {
  type Acl,
  aclKey,
  aclValue,
  anyNumber,
  clusterResource,
  matchNumber,
  operationNames,
  patternTypeNames,
  patternTypes,
  permissionNames,
  permissions,
  resourceTypeNames,
  resourceTypes,
  wildcard,
} from './acls.ts'
import { rangeOf } from './address-ranges.ts'
import type { PieceMap } from './piece-map.ts'
import type { StoredChange } from './stored.ts'

/** The rules of an image, by their keys. */
export type Acls = PieceMap<Acl>

/** What rules have to be like. Null stands for anything. */
export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** A refusal of one rule or filter; null where it is carried out. */
export interface AclResult {
  readonly error: KafkaError | null
}

export interface AclDeletion extends AclResult {
  readonly deleted: readonly Acl[]
}

/** Rules that one request may make or delete, as in Kafka: all of them are one transaction. */
const aclsPerRequestMax = 10_000

/** What a filter says, decided once for all the rules that it is asked about. */
export function matcherOf(filter: AclFilter): (acl: Acl) => boolean {
  const { resourceTypeFilter, resourceNameFilter: name, patternTypeFilter, principalFilter, hostFilter } = filter
  const { operation, permissionType } = filter
  return acl =>
    (resourceTypeFilter === anyNumber || resourceTypeFilter === acl.resourceType) &&
    (patternTypeFilter === anyNumber || patternTypeFilter === matchNumber || patternTypeFilter === acl.patternType) &&
    (name === null || (patternTypeFilter === matchNumber ? comesUnder(name, acl) : name === acl.resourceName)) &&
    (principalFilter === null || principalFilter === acl.principal) &&
    (hostFilter === null || hostFilter === acl.host) &&
    (operation === anyNumber || operation === acl.operation) &&
    (permissionType === anyNumber || permissionType === acl.permissionType)
}

function comesUnder(name: string, { patternType, resourceName }: Acl): boolean {
  if (patternType === patternTypes.prefixed) return name.startsWith(resourceName)
  return name === resourceName || resourceName === wildcard
}

/** The rules that a filter matches, in the order of their keys. */
export function aclsThatMatch(acls: Acls, filter: AclFilter): Acl[] {
  const only = onlyMatchOf(filter)
  if (only !== null) {
    const found = acls.get(aclKey(only))
    return found === undefined ? [] : [found]
  }
  const matches = matcherOf(filter)
  const found: { key: string; acl: Acl }[] = []
  for (const acl of acls.values()) if (matches(acl)) found.push({ key: aclKey(acl), acl })
  return found.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ acl }) => acl)
}

/** The one rule that a filter without anything indefinite may match: looked up, as many such filters may come at once. */
function onlyMatchOf(filter: AclFilter): Acl | null {
  const { resourceTypeFilter: resourceType, resourceNameFilter: resourceName, patternTypeFilter: patternType } = filter
  const { principalFilter: principal, hostFilter: host, operation, permissionType } = filter
  const isDefinite =
    resourceTypeNames.has(resourceType) &&
    patternTypeNames.has(patternType) &&
    operationNames.has(operation) &&
    permissionNames.has(permissionType)
  if (!isDefinite || resourceName === null || principal === null || host === null) return null
  return { resourceType, resourceName, patternType, principal, host, operation, permissionType }
}

/** One result for each rule. One that is there already is made again by nothing. Throws where they are too many. */
export function planAclCreations(
  acls: Acls,
  creations: readonly Acl[],
): { readonly changes: StoredChange[]; readonly result: AclResult[] } {
  // A rule cannot be for any kind of what it names: Kafka fails of the whole request.
  if (creations.some(isIndefinite)) throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, 'a rule must say what it is about')
  const [denying, allowing] = [new Map<string, StoredChange>(), new Map<string, StoredChange>()]
  const result = creations.map(acl => {
    const fault = faultOf(acl)
    if (fault !== null) return { error: new KafkaError(codes.INVALID_REQUEST, fault) }
    const key = aclKey(acl)
    const changes = acl.permissionType === permissions.deny ? denying : allowing
    if (!acls.has(key)) changes.set(key, { key, value: aclValue })
    return { error: null }
  })
  if (denying.size + allowing.size > aclsPerRequestMax) {
    throw new KafkaError(codes.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
  }
  // A store may take them in parts: no part may allow what another denies.
  return { changes: [...denying.values(), ...allowing.values()], result }
}

function isIndefinite({ resourceType, patternType, operation, permissionType }: Acl): boolean {
  return [resourceType, patternType, operation, permissionType].includes(anyNumber) || patternType === matchNumber
}

function faultOf(acl: Acl): string | null {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  if (resourceType === resourceTypes.cluster && resourceName !== clusterResource) {
    return `The only valid name for the CLUSTER resource is ${clusterResource}`
  }
  if (resourceName === '') return 'Invalid empty resource name'
  if (!resourceTypeNames.has(resourceType)) return 'Invalid resourceType UNKNOWN'
  if (!patternTypeNames.has(patternType)) return 'Invalid patternType UNKNOWN'
  if (!operationNames.has(operation)) return 'Invalid operation UNKNOWN'
  if (!permissionNames.has(permissionType)) return 'Invalid permissionType UNKNOWN'
  if (!principal.includes(':')) {
    return `Could not parse principal from \`${principal}\` (no colon is present separating the principal type from the principal name)`
  }
  if (host === '') return 'Host pattern cannot be null or empty'
  const range = host.includes('/') ? rangeOf(host) : null
  return typeof range === 'string' ? `Invalid CIDR notation '${host}': ${range}` : null
}

/** One result for each filter, as if each had come alone: a rule that two of them match is told of twice. */
export function planAclDeletions(
  acls: Acls,
  filters: readonly AclFilter[],
): { readonly changes: StoredChange[]; readonly result: AclDeletion[] } {
  const changes = new Map<string, { readonly change: StoredChange; readonly allows: boolean }>()
  const result = filters.map(filter => {
    const fault = faultOfFilter(filter)
    if (fault !== null) return { error: new KafkaError(codes.INVALID_REQUEST, fault), deleted: [] }
    const deleted = aclsThatMatch(acls, filter)
    const keys = deleted.map(aclKey)
    if (changes.size + keys.filter(key => !changes.has(key)).length > aclsPerRequestMax) {
      const fault = `Cannot remove more than ${aclsPerRequestMax} acls in a single delete operation.`
      return { error: new KafkaError(codes.INVALID_REQUEST, fault), deleted: [] }
    }
    for (const [i, key] of keys.entries()) {
      changes.set(key, { change: { key, value: null }, allows: deleted[i]!.permissionType === permissions.allow })
    }
    return { error: null, deleted }
  })
  const all = [...changes.values()].sort((a, b) => Number(b.allows) - Number(a.allows))
  return { changes: all.map(({ change }) => change), result }
}

/** Null where a filter says what it wants; a kind that nobody knows is none. */
function faultOfFilter({ resourceTypeFilter, patternTypeFilter, operation, permissionType }: AclFilter): string | null {
  const isKnown =
    (resourceTypeFilter === anyNumber || resourceTypeNames.has(resourceTypeFilter)) &&
    (patternTypeFilter === anyNumber || patternTypeFilter === matchNumber || patternTypeNames.has(patternTypeFilter))
  if (!isKnown) return 'Unknown patternFilter.'
  const isEntryKnown =
    (operation === anyNumber || operationNames.has(operation)) &&
    (permissionType === anyNumber || permissionNames.has(permissionType))
  return isEntryKnown ? null : 'Unknown entryFilter.'
}

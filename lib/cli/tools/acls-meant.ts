/** Which resources and rules a command line of `ottla acls` means. */
import type { AclsMeant } from '../../admin/acls.ts'
import {
  type Acl,
  anyNumber,
  clusterResource,
  matchNumber,
  operations,
  patternTypes,
  permissions,
  resourceTypes,
  wildcard,
} from '../../cluster/acls.ts'
import type { AclsOption } from './acls-options.ts'
import { type Given, ToolUsageError } from './tool.ts'

type Options = Given<AclsOption>

/** What a rule says of a resource. */
export type Rule = Pick<Acl, 'principal' | 'host' | 'operation' | 'permissionType'>

/** Resources by a filter, and the rules for them. */
export interface ResourceRules {
  readonly meant: AclsMeant & { readonly resourceName: string }
  readonly rules: readonly Rule[]
}

/** A name as Java's constants have it, of one as ours. */
export function constantOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()
}

function nameOf(numbers: Readonly<Record<string, number>>, number: number): string {
  const found = Object.entries(numbers).find(([, each]) => each === number)
  return found === undefined ? 'UNKNOWN' : constantOf(found[0])
}

const patternFilters = { any: anyNumber, match: matchNumber, ...patternTypes }

type Resource = Omit<AclsMeant, 'rule'>

/** What is told of a resource, by the names that Kafka's tool has for it. */
export function resourceFacts({ resourceType, resourceName, patternType }: Resource) {
  return {
    resourceType: nameOf(resourceTypes, resourceType),
    name: resourceName,
    patternType: nameOf(patternFilters, patternType),
  }
}

/** The same of a rule. */
export function ruleFacts({ principal, host, operation, permissionType }: Rule) {
  return {
    ...{ principal, host },
    operation: nameOf(operations, operation),
    permissionType: nameOf(permissions, permissionType),
  }
}

/** `name=orders, patternType=LITERAL`. */
function written(facts: Readonly<Record<string, string | null>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}

/** `ResourcePattern(resourceType=TOPIC, name=orders, patternType=LITERAL)`. */
export function resourceText(resource: Resource): string {
  return `ResourcePattern(${written(resourceFacts(resource))})`
}

/** `(principal=User:alice, host=*, operation=READ, permissionType=ALLOW)`. */
export function ruleText(rule: Rule): string {
  return `(${written(ruleFacts(rule))})`
}

/** The number of `--resource-pattern-type`. Throws where there is no such type. */
export function patternTypeOf(given: Options): number {
  const text = given.one('resource-pattern-type') ?? 'literal'
  const name = text.toLowerCase()
  if (!Object.hasOwn(patternFilters, name)) {
    throw new Error(`Cannot parse argument '${text}' of option resource-pattern-type`)
  }
  return patternFilters[name as keyof typeof patternFilters]
}

/** The resources that are named; none where it may be so. Throws ToolUsageError. */
export function resourcesOf(given: Options, { isOptional = false } = {}): (AclsMeant & { resourceName: string })[] {
  const patternType = patternTypeOf(given)
  const named = (option: AclsOption, resourceType: number) =>
    given.all(option).map(name => ({ resourceType, resourceName: name.trim(), patternType }))
  const isOfCluster = patternType === patternTypes.literal && (given.has('cluster') || given.has('idempotent'))
  const found = [
    ...named('topic', resourceTypes.topic),
    ...(isOfCluster ? [{ resourceType: resourceTypes.cluster, resourceName: clusterResource, patternType }] : []),
    ...named('group', resourceTypes.group),
    ...named('transactional-id', resourceTypes.transactionalId),
    ...named('delegation-token', resourceTypes.delegationToken),
    ...named('user-principal', resourceTypes.user),
  ]
  if (found.length === 0 && !isOptional) {
    throw new ToolUsageError(
      'You must provide at least one resource: --topic <topic> or --cluster or --group <group> or --delegation-token <Delegation Token ID>',
    )
  }
  return found
}

/** The resources that are named with the rules that are. Throws ToolUsageError. */
export function rulesOf(given: Options): ResourceRules[] {
  const resources = resourcesOf(given)
  const isRole = given.has('producer') || given.has('consumer')
  const all = resources.map(meant => {
    const named = isRole ? roleOperations(given, meant.resourceType) : operationsOf(given)
    return { meant, rules: isRole && named.length === 0 ? [] : rulesFor(given, named) }
  })
  const meant = isRole
    ? all.filter(({ meant: { resourceType } }) => roleOperations(given, resourceType).length > 0)
    : all
  for (const {
    meant: { resourceType },
    rules,
  } of meant)
    checkOperations(resourceType, rules)
  return meant
}

/** What producers and consumers do with a resource. */
function roleOperations(given: Options, resourceType: number): number[] {
  const found = new Set<number>()
  if (given.has('producer')) {
    if (resourceType === resourceTypes.topic) {
      for (const each of [operations.write, operations.describe, operations.create]) found.add(each)
    }
    if (resourceType === resourceTypes.transactionalId) {
      for (const each of [operations.write, operations.describe]) found.add(each)
    }
    if (resourceType === resourceTypes.cluster && given.has('idempotent')) found.add(operations.idempotentWrite)
  }
  if (given.has('consumer')) {
    if (resourceType === resourceTypes.topic) for (const each of [operations.read, operations.describe]) found.add(each)
    if (resourceType === resourceTypes.group) found.add(operations.read)
  }
  return [...found]
}

/** In the place of an operation that there is not. */
const unknownNumber = 0

function operationsOf(given: Options): number[] {
  const named = given.has('operation') ? given.all('operation') : ['All']
  return named.map(name => {
    const wanted = name.trim().toLowerCase()
    if (wanted === 'any') return anyNumber
    return Object.entries(operations).find(([each]) => each.toLowerCase() === wanted)?.[1] ?? unknownNumber
  })
}

function rulesFor(given: Options, named: readonly number[]): Rule[] {
  const rules: Rule[] = []
  for (const [kind, permissionType] of [
    ['allow', permissions.allow],
    ['deny', permissions.deny],
  ] as const) {
    const hosts = given.has(`${kind}-host`) ? given.all(`${kind}-host`).map(host => host.trim()) : [wildcard]
    for (const principal of given.all(`${kind}-principal`).map(principalIn)) {
      for (const host of hosts) {
        for (const operation of named) {
          if (operation === anyNumber) throw new Error('operation must not be ANY')
          rules.push({ principal, host, operation, permissionType })
        }
      }
    }
  }
  return rules
}

/** Throws where it has not the form of one. */
export function principalIn(text: string): string {
  const trimmed = text.trim()
  if (!/^[^:]+:/.test(trimmed))
    throw new Error(`expected a string in format principalType:principalName but got ${trimmed}`)
  return trimmed
}

const { read, write, create, describe, alter, describeConfigs, alterConfigs } = operations
/** What can be done with each type of resource, beside everything. */
const operationsByType: Readonly<Record<number, readonly number[]>> = {
  [resourceTypes.topic]: [read, write, create, describe, operations.delete, alter, describeConfigs, alterConfigs],
  [resourceTypes.group]: [read, describe, operations.delete, describeConfigs, alterConfigs],
  [resourceTypes.cluster]: [
    ...[create, operations.clusterAction, describeConfigs, alterConfigs],
    ...[operations.idempotentWrite, alter, describe],
  ],
  [resourceTypes.transactionalId]: [describe, write, operations.twoPhaseCommit],
  [resourceTypes.delegationToken]: [describe],
  [resourceTypes.user]: [operations.createTokens, operations.describeTokens],
}

function checkOperations(resourceType: number, rules: readonly Rule[]): void {
  const possible = [...operationsByType[resourceType]!, operations.all]
  if (rules.every(({ operation }) => possible.includes(operation))) return
  const names = possible.map(number => nameOf(operations, number))
  throw new ToolUsageError(
    `ResourceType ${nameOf(resourceTypes, resourceType)} only supports operations [${names.join(', ')}]`,
  )
}

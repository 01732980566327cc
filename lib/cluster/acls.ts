/** Access rules (ACLs) as the cluster keeps them, and the numbers that Kafka's requests have for what rules speak of. */
import { codes, KafkaError } from '../../protocol/errors.ts'

/** Numbers of what rules are about. */
export const resourceTypes = {
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const

/** What an operation is done to. */
export type ResourceType = keyof typeof resourceTypes

/** Numbers of what may be done; `all` stands in rules only. */
export const operations = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const

/** What may be done to a resource, as Kafka's rules name it. */
export type Operation = Exclude<keyof typeof operations, 'all'>

/** Numbers of how a rule names its resources. */
export const patternTypes = { literal: 3, prefixed: 4 } as const

/** Numbers of what a rule says of them. */
export const permissions = { deny: 2, allow: 3 } as const

/** In the place of any number above: whatever there is. In filters only, as is `match`: all patterns that a name comes under. */
export const anyNumber = 1
export const matchNumber = 2

/** The name, host or user's name that stands for all. */
export const wildcard = '*'
/** Who rules for everybody are about. */
export const everybody = 'User:*'
/** The name of the only cluster that there is to ask about. */
export const clusterResource = 'kafka-cluster'

/** One rule. There is never a second one that says the same. */
export interface Acl {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  /** Type and name with a colon between, such as User:alice. */
  readonly principal: string
  /** An address as Java prints it, a range of them such as 10.0.0.0/8, or `*`. */
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Names by their numbers, and the other way round. */
class Names {
  readonly #names = new Map<number, string>()
  readonly #numbers: ReadonlyMap<string, number>

  constructor(numbers: Readonly<Record<string, number>>) {
    this.#numbers = new Map(Object.entries(numbers))
    for (const [name, number] of this.#numbers) this.#names.set(number, name)
  }

  has(number: number): boolean {
    return this.#names.has(number)
  }

  nameOf(number: number): string {
    return this.#names.get(number) ?? String(number)
  }

  numberOf(name: string): number | undefined {
    return this.#numbers.get(name)
  }
}

export const resourceTypeNames = new Names(resourceTypes)
export const operationNames = new Names(operations)
export const patternTypeNames = new Names(patternTypes)
export const permissionNames = new Names(permissions)

/** Where a rule stands in the metadata store: all that it says, as JSON. */
export function aclKey(acl: Acl): string {
  return `acls/${JSON.stringify([
    resourceTypeNames.nameOf(acl.resourceType),
    patternTypeNames.nameOf(acl.patternType),
    acl.resourceName,
    acl.principal,
    acl.host,
    operationNames.nameOf(acl.operation),
    permissionNames.nameOf(acl.permissionType),
  ])}`
}

/** What stands behind the key of a rule: nothing more is known of it. */
export const aclValue = '{}'

/** The rule of a key, whose first part is left out. Throws where it is not what a broker wrote there. */
export function aclOfKey(rest: string): Acl {
  try {
    const [type, pattern, resourceName, principal, host, operation, permission] = JSON.parse(rest) as string[]
    const acl = {
      resourceType: resourceTypeNames.numberOf(type!),
      resourceName: resourceName!,
      patternType: patternTypeNames.numberOf(pattern!),
      principal: principal!,
      host: host!,
      operation: operationNames.numberOf(operation!),
      permissionType: permissionNames.numberOf(permission!),
    }
    if (!Object.values(acl).includes(undefined)) return acl as Acl
  } catch {}
  throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, `the metadata have an access rule that cannot be read: ${rest}`)
}

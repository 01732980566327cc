/** Rights, and the access rules that give or deny them to names, to prefixes and to all. Rules lie on what is called `mine…`; what is called `other…` is covered by wildcards alone. */

/** As Kafka's access rules number them. */
const resourceTypes = { topic: 2, group: 3, cluster: 4, transactionalId: 5, user: 7 } as const
const operations = {
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  TWO_PHASE_COMMIT: 15,
} as const
const patterns = { literal: 3, prefixed: 4 } as const
const permissions = { deny: 2, allow: 3 } as const

type Permission = keyof typeof permissions
type ResourceType = keyof typeof resourceTypes
type Operation = keyof typeof operations

/** One rule as CreateAcls takes it. */
export interface Rule {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

const operationsOf: Readonly<Record<ResourceType, readonly Operation[]>> = {
  topic: ['READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  group: ['READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  cluster: [
    ...(['CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'CLUSTER_ACTION', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'] as const),
    'IDEMPOTENT_WRITE',
  ],
  transactionalId: ['WRITE', 'DESCRIBE', 'TWO_PHASE_COMMIT'],
  user: ['CREATE_TOKENS'],
}

/** Something that may be done to resources of one type. */
export interface Right {
  readonly type: ResourceType
  readonly operation: Operation
}

/** All that there are: the columns of the matrix. */
export const rights: readonly Right[] = (Object.keys(operationsOf) as ResourceType[]).flatMap(type =>
  operationsOf[type].map(operation => ({ type, operation })),
)

export function rightName({ type, operation }: Right): string {
  return `${type} ${operation}`
}

/** How resources are named. */
export type Way = 'literal' | 'prefixed' | 'wildcard'

/** What requests name: some of it is there, some is not, and some is there to be deleted. No topic can have the last name. */
const mine = ['mine', 'mine-none', 'mine-made', 'mine-doomed', 'mine!'] as const

/** A cluster has one name, and no wildcard. */
function namesOf(type: ResourceType, way: Way): readonly string[] {
  if (type === 'cluster') return ['kafka-cluster']
  if (way === 'wildcard') return ['*']
  if (type === 'user') return [way === 'prefixed' ? 'User:mi' : 'User:mine']
  return way === 'prefixed' ? ['mine'] : mine
}

/** A rule of whoever it is to be for. */
export type Draft = Omit<Rule, 'principal'>

export function rulesOn({ type, operation }: Right, way: Way, permission: Permission = 'allow', host = '*'): Draft[] {
  return namesOf(type, way).map(resourceName => ({
    resourceType: resourceTypes[type],
    resourceName,
    resourcePatternType: patterns[way === 'prefixed' ? 'prefixed' : 'literal'],
    host,
    operation: operations[operation],
    permissionType: permissions[permission],
  }))
}

/** All operations on all types by one rule each. */
export function everything(way: Way, permission: Permission = 'allow', host = '*'): Draft[] {
  const types = Object.keys(operationsOf) as ResourceType[]
  return types.flatMap(type => rulesOn({ type, operation: 'ALL' }, way, permission, host))
}

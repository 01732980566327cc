/** What a client may do to a resource, as the bits of Kafka's operation numbers. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Context, Operation, ResourceType } from './context.ts'

/** The answer where the client did not ask. */
export const operationsNotAsked = -2_147_483_648

const operationNumbers: Readonly<Record<Operation, number>> = {
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
}

const operationsOf = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'],
  group: ['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'],
  cluster: ['create', 'alter', 'describe', 'clusterAction', 'describeConfigs', 'alterConfigs', 'idempotentWrite'],
} as const satisfies Partial<Record<ResourceType, readonly Operation[]>>

/** The name of the only cluster that there is to ask about. */
export const clusterResource = 'kafka-cluster'

/** The bits of all operations on the resource that the client is allowed. */
export function authorizedOperations(context: Context, type: keyof typeof operationsOf, name: string): number {
  let bits = 0
  for (const operation of operationsOf[type]) {
    if (context.broker.authorize(context, operation, type, name)) bits |= 1 << operationNumbers[operation]
  }
  return bits
}

/** Throws CLUSTER_AUTHORIZATION_FAILED, by which the whole request is refused, unless the client may do this to the cluster. */
export function checkClusterOperation(context: Context, operation: (typeof operationsOf.cluster)[number]): void {
  if (context.broker.authorize(context, operation, 'cluster', clusterResource)) return
  throw new KafkaError(codes.CLUSTER_AUTHORIZATION_FAILED, `not allowed to ${operation} the cluster`)
}

/** What a client may do to a resource, as the bits of Kafka's operation numbers. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { clusterResource, type Operation, operations, type ResourceType } from '../cluster/acls.ts'
import type { Context } from './context.ts'

export { clusterResource } from '../cluster/acls.ts'

/** The answer where the client did not ask. */
export const operationsNotAsked = -2_147_483_648

const operationsOf = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'],
  group: ['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'],
  cluster: ['create', 'alter', 'describe', 'clusterAction', 'describeConfigs', 'alterConfigs', 'idempotentWrite'],
} as const satisfies Partial<Record<ResourceType, readonly Operation[]>>

/** The bits of all operations on the resource that the client is allowed. */
export function authorizedOperations(context: Context, type: keyof typeof operationsOf, name: string): number {
  let bits = 0
  for (const operation of operationsOf[type]) {
    if (context.broker.authorize(context, operation, type, name, false)) bits |= 1 << operations[operation]
  }
  return bits
}

/** Those on the cluster; none for who may not describe it. */
export function clusterOperations(context: Context): number {
  const mayDescribe = context.broker.authorize(context, 'describe', 'cluster', clusterResource, false)
  return mayDescribe ? authorizedOperations(context, 'cluster', clusterResource) : 0
}

/** Throws CLUSTER_AUTHORIZATION_FAILED, by which the whole request is refused, unless the client may do this to the cluster. */
export function checkClusterOperation(context: Context, operation: (typeof operationsOf.cluster)[number]): void {
  if (context.broker.authorize(context, operation, 'cluster', clusterResource)) return
  throw new KafkaError(codes.CLUSTER_AUTHORIZATION_FAILED, `not allowed to ${operation} the cluster`)
}

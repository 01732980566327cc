/** Reassignments that an administrator begins or gives up (KIP-455): planned one by one, and written as far as they can be. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { keysBehind, partitionStateChanges } from '../cluster/changes.ts'
import type { ClusterImage } from '../cluster/image.ts'
import type { BrokerConfig } from '../config/config.ts'
import { planCancellation, planReassignment, remainingReplicas } from '../controller/reassign.ts'
import type { ControllerRules, PartitionChange } from '../controller/reconcile.ts'
import type { Planning } from './change-isr.ts'
import { controllerRules } from './controller-rules.ts'

/** Where a partition is to have its replicas; null gives up what is under way. */
export interface PartitionToReassign {
  readonly topic: string
  readonly index: number
  readonly replicas: readonly number[] | null
}

/** Partitions in one transaction: each may write its topic and rests on it and on its old leader, and stores bound how much that may be. */
const reassignmentsMax = 40

/** One error for each partition, null where it is on its way, or there already. Throws KafkaError where somebody else was quicker. */
export async function planAndReassign(
  cluster: { changeBy<T>(plan: Planning<T>): Promise<T> },
  config: BrokerConfig,
  asked: readonly PartitionToReassign[],
  { mayChangeFactor }: { readonly mayChangeFactor: boolean },
): Promise<(KafkaError | null)[]> {
  const rules = controllerRules(config)
  const errors: (KafkaError | null)[] = []
  for (let at = 0; at < asked.length; at += reassignmentsMax) {
    const some = asked.slice(at, at + reassignmentsMax)
    errors.push(
      ...(await cluster.changeBy(image => {
        const changes = new Map<string, PartitionChange>()
        const result = some.map(each => {
          try {
            const change = planOne(image, each, rules, mayChangeFactor)
            // Of one that is named twice the last counts.
            if (change !== null) changes.set(`${each.topic}/${each.index}`, change)
            return null
          } catch (error) {
            if (error instanceof KafkaError) return error
            throw error
          }
        })
        const made = [...changes.values()]
        return {
          changes: partitionStateChanges(made, image.starts),
          restsOn: made.flatMap(keysBehind),
          result,
        }
      })),
    )
  }
  return errors
}

function planOne(
  image: ClusterImage,
  { topic: name, index, replicas }: PartitionToReassign,
  rules: ControllerRules,
  mayChangeFactor: boolean,
): PartitionChange | null {
  const topic = image.topics.get(name)
  if (topic === undefined) throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic ${name}`)
  const partition = topic.partitions[index]
  if (partition === undefined) {
    throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `${name} has no partition ${index}`)
  }
  if (replicas === null) return planCancellation(image, topic, index, rules)
  const change = planReassignment(image, topic, index, replicas, rules)
  const size = remainingReplicas(partition).length
  if (!mayChangeFactor && replicas.length !== size) {
    throw new KafkaError(
      codes.INVALID_REPLICATION_FACTOR,
      `The replication factor is changed from ${size} to ${replicas.length}`,
    )
  }
  return change
}

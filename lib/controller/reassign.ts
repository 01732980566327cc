/** Reassignments (KIP-455): the replicas that a partition is to have, and what it is until they are in sync. Pure. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { type ClusterImage, placesOf, type TopicImage } from '../cluster/image.ts'
import { type Asked, nextState, type PartitionState } from './partition-state.ts'
import { type ControllerRules, electionRules, electorateOf, type PartitionChange } from './reconcile.ts'

/** Whether a partition is on its way to other replicas. */
export function isReassigning({ addingReplicas, removingReplicas }: PartitionState): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

/** Those that a partition has once what is under way is done. */
export function remainingReplicas({ replicas, removingReplicas }: PartitionState): readonly number[] {
  return replicas.filter(id => !removingReplicas.includes(id))
}

/** The change that begins a reassignment, or null where the partition has these replicas already; throws INVALID_REPLICA_ASSIGNMENT. */
export function planReassignment(
  image: ClusterImage,
  topic: TopicImage,
  index: number,
  target: readonly number[],
  rules: ControllerRules,
): PartitionChange | null {
  check(image, target)
  const partition = topic.partitions[index]!
  const settled = withoutAdding(partition)
  const addingReplicas = target.filter(id => !settled.includes(id))
  // What another one has added meanwhile stays until this one is done: it may be all that is in sync.
  const removingReplicas = partition.replicas.filter(id => !target.includes(id))
  const replicas = [...target, ...removingReplicas]
  return changed(image, topic, index, rules, { replicas, addingReplicas, removingReplicas })
}

/** The change that gives up a reassignment; throws NO_REASSIGNMENT_IN_PROGRESS where there is none. */
export function planCancellation(
  image: ClusterImage,
  topic: TopicImage,
  index: number,
  rules: ControllerRules,
): PartitionChange | null {
  const partition = topic.partitions[index]!
  if (!isReassigning(partition)) {
    // As with Apache Kafka, the code says it all.
    throw new KafkaError(codes.NO_REASSIGNMENT_IN_PROGRESS)
  }
  const replicas = withoutAdding(partition)
  const isr = partition.isr.filter(id => replicas.includes(id))
  if (isr.length === 0 && !rules.isUncleanElectionEnabled(topic)) {
    throw new KafkaError(
      codes.INVALID_REPLICA_ASSIGNMENT,
      `giving up this reassignment would leave no in-sync replica of ${topic.name}-${index}: wait until one of ${replicas.join(', ')} is in sync`,
    )
  }
  return changed(image, topic, index, rules, { replicas, isr, addingReplicas: [], removingReplicas: [] })
}

function changed(
  image: ClusterImage,
  topic: TopicImage,
  index: number,
  rules: ControllerRules,
  reassigned: Asked,
): PartitionChange | null {
  const state = nextState(topic.partitions[index]!, electorateOf(image), electionRules(image, topic, rules), reassigned)
  return state === null ? null : { topic, index, state }
}

function withoutAdding({ replicas, addingReplicas }: PartitionState): readonly number[] {
  return replicas.filter(id => !addingReplicas.includes(id))
}

function check(image: ClusterImage, target: readonly number[]): void {
  const refuse = (message: string) => new KafkaError(codes.INVALID_REPLICA_ASSIGNMENT, message)
  if (target.length === 0) throw refuse('The manual partition assignment includes an empty replica list.')
  const places = placesOf(image)
  const seen = new Set<number>()
  for (const id of target) {
    if (seen.has(id)) throw refuse(`The manual partition assignment includes the broker ${id} more than once.`)
    if (id < 0) throw refuse('The manual partition assignment includes an invalid broker id.')
    if (!places.some(place => place.id === id)) {
      throw refuse(`The manual partition assignment includes broker ${id}, but no such broker is registered.`)
    }
    seen.add(id)
  }
}

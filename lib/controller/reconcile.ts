/**
 * What the controller writes, as the cluster is: level-triggered, so that it does not matter which events it has seen. Pure: image in,
 * changes out; who carries them out looks again after whatever failed.
 */
import { hasEligibleReplicas } from '../cluster/features.ts'
import type { BrokerImage, ClusterImage, PartitionImage, TopicImage } from '../cluster/image.ts'
import {
  type Election,
  type ElectionRules,
  type Electorate,
  isLedByPreferred,
  nextState,
  type PartitionState,
} from './partition-state.ts'

/** What depends on settings. */
export interface ControllerRules {
  /** `min.insync.replicas` of a topic. */
  minInsyncReplicas(topic: TopicImage): number
  /** `unclean.leader.election.enable` of a topic. */
  isUncleanElectionEnabled(topic: TopicImage): boolean
}

/** A partition that is to be written. */
export interface PartitionChange {
  readonly topic: TopicImage
  readonly index: number
  readonly state: PartitionState
}

/** A run of a broker that may take part once all changes that were found with it are written. */
export type Admission = Pick<BrokerImage, 'id' | 'epoch' | 'rack'>

/** Partitions to be written, and runs of brokers to be admitted to the cluster. */
export interface Reconciliation {
  readonly partitions: readonly PartitionChange[]
  readonly admissions: readonly Admission[]
}

/**
 * What is to be written. With `before`, an image for which nothing is left to do, only what is different from it is looked at, as long as
 * the brokers and the levels of features are the same; the rules must be, too.
 */
export function reconcile(image: ClusterImage, rules: ControllerRules, before?: ClusterImage): Reconciliation {
  const electorate = electorateOf(image)
  const isKnown =
    before !== undefined &&
    before.brokers === image.brokers &&
    before.admitted === image.admitted &&
    before.featureLevels === image.featureLevels
  const partitions: PartitionChange[] = []
  for (const topic of image.topics.values()) {
    if (isKnown && before.topics.get(topic.name) === topic) continue
    collect(image, topic, electorate, rules, partitions)
  }
  return { partitions, admissions: admissionsOf(image) }
}

/** What is to be written before a new run of a broker may take part: of a broker alone, nothing. */
export function admission(image: ClusterImage, id: number, rules: ControllerRules): readonly PartitionChange[] {
  const electorate = electorateOf(image)
  const partitions: PartitionChange[] = []
  for (const topic of image.topics.values())
    collect(image, topic, electorate, rules, partitions, ({ replicas }) => replicas.includes(id))
  return partitions
}

/** Partitions that their preferred leader could lead and does not (`auto.leader.rebalance.enable`). */
export function rebalance(image: ClusterImage, rules: ControllerRules): readonly PartitionChange[] {
  const electorate = electorateOf(image)
  const changes: PartitionChange[] = []
  for (const topic of image.topics.values()) {
    for (const partition of topic.partitions) {
      if (isLedByPreferred(partition)) continue
      const change = partitionChange(topic, partition, electorate, electionRules(image, topic, rules, 'preferred'))
      if (change !== null && isLedByPreferred(change.state)) changes.push(change)
    }
  }
  return changes
}

/** What elections go by. */
export function electionRules(
  image: Pick<ClusterImage, 'featureLevels'>,
  topic: TopicImage,
  rules: ControllerRules,
  election?: Election,
): ElectionRules {
  return {
    hasEligible: hasEligibleReplicas(image),
    election: election ?? (rules.isUncleanElectionEnabled(topic) ? 'unclean' : 'online'),
    minInsyncReplicas: rules.minInsyncReplicas(topic),
  }
}

/** Null where the partition stays as it is. */
export function partitionChange(
  topic: TopicImage,
  partition: PartitionImage,
  electorate: Electorate,
  rules: ElectionRules,
): PartitionChange | null {
  const state = nextState(partition, electorate, rules)
  return state === null ? null : { topic, index: partition.index, state }
}

/** Who may be elected. */
export function electorateOf({ brokers, admitted }: Pick<ClusterImage, 'brokers' | 'admitted'>): Electorate {
  const active = new Set<number>()
  const torn = new Set<number>()
  for (const broker of brokers) {
    if (broker.state === 'active') active.add(broker.id)
    else if (isAwaiting(broker, admitted) && !isGoingOn(broker, admitted)) torn.add(broker.id)
  }
  return { isActive: id => active.has(id), isTorn: id => torn.has(id) }
}

function admissionsOf({ brokers, admitted }: ClusterImage): Admission[] {
  return brokers.filter(broker => isAwaiting(broker, admitted)).map(({ id, epoch, rack }) => ({ id, epoch, rack }))
}

function isAwaiting({ id, epoch }: BrokerImage, admitted: ClusterImage['admitted']): boolean {
  return admitted.get(id)?.epoch !== epoch
}

/** Whether it stopped well and has all that it had. One that was unregistered meanwhile is another, whatever its directories say. */
function isGoingOn({ id, epoch, previousEpoch }: BrokerImage, admitted: ClusterImage['admitted']): boolean {
  return admitted.has(id) && previousEpoch === epoch - 1
}

function collect(
  image: ClusterImage,
  topic: TopicImage,
  electorate: Electorate,
  rules: ControllerRules,
  changes: PartitionChange[],
  isMeant: (partition: PartitionImage) => boolean = () => true,
): void {
  let rulesOfTopic: ElectionRules | null = null
  for (const partition of topic.partitions) {
    if (isAlone(partition) || !isMeant(partition)) continue
    rulesOfTopic ??= electionRules(image, topic, rules)
    const change = partitionChange(topic, partition, electorate, rulesOfTopic)
    if (change !== null) changes.push(change)
  }
}

/** A sole replica leads whenever it is there: whoever reads the image sees that, and its epochs follow from the starts of its broker. */
function isAlone({ leader, replicas, isr }: PartitionImage): boolean {
  return replicas.length === 1 && leader === replicas[0] && isr.length === 1 && isr[0] === leader
}

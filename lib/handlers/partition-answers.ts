/** Partitions as Metadata and DescribeTopicPartitions tell them. */
import { codes } from '../../protocol/errors.ts'
import { type FeatureLevels, hasEligibleReplicas } from '../cluster/features.ts'
import type { BrokerImage, ClusterImage, PartitionImage, TopicImage } from '../cluster/image.ts'
import { epochWithoutLeader } from '../cluster/leader-epochs.ts'
import type { BrokerServices } from './context.ts'

/** One partition, in the shape of both answers. */
export interface PartitionAnswer {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
  /** These are for DescribeTopicPartitions alone. */
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownElr: readonly number[]
}

interface Made {
  readonly brokers: readonly BrokerImage[]
  readonly featureLevels: FeatureLevels
  readonly partitions: readonly PartitionAnswer[]
}

/** Answers depend on the topic, on which brokers are there, and on levels: they are made once for all that are the same. */
const made = new WeakMap<TopicImage, Made>()

/** The partitions of a topic, by index. Those whose disk failed here have no leader, as long as nobody else could be it. */
export function partitionsOf(
  topic: TopicImage,
  image: ClusterImage,
  { nodeId, partitions }: BrokerServices,
): readonly PartitionAnswer[] {
  const answers = ofImage(topic, image)
  if (!partitions.anyOffline) return answers
  return answers.map(answer =>
    partitions.get(topic.name, answer.partitionIndex)?.standing === 'offline' ? withoutReplica(answer, nodeId) : answer,
  )
}

function withoutReplica(answer: PartitionAnswer, nodeId: number): PartitionAnswer {
  const led = answer.leaderId !== nodeId && answer.leaderId !== -1
  return {
    ...answer,
    errorCode: led ? answer.errorCode : codes.LEADER_NOT_AVAILABLE,
    leaderId: led ? answer.leaderId : -1,
    leaderEpoch: led
      ? answer.leaderEpoch
      : epochWithoutLeader({ leader: answer.leaderId, leaderEpoch: answer.leaderEpoch }),
    isrNodes: answer.isrNodes.filter(id => id !== nodeId),
    offlineReplicas: [...new Set([...answer.offlineReplicas, nodeId])],
  }
}

function ofImage(topic: TopicImage, image: ClusterImage): readonly PartitionAnswer[] {
  const { brokers, featureLevels } = image
  const earlier = made.get(topic)
  if (earlier?.brokers === brokers && earlier.featureLevels === featureLevels) return earlier.partitions
  const there = new Set(brokers.filter(({ state }) => state !== 'fenced').map(({ id }) => id))
  const hasEligible = hasEligibleReplicas(image)
  const partitions = topic.partitions.map(partition => partitionAnswer(partition, there, hasEligible))
  made.set(topic, { brokers, featureLevels, partitions })
  return partitions
}

function partitionAnswer(partition: PartitionImage, there: ReadonlySet<number>, hasEligible: boolean): PartitionAnswer {
  const { index, leader, replicas, isr, elr, lastKnownElr, offlineReplicas } = partition
  const led = there.has(leader)
  const away = replicas.filter(id => !there.has(id) || offlineReplicas.includes(id))
  // Nothing is written of a sole replica that goes: it leads again when it is back.
  const isEligible = hasEligible && !led && replicas.length === 1 && isr.length === 1
  return {
    errorCode: led ? codes.NONE : codes.LEADER_NOT_AVAILABLE,
    partitionIndex: index,
    leaderId: led ? leader : -1,
    leaderEpoch: led ? partition.leaderEpoch : epochWithoutLeader(partition),
    replicaNodes: replicas,
    isrNodes: isEligible ? [] : isr,
    offlineReplicas: away,
    eligibleLeaderReplicas: isEligible ? isr : elr,
    lastKnownElr: isEligible ? isr : lastKnownElr,
  }
}

/** Partitions as Metadata and DescribeTopicPartitions tell them. */
import { codes } from '../../protocol/errors.ts'
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
}

interface Made {
  readonly brokers: readonly BrokerImage[]
  readonly partitions: readonly PartitionAnswer[]
}

/** Answers depend on the topic and on which brokers are there: they are made once for each such pair. */
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

function ofImage(topic: TopicImage, { brokers }: ClusterImage): readonly PartitionAnswer[] {
  const earlier = made.get(topic)
  if (earlier !== undefined && earlier.brokers === brokers) return earlier.partitions
  const there = new Set(brokers.filter(({ fenced }) => !fenced).map(({ id }) => id))
  const partitions = topic.partitions.map(partition => partitionAnswer(partition, there))
  made.set(topic, { brokers, partitions })
  return partitions
}

function partitionAnswer(partition: PartitionImage, there: ReadonlySet<number>): PartitionAnswer {
  const { index, leader, replicas, isr, offlineReplicas } = partition
  const led = there.has(leader)
  const away = replicas.filter(id => !there.has(id) || offlineReplicas.includes(id))
  return {
    errorCode: led ? codes.NONE : codes.LEADER_NOT_AVAILABLE,
    partitionIndex: index,
    leaderId: led ? leader : -1,
    leaderEpoch: led ? partition.leaderEpoch : epochWithoutLeader(partition),
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: away,
  }
}

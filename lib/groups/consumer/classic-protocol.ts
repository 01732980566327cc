/** What members of the classic protocol and the broker say to each other in a consumer group: the consumers' own messages within JoinGroup and SyncGroup. */
import { DecodeError, decode, encode } from '../../../protocol/codec.ts'
import { ConsumerProtocolAssignment } from '../../../protocol/stored/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from '../../../protocol/stored/consumer-protocol-subscription.ts'
import type { PartitionEpochs, PartitionSets, TopicPartitions } from './partitions.ts'
import { listed } from './partitions.ts'
import type { ClusterTopics } from './topics.ts'

/** Bytes of the version that each message begins with. */
const versionBytes = 2

/** What a consumer says of itself in its ConsumerProtocolSubscription. */
export interface Subscription {
  /** In alphabetical order, each once. */
  readonly topicNames: readonly string[]
  readonly rackId: string | null
  /** Of topics that there are. */
  readonly owned: readonly TopicPartitions[]
}

/** What a consumer subscribes to; null where its metadata cannot be read. */
export function readSubscription(metadata: Buffer, image: ClusterTopics): Subscription | null {
  const { versions } = ConsumerProtocolSubscription
  const read = reading(metadata, version =>
    decode(ConsumerProtocolSubscription, Math.min(version, versions[1]), metadata, versionBytes),
  )
  if (read === null) return null
  return {
    topicNames: [...new Set(read.topics)].sort(),
    rackId: read.rackId === '' ? null : read.rackId,
    owned: withIds(read.ownedPartitions, image),
  }
}

/** What the leader of a classic group gave a member; null where it cannot be read, or says more than partitions. */
export function readAssignment(bytes: Buffer, image: ClusterTopics): PartitionSets | null {
  if (bytes.length === 0) return new Map()
  const read = reading(bytes, () => decode(ConsumerProtocolAssignment, 0, bytes, versionBytes))
  // User data are an assignor's own, which would be lost.
  if (read === null || (read.userData?.length ?? 0) > 0) return null
  return new Map(
    withIds(read.assignedPartitions, image).map(({ topicId, partitions }) => [topicId, new Set(partitions)]),
  )
}

function reading<T>(bytes: Buffer, read: (version: number) => T): T | null {
  if (bytes.length < versionBytes || bytes.readInt16BE(0) < 0) return null
  try {
    return read(bytes.readInt16BE(0))
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

function withIds(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  image: ClusterTopics,
): TopicPartitions[] {
  return topics.flatMap(({ topic, partitions }) => {
    const known = image.topics.get(topic)
    return known ? [{ topicId: known.topicId, partitions }] : []
  })
}

/** An assignment in the version that the member speaks, by the metadata that it joined with. */
export function assignmentFor(
  metadata: Buffer,
  assignment: PartitionSets | PartitionEpochs,
  image: ClusterTopics,
): Buffer {
  const version = Math.min(metadata.readInt16BE(0), ConsumerProtocolAssignment.versions[1])
  const body = encode(ConsumerProtocolAssignment, version, {
    assignedPartitions: listed(assignment).flatMap(({ topicId, partitions }) => {
      const topic = image.topicsById.get(topicId)
      return topic ? [{ topic: topic.name, partitions }] : []
    }),
    userData: null,
  })
  const whole = Buffer.allocUnsafe(versionBytes + body.length)
  whole.writeInt16BE(version, 0)
  body.copy(whole, versionBytes)
  return whole
}

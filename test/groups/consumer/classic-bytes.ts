/** What consumers of the classic protocol tell each other, as bytes. */
import { decode, encode } from '../../../protocol/codec.ts'
import { ConsumerProtocolAssignment } from '../../../protocol/stored/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from '../../../protocol/stored/consumer-protocol-subscription.ts'

const version = Buffer.from([0, 1])

/** Owned partitions are of topic t. */
export function subscriptionBytes(topics: readonly string[], owned: readonly number[] = []): Buffer {
  const ownedPartitions = owned.length === 0 ? [] : [{ topic: 't', partitions: owned }]
  return Buffer.concat([version, encode(ConsumerProtocolSubscription, 1, { topics, ownedPartitions })])
}

export function assignmentBytes(topic: string, partitions: readonly number[]): Buffer {
  const assignedPartitions = [{ topic, partitions }]
  return Buffer.concat([version, encode(ConsumerProtocolAssignment, 1, { assignedPartitions, userData: null })])
}

export function assignmentOf(assignment: Uint8Array): { topic: string; partitions: number[] }[] {
  if (assignment.length === 0) return []
  return decode(ConsumerProtocolAssignment, 1, Buffer.from(assignment), 2).assignedPartitions
}

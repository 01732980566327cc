/** A consumer group of its own for a case, and what is asked of it. */
import { encode } from '../../protocol/codec.ts'
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import type { ClientRequestOf } from '../../protocol/schema.ts'
import { ConsumerProtocolAssignment } from '../../protocol/stored/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from '../../protocol/stored/consumer-protocol-subscription.ts'
import type { Loose, Session } from '../session.ts'
import { coordinator } from './groups.ts'

type Fields = Loose<ClientRequestOf<typeof ConsumerGroupHeartbeat>>

/** A group of its own with a topic of two partitions, which is asked by requests of a version. */
export async function world(session: Session, what: string, version = 1) {
  const groupId = session.name(what)
  const topic = session.name(`${what}-topic`)
  await coordinator(session, groupId)
  const topicId = await session.topic(topic, 2)
  await seen()
  const beat = (label: string, fields: Fields) =>
    session.send(ConsumerGroupHeartbeat, version, { groupId, ...fields }, label)
  const joining: Fields = {
    memberEpoch: 0,
    rebalanceTimeoutMs: 300_000,
    subscribedTopicNames: [topic],
    topicPartitions: [],
  }
  const describe = (label: string) => session.sendAtEach(ConsumerGroupDescribe, { groupIds: [groupId] }, label)
  return { groupId, topic, topicId, beat, joining, describe }
}

/** How a consumer of the classic protocol joins that subscribes to one topic, and owns nothing yet. */
export function classicOf(topic: string) {
  const body = encode(ConsumerProtocolSubscription, 1, { topics: [topic], ownedPartitions: [] })
  return {
    sessionTimeoutMs: 300_000,
    rebalanceTimeoutMs: 300_000,
    protocols: [{ name: 'range', metadata: Buffer.concat([Buffer.from([0, 1]), body]) }],
  }
}

/** What the leader of a classic group gives a member of one topic. */
export function assigned(topic: string, partitions: readonly number[]): Buffer {
  const body = encode(ConsumerProtocolAssignment, 1, { assignedPartitions: [{ topic, partitions }], userData: null })
  return Buffer.concat([Buffer.from([0, 1]), body])
}

/** Kafka's coordinator hears of a topic a little later than those who produce to it. */
export function seen(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 300))
}

/** The next assignment is made a second after the last. */
export function nextAssignment(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1100))
}

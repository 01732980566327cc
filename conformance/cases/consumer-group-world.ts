/** A consumer group of its own for a case, and what is asked of it. */
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import type { ClientRequestOf } from '../../protocol/schema.ts'
import type { Loose, Session } from '../session.ts'
import { coordinator } from './groups.ts'

type Fields = Loose<ClientRequestOf<typeof ConsumerGroupHeartbeat>>

/** A group of its own with a topic of two partitions. */
export async function world(session: Session, what: string) {
  const groupId = session.name(what)
  const topic = session.name(`${what}-topic`)
  await coordinator(session, groupId)
  const topicId = await session.topic(topic, 2)
  await seen()
  const beat = (label: string, fields: Fields, version = 1) =>
    session.send(ConsumerGroupHeartbeat, version, { groupId, ...fields }, label)
  const joining: Fields = {
    memberEpoch: 0,
    rebalanceTimeoutMs: 300_000,
    subscribedTopicNames: [topic],
    topicPartitions: [],
  }
  const describe = (label: string, version = 1) =>
    session.send(ConsumerGroupDescribe, version, { groupIds: [groupId] }, label)
  return { groupId, topic, topicId, beat, joining, describe }
}

/** Kafka's coordinator hears of a topic a little later than those who produce to it. */
export function seen(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 300))
}

/** The next assignment is made a second after the last. */
export function nextAssignment(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1100))
}

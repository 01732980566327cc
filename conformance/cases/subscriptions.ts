/** What the broker reads of a consumer's subscription: the topics whose offsets its group still needs. */
import { encode } from '../../protocol/codec.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import { ConsumerProtocolSubscription } from '../../protocol/stored/consumer-protocol-subscription.ts'
import { until } from '../scenario.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

/** A subscription that says it is of one version, with the fields of another. */
function subscription(topics: readonly string[], says: number, fields = Math.min(Math.max(says, 0), 3)): Buffer {
  const head = Buffer.alloc(2)
  head.writeInt16BE(says)
  const ownedPartitions = topics.map(topic => ({ topic, partitions: [0] }))
  const value = { topics: [...topics], userData: Buffer.from('mine'), ownedPartitions, generationId: 1, rackId: 'r' }
  return Buffer.concat([head, encode(ConsumerProtocolSubscription, fields, value)])
}

/** One who is alone in a group of this name, and has committed offsets of the topics. */
async function consumer(
  session: Session,
  groupId: string,
  topics: readonly string[],
  metadata: Buffer,
  groupInstanceId: string | null = null,
) {
  await until('the coordinator is there', async () => {
    const { errorCode } = await session.prepare(FindCoordinator, 2, { key: groupId })
    return errorCode === 0 ? true : undefined
  })
  const request = {
    groupId,
    groupInstanceId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
  }
  let member = await session.prepare(JoinGroup, 5, request)
  while (member.errorCode !== 0) member = await session.prepare(JoinGroup, 5, { ...request, memberId: member.memberId })
  const { generationId, memberId } = member
  const by = { groupId, generationId, memberId, groupInstanceId }
  await session.prepare(SyncGroup, 5, { ...by, protocolType: 'consumer', protocolName: 'range', assignments: [] })
  await session.prepare(OffsetCommit, 8, {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId,
    topics: topics.map(name => ({ name, partitions: [{ partitionIndex: 0, committedOffset: 1 }] })),
  })
  return { request, generationId, memberId }
}

async function deletes(session: Session, groupId: string, topics: readonly string[], label: string): Promise<void> {
  await session.send(
    OffsetDelete,
    0,
    { groupId, topics: topics.map(name => ({ name, partitions: [{ partitionIndex: 0 }] })) },
    label,
  )
}

async function readable(session: Session): Promise<void> {
  const [wanted, other] = [session.name('wanted'), session.name('other')]
  const topics = [wanted, other]
  for (const topic of topics) await session.topic(topic)
  const newest = subscription([wanted], 3)
  const first = subscription([wanted], 0)
  const metadata: Readonly<Record<string, Buffer>> = {
    'version 0': first,
    'version 1': subscription([wanted], 1),
    'version 3': newest,
    'version 4 that is like 3': subscription([wanted], 4, 3),
    'version 99 that is like 0': subscription([wanted], 99, 0),
    'version 99 and bytes that nobody knows': Buffer.concat([subscription([wanted], 99, 0), Buffer.from('later')]),
    'version 3 that ends after the user data': Buffer.concat([Buffer.from([0, 3]), first.subarray(2)]),
    'version 1 with damaged partitions': Buffer.concat([Buffer.from([0, 1]), first.subarray(2), Buffer.from([127, 1])]),
    'version 3 cut short at its end': newest.subarray(0, newest.length - 2),
    'version -1': subscription([wanted], -1),
    'version -32768': subscription([wanted], -32768),
    'user data cut short': first.subarray(0, first.length - 1),
    'no user data': first.subarray(0, first.length - 8),
    'topics cut short': first.subarray(0, 12),
    'bytes after version 0': Buffer.concat([first, Buffer.from('more')]),
    'no topics': subscription([], 1),
    'a version alone': Buffer.from([0, 0]),
    'one byte': Buffer.from([0]),
    'no byte': Buffer.alloc(0),
    'topics that are null': Buffer.from([0, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
    'two thousand million topics': Buffer.from([0, 0, 127, 255, 255, 255, 0, 1, 65]),
    'something else': Buffer.from('something else altogether'),
  }
  for (const [what, bytes] of Object.entries(metadata)) {
    const groupId = session.name(what.replaceAll(' ', '-'))
    await consumer(session, groupId, topics, bytes)
    await deletes(session, groupId, topics, what)
  }
}

/** What members said when the generation began is what counts, until the next begins. */
async function changed(session: Session): Promise<void> {
  const [before, after, other] = [session.name('before'), session.name('after'), session.name('other')]
  const topics = [before, after, other]
  for (const topic of topics) await session.topic(topic)
  const groupId = session.name('restarted')
  await consumer(session, groupId, topics, subscription([before], 1), 'one')
  await deletes(session, groupId, topics, 'of a static member')
  await consumer(session, groupId, topics, subscription([after], 1), 'one')
  await deletes(session, groupId, topics, 'of a static member that is back with another subscription')
  // A second member that does not come in time leaves the group between two generations.
  const gathering = session.name('gathering')
  const { request: ofFirst, ...member } = await consumer(session, gathering, topics, subscription([before], 1))
  const latecomer = await session.connect()
  try {
    const joining = { ...ofFirst, reason: null }
    const protocols = [{ name: 'range', metadata: subscription([after], 1) }]
    const { memberId } = await latecomer.send(JoinGroup, 5, { ...joining, memberId: '', protocols })
    latecomer.sendUnanswered(JoinGroup, 5, { ...joining, memberId, protocols })
    await until('the group gathers', async () => {
      const { errorCode } = await session.prepare(Heartbeat, 4, { groupId: gathering, ...member })
      return errorCode === 0 ? undefined : true
    })
    await deletes(session, gathering, topics, 'while members gather')
  } finally {
    await latecomer.close()
  }
}

export const subscriptionCases: readonly Case[] = [
  { name: 'OffsetDelete: subscriptions that can be read, and others', run: readable },
  { name: 'OffsetDelete: subscriptions that change', run: changed },
]

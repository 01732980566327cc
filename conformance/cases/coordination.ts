/** What a coordinator knows without being asked: sessions that have run out, and topics that are gone. */
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { coordinator, join } from './groups.ts'

/** The shortest session that brokers allow by default. */
const sessionTimeoutMs = 6000
/** Kafka's timers have ticks of a millisecond, and a request takes its way. */
const graceMs = 5

async function sessionOver(session: Session): Promise<void> {
  for (const api of [DeleteGroups, Heartbeat]) {
    const groupId = session.name(`over-${api.name}`)
    await coordinator(session, groupId)
    const { memberId, generationId } = await join(session, 3, groupId, 'alone', { sessionTimeoutMs })
    const assignments = [{ memberId, assignment: Buffer.from('all') }]
    await session.send(SyncGroup, 3, { groupId, generationId, memberId, assignments }, 'alone')
    await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, 'while its session lasts')
    await session.send(Heartbeat, 3, { groupId, generationId, memberId }, 'while its session lasts')
    const overMs = performance.now() + sessionTimeoutMs + graceMs
    while (performance.now() < overMs) await new Promise(resolve => setTimeout(resolve, overMs - performance.now()))
    // A broker that was held up reads what has come in before it ends sessions; by this it has had a turn.
    await session.prepare(ApiVersions, 0, {})
    const label = 'as soon as its session is over'
    if (api === DeleteGroups) await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, label)
    else await session.send(Heartbeat, 3, { groupId, generationId, memberId }, label)
  }
}

/** Version 0 kept offsets in ZooKeeper. */
const inTopicSince = 1
/** Versions of OffsetFetch that ask for several groups, and that name topics by their ids. */
const severalGroupsSince = 8
const topicIdsSince = 10

async function topicMadeAnew(session: Session): Promise<void> {
  const groupId = session.name('anew')
  const name = session.name('made-anew')
  await coordinator(session, groupId)
  for (const version of session.versions(OffsetCommit)) {
    if (version < inTopicSince) continue
    const commit = (topicId: string, partitionIndex: number) => {
      const topic = version >= topicIdsSince ? { topicId } : { name }
      const partitions = [{ partitionIndex, committedOffset: 7 }]
      return { groupId, generationIdOrMemberEpoch: -1, topics: [{ ...topic, partitions }] }
    }
    const before = await session.topic(name, 2)
    await session.send(OffsetCommit, version, commit(before, 0), 'before')
    await session.prepare(DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })
    await gone(session, name)
    const after = await session.topic(name, 2)
    await forgotten(session, groupId, name)
    await fetched(session, version, groupId, name, after, 'what was committed for the topic before')
    if (version >= topicIdsSince) {
      await session.send(OffsetCommit, version, commit(before, 0), 'for the topic before')
      await fetched(session, version, groupId, name, before, 'the topic before')
    }
    await session.send(OffsetCommit, version, commit(after, 1), 'after')
    await fetched(session, version, groupId, name, after, 'after')
    await session.prepare(DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })
    await gone(session, name)
  }
}

/** The same as every version of OffsetFetch that goes with one of OffsetCommit asks for. */
async function fetched(
  session: Session,
  version: number,
  groupId: string,
  name: string,
  topicId: string,
  label: string,
): Promise<void> {
  const at = Math.min(Math.max(version, session.versions(OffsetFetch)[0]!), session.latest(OffsetFetch))
  const topic = at >= topicIdsSince ? { topicId } : { name }
  const topics = [{ ...topic, partitionIndexes: [0, 1] }]
  const request = at >= severalGroupsSince ? { groups: [{ groupId, topics }] } : { groupId, topics }
  await session.send(OffsetFetch, at, request, label)
}

/** Brokers hear of the controller's deletions, and coordinators of the brokers', a moment later. */
async function forgotten(session: Session, groupId: string, name: string): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt++) {
    const request = { groupId, topics: [{ name, partitionIndexes: [0, 1] }] }
    const { topics } = await session.prepare(OffsetFetch, 5, request)
    if (topics.every(({ partitions }) => partitions.every(({ committedOffset }) => committedOffset === -1))) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function gone(session: Session, name: string): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt++) {
    const [topic] = (await session.prepare(Metadata, 10, { topics: [{ name }], allowAutoTopicCreation: false })).topics
    if (topic!.errorCode !== 0) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

export const coordinationCases: readonly Case[] = [
  { name: 'a session that has run out is seen by the next request', run: sessionOver },
  { name: 'a topic that is made anew begins without committed offsets', run: topicMadeAnew },
]

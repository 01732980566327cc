/** Groups as the console lists and describes them, with lag for what is on the page. A commit is read before the log's end, so that lag is never negative. */
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import type { Admin } from '../admin/admin.ts'
import type { TopicPartition } from '../admin/by-leader.ts'
import { type ConsumerGroup, describeConsumerGroup } from '../admin/consumer-groups.ts'
import { alterGroupOffsets, groupOffsets, listGroups } from '../admin/groups.ts'
import { listOffsets } from '../admin/offsets.ts'
import type { GroupAnswer, GroupPartitionRow, GroupRow, Listed, ReaderRow, ResetAnswer } from './answers.ts'
import { type Page, pageOf } from './page-of.ts'
import { endsOf, topicIn } from './topics.ts'

/** Groups that are asked whether they read a topic. */
const readersMax = 200
/** Groups that are asked about at the same time. */
const groupsAtOnce = 10
/** Partitions whose ends are asked for. */
const partitionsMax = 10_000

export async function groupRows(admin: Admin, page: Page & { readonly filter: string }): Promise<Listed<GroupRow>> {
  const all = await listGroups(admin)
  const wanted = page.filter.toLowerCase()
  const matching = all.filter(({ groupId }) => groupId.toLowerCase().includes(wanted))
  const shown = await eachOf(pageOf(matching, page), async listed => {
    const { groupId } = listed
    const [group, commits] = await Promise.all([described(admin, groupId), commitsOf(admin, groupId)])
    return { listed, group, commits }
  })
  const lag = await lagBy(
    admin,
    shown.flatMap(({ commits }) => commits ?? []),
  )
  const rows = shown.map(({ listed: { groupId, groupType, groupState, protocolType }, group, commits }) => ({
    ...{ groupId, kind: groupType || 'classic', state: groupState, protocol: protocolType },
    members: group?.members.length ?? null,
    topics: commits && new Set(commits.map(({ topic }) => topic)).size,
    lag: commits && lag(commits),
  }))
  return { total: all.length, matching: matching.length, rows }
}

/** Rejects with KafkaError where there is no such group. */
export async function groupAnswer(admin: Admin, groupId: string, page: Page): Promise<GroupAnswer> {
  const group = await describeConsumerGroup(admin, groupId)
  if (group.state === 'Dead') throw new KafkaError(codes.GROUP_ID_NOT_FOUND)
  const [rows, coordinator, listed] = await Promise.all([
    lagOf(admin, groupId, group),
    admin.coordinatorId('group', groupId),
    listGroups(admin),
  ])
  return {
    ...{ groupId, coordinator, lag: total(rows) },
    kind: listed.find(each => each.groupId === groupId)?.groupType || 'classic',
    ...{ state: group.state, assignor: group.assignor, epoch: group.epoch },
    members: group.members.map(({ memberId, instanceId, clientId, host, partitions }) => ({
      ...{ memberId, instanceId, clientId, host, partitions },
    })),
    partitions: { total: rows.length, matching: rows.length, rows: pageOf(rows, page) },
  }
}

/** The groups that have committed offsets of a topic, among the first two hundred; those that may not be asked are left out. */
export async function readersOf(admin: Admin, topic: string): Promise<Listed<ReaderRow>> {
  const all = await listGroups(admin)
  const partitions = topicIn(await admin.metadata([topic]), topic).partitions.map(({ index }) => ({
    ...{ topic, partition: index },
  }))
  const asked = await eachOf(all.slice(0, readersMax), async ({ groupId, groupState: state }) => ({
    ...{ groupId, state, commits: (await commitsOf(admin, groupId, partitions)) ?? [] },
  }))
  const readers = asked.filter(({ commits }) => commits.length > 0)
  const lag = await lagBy(
    admin,
    readers.flatMap(({ commits }) => commits),
  )
  const rows = readers.map(({ groupId, state, commits }) => ({ groupId, state, lag: lag(commits) }))
  return { total: all.length, matching: rows.length, rows }
}

interface Commit extends TopicPartition {
  readonly offset: number
}

/** What a group has committed; null where it may not be asked. */
async function commitsOf(
  admin: Admin,
  groupId: string,
  only: readonly TopicPartition[] | null = null,
): Promise<Commit[] | null> {
  const told = await groupOffsets(admin, groupId, only).catch(ofKafka)
  if (told === null) return null
  const commits = told.filter(({ errorCode, value: { offset } }) => errorCode === 0 && offset >= 0)
  return commits.map(({ topic, partition, value: { offset } }) => ({ topic, partition, offset }))
}

/** Tells the lag of commits among these: where logs end is asked once, however many groups have committed for them. */
async function lagBy(admin: Admin, commits: readonly Commit[]): Promise<(some: readonly Commit[]) => number> {
  const distinct = [...new Map(commits.map(each => [keyOf(each), each])).values()].slice(0, partitionsMax)
  const ends = (await endsOf(admin, distinct).catch(ofKafka)) ?? new Map()
  return some =>
    some.reduce((sum, each) => {
      const end: number | null = ends.get(keyOf(each))?.end ?? null
      return end === null ? sum : sum + Math.max(0, end - each.offset)
    }, 0)
}

/** Some at a time: one after the other, each would wait for the turn of all others. */
async function eachOf<T, A>(all: readonly T[], ask: (each: T) => Promise<A>): Promise<A[]> {
  const answers: A[] = []
  for (let at = 0; at < all.length; at += groupsAtOnce)
    answers.push(...(await Promise.all(all.slice(at, at + groupsAtOnce).map(ask))))
  return answers
}

/** Refusals of one group leave the others as they are. */
function ofKafka(error: unknown): null {
  if (error instanceof KafkaError) return null
  throw error
}

function described(admin: Admin, groupId: string): Promise<ConsumerGroup | null> {
  return describeConsumerGroup(admin, groupId).catch(ofKafka)
}

function total(rows: readonly GroupPartitionRow[]): number {
  return rows.reduce((sum, { lag }) => sum + (lag ?? 0), 0)
}

/** What a group has committed and what its members have, in order, with the ends of the partitions. */
async function lagOf(admin: Admin, groupId: string, group: ConsumerGroup): Promise<GroupPartitionRow[]> {
  const committed = await groupOffsets(admin, groupId)
  const members = new Map<string, string>()
  const assigned: TopicPartition[] = []
  for (const { memberId, partitions } of group.members) {
    for (const each of partitions) {
      members.set(keyOf(each), memberId)
      assigned.push(each)
    }
  }
  const known = new Map(committed.map(each => [keyOf(each), each]))
  const all = [...committed, ...assigned.filter(each => !known.has(keyOf(each)))]
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
    .slice(0, partitionsMax)
  const ends = await endsOf(admin, all)
  return all.map(({ topic, partition }) => {
    const own = known.get(keyOf({ topic, partition }))
    const { start, end } = ends.get(keyOf({ topic, partition })) ?? { start: null, end: null }
    const offset = own === undefined || own.errorCode !== 0 || own.value.offset < 0 ? null : own.value.offset
    return {
      ...{ topic, partition, committed: offset, start, end, metadata: own?.value.metadata || null },
      lag: offset === null || end === null ? null : Math.max(0, end - offset),
      memberId: members.get(keyOf({ topic, partition })) ?? null,
    }
  })
}

/** Where offsets go: an end, a time in ms since 1970, an offset, or so many further on or back. */
export type ResetTo =
  | { readonly to: 'earliest' | 'latest' }
  | { readonly to: 'time' | 'offset' | 'shift'; readonly value: number }

export interface Reset {
  readonly topic: string
  /** Indexes; null for all of the topic. */
  readonly partitions: readonly number[] | null
  readonly reset: ResetTo
  /** Otherwise it is only told what would be done. */
  readonly apply: boolean
}

/** Rejects with KafkaError where the topic may not be read, or the group has members and offsets are to be set. */
export async function resetOffsets(admin: Admin, groupId: string, asked: Reset): Promise<ResetAnswer> {
  const { topic, reset, apply } = asked
  const indexes = asked.partitions ?? topicIn(await admin.metadata([topic]), topic).partitions.map(({ index }) => index)
  const partitions = indexes.map(partition => ({ topic, partition }))
  const committed = new Map(
    (await groupOffsets(admin, groupId, partitions)).map(({ partition, value }) => [partition, value.offset]),
  )
  const ends = await endsOf(admin, partitions)
  const times = reset.to === 'time' ? await listOffsets(admin, partitions, reset.value) : []
  const plan = partitions.map(({ partition }) => {
    const { start, end } = ends.get(keyOf({ topic, partition })) ?? { start: null, end: null }
    if (start === null || end === null) throw new KafkaError(codes.LEADER_NOT_AVAILABLE)
    const before = committed.get(partition) ?? -1
    const timed = times.find(each => each.partition === partition)?.value.offset ?? -1
    const to = Math.min(Math.max(wanted(reset, start, end, before, timed), start), end)
    return { topic, partition, from: before < 0 ? null : before, to, error: null as string | null }
  })
  if (!apply) return { applied: false, partitions: plan }
  const results = await alterGroupOffsets(
    admin,
    groupId,
    plan.map(({ partition, to }) => ({ topic, partition, offset: to })),
  )
  for (const { partition, errorCode } of results) {
    const row = plan.find(each => each.partition === partition)
    if (row !== undefined && errorCode !== 0) row.error = codeName(errorCode)
  }
  return { applied: true, partitions: plan }
}

function wanted(reset: ResetTo, start: number, end: number, before: number, timed: number): number {
  switch (reset.to) {
    case 'earliest':
      return start
    case 'latest':
      return end
    case 'time':
      return timed < 0 ? end : timed
    case 'offset':
      return reset.value
    case 'shift':
      return (before < 0 ? start : before) + reset.value
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** Names, groups, commits and settings that are larger than an answer, a record or a batch can hold. */
import type { Client } from '../../lib/client/client.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { ClientRequestOf } from '../../protocol/schema.ts'
import { until } from '../scenario.ts'
import { type Loose, type Session, wholeRequest } from '../session.ts'
import type { Case } from './case.ts'

const longest = 32_767
const tooLarge = Buffer.alloc(1_100_000)

async function coordinated(session: Session, groupId: string): Promise<string> {
  await until('the coordinator is there', async () => {
    const { errorCode } = await session.prepare(FindCoordinator, 2, { key: groupId })
    const { groups } = await session.prepare(DescribeGroups, 0, { groups: [groupId] })
    return errorCode === 0 && groups[0]!.errorCode === 0 ? true : undefined
  })
  return groupId
}

function joinRequest(groupId: string, extra: Loose<ClientRequestOf<typeof JoinGroup>> = {}) {
  const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
  const times = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000 }
  return wholeRequest(JoinGroup, { groupId, ...times, protocolType: 'x', protocols, ...extra })
}

/** Joins with the id that it is told to join with. */
async function member(client: Client, groupId: string, extra: Loose<ClientRequestOf<typeof JoinGroup>> = {}) {
  let joined = await client.send(JoinGroup, 5, joinRequest(groupId, extra))
  while (joined.errorCode === 79) {
    joined = await client.send(JoinGroup, 5, joinRequest(groupId, { ...extra, memberId: joined.memberId }))
  }
  return joined
}

function syncRequest(
  groupId: string,
  { memberId, generationId }: { memberId: string; generationId?: number },
  assignments: readonly { memberId: string; assignment: Buffer }[],
  extra: Loose<ClientRequestOf<typeof SyncGroup>> = {},
) {
  const protocol = { protocolType: 'x', protocolName: 'range' }
  return wholeRequest(SyncGroup, { groupId, memberId, generationId, ...protocol, assignments, ...extra })
}

/** A member id is made of a client id, or an instance id, and 37 characters more. */
async function memberIds(session: Session): Promise<void> {
  for (const version of session.versions(JoinGroup)) {
    for (const length of [longest - 36, longest]) {
      const groupId = await coordinated(session, session.name(`client-${length}-${version}`))
      const client = await session.connect('c'.repeat(length))
      try {
        await session.send(JoinGroup, version, joinRequest(groupId), `by a client of ${length} characters`, client)
      } finally {
        await client.close()
      }
      if (version < 5) continue
      const other = await coordinated(session, session.name(`instance-${length}-${version}`))
      const request = joinRequest(other, { groupInstanceId: 'i'.repeat(length) })
      await session.send(JoinGroup, version, request, `by an instance of ${length} characters`)
    }
  }
  const groupId = await coordinated(session, session.name('settled'))
  const [leader, newcomer] = [await session.connect(), await session.connect('c'.repeat(longest))]
  try {
    const { memberId, generationId } = await member(leader, groupId)
    await leader.send(SyncGroup, 5, syncRequest(groupId, { memberId, generationId }, []))
    await session.send(JoinGroup, 4, joinRequest(groupId), 'into a group that is settled', newcomer)
    await session.send(Heartbeat, 4, { groupId, memberId, generationId }, 'by the member that was there', leader)
  } finally {
    await leader.close()
    await newcomer.close()
  }
}

async function assignments(session: Session): Promise<void> {
  const groupId = await coordinated(session, session.name('assigned'))
  const [a, b] = [await session.connect(), await session.connect()]
  const state = (label: string) => session.send(DescribeGroups, 5, { groups: [groupId] }, label)
  try {
    const first = await member(a, groupId)
    const { memberId } = first
    await session.send(SyncGroup, 5, syncRequest(groupId, first, [{ memberId, assignment: tooLarge }]), '1.1 MB', a)
    await state('after it')
    await session.send(Heartbeat, 4, { groupId, memberId, generationId: 1 }, 'after it', a)
    await session.send(SyncGroup, 5, syncRequest(groupId, first, []), 'again, of nothing', a)
    const second = await session.send(JoinGroup, 5, joinRequest(groupId, { memberId }), 'after it', a)
    await session.send(
      SyncGroup,
      5,
      syncRequest(groupId, second, [{ memberId, assignment: Buffer.from('a') }]),
      'small',
      a,
    )
    await state('settled')
    // Two members, who have half of it each.
    const { memberId: otherId } = await b.send(JoinGroup, 5, joinRequest(groupId))
    const joins = b.send(JoinGroup, 5, joinRequest(groupId, { memberId: otherId }))
    await until('the group gathers', async () => {
      const beat = wholeRequest(Heartbeat, { groupId, memberId, generationId: second.generationId })
      return (await a.send(Heartbeat, 4, beat)).errorCode === 0 ? undefined : true
    })
    const third = await member(a, groupId, { memberId })
    const other = await joins
    const waits = b.send(SyncGroup, 5, syncRequest(groupId, other, []))
    // It is on another connection: it has come in once these are answered.
    for (let i = 0; i < 10; i++) {
      await a.send(Heartbeat, 4, wholeRequest(Heartbeat, { groupId, memberId, generationId: third.generationId }))
    }
    const halves = [memberId, otherId].map(id => ({ memberId: id, assignment: tooLarge.subarray(0, 550_000) }))
    await session.send(SyncGroup, 5, syncRequest(groupId, third, halves), 'two of 550 KB', a)
    session.note('SyncGroup', 5, 'of the other', await waits)
    for (const [id, client] of [
      [memberId, a],
      [otherId, b],
    ] as const) {
      const beat = { groupId, memberId: id, generationId: third.generationId }
      await session.send(Heartbeat, 4, beat, `after two of 550 KB, ${id === memberId ? 'leader' : 'other'}`, client)
    }
  } finally {
    await a.close()
    await b.close()
  }
}

/** The largest assignment of one member, to the byte. */
async function largestAssignment(session: Session): Promise<void> {
  for (const more of [0, 1]) {
    const groupId = await coordinated(session, session.name(`largest-${more}`))
    const client = await session.connect()
    try {
      const joined = await member(client, groupId)
      const { memberId } = joined
      // Beside it: the group's name, the member's id twice, its client's, and 140 bytes of other fields, of the record and of the batch.
      const beside = groupId.length + 2 * memberId.length + 'conformance'.length + 140
      const assignment = Buffer.alloc(1_048_588 - beside + more)
      const { errorCode } = await client.send(SyncGroup, 5, syncRequest(groupId, joined, [{ memberId, assignment }]))
      session.note('SyncGroup', 5, `the largest assignment and ${more} bytes`, { errorCode })
    } finally {
      await client.close()
    }
  }
}

async function staticMember(session: Session): Promise<void> {
  const groupId = await coordinated(session, session.name('static'))
  const groupInstanceId = 'one'
  const client = await session.connect()
  try {
    const joined = await member(client, groupId, { groupInstanceId })
    const { memberId, generationId } = joined
    const assigned = [{ memberId, assignment: Buffer.from('a') }]
    await session.send(SyncGroup, 5, syncRequest(groupId, joined, assigned, { groupInstanceId }), 'small', client)
    const large = joinRequest(groupId, { groupInstanceId, protocols: [{ name: 'range', metadata: tooLarge }] })
    for (const version of [5, 9]) await session.send(JoinGroup, version, large, 'back with 1.1 MB', client)
    await session.send(DescribeGroups, 5, { groups: [groupId] }, 'after it')
    await session.send(Heartbeat, 4, { groupId, memberId, generationId, groupInstanceId }, 'after it', client)
    await session.send(JoinGroup, 9, joinRequest(groupId, { groupInstanceId }), 'back with little', client)
  } finally {
    await client.close()
  }
}

/** Of a group with a long name each offset's record has its name, so that 40 of them are more than a batch. */
async function offsets(session: Session): Promise<void> {
  const name = session.name('offsets')
  const topicId = await session.topic(name, 80)
  const partitionsOf = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
  for (const version of [2, 8, session.latest(OffsetCommit)]) {
    const groupId = await coordinated(session, session.name(`${'g'.repeat(30_000)}-${version}`))
    const committed = (label: string, from: number, count: number, more: readonly object[] = []) => {
      const partitions = [
        ...partitionsOf(from, count).map(partitionIndex => ({ partitionIndex, committedOffset: 7 })),
        ...more,
      ]
      const topics = [version >= 10 ? { topicId, partitions } : { name, partitions }]
      return session.send(OffsetCommit, version, { groupId, topics }, label)
    }
    const seen = async (label: string) => {
      const request = { groupId, topics: [{ name, partitionIndexes: [0, 20, 39, 59] }] }
      const { topics } = await session.prepare(OffsetFetch, 7, request)
      const found = topics[0]!.partitions.map(({ committedOffset }) => committedOffset)
      const { groups } = await session.prepare(DescribeGroups, 5, { groups: [groupId] })
      session.note('OffsetFetch', 7, `${label}, version ${version}`, { found, state: groups[0]!.groupState })
    }
    const unknown = { partitionIndex: 99, committedOffset: 7 }
    const long = { partitionIndex: 70, committedOffset: 7, committedMetadata: 'm'.repeat(5_000) }
    await committed('40 offsets', 0, 40)
    await seen('after 40')
    await committed('40 offsets, one of an unknown partition, one with a long note', 0, 38, [unknown, long])
    await seen('after 40 and others')
    for (const from of [0, 20, 40]) await committed(`20 offsets from ${from}`, from, 20)
    await seen('after 3 times 20')
    if (version !== 8) continue
    const forget = (count: number) => {
      const partitions = partitionsOf(0, count).map(partitionIndex => ({ partitionIndex }))
      return session.send(OffsetDelete, 0, { groupId, topics: [{ name, partitions }] }, `${count} offsets`)
    }
    const removed = async (label: string) => {
      const { results } = await session.prepare(DeleteGroups, 2, { groupsNames: [groupId] })
      session.note('DeleteGroups', 2, label, { errorCode: results[0]!.errorCode })
    }
    await forget(60)
    await removed('with 60 offsets')
    await seen('after both')
    await forget(30)
    await seen('after 30 were deleted')
    await removed('with 30 offsets')
  }
}

/** Errors that tell of a long name or value; the code is what counts. */
async function longNames(session: Session): Promise<void> {
  const topic = session.name('named')
  await session.topic(topic)
  const long = 'a'.repeat(longest)
  for (const [label, name, value] of [
    ['a long name', long, '1'],
    ['a long value', 'retention.ms', long],
  ] as const) {
    const configs = [{ name, value }]
    const created = { name: session.name('not'), numPartitions: 1, replicationFactor: 1, configs }
    const { topics } = await session.prepare(CreateTopics, 5, { topics: [created], timeoutMs: 10_000 })
    session.note('CreateTopics', 5, label, { errorCode: topics[0]!.errorCode })
    const resources = [{ resourceType: 2, resourceName: topic, configs }]
    const { responses } = await session.prepare(IncrementalAlterConfigs, 1, { resources })
    session.note('IncrementalAlterConfigs', 1, label, { errorCode: responses[0]!.errorCode })
  }
  const list = 'leader.replication.throttled.replicas'
  const replicas = (partition: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${partition}:${10_000 + index}`).join(',')
  const append = (label: string, resourceType: number, resourceName: string, name: string, value: string) =>
    session.send(
      IncrementalAlterConfigs,
      1,
      { resources: [{ resourceType, resourceName, configs: [{ name, configOperation: 2, value }] }] },
      label,
    )
  await append('2,000 members', 2, topic, list, replicas(1, 2_000))
  await append('as many more', 2, topic, list, replicas(2, 2_000))
  await append('97 more, which is one byte too many', 2, topic, list, replicas(3, 97))
  await append('96 more', 2, topic, list, replicas(3, 96))
  const bytes = await until('the change is described', async () => {
    const { results } = await session.prepare(DescribeConfigs, 4, {
      resources: [{ resourceType: 2, resourceName: topic, configurationKeys: [list] }],
    })
    const { length } = results[0]!.configs[0]!.value ?? ''
    return length > 32_000 ? length : undefined
  })
  session.note('DescribeConfigs', 4, 'how long the list is', { bytes })
  await append('to a list of client metrics', 16, session.name('metrics'), 'metrics', 'a')
  await append('to a list of a group', 32, session.name('group'), 'streams.rack.aware.assignment.tags', 'a')
}

export const sizeCases: readonly Case[] = [
  { name: 'sizes: member ids', run: memberIds },
  { name: 'sizes: assignments', run: assignments },
  { name: 'sizes: the largest assignment', run: largestAssignment },
  { name: 'sizes: a static member', run: staticMember },
  { name: 'sizes: offsets', run: offsets },
  {
    name: 'sizes: long names and values',
    run: longNames,
    differs: ['a long name', 'a long value'].map(label => ({
      answer: `* ${label}`,
      path: 'errorCode',
      ours: 40,
      reason:
        'A sentence that repeats a long name or value is cut, so that it can be told with the code. Kafka cannot encode its own, and answers UNKNOWN_SERVER_ERROR',
    })),
  },
]

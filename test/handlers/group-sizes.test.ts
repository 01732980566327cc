/** Groups whose names, metadata, assignments or offsets are larger than a record, a batch or an answer can hold. */
import t, { type Test } from 'tap'
import { offsetsTopic } from '../../lib/coordination/groups.ts'
import { deleteGroups } from '../../lib/handlers/delete-groups.ts'
import { describeGroups } from '../../lib/handlers/describe-groups.ts'
import { heartbeat } from '../../lib/handlers/heartbeat.ts'
import { joinGroup } from '../../lib/handlers/join-group.ts'
import { listGroups } from '../../lib/handlers/list-groups.ts'
import { offsetCommit } from '../../lib/handlers/offset-commit.ts'
import { offsetDelete } from '../../lib/handlers/offset-delete.ts'
import { offsetFetch } from '../../lib/handlers/offset-fetch.ts'
import { syncGroup } from '../../lib/handlers/sync-group.ts'
import { codes } from '../../protocol/errors.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { joinRequest, protocols, syncRequest } from '../groups/bench.ts'
import { encodable, topic } from './cluster-context.ts'
import { commitRequest, groupContext } from './group-context.ts'

const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'
const tooLarge = codes.UNKNOWN_SERVER_ERROR
const largeAssignment = Buffer.alloc(1_100_000)

async function broker(t: Test, properties: Record<string, string> = {}) {
  const context = await groupContext(t, { properties: { 'offsets.topic.num.partitions': '1', ...properties } })
  const { at, cluster } = context
  await cluster.createTopics([topic('many', { numPartitions: 400, replicationFactor: 1 })])
  const describe = async (groupId = 'g') => {
    const answer = await describeGroups({ groups: [groupId], includeAuthorizedOperations: false }, at(5))
    encodable(t, DescribeGroups, answer!)
    return answer!.groups[0]!
  }
  return {
    ...context,
    describe,
    /** What OffsetCommit answers for so many partitions, each with so many bytes of metadata: how many of each code. */
    commit: async (groupId: string, count: number, metadataBytes: number, from = 0) => {
      const partitions = Array.from({ length: count }, (_, i) => ({
        partitionIndex: from + i,
        committedOffset: 7,
        committedLeaderEpoch: -1,
        commitTimestamp: -1,
        committedMetadata: 'm'.repeat(metadataBytes),
      }))
      const topics = [{ name: 'many', topicId: noTopicId, partitions }]
      const answer = await offsetCommit(commitRequest({ groupId, topics }), at(8))
      const counts = new Map<number, number>()
      for (const { errorCode } of answer!.topics[0]!.partitions) counts.set(errorCode, (counts.get(errorCode) ?? 0) + 1)
      return Object.fromEntries(counts)
    },
    /** How many offsets a group has. */
    offsets: async (groupId: string) => {
      const request = { groupId, topics: null, groups: [], requireStable: false }
      const { topics } = (await offsetFetch(request, at(7)))!
      return topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
    },
    batches: () => [...context.logs.values()].reduce((sum, { batches }) => sum + batches.length, 0),
  }
}

t.test('assignments that make no record are refused to all, and the group gathers again', async t => {
  const { at, join, describe, restart } = await broker(t)
  const { memberId } = await join()
  const sync = async (generationId: number, assignment: Buffer) =>
    (await syncGroup(syncRequest({ memberId, generationId, assignments: [{ memberId, assignment }] }), at(4)))!
  t.match(await sync(1, largeAssignment), { errorCode: tooLarge, protocolType: null, protocolName: null })
  t.match(await describe(), { groupState: 'PreparingRebalance', members: [{ memberId }] })
  const beat = { groupId: 'g', memberId, generationId: 1, groupInstanceId: null }
  t.match(await heartbeat(beat, at(4)), { errorCode: codes.REBALANCE_IN_PROGRESS })
  t.match(await sync(1, Buffer.from('a')), { errorCode: codes.REBALANCE_IN_PROGRESS })
  t.match(await join({ memberId }), { errorCode: 0, generationId: 2 })
  t.match(await sync(2, Buffer.from('a')), { errorCode: 0 })
  t.match(await join({ memberId }), { errorCode: 0, generationId: 3 })
  t.match(await sync(3, largeAssignment), { errorCode: tooLarge })
  restart()
  t.match(await describe(), { groupState: 'Stable', members: [{ memberAssignment: Buffer.from('a') }] })
})

t.test('a static member whose metadata make no record is refused, and was never away', async t => {
  const { at, join, stable, describe } = await broker(t)
  const instance = { groupInstanceId: 'one' }
  const memberId = await stable('g', instance)
  const request = { ...instance, protocols: [{ name: 'range', metadata: largeAssignment }] }
  t.same(await join(request, 9), {
    throttleTimeMs: 0,
    errorCode: tooLarge,
    generationId: 1,
    protocolType: 'consumer',
    protocolName: 'range',
    leader: memberId,
    memberId: '',
    members: [],
  })
  t.match(await describe(), { groupState: 'Stable', members: [{ memberId }] })
  t.match(await heartbeat({ groupId: 'g', memberId, generationId: 1, ...instance }, at(4)), { errorCode: 0 })
})

t.test('commits that make no batch are all refused, and nothing of them is kept', async t => {
  const { commit, offsets, describe, batches, restart } = await broker(t)
  const before = batches()
  t.same(await commit('g', 300, 4096), { [tooLarge]: 300 })
  t.equal(await offsets('g'), 0)
  t.match(await describe(), { groupState: 'Dead' })
  t.equal(batches(), before)
  t.same(await commit('g', 240, 4096), { 0: 240 })
  t.equal(batches(), before + 1)
  t.same(await commit('g', 300, 4096), { [tooLarge]: 300 })
  restart()
  t.equal(await offsets('g'), 240)
})

t.test('commits follow the limit of the topic that keeps them', async t => {
  const { commit, cluster, logs, offsets } = await broker(t)
  t.ok(cluster.image.topics.has(offsetsTopic))
  for (const log of logs.values()) log.batchBytesMax = 700
  t.same(await commit('g', 10, 100), { [tooLarge]: 10 })
  t.same(await commit('g', 2, 100), { 0: 2 })
  for (const log of logs.values()) log.batchBytesMax = 7_000
  t.same(await commit('g', 10, 100), { 0: 10 })
  t.equal(await offsets('g'), 10)
})

t.test('what is forgotten of a group is forgotten at once or not at all', async t => {
  const { at, commit, offsets, describe } = await broker(t)
  const groupId = 'G'.repeat(30_000)
  for (let from = 0; from < 60; from += 20) t.same(await commit(groupId, 20, 1, from), { 0: 20 })
  const remove = async (count: number) => {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex }))
    return (await offsetDelete({ groupId, topics: [{ name: 'many', partitions }] }, at(0)))!
  }
  const removeGroup = async () => (await deleteGroups({ groupsNames: [groupId] }, at(2)))!.results[0]!.errorCode
  t.match(await remove(60), { errorCode: tooLarge, topics: [] })
  t.equal(await removeGroup(), tooLarge)
  t.equal(await offsets(groupId), 60)
  t.match(await describe(groupId), { groupState: 'Empty' })
  t.match(await remove(30), { errorCode: 0 })
  t.equal(await offsets(groupId), 30)
  t.equal(await removeGroup(), 0)
  t.equal(await offsets(groupId), 0)
})

t.test('a topic that is deleted, and offsets that expire, are forgotten in as many batches as it takes', async t => {
  const day = 24 * 3_600_000
  const { cluster, clock, commit, offsets, batches, describe } = await broker(t)
  const [gone, old] = ['gone', 'old'].map(name => name.padEnd(30_000, 'g')) as [string, string]
  for (let from = 0; from < 60; from += 20) await commit(gone, 20, 1, from)
  let before = batches()
  await cluster.deleteTopics([{ name: 'many', topicId: noTopicId }])
  clock.runImmediates()
  t.equal(await offsets(gone), 0)
  t.ok(batches() > before + 1, 'more than one batch can take')
  await cluster.createTopics([topic('many', { numPartitions: 400, replicationFactor: 1 })])
  for (let from = 0; from < 60; from += 20) await commit(old, 20, 1, from)
  before = batches()
  clock.advance(8 * day)
  t.equal(await offsets(old), 0)
  t.match(await describe(old), { groupState: 'Dead' })
  t.ok(batches() > before + 1)
})

t.test('a group that is asked for many times is looked up once, and told as often as it was asked for', async t => {
  const { at, stable, commit } = await broker(t)
  await stable('g')
  await commit('other', 50, 1_000)
  const often = 200_000
  const groups = new Array<string>(often).fill('g')
  const described = (await describeGroups({ groups: ['x', ...groups], includeAuthorizedOperations: true }, at(5)))!
    .groups
  t.equal(described.length, often + 1)
  t.same(new Set(described).size, 2)
  t.match(described[often], { groupId: 'g', groupState: 'Stable' })
  const one = { groupId: 'other', memberId: null, memberEpoch: -1, topics: null }
  const some = { ...one, topics: [{ name: 'many', topicId: noTopicId, partitionIndexes: [1] }] }
  const request = { groupId: '', topics: null, groups: [some, ...new Array(often).fill(one)], requireStable: false }
  const fetched = (await offsetFetch(request, at(9)))!.groups!
  t.equal(fetched.length, often + 1)
  t.equal(new Set(fetched).size, 2)
  t.equal(fetched[0]!.topics[0]!.partitions.length, 1)
  t.equal(fetched[often]!.topics[0]!.partitions.length, 50)
})

t.test('a member that nobody could be told of is refused, and the others never hear of it', async t => {
  const { at, stable, describe, clock } = await broker(t)
  const memberId = await stable()
  const bad = async (version: number, clientId: string, groupInstanceId: string | null) => {
    const request = joinRequest({ groupId: 'g', groupInstanceId, protocols: protocols('range') })
    const answer = joinGroup(request, { ...at(version), clientId })
    clock.advance(0)
    const joined = (await answer)!
    encodable(t, JoinGroup, { ...joined, protocolName: '' })
    return joined.errorCode
  }
  for (const length of [32_731, 32_760, 32_767]) {
    for (const version of [0, 3, 4, 9]) t.equal(await bad(version, 'c'.repeat(length), null), tooLarge)
    for (const version of [5, 9]) t.equal(await bad(version, 'client', 'i'.repeat(length)), tooLarge)
  }
  t.match(await heartbeat({ groupId: 'g', memberId, generationId: 1, groupInstanceId: null }, at(4)), { errorCode: 0 })
  t.match(await describe(), { groupState: 'Stable', members: [{ memberId }] })
  t.equal(await bad(9, 'c'.repeat(32_730), null), codes.MEMBER_ID_REQUIRED)
  encodable(t, ListGroups, (await listGroups({ statesFilter: [], typesFilter: [] }, at(5)))!)
})

/** The APIs of groups and offsets, from request to answer, with a cluster in memory. */
import t, { type Test } from 'tap'
import { offsetsTopic } from '../../lib/coordination/groups.ts'
import { javaHashCode, partitionOfKey } from '../../lib/coordination/key-partition.ts'
import { deleteGroups } from '../../lib/handlers/delete-groups.ts'
import { describeGroups } from '../../lib/handlers/describe-groups.ts'
import { findCoordinator } from '../../lib/handlers/find-coordinator.ts'
import { heartbeat } from '../../lib/handlers/heartbeat.ts'
import { joinGroup } from '../../lib/handlers/join-group.ts'
import { leaveGroup } from '../../lib/handlers/leave-group.ts'
import { listGroups } from '../../lib/handlers/list-groups.ts'
import { offsetCommit } from '../../lib/handlers/offset-commit.ts'
import { offsetDelete } from '../../lib/handlers/offset-delete.ts'
import { offsetFetch } from '../../lib/handlers/offset-fetch.ts'
import { syncGroup } from '../../lib/handlers/sync-group.ts'
import { encode } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { OffsetCommit, type OffsetCommitRequest } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetch, type OffsetFetchRequest } from '../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import { joinRequest, protocols, syncRequest } from '../groups/bench.ts'
import { encodable, topic } from './cluster-context.ts'
import { commitRequest, commitTopic, type GroupContextOptions, groupContext } from './group-context.ts'

const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'
const unknownId = 'AAAAAAAAAAAAAAAAAAAAAQ'

async function broker(t: Test, options?: GroupContextOptions) {
  const context = await groupContext(t, options)
  const { at } = context
  return {
    ...context,
    commit: async (version: number, request: Partial<OffsetCommitRequest> = {}) =>
      offsetCommit(commitRequest(request), at(version)),
    fetch: async (version: number, request: Partial<OffsetFetchRequest>) =>
      offsetFetch({ groupId: 'g', topics: null, groups: [], requireStable: false, ...request }, at(version)),
    find: async (version: number, keyType: number, ...keys: string[]) =>
      findCoordinator({ key: keys[0]!, keyType, coordinatorKeys: keys }, at(version)),
  }
}

t.test('keys find their partitions as in Java', async t => {
  t.equal(javaHashCode(''), 0)
  t.equal(javaHashCode('hello'), 99_162_322)
  t.equal(javaHashCode('polygenelubricants'), -(2 ** 31))
  t.equal(partitionOfKey('polygenelubricants', 50), 0)
  t.equal(partitionOfKey('two', 50), 26, 'where Apache Kafka keeps it')
  t.equal(partitionOfKey('oc10', 50), 7)
  t.equal(partitionOfKey('Aa', 50), partitionOfKey('BB', 50))
})

t.test('whoever asks for a coordinator first has its topic made, and hears of this broker', async t => {
  const { cluster, find } = await broker(t, { offsetsTopic: false })
  t.notOk(cluster.image.topics.has(offsetsTopic))
  const v0 = await find(0, 0, 'g')
  t.match(v0, { errorCode: 0, nodeId: 1, host: '127.0.0.1', port: 9092 })
  t.equal(cluster.image.topics.get(offsetsTopic)!.partitions.length, 3)
  t.equal((await find(3, 0, 'g')).errorMessage, 'NONE')
  const many = await find(4, 1, 'tx', '')
  t.match(many.coordinators, [
    { key: 'tx', nodeId: 1, port: 9092, errorCode: 0, errorMessage: '' },
    { key: '', nodeId: 1, errorCode: 0 },
  ])
  t.ok(cluster.image.topics.has('__transaction_state'))
  t.same((await find(4, 0)).coordinators, [])
  t.match(await find(3, 2, 'g:t:0'), { errorCode: codes.INVALID_REQUEST, nodeId: -1, port: -1 })
  for (const answer of [v0, many]) encodable(t, FindCoordinator, answer)
})

t.test('a coordinator is not told to those who may not describe the group or the transaction', async t => {
  const { find } = await broker(t, { deny: (_, type, name) => type === 'transactionalId' || name === 'secret' })
  const { coordinators } = await find(4, 0, 'secret', 'open')
  t.same(
    coordinators!.map(({ errorCode }) => errorCode),
    [codes.GROUP_AUTHORIZATION_FAILED, 0],
  )
  t.equal((await find(3, 1, 'tx')).errorCode, codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
})

t.test('a coordinator whose topic cannot be made is not available', async t => {
  const { find, cluster } = await broker(t, { offsetsTopic: false })
  cluster.autoCreateTopic = () => Promise.reject(new KafkaError(codes.NOT_CONTROLLER, 'somebody was quicker'))
  t.match((await find(4, 0, 'g')).coordinators, [
    { key: 'g', errorCode: codes.COORDINATOR_NOT_AVAILABLE, errorMessage: 'somebody was quicker', nodeId: -1 },
  ])
  cluster.autoCreateTopic = () => Promise.reject(new TypeError('a bug'))
  await t.rejects(find(4, 0, 'g'), TypeError)
})

t.test('before there is a place for groups nothing is coordinated, and nothing is listed', async t => {
  const { join, commit, at } = await broker(t, { offsetsTopic: false })
  t.equal((await join()).errorCode, codes.NOT_COORDINATOR)
  t.match(await commit(8), { topics: [{ partitions: [{ errorCode: codes.NOT_COORDINATOR }] }] })
  t.same(await listGroups({ statesFilter: [], typesFilter: [] }, at(5)), {
    throttleTimeMs: 0,
    errorCode: 0,
    groups: [],
  })
})

t.test('what cannot be a request of a member is refused before its group is looked for', async t => {
  const { at, join } = await broker(t)
  t.equal((await join({ groupId: '' })).errorCode, codes.INVALID_GROUP_ID)
  t.equal((await join({ sessionTimeoutMs: 5999 })).errorCode, codes.INVALID_SESSION_TIMEOUT)
  t.equal((await join({ sessionTimeoutMs: 1_800_001 })).errorCode, codes.INVALID_SESSION_TIMEOUT)
  const sync = (fields: object, version: number) => syncGroup(syncRequest(fields), at(version))
  t.match(await sync({ groupId: '' }, 4), { errorCode: codes.INVALID_GROUP_ID })
  t.match(await sync({}, 5), { errorCode: codes.INCONSISTENT_GROUP_PROTOCOL })
  const beat = { groupId: '', memberId: 'm', generationId: 1, groupInstanceId: null }
  t.match(await heartbeat(beat, at(4)), { errorCode: codes.INVALID_GROUP_ID })
  const one = { memberId: 'm', groupInstanceId: null, reason: null }
  t.match(await leaveGroup({ groupId: '', memberId: '', members: [one] }, at(4)), {
    errorCode: codes.INVALID_GROUP_ID,
    members: [],
  })
})

t.test(
  'a group lives: join, sync, heartbeat, commit, leave; and every answer can be written in its version',
  async t => {
    const { at, join, commit, fetch } = await broker(t)
    for (let version = 0; version <= 9; version++) {
      const groupId = `g${version}`
      let joined = await join({ groupId }, version)
      if (version >= 4) {
        t.match(joined, { errorCode: codes.MEMBER_ID_REQUIRED, memberId: /^test-[0-9a-f-]{36}$/ })
        t.ok(encode(JoinGroup.response, version, joined))
        joined = await join({ groupId, memberId: joined.memberId }, version)
      }
      t.match(joined, { errorCode: 0, generationId: 1, protocolName: 'range' })
      t.ok(encode(JoinGroup.response, version, joined))
      const { memberId } = joined
      const member = { groupId, memberId, generationId: 1, groupInstanceId: null }
      const protocol = { protocolType: 'consumer', protocolName: 'range' }
      const sync = await syncGroup(
        syncRequest({ ...member, ...protocol, assignments: [{ memberId, assignment: Buffer.from('x') }] }),
        at(Math.min(version, 5)),
      )
      t.equal(sync.assignment.toString(), 'x')
      t.ok(encode(SyncGroup.response, Math.min(version, 5), sync))
      const beat = heartbeat(member, at(Math.min(version, 4)))
      t.same(beat, { throttleTimeMs: 0, errorCode: 0 }, 'at once, without a promise')
      encodable(t, Heartbeat, await beat)
      const committed = await commit(version, {
        groupId,
        memberId,
        generationIdOrMemberEpoch: 1,
        topics: [{ ...commitTopic('t', 0), topicId: noTopicId }],
      })
      t.match(committed, { topics: [{ name: 't', partitions: [{ errorCode: 0 }] }] })
      encodable(t, OffsetCommit, committed)
      const fetched = await fetch(Math.min(version, 7), { groupId, topics: [{ name: 't', partitionIndexes: [0] }] })
      t.match(fetched, { topics: [{ partitions: [{ committedOffset: 10, metadata: '' }] }] })
      encodable(t, OffsetFetch, fetched)
      const leaving = { groupId, memberId, members: [{ memberId, groupInstanceId: null, reason: 'done' }] }
      const left = await leaveGroup(leaving, at(Math.min(version, 5)))
      t.match(left, { errorCode: 0, members: version >= 3 ? [{ memberId, errorCode: 0 }] : [] })
      encodable(t, LeaveGroup, left)
      t.equal(
        (await leaveGroup(leaving, at(0))).errorCode,
        codes.UNKNOWN_MEMBER_ID,
        'in old versions as the answer of all',
      )
    }
  },
)

t.test('version 0 of JoinGroup has one timeout for the session and the rebalance', async t => {
  const { at, clock, stable } = await broker(t)
  const memberId = await stable()
  const first = joinGroup(joinRequest({ sessionTimeoutMs: 7000, rebalanceTimeoutMs: -1 }), at(0)) as Promise<{
    errorCode: number
  }>
  await leaveGroup({ groupId: 'g', memberId, members: [] }, at(1))
  t.equal((await first).errorCode, 0)
  t.ok(clock)
})

t.test('partitions that are not there are refused one by one, the others are committed', async t => {
  const { commit, fetch, topicId } = await broker(t)
  const unknown = codes.UNKNOWN_TOPIC_OR_PARTITION
  const answer = await commit(9, { topics: [commitTopic('nope', 0), commitTopic('t', 1, 44, 0)] })
  t.same(
    answer.topics.map(({ name, partitions }) => [name, partitions.map(({ errorCode }) => errorCode)]),
    [
      ['nope', [unknown]],
      ['t', [0, unknown, 0]],
    ],
  )
  const byId = await commit(10, {
    topics: [
      { ...commitTopic('', 0, 7), topicId },
      { ...commitTopic('', 0), topicId: unknownId },
    ],
  })
  t.same(
    byId.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    [[0, unknown], [codes.UNKNOWN_TOPIC_ID]],
  )
  t.match(await commit(8, { topics: [commitTopic('nope', 0)] }), { topics: [{ partitions: [{ errorCode: unknown }] }] })
  t.same((await commit(8, { topics: [] })).topics, [])
  const [topic] = (await fetch(7, {})).topics!
  t.same(
    topic!.partitions.map(({ committedOffset }) => committedOffset),
    [11, 10],
  )
})

t.test('offsets of several groups are fetched at once, by name or by id', async t => {
  const { commit, fetch, topicId } = await broker(t)
  await commit(8)
  const group = (groupId: string, topics: { name?: string; topicId?: string }[] | null) => ({
    groupId,
    memberId: null,
    memberEpoch: -1,
    topics:
      topics === null ? null : topics.map(topic => ({ name: '', topicId: noTopicId, partitionIndexes: [0], ...topic })),
  })
  const named = await fetch(9, { groups: [group('g', [{ name: 't' }, { name: 'nope' }]), group('other', null)] })
  t.match(named.groups, [
    {
      groupId: 'g',
      errorCode: 0,
      topics: [
        { name: 't', partitions: [{ committedOffset: 10 }] },
        { partitions: [{ committedOffset: -1, errorCode: 0 }] },
      ],
    },
    { groupId: 'other', errorCode: 0, topics: [] },
  ])
  const byId = await fetch(10, { groups: [group('g', [{ topicId }, { topicId: unknownId }]), group('g', null)] })
  t.match(byId.groups, [
    {
      topics: [
        { topicId, partitions: [{ committedOffset: 10 }] },
        { topicId: unknownId, partitions: [{ committedOffset: -1, errorCode: codes.UNKNOWN_TOPIC_ID }] },
      ],
    },
    { topics: [{ topicId, partitions: [{ committedOffset: 10 }] }] },
  ])
  encodable(t, OffsetFetch, byId)
})

t.test('the first versions of OffsetFetch tell an error at each partition', async t => {
  const { fetch } = await broker(t, { deny: (_, type, name) => type === 'group' && name === 'secret' })
  const asked = { groupId: 'secret', topics: [{ name: 't', partitionIndexes: [0, 1] }] }
  const denied = codes.GROUP_AUTHORIZATION_FAILED
  t.same(
    (await fetch(1, asked)).topics![0]!.partitions.map(({ errorCode }) => errorCode),
    [denied, denied],
  )
  t.match(await fetch(2, asked), { errorCode: denied, topics: [] })
})

t.test('offsets are deleted where nobody consumes the topic any more', async t => {
  const { at, commit, fetch, stable } = await broker(t)
  await commit(8, { topics: [commitTopic('t', 0, 1)] })
  const topics = [
    { name: 't', partitions: [0, 9].map(partitionIndex => ({ partitionIndex })) },
    { name: 'nope', partitions: [{ partitionIndex: 0 }] },
  ]
  const answer = await offsetDelete({ groupId: 'g', topics }, at(0))
  const unknown = codes.UNKNOWN_TOPIC_OR_PARTITION
  t.same(answer, {
    errorCode: 0,
    throttleTimeMs: 0,
    topics: [
      {
        name: 't',
        partitions: [
          { partitionIndex: 0, errorCode: 0 },
          { partitionIndex: 9, errorCode: unknown },
        ],
      },
      { name: 'nope', partitions: [{ partitionIndex: 0, errorCode: unknown }] },
    ],
  })
  encodable(t, OffsetDelete, answer)
  t.match((await fetch(7, {})).topics, [{ partitions: [{ partitionIndex: 1 }] }])
  const code = async (groupId: string) => (await offsetDelete({ groupId, topics }, at(0))).errorCode
  t.equal(await code(''), codes.INVALID_GROUP_ID)
  t.equal(await code('unknown'), codes.GROUP_ID_NOT_FOUND)
  await stable('c', { protocolType: 'connect' })
  t.equal(await code('c'), codes.NON_EMPTY_GROUP)
})

t.test(
  'what is told of a topic whose offsets are deleted is decided once, whatever comes and goes until it is answered',
  async t => {
    const { at, cluster, commit, logs } = await broker(t)
    await commit(8, { topics: [commitTopic('t', 0, 1)] })
    for (const log of logs.values()) log.commitsAtOnce = false
    const topics = [
      { name: 'later', partitions: [{ partitionIndex: 0 }] },
      { name: 't', partitions: [{ partitionIndex: 0 }] },
    ]
    const answer = offsetDelete({ groupId: 'g', topics }, at(0))
    await cluster.createTopics([topic('later')])
    await cluster.deleteTopics([{ name: 't', topicId: noTopicId }])
    for (const log of logs.values()) log.commit()
    const answered = await answer
    t.match(answered, {
      topics: [
        { name: 'later', partitions: [{ partitionIndex: 0, errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION }] },
        { name: 't', partitions: [{ partitionIndex: 0, errorCode: 0 }] },
      ],
    })
    encodable(t, OffsetDelete, answered)
  },
)

t.test('groups are listed by state and type, whatever the case of the filters', async t => {
  const { at, commit, stable } = await broker(t)
  await stable('stable')
  await commit(8, { groupId: 'simple' })
  const list = async (statesFilter: string[], typesFilter: string[]) => {
    const answer = await listGroups({ statesFilter, typesFilter }, at(5))
    encodable(t, ListGroups, answer)
    return answer.groups.map(({ groupId }) => groupId).sort()
  }
  t.same(await list([], []), ['simple', 'stable'])
  t.same(await list(['sTaBlE'], []), ['stable'])
  t.same(await list(['Empty', 'bogus'], ['CLASSIC']), ['simple'])
  t.same(await list(['bogus'], []), [])
  t.same(await list([], ['consumer']), [])
})

t.test('whoever may not describe the cluster sees the groups that they may describe', async t => {
  const { at, commit } = await broker(t, { deny: (_, type, name) => type === 'cluster' || name === 'secret' })
  await commit(8, { groupId: 'open' })
  const { groups } = await listGroups({ statesFilter: [], typesFilter: [] }, at(4))
  t.same(
    groups.map(({ groupId }) => groupId),
    ['open'],
  )
})

t.test('groups are described in the order of the request, unknown ones as dead', async t => {
  const { at, stable } = await broker(t, {
    deny: (operation, type, name) => name === 'secret' || (type === 'group' && operation === 'delete'),
  })
  const memberId = await stable()
  const asked = { groups: ['g', 'nope', 'secret'], includeAuthorizedOperations: true }
  const answer = await describeGroups(asked, at(6))
  t.match(answer.groups, [
    {
      errorCode: 0,
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [{ memberId, clientId: 'test', clientHost: '/127.0.0.1', memberAssignment: Buffer.from('all') }],
      authorizedOperations: 3400 - 64,
    },
    { errorCode: codes.GROUP_ID_NOT_FOUND, errorMessage: 'Group nope not found.', groupState: 'Dead' },
    { errorCode: codes.GROUP_AUTHORIZATION_FAILED, groupState: '' },
  ])
  encodable(t, DescribeGroups, answer)
  const v5 = await describeGroups({ groups: ['nope', 'g'], includeAuthorizedOperations: false }, at(5))
  t.match(v5.groups, [{ errorCode: 0, groupState: 'Dead' }, { groupState: 'Stable' }])
})

t.test('empty groups are deleted, each answered once', async t => {
  const { at, commit, stable, fetch } = await broker(t)
  await stable('full')
  await commit(8, { groupId: 'simple' })
  const answer = await deleteGroups({ groupsNames: ['full', 'simple', 'nope', 'simple'] }, at(2))
  t.same(answer.results, [
    { groupId: 'full', errorCode: codes.NON_EMPTY_GROUP },
    { groupId: 'simple', errorCode: 0 },
    { groupId: 'nope', errorCode: codes.GROUP_ID_NOT_FOUND },
  ])
  t.same((await fetch(7, { groupId: 'simple' })).topics, [])
})

t.test('what one may not do to a group or topic is refused by its code', async t => {
  const denied = codes.GROUP_AUTHORIZATION_FAILED
  const { at, join, commit, fetch } = await broker(t, { deny: (_, type) => type === 'group' })
  t.equal((await join()).errorCode, denied)
  t.match(await syncGroup(syncRequest({}), at(3)), { errorCode: denied })
  t.match(await heartbeat({ groupId: 'g', memberId: 'm', generationId: 1, groupInstanceId: null }, at(3)), {
    errorCode: denied,
  })
  t.match(await leaveGroup({ groupId: 'g', memberId: 'm', members: [] }, at(1)), { errorCode: denied })
  t.match(await commit(8), { topics: [{ partitions: [{ errorCode: denied }] }] })
  t.match(await fetch(8, { groups: [{ groupId: 'g', memberId: null, memberEpoch: -1, topics: null }] }), {
    groups: [{ errorCode: denied }],
  })
  t.match(await offsetDelete({ groupId: 'g', topics: [] }, at(0)), { errorCode: denied })
  t.match(await deleteGroups({ groupsNames: ['g'] }, at(2)), { results: [{ errorCode: denied }] })
  const topics = await broker(t, { deny: (_, type) => type === 'topic' })
  const deniedTopic = codes.TOPIC_AUTHORIZATION_FAILED
  t.match(await topics.commit(8), { topics: [{ partitions: [{ errorCode: deniedTopic }] }] })
  t.match(await topics.fetch(7, { topics: [{ name: 't', partitionIndexes: [0] }] }), {
    topics: [{ partitions: [{ errorCode: deniedTopic }] }],
  })
  t.same((await topics.fetch(7, {})).topics, [])
  await topics.commit(8, { groupId: 'd', topics: [] })
  await topics.stable('d')
  const asked = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
  t.match(await offsetDelete({ groupId: 'd', topics: asked }, topics.at(0)), {
    topics: [{ partitions: [{ errorCode: deniedTopic }] }],
  })
})

t.test(
  'groups and offsets are there again after a restart, and those who waited look for their coordinator',
  async t => {
    const { at, join, commit, fetch, stable, restart } = await broker(t)
    const memberId = await stable()
    await commit(8, { memberId, generationIdOrMemberEpoch: 1 })
    const waiting = joinGroup(joinRequest({ protocols: protocols('range') }), at(3))
    restart()
    t.equal((await waiting).errorCode, codes.NOT_COORDINATOR)
    t.match(await fetch(7, {}), { topics: [{ name: 't', partitions: [{ committedOffset: 10 }] }] })
    t.match(await heartbeat({ groupId: 'g', memberId, generationId: 1, groupInstanceId: null }, at(4)), {
      errorCode: 0,
    })
    t.ok(join)
  },
)

t.test('with a topic go its offsets', async t => {
  const { cluster, commit, fetch, logs, clock } = await broker(t)
  await commit(8)
  await cluster.deleteTopics([{ name: 't', topicId: noTopicId }])
  t.same((await fetch(7, {})).topics, [])
  clock.runImmediates()
  const values = [...logs.values()].flatMap(log => log.records.map(({ value }) => value))
  t.equal(values.at(-1), null)
})

t.test('a topic that is made anew begins without offsets, also where the broker was loading or had died', async t => {
  for (const when of ['while loading', 'before loading']) {
    const { cluster, commit, fetch, logs, restart, clock } = await broker(t)
    await commit(8)
    await commit(8, { topics: [commitTopic('t', 1)] })
    for (const log of logs.values()) log.log.batchesPerRead = 1
    if (when === 'while loading') restart()
    await cluster.deleteTopics([{ name: 't', topicId: noTopicId }])
    await cluster.createTopics([topic('t', { numPartitions: 2, replicationFactor: 1 })])
    // Before any tombstone is written.
    if (when === 'before loading') restart()
    t.match(await fetch(7, {}), { errorCode: codes.COORDINATOR_LOAD_IN_PROGRESS }, when)
    clock.runImmediates()
    t.same(await fetch(7, {}), { throttleTimeMs: 0, topics: [], errorCode: 0, groups: [] })
    await commit(8, { topics: [commitTopic('t', 1)] })
    restart()
    clock.runImmediates()
    t.match((await fetch(7, {})).topics, [{ partitions: [{ partitionIndex: 1, committedOffset: 11 }] }])
  }
})

t.test('while groups are loaded requests are told to wait, heartbeats are let pass, and nothing is listed', async t => {
  const { at, commit, fetch, logs, restart, clock } = await broker(t)
  await commit(8)
  await commit(8, { topics: [commitTopic('t', 1)] })
  for (const log of logs.values()) log.log.batchesPerRead = 1
  restart()
  t.match(await fetch(7, {}), { errorCode: codes.COORDINATOR_LOAD_IN_PROGRESS })
  t.match(await listGroups({ statesFilter: [], typesFilter: [] }, at(5)), {
    errorCode: codes.COORDINATOR_LOAD_IN_PROGRESS,
    groups: [],
  })
  t.match(await heartbeat({ groupId: 'g', memberId: 'm', generationId: 1, groupInstanceId: null }, at(4)), {
    errorCode: 0,
  })
  clock.runImmediates()
  t.match(await fetch(7, {}), { errorCode: 0, topics: [{ partitions: [{}, {}] }] })
})

t.test('groups end with the topic that keeps them', async t => {
  const { cluster, fetch, commit } = await broker(t)
  await commit(8)
  await cluster.deleteTopics([{ name: offsetsTopic, topicId: noTopicId }])
  t.match(await fetch(7, {}), { errorCode: codes.NOT_COORDINATOR })
})

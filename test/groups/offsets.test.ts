/** How a shard keeps offsets: who may commit, what is fetched, and when they are forgotten. */
import t from 'tap'
import { noTopicId } from '../../lib/groups/records.ts'
import { codes } from '../../protocol/errors.ts'
import { Bench, protocols, subscription } from './bench.ts'

const dayMs = 24 * 3_600_000

t.test('whoever is not in a group may commit for a group without members, which makes a simple one', async t => {
  const bench = new Bench()
  t.equal(bench.committed(), -1)
  t.equal(bench.commit({ offset: 7, leaderEpoch: 3, metadata: 'note' }), 0)
  const [topic] = bench.shard.fetchOffsets('g', [{ name: 't', partitionIndexes: [0, 1] }], true)
  t.same(topic, {
    name: 't',
    partitions: [
      { partitionIndex: 0, committedOffset: 7, committedLeaderEpoch: 3, metadata: 'note', errorCode: 0 },
      { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
    ],
  })
  t.equal(bench.state(), 'Empty')
  t.same(bench.shard.list(), [{ groupId: 'g', protocolType: '', groupState: 'Empty', groupType: 'classic' }])
  bench.restart()
  t.equal(bench.committed(), 7)
  t.equal(bench.state(), 'Empty')
})

t.test('all topics of a group are fetched where none is named', async t => {
  const bench = new Bench()
  bench.commit({ topic: 'a', partition: 3 })
  bench.commit({ topic: 'b' })
  bench.commit({ topic: 'a', partition: 1 })
  const all = bench.shard.fetchOffsets('g', null, false)
  t.same(
    all.map(({ name, partitions }) => [name, partitions.map(({ partitionIndex }) => partitionIndex)]),
    [
      ['a', [3, 1]],
      ['b', [0]],
    ],
  )
  t.same(bench.shard.fetchOffsets('unknown', null, false), [])
})

t.test('a generation of a group that nobody knows is refused in the way of the version', async t => {
  const bench = new Bench()
  t.equal(bench.commit({}, { generation: 1, memberId: 'm', apiVersion: 8 }), codes.ILLEGAL_GENERATION)
  t.equal(bench.commit({}, { generation: 1, memberId: 'm', apiVersion: 9 }), codes.GROUP_ID_NOT_FOUND)
  bench.commit()
  t.equal(bench.commit({}, { generation: 1, memberId: 'm' }), codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.commit({}, { memberId: 'm' }), 0, 'an empty group takes what comes without a generation')
})

t.test(
  'in a group with members only they commit, each in the current generation, and that keeps them alive',
  async t => {
    const bench = new Bench()
    const [leader] = bench.stableGroup(1)
    const { memberId } = leader!
    t.equal(bench.commit(), codes.UNKNOWN_MEMBER_ID)
    t.equal(bench.commit({}, { memberId }), codes.ILLEGAL_GENERATION)
    t.equal(bench.commit({}, { generation: 0, memberId }), codes.ILLEGAL_GENERATION)
    t.equal(bench.commit({}, { generation: 1, memberId: 'stranger' }), codes.UNKNOWN_MEMBER_ID)
    t.equal(bench.commit({}, { generation: 1, memberId, groupInstanceId: 'i' }), codes.UNKNOWN_MEMBER_ID)
    for (let i = 0; i < 3; i++) {
      bench.advance(9999)
      t.equal(bench.commit({}, { generation: 1, memberId }), 0)
    }
  },
)

t.test('members commit while others gather, but not while the new generation is being assigned', async t => {
  const bench = new Bench()
  const [leader, follower] = bench.stableGroup(2)
  bench.join({ memberId: leader!.memberId })
  t.equal(bench.commit({}, { generation: 1, memberId: follower!.memberId }), 0)
  bench.join({ memberId: follower!.memberId })
  t.equal(bench.commit({}, { generation: 2, memberId: follower!.memberId }), codes.REBALANCE_IN_PROGRESS)
})

t.test('metadata of a commit has its limit', async t => {
  const bench = new Bench({ offsetMetadataMax: 10 })
  t.equal(bench.commit({ metadata: 'x'.repeat(11) }), codes.OFFSET_METADATA_TOO_LARGE)
  t.equal(bench.committed(), -1)
  t.equal(bench.commit({ metadata: 'x'.repeat(10) }), 0)
  t.equal(bench.commit({ metadata: null }), 0)
})

t.test(
  'a simple group forgets an offset when it has not been committed for the retention time, and then itself',
  async t => {
    const bench = new Bench({ offsetsRetentionMs: dayMs })
    bench.commit()
    bench.advance(dayMs / 2)
    bench.commit({ partition: 1 })
    bench.advance(dayMs / 2)
    bench.advance(600_000)
    t.equal(bench.committed('t', 0), -1)
    t.equal(bench.committed('t', 1), 5)
    bench.advance(dayMs / 2)
    t.equal(bench.state(), 'none')
    t.match(bench.log.at(-1), { kind: 'group', groupId: 'g', value: null })
  },
)

t.test(
  'the offsets of a group with members stay while they are consumed, and age from when the group is empty',
  async t => {
    const bench = new Bench({ offsetsRetentionMs: dayMs })
    const [leader] = bench.stableGroup(1, () => ({ sessionTimeoutMs: 1_800_000 }))
    const { memberId } = leader!
    bench.commit({}, { generation: 1, memberId })
    bench.commit({ topic: 'other' }, { generation: 1, memberId })
    for (let i = 0; i < 60; i++) {
      bench.advance(1_700_000)
      bench.heartbeat(memberId, 1)
    }
    t.equal(bench.committed('t'), 5)
    t.equal(bench.committed('other'), -1, 'nobody in the group consumes it')
    bench.leave({ memberId })
    bench.advance(dayMs - 600_000)
    t.equal(bench.committed('t'), 5)
    bench.restart()
    bench.advance(1_200_000)
    t.equal(bench.committed('t'), -1)
    t.equal(bench.state(), 'none')
  },
)

t.test('offsets of a group that rebalances, or of an unknown protocol, do not age', async t => {
  const bench = new Bench({ offsetsRetentionMs: 1000 })
  const long = { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_800_000 }
  const [leader] = bench.stableGroup(1, () => ({ ...long, protocolType: 'connect' }))
  bench.commit({}, { generation: 1, memberId: leader!.memberId })
  bench.advance(1_200_000)
  t.equal(bench.committed(), 5)
})

t.test(
  'an offset that was committed with its own retention lives that long, as clients of versions 2 to 4 ask',
  async t => {
    const bench = new Bench({ offsetsRetentionMs: 30 * dayMs, offsetsRetentionCheckIntervalMs: 1000 })
    bench.commit({}, { retentionTimeMs: 5000, apiVersion: 2 })
    bench.restart()
    bench.advance(4000)
    t.equal(bench.committed(), 5)
    bench.advance(2000)
    t.equal(bench.committed(), -1)
  },
)

t.test('a commit may carry its own time, as version 1 does', async t => {
  const bench = new Bench({ offsetsRetentionMs: 5000, offsetsRetentionCheckIntervalMs: 1000 })
  bench.commit({ timestampMs: bench.now.ms - 4500 })
  bench.advance(1000)
  t.equal(bench.committed(), -1)
})

t.test('offsets of consumed topics are not deleted, others are', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(1)
  bench.commit({ topic: 'u' }, { generation: 1, memberId: leader!.memberId })
  const topics = ['t', 'u'].map(name => ({ name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] }))
  t.same(bench.run(shard => shard.deleteOffsets('g', topics)).topics, [
    {
      name: 't',
      partitions: [0, 9].map(partitionIndex => ({ partitionIndex, errorCode: codes.GROUP_SUBSCRIBED_TO_TOPIC })),
    },
    { name: 'u', partitions: [0, 9].map(partitionIndex => ({ partitionIndex, errorCode: 0 })) },
  ])
  t.equal(bench.committed('u'), -1)
  t.equal(bench.run(shard => shard.deleteOffsets('unknown', topics)).errorCode, codes.GROUP_ID_NOT_FOUND)
  bench.stableGroup(1, () => ({ groupId: 'c', protocolType: 'connect' }))
})

t.test('of members that are no consumers nobody knows what they need', async t => {
  const bench = new Bench()
  bench.stableGroup(1, () => ({ protocolType: 'connect' }))
  t.equal(bench.run(shard => shard.deleteOffsets('g', [])).errorCode, codes.NON_EMPTY_GROUP)
  const other = new Bench()
  other.stableGroup(1, () => ({ protocols: [{ name: 'range', metadata: Buffer.from('no subscription at all') }] }))
  const topics = [{ name: 'x', partitions: [{ partitionIndex: 0 }] }]
  t.equal(
    other.run(shard => shard.deleteOffsets('g', topics)).topics[0]!.partitions[0]!.errorCode,
    codes.GROUP_SUBSCRIBED_TO_TOPIC,
  )
})

/** The codes of OffsetDelete for these topics of group g. */
function deleted(bench: Bench, ...names: string[]): number[] {
  const topics = names.map(name => ({ name, partitions: [{ partitionIndex: 0 }] }))
  const answer = bench.run(shard => shard.deleteOffsets('g', topics))
  return answer.topics.map(({ partitions }) => partitions[0]!.errorCode)
}

t.test('a subscription of a version to come protects its topics and no others, for ever', async t => {
  const day = 24 * 3_600_000
  const bench = new Bench({ offsetsRetentionMs: 30 * day, sessionTimeoutMsMax: 90 * day })
  const metadata = subscription('t')
  metadata.writeInt16BE(99)
  const [leader] = bench.stableGroup(1, () => ({
    sessionTimeoutMs: 80 * day,
    protocols: [{ name: 'range', metadata: Buffer.concat([metadata, Buffer.from('more')]) }],
  }))
  const by = { generation: 1, memberId: leader!.memberId }
  for (const topic of ['t', 'u', 'v']) bench.commit({ topic }, by)
  t.same(deleted(bench, 't', 'u'), [codes.GROUP_SUBSCRIBED_TO_TOPIC, 0])
  t.equal(bench.committed('v'), 5)
  bench.advance(31 * day)
  t.equal(bench.committed('v'), -1, 'what nobody reads expires')
  t.equal(bench.committed('t'), 5)
})

t.test('topics are those that members named when the generation began', async t => {
  const bench = new Bench()
  const named = (topic: string, groupInstanceId: string | null = 'one') => ({
    groupInstanceId,
    protocols: [{ name: 'range', metadata: subscription(topic) }],
  })
  bench.stableGroup(1, () => named('before'))
  const both = [codes.GROUP_SUBSCRIBED_TO_TOPIC, 0]
  bench.join(named('after'))
  t.equal(bench.state(), 'Stable', 'a static member that is back does not disturb the group')
  t.same(deleted(bench, 'before', 'after'), both)
  bench.join(named('after', null))
  t.equal(bench.state(), 'PreparingRebalance')
  t.same(deleted(bench, 'before', 'after'), both, 'while members gather')
  bench.restart()
  t.same(deleted(bench, 'after', 'before'), both, 'what is on record is all that a new coordinator knows')
})

t.test('an empty group is deleted with its offsets, one with members is not', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(1)
  bench.commit({}, { generation: 1, memberId: leader!.memberId })
  t.equal(
    bench.run(shard => shard.deleteGroup('g')),
    codes.NON_EMPTY_GROUP,
  )
  bench.leave({ memberId: leader!.memberId })
  t.equal(
    bench.run(shard => shard.deleteGroup('g')),
    0,
  )
  t.equal(
    bench.run(shard => shard.deleteGroup('g')),
    codes.GROUP_ID_NOT_FOUND,
  )
  t.equal(bench.committed(), -1)
  bench.restart()
  t.equal(bench.state(), 'none')
})

t.test('offsets of an open transaction count when it is committed', async t => {
  const { shard, now } = new Bench()
  const value = { offset: 9, leaderEpoch: -1, metadata: '', commitTimestampMs: 0, expireTimestampMs: -1, topicId: '' }
  const record = { kind: 'offset', groupId: 'g', topic: 't', partition: 0, value } as const
  const fetch = (stable: boolean) => {
    const [topic] = shard.fetchOffsets('g', [{ name: 't', partitionIndexes: [0] }], stable)
    const { committedOffset, errorCode } = topic!.partitions[0]!
    return [committedOffset, errorCode]
  }
  shard.replay(record, 4, now)
  t.same(fetch(true), [-1, codes.UNSTABLE_OFFSET_COMMIT])
  t.same(fetch(false), [-1, 0])
  shard.endTransaction(4, false)
  t.same(fetch(true), [-1, 0])
  shard.replay(record, 5, now)
  shard.endTransaction(5, true)
  t.same(fetch(true), [9, 0])
  t.equal(shard.describe('g')?.groupState, 'Empty')
  shard.replay(record, 6, now)
  shard.replay({ ...record, value: { ...value, offset: 10 } }, -1, now)
  shard.endTransaction(6, true)
  t.same(fetch(true), [10, 0], 'what was written later stands')
})

t.test('a group with offsets of an open transaction does not expire, nor do the places that they are for', async t => {
  for (const committed of [true, false]) {
    const bench = new Bench({ offsetsRetentionMs: dayMs })
    bench.commit()
    const value = { offset: 9, leaderEpoch: -1, metadata: '', expireTimestampMs: -1, topicId: noTopicId }
    const record = { kind: 'offset', groupId: 'g', topic: 't', partition: 0 } as const
    const replay = (groupId: string) =>
      bench.shard.replay({ ...record, groupId, value: { ...value, commitTimestampMs: bench.now.ms } }, 4, bench.now)
    replay('g')
    replay('h')
    bench.advance(3 * dayMs)
    t.equal(bench.committed(), 5, 'what was committed before is there')
    t.equal(bench.shard.endTransaction(4, committed), undefined)
    t.equal(bench.committed(), committed ? 9 : 5)
    t.equal(bench.shard.describe('h')?.groupState, 'Empty')
    bench.advance(3 * dayMs)
    t.equal(bench.state(), 'none', 'from then on it ages')
  }
})

t.test('a group is described with what its members told each other once they agree', async t => {
  const bench = new Bench()
  const [leader] = bench.stableGroup(1, () => ({ groupInstanceId: 'i', protocols: protocols('range', 'sticky') }))
  t.same(bench.shard.describe('g'), {
    errorCode: 0,
    groupId: 'g',
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    members: [
      {
        memberId: leader!.memberId,
        groupInstanceId: 'i',
        clientId: 'client',
        clientHost: '/127.0.0.1',
        memberMetadata: subscription('t'),
        memberAssignment: Buffer.from('part 0'),
      },
    ],
  })
  bench.join()
  const { groupState, protocolData, members } = bench.shard.describe('g')!
  t.same([groupState, protocolData, members[0]!.memberMetadata.length], ['PreparingRebalance', '', 0])
})

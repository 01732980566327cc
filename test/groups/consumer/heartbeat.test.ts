/** How members come into a consumer group, get their partitions, give them up and leave, on a shard without a broker. */
import t from 'tap'
import { codes } from '../../../protocol/errors.ts'
import { ConsumerBench, id, settle } from './consumer-bench.ts'

t.test('the first member gets all partitions with its first heartbeat, in epoch 2', async t => {
  const bench = new ConsumerBench()
  const answer = bench.joinConsumer('a')
  t.match(answer, { errorCode: 0, memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5000 })
  t.same(answer.assignment, { topicPartitions: [{ topicId: id('t'), partitions: [0, 1, 2] }] })
  t.match(bench.describe(), { groupState: 'Stable', groupEpoch: 2, assignmentEpoch: 2, assignorName: 'uniform' })
  t.same(
    bench.log.map(({ kind }) => kind),
    ['consumerMember', 'consumerEpoch', 'consumerTargetMember', 'consumerTarget', 'consumerAssignment'],
  )
})

t.test('an idle heartbeat writes nothing and tells no assignment', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a')
  const written = bench.log.length
  t.match(a.beat({ topicPartitions: null }), { errorCode: 0, memberEpoch: 2, assignment: null })
  t.equal(bench.log.length, written)
})

t.test('a second member gets partitions only once the first has given them up', async t => {
  const bench = new ConsumerBench({ t: 4 })
  const a = bench.member('a')
  const b = bench.member('b')
  t.match(b, { epoch: 3, owned: new Set() })
  t.equal(bench.describe().groupState, 'Reconciling')
  const before = [...a.owned]
  const told = bench.beat({ memberId: 'a', memberEpoch: 2, topicPartitions: a.ownedPartitions })
  t.equal(told.memberEpoch, 2, 'stays in its epoch until it has given up')
  t.equal(told.assignment?.topicPartitions[0]?.partitions.length, 2)
  b.beat()
  t.equal(b.owned.size, 0)
  t.equal(before.length, 4)
  a.hear(told)
  a.beat()
  t.equal(a.epoch, 3)
  b.beat()
  t.equal(b.owned.size, 2)
  t.equal(bench.describe().groupState, 'Stable')
  t.same(bench.describe(), bench.reloaded())
})

t.test('who leaves is out at once, and its partitions go to the others', async t => {
  const bench = new ConsumerBench()
  const [a, b] = [bench.member('a'), bench.member('b')]
  settle([a, b])
  t.match(b.leave(), { errorCode: 0, memberId: 'b', memberEpoch: -1 })
  t.equal(bench.describe().members.length, 1)
  settle([a])
  t.equal(a.owned.size, 3)
  t.equal(a.leave().errorCode, 0)
  t.match(bench.describe(), { groupState: 'Empty', members: [] })
  t.same(bench.describe(), bench.reloaded())
})

t.test('who is not heard of for its session is fenced, also after a restart', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a')
  bench.advance(30_000)
  a.beat()
  bench.restart()
  bench.advance(44_999)
  t.equal(bench.describe().members.length, 1)
  bench.advance(1)
  t.equal(bench.describe().groupState, 'Empty')
  t.equal(a.beat().errorCode, codes.UNKNOWN_MEMBER_ID)
})

t.test('who is to be fenced is fenced later where that could not be written', async t => {
  const bench = new ConsumerBench()
  bench.member('a')
  bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
  bench.advance(45_000)
  t.equal(bench.describe().members.length, 1)
  bench.failWith = 0
  bench.advance(500)
  t.equal(bench.describe().members.length, 0)
})

t.test('who does not give up its partitions within its rebalance timeout is fenced', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a', { rebalanceTimeoutMs: 20_000 })
  const b = bench.member('b')
  for (let n = 0; n < 21; n++) {
    bench.beat({ memberId: 'a', memberEpoch: 2 })
    b.beat()
    bench.advance(1000)
  }
  t.equal(a.beat().errorCode, codes.UNKNOWN_MEMBER_ID)
  settle([b])
  t.equal(b.owned.size, 3)
})

t.test(
  'a heartbeat with the epoch before is taken as one that is repeated, if its member owns no more than it was given',
  async t => {
    const bench = new ConsumerBench()
    const a = bench.member('a')
    const b = bench.member('b')
    a.beat()
    a.beat()
    t.equal(a.epoch, 3)
    const { ownedPartitions: topicPartitions } = a
    t.match(bench.beat({ memberId: 'a', memberEpoch: 2, topicPartitions }), { errorCode: 0, memberEpoch: 3 })
    const all = [{ topicId: id('t'), partitions: [0, 1, 2] }]
    const beat = (memberEpoch: number, topicPartitions: typeof all | null) =>
      bench.beat({ memberId: 'a', memberEpoch, topicPartitions }).errorCode
    t.equal(beat(2, all), codes.FENCED_MEMBER_EPOCH)
    t.equal(beat(2, null), codes.FENCED_MEMBER_EPOCH)
    t.equal(beat(1, topicPartitions), codes.FENCED_MEMBER_EPOCH)
    t.equal(beat(4, topicPartitions), codes.FENCED_MEMBER_EPOCH)
    t.equal(b.beat().errorCode, 0)
  },
)

t.test('a fenced member joins again by its own id and has all that it had', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a')
  const written = bench.log.length
  t.match(bench.joinConsumer('a'), { errorCode: 0, memberEpoch: 2 })
  t.equal(bench.log.length, written)
  t.equal(a.beat().errorCode, 0)
})

t.test('requests to a group that is not there, and of members that are not', async t => {
  const bench = new ConsumerBench()
  t.equal(bench.beat({ memberId: 'a', memberEpoch: 1 }).errorCode, codes.GROUP_ID_NOT_FOUND)
  t.equal(bench.beat({ memberId: 'a', memberEpoch: -1 }).errorCode, codes.GROUP_ID_NOT_FOUND)
  t.equal(bench.describe().errorCode, codes.GROUP_ID_NOT_FOUND)
  bench.joinConsumer('a')
  t.equal(bench.beat({ memberId: 'b', memberEpoch: 1 }).errorCode, codes.UNKNOWN_MEMBER_ID)
  t.equal(bench.beat({ memberId: 'b', memberEpoch: -1 }).errorCode, codes.UNKNOWN_MEMBER_ID)
  bench.settings.consumerMembersMax = 1
  t.equal(bench.joinConsumer('b').errorCode, codes.GROUP_MAX_SIZE_REACHED)
  t.equal(bench.joinConsumer('a').errorCode, 0)
})

t.test('a static member that left for a while comes back under another id, to its partitions', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a', { instanceId: 'one' })
  const b = bench.member('b', { instanceId: 'two' })
  settle([a, b])
  const { epoch } = a
  t.equal(bench.joinConsumer('c', { instanceId: 'one' }).errorCode, codes.UNRELEASED_INSTANCE_ID)
  t.match(a.leave(-2), { errorCode: 0, memberEpoch: -2 })
  t.equal(bench.describe().members.length, 2)
  t.equal(a.beat().errorCode, codes.FENCED_MEMBER_EPOCH)
  const back = bench.member('c', { instanceId: 'one' })
  t.equal(back.epoch, epoch, 'without a new epoch')
  t.same(back.owned, a.owned)
  t.equal(a.beat().errorCode, codes.FENCED_INSTANCE_ID)
  t.same(
    bench
      .describe()
      .members.map(({ memberId }) => memberId)
      .sort(),
    ['b', 'c'],
  )
  t.same(bench.describe(), bench.reloaded())
  a.leave(-2)
  t.equal(bench.beat({ memberId: 'x', memberEpoch: 1, instanceId: 'three' }).errorCode, codes.UNKNOWN_MEMBER_ID)
})

t.test('a static member that does not come back within its session is out', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a', { instanceId: 'one' })
  a.leave(-2)
  bench.advance(45_000)
  t.equal(bench.describe().members.length, 0)
})

t.test('a static member that leaves while it is to give up partitions has its whole session to come back', async t => {
  for (const restarts of [false, true]) {
    const bench = new ConsumerBench()
    const a = bench.member('a', { instanceId: 'one', rebalanceTimeoutMs: 20_000 })
    const b = bench.member('b')
    bench.beat({ memberId: 'a', memberEpoch: a.epoch, instanceId: 'one' })
    t.equal(bench.describe().groupState, 'Reconciling')
    t.equal(a.leave(-2).errorCode, 0)
    if (restarts) bench.restart()
    for (let n = 0; n < 40; n++) {
      bench.advance(1000)
      b.beat()
    }
    t.equal(bench.describe().members.length, 2)
    const back = bench.member('c', { instanceId: 'one' })
    settle([back, b])
    t.same([back.owned.size, b.owned.size], [2, 1])
    t.equal(bench.describe().groupState, 'Stable')
  }
})

t.test('another subscription makes a new epoch, and what is not subscribed to any more is given up', async t => {
  const bench = new ConsumerBench({ t: 2, u: 2 })
  const a = bench.member('a', { subscribedTopicNames: ['t', 'u'] })
  t.equal(a.owned.size, 4)
  a.beat({ subscribedTopicNames: ['u'] })
  settle([a])
  t.same([...a.owned].sort(), [`${id('u')}/0`, `${id('u')}/1`])
  t.equal(bench.describe().groupState, 'Stable')
})

t.test(
  'partitions that are added, and topics that are made or deleted, are noticed with the next heartbeat',
  async t => {
    const bench = new ConsumerBench({ t: 2 })
    const a = bench.member('a', { subscribedTopicNames: ['t', 'u'] })
    t.equal(a.owned.size, 2)
    bench.partitionsBecome('t', 3)
    settle([a])
    t.equal(a.owned.size, 3)
    bench.makeTopics({ t: 3, u: 1 })
    settle([a])
    t.equal(a.owned.size, 4)
    bench.makeTopics({ u: 1 })
    settle([a])
    t.same([...a.owned], [`${id('u')}/0`])
    t.equal(bench.describe().groupState, 'Stable')
  },
)

t.test('target assignments are made at most once in the assignment interval', async t => {
  const bench = new ConsumerBench()
  bench.consumer.assignmentIntervalMs = 1000
  const a = bench.member('a')
  bench.advance(10)
  const b = bench.member('b')
  t.match(b, { epoch: 2, owned: new Set() })
  t.match(bench.describe(), { groupState: 'Assigning', groupEpoch: 3, assignmentEpoch: 2 })
  bench.advance(989)
  b.beat()
  t.equal(bench.describe().groupState, 'Assigning')
  bench.advance(1)
  settle([a, b])
  t.match(bench.describe(), { groupState: 'Stable', groupEpoch: 3, assignmentEpoch: 3 })
  t.equal(b.owned.size, 1)
})

t.test(
  'an assignment that is too large for one heartbeat is computed between heartbeats, and comes with a later one',
  async t => {
    const bench = new ConsumerBench({ t: 5000 })
    const a = bench.member('a')
    t.match(a, { epoch: 1, owned: new Set() })
    t.equal(bench.describe().groupState, 'Assigning')
    bench.work()
    a.beat()
    t.match(a, { epoch: 2 })
    t.equal(a.owned.size, 5000)
    const b = bench.member('b')
    bench.work(bench.shard, 1)
    const c = bench.member('c')
    bench.work()
    const epochs = bench.log.flatMap(record => (record.kind === 'consumerTarget' ? record.value?.epoch : []))
    t.same(epochs, [2, 4], 'one for an epoch that is over is dropped')
    settle([a, b, c])
    t.match(bench.describe(), { groupState: 'Stable', groupEpoch: 4, assignmentEpoch: 4 })
    t.same([a, b, c].map(({ owned }) => owned.size).sort(), [1666, 1667, 1667])
  },
)

t.test(
  'without group.consumer.assignor.offload.enable, or consumer.assignor.offload.enable of a group, a large assignment comes with the heartbeat',
  async t => {
    const bench = new ConsumerBench({ t: 5000 })
    bench.consumer.offloadsAssignor = false
    const a = bench.member('a')
    t.match(a, { epoch: 2 })
    t.equal(a.owned.size, 5000)
    t.notOk(bench.shard.hasWork)
  },
)

t.test('an assignment is dropped where another came in the place of a static member while it was computed', async t => {
  const bench = new ConsumerBench({ t: 5000 })
  const a = bench.member('a', { instanceId: 'seat' })
  const b = bench.member('b')
  bench.work()
  settle([a, b])
  const c = bench.member('c')
  bench.work(bench.shard, 2)
  a.leave(-2)
  const { groupEpoch } = bench.describe()
  const again = bench.member('again', { instanceId: 'seat' })
  t.equal(bench.describe().groupEpoch, groupEpoch, 'the epoch stays')
  bench.work()
  for (let n = 0; n < 3; n++) {
    settle([again, b, c])
    bench.work()
  }
  t.match(bench.describe(), { groupState: 'Stable', groupEpoch })
  t.same([again, b, c].map(({ owned }) => owned.size).sort(), [1666, 1667, 1667])
  const targets = bench.log.filter(record => record.kind === 'consumerTargetMember' && record.memberId === 'a')
  t.match(targets.at(-1), { value: null }, 'nothing is on record of who is gone')
})

t.test('what could not be written leaves no trace', async t => {
  const bench = new ConsumerBench()
  const a = bench.member('a')
  const before = bench.describe()
  bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
  bench.joinConsumer('b')
  bench.makeTopics({ t: 4 })
  a.beat()
  bench.joinConsumer('a', { subscribedTopicNames: ['u'] })
  bench.beat({ memberId: 'a', memberEpoch: -1 })
  t.same(bench.describe(), before)
  bench.failWith = 0
  a.epoch = 2
  settle([a])
  t.equal(a.owned.size, 4, 'topics are looked at again, as what came of it was not written')
  bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
  bench.joinConsumer('a', { groupId: 'new' })
  t.equal(bench.describe('new').errorCode, codes.GROUP_ID_NOT_FOUND)
})

t.test('an empty classic group, and one that only holds offsets, makes room, and the other way round', async t => {
  const bench = new ConsumerBench()
  t.equal(bench.commit({ topicId: id('t') }), 0)
  t.equal(bench.joinConsumer('a').errorCode, 0)
  t.equal(bench.committed(), 5)
  bench.beat({ memberId: 'a', memberEpoch: -1 })
  const asked = bench.join()
  bench.advance(1)
  t.equal(asked.answer.errorCode, 0)
  t.equal(bench.describe().errorCode, codes.GROUP_ID_NOT_FOUND)
  t.equal(bench.state(), 'CompletingRebalance')
  t.equal(bench.committed(), 5)
})

t.test('an empty consumer group stays where a classic one could not be written in its place', async t => {
  const bench = new ConsumerBench()
  bench.member('a').leave()
  bench.failWith = codes.COORDINATOR_NOT_AVAILABLE
  bench.join({}, 4)
  t.equal(bench.describe().groupState, 'Empty')
})

t.test(
  'a consumer group is deleted when it is empty, with its offsets, and forgotten when nothing is left',
  async t => {
    const bench = new ConsumerBench()
    const a = bench.member('a')
    t.equal(
      bench.run(shard => shard.deleteGroup('g')),
      codes.NON_EMPTY_GROUP,
    )
    t.same(bench.shard.list(), [
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
    ])
    a.leave()
    t.equal(
      bench.run(shard => shard.deleteGroup('g')),
      0,
    )
    t.same(bench.shard.list(), [])
    bench.member('a').leave()
    bench.advance(bench.settings.offsetsRetentionCheckIntervalMs)
    t.same(bench.shard.list(), [])
  },
)

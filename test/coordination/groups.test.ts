/** Which broker keeps which groups: partitions of the offsets topic are taken over and given up with their leadership. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { healthGroupsTopic } from '../../lib/cluster/topic-names.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { Groups, offsetsTopic } from '../../lib/coordination/groups.ts'
import { joinRefused } from '../../lib/groups/answers.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes } from '../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import { joinRequest } from '../groups/bench.ts'
import { FakeCluster, topicLedBy } from './fake-cluster.ts'
import { FakePartition } from './fake-partition.ts'

const offsetsOf = (topicId: string, ...leaders: number[]) => topicLedBy(offsetsTopic, topicId, leaders)

function setUp() {
  const cluster = new FakeCluster()
  const logs = [new FakePartition(), new FakePartition()]
  const held = new Set([0, 1])
  const groups = new Groups({
    config: BrokerConfig.parse({ 'node.id': '1' }),
    cluster,
    partitions: { get: (_, index) => (held.has(index) ? logs[index] : undefined) },
    clock: new ManualClock(),
    random: seededRandom(1),
    logger: silentLogger,
  })
  const ask = (groupId: string) =>
    groups.read(
      groupId,
      errorCode => errorCode,
      () => 0,
    )
  return { cluster, groups, ask, held, logs }
}

/** Groups that two partitions keep: '0' in the first, '1' in the second. */
const [first, second] = ['0', '1']

t.test('groups are served where their partition is led, and nowhere else', async t => {
  const { cluster, ask } = setUp()
  t.equal(ask(first), codes.NOT_COORDINATOR)
  cluster.become(offsetsOf('a', 1, 2))
  t.same([ask(first), ask(second)], [0, codes.NOT_COORDINATOR])
  cluster.become(offsetsOf('a', 2, 1))
  t.same([ask(first), ask(second)], [codes.NOT_COORDINATOR, 0])
  cluster.become(offsetsOf('a', 1, 1))
  t.same([ask(first), ask(second)], [0, 0])
  cluster.become()
  t.same([ask(first), ask(second)], [codes.NOT_COORDINATOR, codes.NOT_COORDINATOR])
})

t.test('whoever waits hears of it when its partition goes elsewhere; the other partitions go on', async t => {
  const { cluster, groups } = setUp()
  cluster.become(offsetsOf('a', 1, 1))
  const join = (groupId: string) =>
    groups.write<JoinGroupResponse>(
      groupId,
      errorCode => joinRefused('', errorCode),
      (shard, now, reply) => shard.join(joinRequest({ groupId }), groups.caller('c', '127.0.0.1', 3), now, reply),
    )
  const waiting = [join(first), join(second)]
  cluster.become(offsetsOf('a', 2, 1))
  t.equal((await waiting[0]!).errorCode, codes.NOT_COORDINATOR)
  groups.close()
  t.equal((await waiting[1]!).errorCode, codes.NOT_COORDINATOR)
})

t.test('another topic of the same name begins without groups', async t => {
  const { cluster, groups, logs } = setUp()
  cluster.become(offsetsOf('a', 1, 1))
  const join = groups.write<JoinGroupResponse>(
    first,
    errorCode => joinRefused('', errorCode),
    (shard, now, reply) => shard.join(joinRequest({ groupId: first }), groups.caller(null, '::1', 3), now, reply),
  )
  logs[0] = new FakePartition()
  cluster.become(offsetsOf('b', 1, 1))
  t.equal((await join).errorCode, codes.NOT_COORDINATOR)
  const groupsOf = groups.readAll(
    () => 0,
    shard => shard.list().length,
    counts => counts,
  )
  t.same(groupsOf, [0, 0])
})

t.test('a partition whose log is not here is not served', async t => {
  const { cluster, ask, held } = setUp()
  held.delete(0)
  cluster.become(offsetsOf('a', 1, 1))
  t.same([ask(first), ask(second)], [codes.NOT_COORDINATOR, 0])
})

t.test('the group of a check of health is served apart, and only while all others are', async t => {
  const cluster = new FakeCluster()
  const [offsets, health] = [new FakePartition(), new FakePartition()]
  const groups = new Groups({
    config: BrokerConfig.parse({ 'node.id': '1' }),
    cluster,
    partitions: { get: topic => (topic === offsetsTopic ? offsets : health) },
    clock: new ManualClock(),
    random: seededRandom(1),
    logger: silentLogger,
  })
  const ask = (groupId: string) =>
    groups.write(
      groupId,
      errorCode => errorCode,
      () => ({ records: [], response: 0 }),
    )
  const group = '__ottla_health-1'
  t.equal(ask(group), codes.NOT_COORDINATOR)
  const healthGroups = topicLedBy(healthGroupsTopic, 'h', [1])
  cluster.become(healthGroups)
  t.equal(ask(group), 0, 'without any other group, and without their topic')
  cluster.become(healthGroups, offsetsOf('a', 1))
  t.equal(await ask(group), 0)
  offsets.end()
  t.equal(await ask(group), codes.NOT_COORDINATOR)
  t.same(
    groups.readAll(
      () => -1,
      shard => shard.list().length,
      counts => counts.length,
    ),
    1,
    'and no list has it',
  )
})

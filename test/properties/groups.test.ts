/** What properties of groups do, from request to answer, with a cluster in memory. */
import t, { type Test } from 'tap'
import { loadPatterns } from '../../lib/base/pattern.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { consumerGroupDescribe } from '../../lib/handlers/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../lib/handlers/consumer-group-heartbeat.ts'
import { joinGroup } from '../../lib/handlers/join-group.ts'
import { offsetCommit } from '../../lib/handlers/offset-commit.ts'
import { offsetFetch } from '../../lib/handlers/offset-fetch.ts'
import { syncGroup } from '../../lib/handlers/sync-group.ts'
import { topicOnFirstUse } from '../../lib/metadata/internal-topics.ts'
import { codes } from '../../protocol/errors.ts'
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { joinRequest, syncRequest } from '../groups/bench.ts'
import { topic } from '../handlers/cluster-context.ts'
import { commitRequest, commitTopic, type GroupContextOptions, groupContext } from '../handlers/group-context.ts'

type Settings = Record<string, string>

async function start(t: Test, properties: Settings = {}, own: Settings = {}, options: GroupContextOptions = {}) {
  const context = await groupContext(t, { ...options, properties })
  const alter = () => new Map(Object.entries(own))
  await context.cluster.alterConfigs([{ owner: 'group', name: 'g', alter }])
  const beat = async (fields: Partial<ConsumerGroupHeartbeatRequest> = {}) => {
    const whole: ConsumerGroupHeartbeatRequest = {
      ...{ groupId: 'g', memberId: 'm', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: 1000 },
      ...{ subscribedTopicNames: ['t'], subscribedTopicRegex: null, serverAssignor: null, topicPartitions: [] },
      ...fields,
    }
    return consumerGroupHeartbeat(whole, context.at(1))
  }
  const described = async () => {
    const { groups } = await consumerGroupDescribe(
      { groupIds: ['g'], includeAuthorizedOperations: false },
      context.at(1),
    )
    return groups[0]!
  }
  return { ...context, beat, described }
}

t.test('group.min.session.timeout.ms and group.max.session.timeout.ms bound what a member may ask for', async t => {
  const { join } = await start(t, {
    'group.min.session.timeout.ms': '8000',
    'group.max.session.timeout.ms': '9000',
  })
  const asked = async (sessionTimeoutMs: number) =>
    (await join({ groupId: `${sessionTimeoutMs}`, sessionTimeoutMs })).errorCode
  t.equal(await asked(7_999), codes.INVALID_SESSION_TIMEOUT)
  t.equal(await asked(8_000), 0)
  t.equal(await asked(9_000), 0)
  t.equal(await asked(9_001), codes.INVALID_SESSION_TIMEOUT)
})

t.test('group.max.size is how many members a group may have', async t => {
  const { stable, join } = await start(t, { 'group.max.size': '1' })
  await stable()
  t.equal((await join({})).errorCode, codes.GROUP_MAX_SIZE_REACHED)
})

t.test('offset.metadata.max.bytes is how long a text with an offset may be', async t => {
  const { at } = await start(t, { 'offset.metadata.max.bytes': '3' })
  const commit = async (committedMetadata: string) => {
    const { partitions, ...topic } = commitTopic('t', 0)
    const topics = [{ ...topic, partitions: [{ ...partitions[0]!, committedMetadata }] }]
    return (await offsetCommit(commitRequest({ topics }), at(8))).topics[0]!.partitions[0]!.errorCode
  }
  t.equal(await commit('abc'), 0)
  t.equal(await commit('abcd'), codes.OFFSET_METADATA_TOO_LARGE)
})

t.test('offsets.commit.timeout.ms is how long a commit waits until it is on all replicas', async t => {
  for (const [properties, ms] of [
    [{}, 5_000],
    [{ 'offsets.commit.timeout.ms': '1000' }, 1_000],
  ] as const) {
    const { at, logs, clock } = await start(t, properties)
    await offsetCommit(commitRequest({}), at(8))
    for (const log of logs.values()) log.commitsAtOnce = false
    let errorCode: number | null = null
    void Promise.resolve(offsetCommit(commitRequest({}), at(8))).then(({ topics }) => {
      errorCode = topics[0]!.partitions[0]!.errorCode
    })
    const settle = () => new Promise(resolve => setImmediate(resolve))
    clock.advance(ms - 1)
    await settle()
    t.equal(errorCode, null, `nothing before ${ms} ms`)
    clock.advance(1)
    await settle()
    t.equal(errorCode, codes.COORDINATOR_NOT_AVAILABLE)
  }
})

t.test('offsets.retention.check.interval.ms says how soon offsets are forgotten that are too old', async t => {
  for (const [properties, isKept] of [
    [{}, true],
    [{ 'offsets.retention.check.interval.ms': '1000' }, false],
  ] as const) {
    const { at, clock } = await start(t, { ...properties, 'offsets.retention.minutes': '1' })
    await offsetCommit(commitRequest({}), at(8))
    clock.advance(62_000)
    const group = { groupId: 'g', topics: null, memberId: null, memberEpoch: -1 }
    const { groups } = await offsetFetch({ groupId: '', topics: null, groups: [group], requireStable: false }, at(9))
    t.equal(groups![0]!.topics.length === 1, isKept)
  }
})

t.test('topics in which the broker keeps its state have the settings that are theirs', t => {
  const config = BrokerConfig.parse({
    'offsets.topic.segment.bytes': '2000000',
    'offsets.topic.replication.factor': '2',
    'transaction.state.log.segment.bytes': '3000000',
    'transaction.state.log.replication.factor': '2',
  })
  const seen = ['__consumer_offsets', '__transaction_state'].map(name => {
    const { replicationFactor, configs } = topicOnFirstUse(name, config, 3)
    return [replicationFactor, configs.find(each => each.name === 'segment.bytes')?.value]
  })
  t.same(seen, [
    [2, '2000000'],
    [2, '3000000'],
  ])
  t.end()
})

t.test('assignments of a consumer group are as far apart as it says, or the broker', async t => {
  const cases: [Settings, Settings, number][] = [
    [{}, {}, 1_000],
    [{ 'group.consumer.assignment.interval.ms': '5000' }, {}, 5_000],
    [{}, { 'consumer.assignment.interval.ms': '7000' }, 7_000],
  ]
  for (const [properties, own, ms] of cases) {
    const { beat, described, clock } = await start(t, properties, own)
    const { memberEpoch } = await beat()
    await beat({ memberId: 'n' })
    const isAssigned = async () => {
      await beat({ memberEpoch })
      const { groupEpoch, assignmentEpoch } = await described()
      return groupEpoch === assignmentEpoch
    }
    clock.advance(ms - 1)
    t.equal(await isAssigned(), false, JSON.stringify([properties, own]))
    clock.advance(1)
    t.equal(await isAssigned(), true, `${ms} ms`)
  }
})

t.test('heartbeats of a consumer group come as often as the broker says', async t => {
  for (const [properties, heartbeatIntervalMs] of [
    [{}, 5_000],
    [{ 'group.consumer.heartbeat.interval.ms': '6000' }, 6_000],
  ] as const) {
    const { beat } = await start(t, properties)
    t.match(await beat(), { heartbeatIntervalMs }, JSON.stringify(properties))
  }
})

t.test('what a group says of itself lies between what the broker has as least and as most', async t => {
  const { cluster } = await start(t, {
    'group.consumer.min.assignment.interval.ms': '900',
    'group.consumer.max.assignment.interval.ms': '3000',
    'group.consumer.max.heartbeat.interval.ms': '7000',
    'group.consumer.max.session.timeout.ms': '50000',
  })
  const alter = async (name: string, value: number) => {
    const after = new Map([[name, `${value}`]])
    const [error] = await cluster.alterConfigs([{ owner: 'group', name: 'g', alter: () => after }])
    return error!.errorCode === codes.NONE
  }
  const taken = async (name: string, values: readonly number[]) =>
    Promise.all(values.map(value => alter(`consumer.${name}`, value)))
  t.same(await taken('assignment.interval.ms', [899, 900, 3_000, 3_001]), [false, true, true, false])
  t.same(await taken('heartbeat.interval.ms', [7_000, 7_001]), [true, false])
  t.same(await taken('session.timeout.ms', [50_000, 50_001]), [true, false])
})

t.test('group.consumer.max.size is how many members a consumer group may have', async t => {
  const { beat } = await start(t, { 'group.consumer.max.size': '1' })
  t.match(await beat(), { errorCode: 0 })
  t.match(await beat({ memberId: 'n' }), { errorCode: codes.GROUP_MAX_SIZE_REACHED })
})

t.test('group.consumer.assignors says which there are, and which is that of groups where nobody asks', async t => {
  const { beat, described } = await start(t, { 'group.consumer.assignors': 'range' })
  await t.rejects(beat({ serverAssignor: 'uniform' }), { code: codes.UNSUPPORTED_ASSIGNOR })
  await beat()
  t.match(await described(), { assignorName: 'range' })
})

t.test('group.consumer.migration.policy says whether a group with members comes to the other protocol', async t => {
  for (const [policy, isTaken] of [
    ['bidirectional', true],
    ['upgrade', true],
    ['downgrade', false],
    ['disabled', false],
  ] as const) {
    const { beat, join, at } = await start(t, { 'group.consumer.migration.policy': policy })
    const { memberId, generationId = -1 } = await join({})
    await syncGroup(syncRequest({ memberId, generationId }), at(3))
    if (isTaken) t.match(await beat(), { errorCode: 0 }, policy)
    else t.match(await beat(), { errorCode: codes.GROUP_ID_NOT_FOUND }, policy)
  }
})

t.test(
  'group.consumer.regex.refresh.interval.ms says when it is looked anew which topics a member may see',
  async t => {
    // The broker loads it with the first expression.
    await loadPatterns()
    for (const [properties, isSeen] of [
      [{}, false],
      [{ 'group.consumer.regex.refresh.interval.ms': '10000' }, true],
    ] as const) {
      let denies = true
      const deny: GroupContextOptions['deny'] = (_operation, type, name) => denies && type === 'topic' && name === 't'
      const { beat, clock, cluster, topicId } = await start(t, properties, {}, { deny })
      await cluster.createTopics([topic('too', { numPartitions: 1, replicationFactor: 1 })])
      const regex = { subscribedTopicNames: [], subscribedTopicRegex: 't.*' }
      let { memberEpoch } = await beat(regex)
      const owned = async (until: (ids: string[]) => boolean, timesMax: number) => {
        for (let i = 0; i < timesMax; i++) {
          const { memberEpoch: next, assignment } = await beat({ ...regex, memberEpoch })
          memberEpoch = next
          if (until(assignment?.topicPartitions.map(each => each.topicId) ?? [])) return true
          clock.advance(0)
          await new Promise(setImmediate)
        }
        return false
      }
      t.ok(await owned(ids => ids.length === 1 && ids[0] !== topicId, 50), 'the one that it may see')
      denies = false
      clock.advance(10_001)
      t.equal(await owned(ids => ids.includes(topicId), 50), isSeen)
    }
  },
)

t.test('group.consumer.session.timeout.ms is how long members of consumer groups may be silent', async t => {
  const { beat, described, clock } = await start(t, { 'group.consumer.session.timeout.ms': '50000' })
  await beat()
  clock.advance(49_999)
  t.match(await described(), { groupState: 'Stable' })
  clock.advance(1)
  t.match(await described(), { groupState: 'Empty' })
})

t.test('group.initial.rebalance.delay.ms is how long the first member waits for others', async t => {
  const { at, clock } = await start(t, { 'group.initial.rebalance.delay.ms': '700' })
  let isAnswered = false
  void Promise.resolve(joinGroup(joinRequest({}), at(3))).then(() => {
    isAnswered = true
  })
  const settle = () => new Promise(resolve => setImmediate(resolve))
  clock.advance(699)
  await settle()
  t.equal(isAnswered, false)
  clock.advance(1)
  await settle()
  t.equal(isAnswered, true)
})

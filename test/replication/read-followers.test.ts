/** Consumers that read from followers (KIP-392): whom the leader sends them to, and what they are given there. */
import t, { type Test } from 'tap'
import { preferredReadReplica } from '../../lib/partitions/roles/read-replica.ts'
import { Replica } from '../../lib/partitions/roles/replica.ts'
import { codes } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'
import { valuesOf } from '../partitions/fixture.ts'
import { Brokers } from './brokers.ts'

const selector = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

async function three(t: Test, properties: Record<string, string> = { 'replica.selector.class': selector }) {
  const brokers = new Brokers({ 'min.insync.replicas': '2', 'replica.lag.time.max.ms': '10000', ...properties })
  brokers.propertiesOf = id => ({ 'broker.rack': `rack-${id}` })
  t.teardown(() => brokers.close())
  await brokers.start(1, 2, 3)
  await brokers.create('a', [[1, 2, 3]])
  return brokers
}

type Fetched = Awaited<ReturnType<Brokers['fetched']>>

/** Whom a consumer is sent to, its error, and its values. */
function told({ preferredReadReplica = -1, errorCode, records }: Fetched): [number, number, string[]] {
  return [preferredReadReplica, errorCode, valuesOf(records as Buffer[])]
}

t.test('the leader sends a consumer to the replica in its rack, which gives it what is committed', async t => {
  const brokers = await three(t)
  await brokers.produced(1, 'a', ['x', 'y'])
  await brokers.settle()
  const at = (id: number, rackId: string, offset = 0, version = 12) =>
    brokers.fetched(id, 'a', offset, { rackId, version }).then(told)
  t.same(await at(1, 'rack-2'), [2, codes.NONE, []])
  t.same(await at(1, 'rack-3'), [3, codes.NONE, []])
  t.same(await at(1, 'rack-2', 2), [2, codes.NONE, []], 'also where there is nothing to read yet')
  for (const rack of ['', 'rack-1', 'rack-9']) t.same(await at(1, rack), [-1, codes.NONE, ['x', 'y']], rack)
  t.same(await at(1, '', 0, 10), [-1, codes.NONE, ['x', 'y']])
  for (const rack of ['', 'rack-2', 'rack-3']) t.same(await at(2, rack), [-1, codes.NONE, ['x', 'y']], rack)
  t.same(await at(2, '', 2), [-1, codes.NONE, []])
  t.match(await brokers.fetched(2, 'a'), { highWatermark: 2, lastStableOffset: 2, logStartOffset: 0 })
})

t.test('a follower is asked for no more than it has, in the epoch that it knows', async t => {
  const brokers = await three(t)
  await brokers.produced(1, 'a', ['x', 'y'])
  const code = async (offset: number, leaderEpoch = -1, version = 12) =>
    (await brokers.fetched(2, 'a', offset, { leaderEpoch, version })).errorCode
  for (const offset of [3, -1]) {
    t.equal(await code(offset), codes.NOT_LEADER_OR_FOLLOWER, 'it may be behind: its leader knows')
    t.equal((await brokers.fetched(1, 'a', offset)).errorCode, codes.OFFSET_OUT_OF_RANGE)
  }
  t.equal(await code(0, 0), codes.NONE)
  t.equal(await code(0, 1), codes.UNKNOWN_LEADER_EPOCH)
  await brokers.become('a', { leaderEpoch: 3 })
  t.equal(await code(0, 2), codes.FENCED_LEADER_EPOCH)
  t.equal(await code(0, -1, 10), codes.NOT_LEADER_OR_FOLLOWER, 'a client of before KIP-392')
})

t.test('nobody is sent to a follower that lacks the offset, is out of sync or is gone', async t => {
  const brokers = await three(t)
  await brokers.produced(1, 'a', ['x'])
  brokers.part(1, 2)
  const preferred = async (offset: number) => told(await brokers.fetched(1, 'a', offset, { rackId: 'rack-2' }))[0]
  const { client } = await brokers.produce(1, 'a', ['y'])
  await brokers.settle()
  t.equal(await preferred(1), 2, 'it has all up to there')
  t.equal(await preferred(2), -1, 'which it does not have')
  await brokers.pass(17_000)
  t.same(brokers.isr(1, 'a'), [1, 3])
  t.equal(await preferred(0), -1, 'out of sync')
  await client.close()
  brokers.join(1, 2)
  await brokers.pass(3_000)
  t.equal(await preferred(0), 2)
  await brokers.stop(2)
  t.equal(await preferred(0), -1)
})

t.test('without the selector the leader serves all, and followers those that ask them', async t => {
  const brokers = await three(t, {})
  await brokers.produced(1, 'a', ['x'])
  await brokers.settle()
  t.same(told(await brokers.fetched(1, 'a', 0, { rackId: 'rack-2' })), [-1, codes.NONE, ['x']])
  t.same(told(await brokers.fetched(2, 'a', 0, { rackId: 'rack-2' })), [-1, codes.NONE, ['x']])
})

t.test(
  'a fetch waits at a follower until something more is committed, and is told in a session to go there',
  async t => {
    const brokers = await three(t)
    const ask = async (id: number, sessionId: number, sessionEpoch: number) => {
      const client = await brokers.client(id)
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }]
      const topics = sessionEpoch === 0 ? [{ topic: 'a', partitions }] : []
      const request = { maxWaitMs: 100_000, minBytes: 1, topics, rackId: 'rack-2', sessionId, sessionEpoch }
      const answer = client.send(Fetch, 12, wholeRequest(Fetch, request))
      return { answer, client }
    }
    const waiting = await ask(2, 0, 0)
    let isAnswered = false
    void waiting.answer.then(() => {
      isAnswered = true
    })
    await brokers.settle()
    t.notOk(isAnswered)
    await brokers.produced(1, 'a', ['x'])
    const there = await brokers.passing(waiting.answer)
    t.same(valuesOf(there.responses[0]!.partitions[0]!.records as unknown as Buffer[]), ['x'])
    await waiting.client.close()
    const first = await ask(1, 0, 0)
    const { sessionId, responses } = await brokers.passing(first.answer)
    t.match(responses, [{ partitions: [{ preferredReadReplica: 2 }] }])
    const again = await ask(1, sessionId, 1)
    t.match((await brokers.passing(again.answer)).responses, [{ partitions: [{ preferredReadReplica: 2 }] }])
    for (const { client } of [first, again]) await client.close()
  },
)

t.test('of several replicas in the rack that one is chosen which has most, or had all last', async t => {
  const replica = (id: number, end: number, caughtUpMs: number) => {
    const made = new Replica(id, true, caughtUpMs)
    made.logEndOffset = end
    made.logStartOffset = 2
    return made
  }
  const choose = (followers: readonly Replica[], fetchOffset = 5) =>
    preferredReadReplica(followers, {
      ...{ leaderId: 1, isr: [1, 2, 3, 4], fetchOffset, rack: 'r' },
      rackOf: id => (id === 1 ? 'elsewhere' : 'r'),
    })
  t.equal(choose([replica(2, 7, 0), replica(3, 9, 0), replica(4, 8, 5)]), 3)
  t.equal(choose([replica(2, 9, 3), replica(3, 9, 5), replica(4, 9, 4)]), 3)
  t.equal(choose([replica(2, 9, 3), replica(3, 9, 3)]), 3)
  t.equal(choose([replica(2, 9, 3)], 1), -1, 'its log begins later')
  t.equal(choose([replica(5, 9, 3)]), -1, 'it is not in sync')
})

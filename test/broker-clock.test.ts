/** A whole broker whose clock is turned by hand, over real sockets: what goes by the broker's clock, and what must not. */
import t from 'tap'
import { codes } from '../protocol/errors.ts'
import { DescribeProducers } from '../protocol/messages/describe-producers.ts'
import { InitProducerId } from '../protocol/messages/init-producer-id.ts'
import { connect, Turned } from './turned-broker.ts'

const dayMs = 86_400_000

t.test('a session ends exactly when it is due', async t => {
  const broker = await Turned.start(t)
  const member = await broker.join('g', 10_000)
  t.equal(await broker.sync(member), 0)
  await broker.advance(9_999)
  t.equal(await broker.beat(member), 0, 'the heartbeat begins another 10 s')
  await broker.advance(9_999)
  t.equal(await broker.beat(member), 0)
  await broker.advance(10_000)
  t.equal(await broker.beat(member), codes.UNKNOWN_MEMBER_ID)
})

t.test('a rebalance that waits for a silent member ends when its time is over, and is answered then', async t => {
  const broker = await Turned.start(t)
  const silent = await broker.join('g', 60_000)
  t.equal(await broker.sync(silent), 0)
  let joined: Awaited<ReturnType<Turned['join']>> | undefined
  const other = await connect(broker.bootstrap)
  t.teardown(() => other.close())
  const joining = broker.join('g', 60_000, other).then(answer => {
    joined = answer
  })
  while ((await broker.beat(silent)) !== codes.REBALANCE_IN_PROGRESS);
  await broker.advance(9_999)
  t.equal(joined, undefined)
  await broker.advance(1)
  await joining
  t.equal(joined?.errorCode, 0)
})

t.test('three days close no connection, and let retention delete what is older', async t => {
  const broker = await Turned.start(t, { 'connections.max.idle.ms': '60000' })
  await broker.create('old', { 'retention.ms': `${dayMs}`, 'segment.ms': `${dayMs / 2}` })
  await broker.produce('old', 'a')
  await broker.advance(3 * dayMs)
  await broker.produce('old', 'b')
  await broker.advance(dayMs / 2)
  t.equal(await broker.earliest('old'), 1)
})

t.test(
  'with a clock that stands still a fetch waits as long as it asked to, and returns when there is something',
  async t => {
    const broker = await Turned.start(t)
    await broker.create('letters')
    const empty = await broker.fetch('letters', 0, 30)
    t.equal(empty.responses[0]!.partitions[0]!.records?.length ?? 0, 0)
    const waiting = broker.fetch('letters', 0, 60_000)
    const other = await connect(broker.bootstrap)
    t.teardown(() => other.close())
    await broker.produceBy(other, 'letters', 'x')
    t.ok((await waiting).responses[0]!.partitions[0]!.records!.length > 0)
  },
)

t.test('a producer that is silent for a day is forgotten', async t => {
  const broker = await Turned.start(t)
  await broker.create('letters')
  const { producerId } = await broker.client.send(InitProducerId, 2, { transactionalId: null, transactionTimeoutMs: 0 })
  await broker.produce('letters', 'x', { producerId, producerEpoch: 0 })
  const producers = async () => {
    const { topics } = await broker.client.send(DescribeProducers, 0, {
      topics: [{ name: 'letters', partitionIndexes: [0] }],
    })
    return topics[0]!.partitions[0]!.activeProducers.length
  }
  t.equal(await producers(), 1)
  await broker.advance(dayMs - 60_000)
  t.equal(await producers(), 1)
  await broker.advance(20 * 60_000)
  t.equal(await producers(), 0)
})

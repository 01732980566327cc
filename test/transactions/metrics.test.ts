/** Figures of transactions: ids by state, open ones by partition, and those that are late. */
import t from 'tap'
import { Turned } from '../turned-broker.ts'
import { RunningBroker } from './running-broker.ts'

t.test('metrics tell of transactional ids, of open transactions, and of those that are late', async t => {
  const turned = await Turned.start(t, {
    'transaction.state.log.num.partitions': '2',
    'transaction.max.timeout.ms': '1000',
    'transaction.partition.verification.enable': 'false',
  })
  const broker = await RunningBroker.of(turned.client, () => turned.clock.now())
  const read = (name: string, tags: Record<string, string> = {}) =>
    turned.metrics
      .filter(each => each.name === name && Object.entries(tags).every(([tag, value]) => each.tags[tag] === value))
      .map(({ value }) => value)
  const ids = (state: string) => read('TransactionalIdCount', { state })
  const [first, second] = [
    { topic: 'a', partition: '0' },
    { topic: 'a', partition: '1' },
  ]
  t.same(ids('Ongoing'), [0])
  const producer = await broker.producer('t', 1_000)
  await broker.producer('idle', 1_000)
  t.equal(await broker.send(producer, 'x'), 0)
  t.equal(await broker.send(producer, 'y', { index: 1 }), 0)
  t.same([ids('Ongoing'), ids('Empty'), ids('CompleteCommit')], [[1], [1], [0]])
  t.same(read('OpenTransactionCount', first), [1])
  t.same(read('LastStableOffsetLag', second), [1])
  t.same(read('ProducerIdCount'), [2], 'one in each of two partitions')
  t.equal(await broker.end(producer, true), 0)
  await broker.completed('t')
  t.same([ids('Ongoing'), ids('CompleteCommit')], [[0], [1]])
  t.same(read('OpenTransactionCount', first), [0])
  t.same(read('LastStableOffsetLag', second), [0])
  t.same(read('LogAppendRetryQueueSize'), [0])

  // Nobody coordinates it: it hangs.
  const hanging = { ...producer, producerId: producer.producerId + 500, producerEpoch: 0, sequences: [0, 0] }
  t.equal(await broker.send(hanging, 'z', { version: 11 }), 0)
  await turned.advance(300_000)
  t.same(read('PartitionsWithLateTransactionsCount'), [0])
  await turned.advance(2_000)
  t.same(read('PartitionsWithLateTransactionsCount'), [1])
})

/**
 * A data directory that Apache Kafka 4.4 wrote until it was killed for the third time, in the middle of transactions: those of `times-out`, `commits`,
 * `aborts` and `old` (protocol 1) are open, that of `ended-0` is decided to be aborted and that of `ended-1` to be committed, and no marker of
 * either is written. Markers in the logs are of coordinator epochs up to 4.
 */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { createLogger } from '../../lib/base/logger.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { Composition } from '../../lib/composition.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { DescribeProducers } from '../../protocol/messages/describe-producers.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { ListTransactions } from '../../protocol/messages/list-transactions.ts'
import { batches } from '../../protocol/records/batch.ts'
import { readEndTransactionMarker } from '../../protocol/records/control.ts'
import { isControl } from '../../protocol/records/header.ts'
import { diskFiles } from '../../storage/files.ts'
import { unpack } from '../metadata/archive.ts'
import { consume } from '../metadata/consumer.ts'
import { connect } from '../turned-broker.ts'
import { RunningBroker } from './running-broker.ts'

/** When it was killed. */
const killedMs = 1_795_997_493_099
/** As Kafka gave them. */
const producer = (transactionalId: string, producerId: number) => ({
  ...{ transactionalId, producerId, producerEpoch: 0, sequences: [1, 1] },
})

const directory = t.testdir()

async function start(t: Test) {
  const data = join(directory, t.name.slice(0, 20))
  unpack(new URL('../fixtures/kafka-transactions.tar.gz', import.meta.url), data)
  const clock = new ManualClock({ now: killedMs, immediates: 'real' })
  const composition = await Composition.start({
    config: BrokerConfig.parse({ 'log.dirs': data, listeners: 'PLAINTEXT://127.0.0.1:0' }, { warn: () => {} }),
    ephemeral: false,
    parts: {
      clocks: { broker: clock, wire: systemClock },
      random: systemRandom,
      files: diskFiles,
      network: systemNetwork,
    },
    logger: createLogger('silent'),
  })
  const client = await connect(composition.bootstrap)
  t.teardown(async () => {
    await client.close()
    await composition.stop()
  })
  const broker = await RunningBroker.of(client, () => clock.now())
  const readable = async (index: number) =>
    (await consume(client, 'a', index, 'read_committed')).records.map(({ value }) => String(value))
  const advance = (ms: number) => clock.advanceWith(ms, () => composition.settle())
  return { broker, readable, advance }
}

const before = ['committed', 'committed', 'committed']

t.test('open transactions that Apache Kafka left are committed, aborted, or run out of time', async t => {
  const { broker, readable, advance } = await start(t)
  t.equal(await broker.state('commits'), 'Ongoing')
  for (const index of [0, 1]) t.same(await readable(index), before, 'up to the first open transaction')
  t.match(await broker.offset(true), { errorCode: 88 }, 'the group has an offset that is not stable')
  t.equal((await broker.offset()).committedOffset, 1)

  const commits = producer('commits', 1001)
  t.equal(await broker.send(commits, 'more'), 0, 'its producer goes on')
  t.equal(await broker.send(commits, 'and more', { index: 1 }), 0)
  t.equal(await broker.end(commits, true), 0)
  await broker.completed('commits')
  t.match(await broker.offset(true), { errorCode: 0, committedOffset: 7 })
  t.equal(await broker.end(producer('aborts', 1002), false), 0)
  t.equal(await broker.end(producer('old', 1003), true, 4), 0)
  await broker.completed('aborts')
  await broker.completed('old')
  for (const index of [0, 1]) t.same(await readable(index), before, 'one is open still')

  await advance(80_000)
  const { transactionStates } = await broker.ask(ListTransactions, 0, {
    stateFilters: ['Ongoing', 'PrepareCommit', 'PrepareAbort'],
  })
  t.same(transactionStates, [])
  t.same(await readable(0), [...before, 'commits', 'more'])
  t.same(await readable(1), [...before, 'commits', 'old', 'ended-1', 'and more'])
  t.equal(await broker.state('times-out'), 'CompleteAbort')
  t.equal(await broker.send(producer('times-out', 1000), 'late'), 47, 'its producer is shut out')
  const { topics } = await broker.ask(DescribeProducers, 0, { topics: [{ name: 'a', partitionIndexes: [0, 1] }] })
  for (const { activeProducers } of topics[0]!.partitions) {
    t.ok(activeProducers.length > 5)
    for (const { currentTxnStartOffset } of activeProducers) t.equal(currentTxnStartOffset, -1)
  }
  const answer = await broker.ask(Fetch, 11, {
    topics: [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
  })
  const records = Buffer.from(answer.responses[0]!.partitions[0]!.records as Buffer)
  const markers = [...batches(records)].filter(at => isControl(records, at))
  const epochs = markers.map(at => readEndTransactionMarker(records, at)!.coordinatorEpoch)
  t.same(epochs.slice(0, 3), [0, 2, 4])
  t.ok(
    epochs.slice(3).every(epoch => epoch > 4),
    `coordinator epochs go on above those of Kafka: ${epochs}`,
  )
})

t.test('transactions that were decided when Apache Kafka was killed are completed by loading', async t => {
  const { broker } = await start(t)
  await broker.completed('ended-0')
  await broker.completed('ended-1')
  t.equal(await broker.state('ended-0'), 'CompleteAbort')
  t.equal(await broker.state('ended-1'), 'CompleteCommit')
  t.equal(await broker.state('ended-2'), 'Ongoing')
  t.equal(await broker.state('idle'), 'Empty')
  t.equal(await broker.state('done'), 'CompleteCommit')
})

t.test('a successor of a producer that Apache Kafka served shuts it out', async t => {
  const { broker } = await start(t)
  const next = await broker.producer('commits')
  t.ok(next.producerId === 1001 && next.producerEpoch > 0)
  t.equal(await broker.send(producer('commits', 1001), 'late'), 47)
  const fresh = await broker.producer('new')
  t.ok(fresh.producerId >= 2000, 'ids of producers go on in another block')
})

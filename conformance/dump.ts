/**
 * Apache Kafka's own kafka-dump-log reads all that we write: `npm run conformance -- dump`. Every kind of file it knows, of a broker that
 * runs, of one that was killed, and of one that was stopped; `__consumer_offsets` and `__transaction_state` with their decoders. Needs Java 17 and Maven.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBatch } from '../protocol/records/batch.ts'
import type { Codec } from '../protocol/records/compression.ts'
import { endTransactionMarker } from '../protocol/records/control.ts'
import { diskFiles } from '../storage/files.ts'
import { LogFixture } from '../test/storage/fixture.ts'
import { fetchKafka, kafkaTool } from './kafka.ts'
import { Client, CompressionTypes, readAll } from './kafkajs/kafka.ts'
import { type OwnBroker, startOwnBroker } from './own-broker.ts'
import { runScenarios, until } from './scenario.ts'

const recordsPerTopic = 600
/** What the tool prints of a file that is not as it should be, where it does not end over it. */
const complaints =
  /Mismatches in|timestamp mismatch|out of order|not found|invalid bytes|isvalid: false|corrupt|Exception|Could not/i
/** Kinds of files that the tool reads, each of which must be there and hold something. */
const kinds = ['log', 'index', 'timeindex', 'txnindex', 'snapshot'] as const
const codecs = Object.keys({ none: 0, gzip: 0, snappy: 0, lz4: 0, zstd: 0 } satisfies Record<Codec, 0>)

/** Answers how many scenarios failed. */
export async function dump(): Promise<number> {
  const refusal = fetchKafka()
  const directory = mkdtempSync(join(tmpdir(), 'ottla-dump-'))
  const data = join(directory, 'data')
  let broker: OwnBroker | undefined
  const start = async () => {
    // Small segments and many entries in the indexes.
    const settings = ['log.segment.bytes=1048576', 'log.index.interval.bytes=512', 'log.cleaner.backoff.ms=200']
    const internal = ['offsets.topic.num.partitions=1', 'offsets.topic.segment.bytes=1048576']
    internal.push('transaction.state.log.num.partitions=1')
    broker = await startOwnBroker(['--dev', '--data', data, '--port', '0', '--set', ...settings, ...internal])
    return broker
  }
  const scenarios = [
    {
      name: 'while the broker runs',
      run: async () => {
        const { bootstrap } = await start()
        await produce(bootstrap)
        await consume(bootstrap)
        await transact(bootstrap)
        await until('a cleaning', () => broker?.errorOutput().includes('compacted a partition') || undefined)
        return soundDump(data, ['log', 'index', 'timeindex', 'snapshot'])
      },
    },
    {
      name: 'after kill -9, and when it has recovered',
      run: async () => {
        await broker!.kill()
        const killed = await soundDump(data, ['log', 'index', 'timeindex', 'snapshot'])
        await start()
        await soundDump(data, ['log', 'index', 'timeindex', 'snapshot'])
        return killed
      },
    },
    {
      name: 'when it was stopped',
      run: async () => {
        assert.equal(await broker!.stop(), 0)
        return soundDump(data, ['log', 'index', 'timeindex', 'snapshot'])
      },
    },
    {
      name: '__consumer_offsets, with its decoder',
      run: async () => {
        const files = filesOf(data).filter(
          file => /__consumer_offsets-\d+\/\d+\.log$/.test(file) && statSync(file).size > 0,
        )
        const output = await dumped(files, ['--offsets-decoder', '--print-data-log'])
        const decoded = [...output.matchAll(/ payload: (.*)$/gm)].map(([, payload]) => payload!)
        assert.ok(
          decoded.some(payload => payload.includes('"offset"')) &&
            decoded.some(payload => payload.includes('"members"')),
          `offsets and members of the group are there: ${output.slice(-500)}`,
        )
        return `${decoded.length} records`
      },
    },
    {
      name: '__transaction_state, with its decoder',
      run: async () => {
        const files = filesOf(data).filter(
          file => /__transaction_state-0\/\d+\.log$/.test(file) && statSync(file).size > 0,
        )
        const output = await dumped(files, ['--transaction-log-decoder', '--print-data-log'])
        const complaint = output.split('\n').find(line => complaints.test(line))
        assert.equal(complaint, undefined)
        const decoded = [...output.matchAll(/"transactionalId":"(\w+)".*"transactionStatus":"(\w+)"/g)]
        const stateOf = new Map(decoded.map(([, id, state]) => [id, state]))
        assert.deepEqual([...stateOf].sort(), [
          ['aborted', 'CompleteAbort'],
          ['committed', 'CompleteCommit'],
          ['open', 'Ongoing'],
        ])
        return `${decoded.length} records`
      },
    },
    {
      name: 'transactions and their index',
      run: async () => {
        await transactions(join(directory, 'transactions', 't-0'))
        return soundDump(join(directory, 'transactions'), kinds)
      },
    },
    {
      name: 'the zeros of a segment with preallocate=true are complained of until it is closed',
      run: async () => {
        const { bootstrap } = await start()
        const client = new Client(bootstrap)
        const topic = await client.topic('preallocated', 1, { preallocate: 'true' })
        await (await client.producer()).send({ topic, messages: [{ value: 'first' }] })
        await client.close()
        const partition = join(data, `${topic}-0`)
        await assert.rejects(dumped(filesOf(partition), []), /record size 0 smaller than minimum record overhead/)
        assert.equal(await broker!.stop(), 0)
        return soundDump(partition, ['log'])
      },
    },
  ]
  try {
    return await runScenarios(
      "Apache Kafka's kafka-dump-log reads our files",
      scenarios.map(scenario => (refusal === null ? scenario : { ...scenario, skipped: refusal })),
    )
  } finally {
    await broker?.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A topic of each codec, with an idempotent producer, and one with keys that is compacted. */
async function produce(bootstrap: string): Promise<void> {
  const client = new Client(bootstrap)
  for (const codec of codecs) {
    const topic = await client.topic(codec, 1, { 'compression.type': codec === 'none' ? 'uncompressed' : codec })
    await send(client, topic)
  }
  const compacted = await client.topic('compacted', 1, { 'cleanup.policy': 'compact' })
  await send(client, compacted)
  await client.close()
}

async function send(client: Client, topic: string): Promise<void> {
  const producer = await client.producer({ idempotent: true, maxInFlightRequests: 1 })
  for (let sent = 0; sent < recordsPerTopic; sent += 20) {
    const messages = Array.from({ length: 20 }, (_, index) => ({
      key: `key-${(sent + index) % 100}`,
      value: index % 10 === 0 ? null : `${sent + index}`.padEnd(2_500, String.fromCharCode(97 + (index % 26))),
    }))
    await producer.send({ topic, messages, compression: CompressionTypes.None })
  }
}

/** A group that joins, reads and commits. */
async function consume(bootstrap: string): Promise<void> {
  const client = new Client(bootstrap)
  const topic = await client.topic('read')
  await send(client, topic)
  await readAll(client, topic, recordsPerTopic)
  await client.close()
}

/** Transactions that are committed, aborted, and left open. */
async function transact(bootstrap: string): Promise<void> {
  const client = new Client(bootstrap)
  const topic = await client.topic('transactional')
  for (const transactionalId of ['committed', 'aborted', 'open']) {
    const producer = await client.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: transactionalId }] })
    if (transactionalId === 'committed') await transaction.commit()
    if (transactionalId === 'aborted') await transaction.abort()
  }
  await client.close()
}

/** A log with transactions that were committed and aborted, and one that is open, as it is closed. */
async function transactions(dir: string): Promise<void> {
  const fixture = new LogFixture({ segmentBytes: 4_096, indexIntervalBytes: 256 }, diskFiles, dir)
  const producerEpoch = 0
  for (let sequence = 0; sequence < 200; sequence++) {
    const producerId = 10 + (sequence % 3)
    const timestamp = fixture.now++
    fixture.append(
      buildBatch({
        producerId,
        producerEpoch,
        baseSequence: Math.floor(sequence / 3),
        isTransactional: true,
        records: [{ timestamp, key: null, value: Buffer.from(`${sequence}`.padEnd(100, '.')) }],
      }),
    )
    if (sequence % 7 === 0) {
      const type = sequence % 2 === 0 ? 'ABORT' : 'COMMIT'
      fixture.coordinate(endTransactionMarker({ type, producerId, producerEpoch, coordinatorEpoch: 0, timestamp }))
    }
    fixture.turn()
  }
  await fixture.log.close()
}

/** All files below a directory that the tool knows and that hold something. */
function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(name => join(directory, name))
    .filter(file => kinds.some(kind => file.endsWith(`.${kind}`)) && statSync(file).size > 0)
}

async function dumped(files: readonly string[], options: readonly string[]): Promise<string> {
  const main = 'org.apache.kafka.tools.DumpLogSegments'
  return kafkaTool(main, ['--deep-iteration', ...options, '--files', files.join(',')])
}

/** Has the tool read all files below a directory, among which each of these kinds must be; says how many there were. */
async function soundDump(directory: string, wanted: readonly (typeof kinds)[number][]): Promise<string> {
  const files = filesOf(directory)
  const output = await dumped(files, [])
  const complaint = output.split('\n').find(line => complaints.test(line))
  assert.equal(complaint, undefined)
  const counts = kinds.map(kind => [kind, files.filter(file => file.endsWith(`.${kind}`)).length] as const)
  for (const [kind, count] of counts) assert.ok(count > 0 || !wanted.includes(kind), `there is no .${kind}`)
  for (const file of files) assert.ok(output.includes(`Dumping ${file}\n`), `${file} was read`)
  return counts.map(([kind, count]) => `${count} .${kind}`).join(', ')
}

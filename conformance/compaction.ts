/**
 * The same keyed records, tombstones among them, into a broker of ours and into Apache Kafka, which both compact them with a buffer that
 * does not hold all keys: `npm run conformance -- compaction [RECORDS]`. Afterwards the last word on each key must be the same, and the
 * last offset, and our broker must not have taken more memory for it than the buffer. Takes a minute or two.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../lib/base/random.ts'
import { Client } from '../lib/client/client.ts'
import { DescribeLogDirs } from '../protocol/messages/describe-log-dirs.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { buildBatch, readRecords } from '../protocol/records/batch.ts'
import { lastOffset as batchEnd, headerBytes, sizeInBytes } from '../protocol/records/header.ts'
import { usageOf } from '../test/bench/replay/process-usage.ts'
import { fetchKafka, startKafka } from './kafka.ts'
import { startOwnBroker } from './own-broker.ts'
import { runScenarios, until } from './scenario.ts'
import { Session, wholeRequest } from './session.ts'

const topic = 'compacted'
const recordsDefault = 1_000_000
const recordsPerBatch = 1_000
/** Requests under way at once. */
const pipelined = 8
const bufferBytes = 8 * 1024 * 1024
/** A thread and its code, and the buffers of a cleaning. */
const overheadBytesMax = 48 * 1024 * 1024
const segmentMs = 600_000
const settings = {
  'log.cleaner.backoff.ms': '500',
  'log.cleaner.dedupe.buffer.size': String(bufferBytes),
  'log.cleaner.threads': '1',
}

/** A broker under comparison. */
interface Rival {
  readonly name: string
  readonly bootstrap: string
  readonly pid: number
  stop(): Promise<unknown>
}

/** What is left in a broker. */
interface Outcome {
  /** The last value of each key; null for a tombstone. */
  readonly values: ReadonlyMap<string, string | null>
  readonly records: number
  readonly lastOffset: number
  readonly endOffset: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** Answers how many scenarios failed. */
export async function compaction({ rest }: { rest: readonly string[] }): Promise<number> {
  const count = rest[0] === undefined ? recordsDefault : Number(rest[0])
  const refusal = fetchKafka()
  const directory = mkdtempSync(join(tmpdir(), 'ottla-compaction-'))
  const expected = new Map<string, string | null>()
  let ours: Outcome | undefined
  let theirs: Outcome | undefined
  try {
    return await runScenarios(`compaction of ${count.toLocaleString('en')} records`, [
      {
        name: 'Ottla compacts, within its memory',
        run: async () => {
          const rival = await own(join(directory, 'ottla'))
          const [outcome, growthBytes, tookMs] = await measured(rival, count, expected)
          ours = outcome
          assert.ok(
            growthBytes <= bufferBytes + overheadBytesMax,
            `it took ${mb(growthBytes)} more at its peak, the buffer is ${mb(bufferBytes)}`,
          )
          return `${said(outcome, tookMs)}, ${mb(growthBytes)} more memory at the peak, buffer ${mb(bufferBytes)}`
        },
      },
      {
        name: 'what is left is the last word on each key',
        run: async () => {
          assert.ok(ours)
          sameValues(ours.values, expected)
          return `${expected.size} keys, ${[...expected.values()].filter(value => value === null).length} of them deleted`
        },
      },
      {
        name: 'Apache Kafka compacts',
        ...(refusal === null ? {} : { skipped: refusal }),
        run: async () => {
          const kafka = await startKafka(join(directory, 'kafka'), settings)
          const [outcome, , tookMs] = await measured({ name: 'Apache Kafka', ...kafka }, count, new Map())
          theirs = outcome
          return said(outcome, tookMs)
        },
      },
      {
        name: 'both have the same values and the same last offset',
        ...(refusal === null ? {} : { skipped: refusal }),
        run: async () => {
          assert.ok(ours && theirs)
          sameValues(ours.values, theirs.values)
          assert.equal(ours.lastOffset, theirs.lastOffset, 'offset of the last record')
          assert.equal(ours.endOffset, theirs.endOffset, 'end of the log')
          return `last offset ${ours.lastOffset}`
        },
      },
    ])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function own(data: string): Promise<Rival> {
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const broker = await startOwnBroker(['--data', data, '--port', '0', '--set', ...given])
  return { name: 'Ottla', bootstrap: broker.bootstrap, pid: broker.pid, stop: () => broker.stop() }
}

/** Fills a broker, waits until it has cleaned, and reads what is left; with it the memory that the cleaning took, and its time. */
async function measured(
  rival: Rival,
  count: number,
  expected: Map<string, string | null>,
): Promise<[Outcome, number, number]> {
  try {
    const session = new Session(rival.bootstrap, 'compaction')
    await session.topic(topic, 1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.01',
      'segment.bytes': String(16 * 1024 * 1024),
      'segment.ms': String(segmentMs),
      // Nothing is due before all of it is there.
      'min.compaction.lag.ms': '3600000',
    })
    const [host, port] = rival.bootstrap.split(':') as [string, string]
    const client = await Client.connect({ host, port: Number(port), timeoutMs: 60_000 })
    await fill(client, count, expected)
    const bytesBefore = await logBytes(session)
    const residentBefore = usageOf(rival.pid).residentBytesMax
    const begin = performance.now()
    await session.alterTopic(topic, { 'min.compaction.lag.ms': '0' })
    const bytesAfter = await settled(session, bytesBefore)
    const tookMs = performance.now() - begin
    const growthBytes = usageOf(rival.pid).residentBytesMax - residentBefore
    const outcome = { ...(await readAll(client)), bytesBefore, bytesAfter }
    await client.close()
    await session.close()
    return [outcome, growthBytes, tookMs]
  } finally {
    await rival.stop()
  }
}

/** The same records each time: two fifths as many keys as records, and every tenth record a tombstone. */
async function fill(client: Client, count: number, expected: Map<string, string | null>): Promise<void> {
  const random = seededRandom(5)
  const keys = Math.ceil(count * 0.4)
  const now = Date.now()
  const sending: Promise<void>[] = []
  const send = async (batch: Buffer) => {
    const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch }] }]
    const request = wholeRequest(Produce, { acks: -1, timeoutMs: 60_000, topicData })
    const { responses } = await client.send(Produce, 9, request)
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0)
  }
  const batch = (size: number, timestamp: number, key: () => string) =>
    buildBatch({
      records: Array.from({ length: size }, () => {
        const name = key()
        const value = random.int(10) === 0 ? null : `${random.int(2 ** 31)}`.padEnd(100, '.')
        expected.set(name, value)
        return { timestamp, key: Buffer.from(name), value: value === null ? null : Buffer.from(value) }
      }),
    })
  for (let sent = 0; sent < count; sent += recordsPerBatch) {
    sending.push(send(batch(Math.min(recordsPerBatch, count - sent), now, () => `key-${random.int(keys)}`)))
    if (sending.length >= pipelined) await sending.shift()
  }
  await Promise.all(sending)
  // What is behind the last segment's end is never cleaned: one more record begins another.
  await send(batch(1, now + 2 * segmentMs, () => 'the last'))
}

async function logBytes(session: Session): Promise<number> {
  const { results } = await session.prepare(DescribeLogDirs, 1, { topics: [{ topic, partitions: [0] }] })
  return results.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions))[0]!.partitionSize
}

/** Waits until the log has become smaller, and does not any more; gives its bytes. */
async function settled(session: Session, bytesBefore: number): Promise<number> {
  let last = bytesBefore
  let since = performance.now()
  return until(
    'the log to be cleaned',
    async () => {
      const bytes = await logBytes(session)
      if (bytes !== last) {
        last = bytes
        since = performance.now()
      }
      return bytes < bytesBefore && performance.now() - since > 5_000 ? bytes : undefined
    },
    110_000,
  )
}

async function readAll(client: Client): Promise<Omit<Outcome, 'bytesBefore' | 'bytesAfter'>> {
  const values = new Map<string, string | null>()
  const listed = await client.send(
    ListOffsets,
    4,
    wholeRequest(ListOffsets, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    }),
  )
  const endOffset = listed.topics[0]!.partitions[0]!.offset
  let records = 0
  let lastOffset = -1
  for (let next = 0; next < endOffset; ) {
    const partitions = [{ partition: 0, fetchOffset: next, partitionMaxBytes: 8 << 20 }]
    const request = wholeRequest(Fetch, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 8 << 20,
      topics: [{ topic, partitions }],
    })
    const fetched = await client.send(Fetch, 11, request)
    const { errorCode, records: bytes } = fetched.responses[0]!.partitions[0]!
    assert.equal(errorCode, 0)
    assert.ok(bytes !== null && bytes.length > 0, `there is nothing to read at ${next}, before the end ${endOffset}`)
    const from = next
    // Kafka cuts the last batch at the limit.
    for (let at = 0; at + headerBytes <= bytes.length; at += sizeInBytes(bytes, at)) {
      if (at + sizeInBytes(bytes, at) > bytes.length) break
      // The last records of a batch may be gone.
      next = Math.max(next, batchEnd(bytes, at) + 1)
      for (const { offset, key, value } of readRecords(bytes, at)) {
        if (offset < from) continue
        assert.ok(offset > lastOffset, 'offsets increase')
        values.set(String(key), value === null ? null : String(value))
        lastOffset = offset
        records++
      }
    }
  }
  return { values, records, lastOffset, endOffset }
}

function sameValues(a: ReadonlyMap<string, string | null>, b: ReadonlyMap<string, string | null>): void {
  let different = Math.abs(a.size - b.size)
  for (const [key, value] of a) if (b.get(key) !== value) different++
  assert.equal(different, 0, `${different} keys have another value, or only one of both has them`)
}

function said({ records, bytesBefore, bytesAfter }: Outcome, tookMs: number): string {
  const left = `${records.toLocaleString('en')} records left, ${mb(bytesBefore)} became ${mb(bytesAfter)}`
  return `${left}, ${((tookMs - 5_000) / 1_000).toFixed(1)} s`
}

function mb(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`
}

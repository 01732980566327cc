/**
 * The same keyed records, tombstones among them, into a broker of ours and into Apache Kafka, which both compact them with a buffer that
 * does not hold all keys: `npm run conformance -- compaction [RECORDS]`. Afterwards the last word on each key must be the same, and the
 * last offset. The map of keys may never exceed `log.cleaner.dedupe.buffer.size`, and what the process grows by beyond the map must be
 * the same small sum with each size of the buffer and with each number of records. Takes a minute or two; with `memory` in front of
 * RECORDS only our memory is measured.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
/** Buffers and shares of the records with which memory is measured besides. */
const variants = [
  [2 * 1024 * 1024, 1],
  [32 * 1024 * 1024, 1],
  [bufferBytes, 1 / 4],
] as const
/** The thread with its code and heap, and the buffers of a cleaning. */
const overheadBytesMax = 20 * 1024 * 1024
const segmentMs = 600_000

function settings(dedupeBytes: number): Record<string, string> {
  return {
    'log.cleaner.backoff.ms': '500',
    'log.cleaner.dedupe.buffer.size': String(dedupeBytes),
    'log.cleaner.threads': '1',
  }
}

/** A broker under comparison. */
interface Rival {
  readonly name: string
  readonly bootstrap: string
  readonly pid: number
  /** The most bytes that the map of keys took in any cleaning until now, where that is told. */
  keyBytesMax?(): number
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
  readonly tookMs: number
  /** By how much the process grew while it cleaned, at the most, and the bytes of the map of keys in it. */
  readonly growthBytes: number
  readonly keyBytesMax: number
}

/** Answers how many scenarios failed. */
export async function compaction({ rest }: { rest: readonly string[] }): Promise<number> {
  const onlyMemory = rest[0] === 'memory'
  const given = onlyMemory ? rest[1] : rest[0]
  const count = given === undefined ? recordsDefault : Number(given)
  const refusal = onlyMemory ? 'not asked for' : fetchKafka()
  const directory = mkdtempSync(join(tmpdir(), 'ottla-compaction-'))
  const expected = new Map<string, string | null>()
  let ours: Outcome | undefined
  let theirs: Outcome | undefined
  try {
    return await runScenarios(`compaction of ${count.toLocaleString('en')} records`, [
      {
        name: 'Ottla compacts, within its memory',
        run: async () => {
          const rival = await own(join(directory, 'ottla'), bufferBytes)
          ours = await measured(rival, count, expected)
          return `${said(ours)}, ${memory(ours, bufferBytes)}`
        },
      },
      ...variants.map(([dedupeBytes, share]) => ({
        name: `${Math.round(count * share).toLocaleString('en')} records with a buffer of ${mb(dedupeBytes)}`,
        run: async () => {
          const data = join(directory, `ottla-${dedupeBytes}-${share}`)
          const outcome = await measured(await own(data, dedupeBytes), Math.round(count * share), new Map())
          rmSync(data, { recursive: true })
          return memory(outcome, dedupeBytes)
        },
      })),
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
          const kafka = await startKafka(join(directory, 'kafka'), settings(bufferBytes))
          theirs = await measured({ name: 'Apache Kafka', ...kafka }, count, new Map())
          return `${said(theirs)}, ${mb(theirs.growthBytes)} more memory beside the buffer, which it has from its start`
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

async function own(data: string, dedupeBytes: number): Promise<Rival> {
  const given = Object.entries(settings(dedupeBytes)).map(([name, value]) => `${name}=${value}`)
  const broker = await startOwnBroker(['--data', data, '--port', '0', '--set', ...given])
  return {
    name: 'Ottla',
    bootstrap: broker.bootstrap,
    pid: broker.pid,
    keyBytesMax: () => {
      const said = [...broker.errorOutput().matchAll(/ compacted a partition .* keyBytes=(\d+)/g)]
      return said.reduce((most, [, bytes]) => Math.max(most, Number(bytes)), 0)
    },
    stop: () => broker.stop(),
  }
}

/** What was said of a cleaning's memory, once it is found to be within its bounds. */
function memory({ growthBytes, keyBytesMax }: Outcome, dedupeBytes: number): string {
  assert.ok(keyBytesMax > 0, 'the broker tells the bytes of its map of keys')
  assert.ok(keyBytesMax <= dedupeBytes, `the map of keys took ${keyBytesMax} bytes of ${dedupeBytes}`)
  const text = `${mb(growthBytes)} more memory at the peak, ${mb(keyBytesMax)} of it the map of keys`
  assert.ok(growthBytes - keyBytesMax <= overheadBytesMax, `${text}: beside it ${mb(overheadBytesMax)} are allowed`)
  return text
}

/** Fills a broker, waits until it has cleaned, and reads what is left. */
async function measured(rival: Rival, count: number, expected: Map<string, string | null>): Promise<Outcome> {
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
    // Has the system count the process's peak from here on, and not from what the records took as they came.
    writeFileSync(`/proc/${rival.pid}/clear_refs`, '5')
    const residentBefore = usageOf(rival.pid).residentBytes
    const begin = performance.now()
    await session.alterTopic(topic, { 'min.compaction.lag.ms': '0' })
    const bytesAfter = await settled(session, bytesBefore)
    const tookMs = performance.now() - begin
    const growthBytes = usageOf(rival.pid).residentBytesMax - residentBefore
    const keyBytesMax = rival.keyBytesMax?.() ?? 0
    const outcome = { ...(await readAll(client)), bytesBefore, bytesAfter, tookMs, growthBytes, keyBytesMax }
    await client.close()
    await session.close()
    return outcome
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

async function readAll(client: Client): Promise<Pick<Outcome, 'values' | 'records' | 'lastOffset' | 'endOffset'>> {
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

function said({ records, bytesBefore, bytesAfter, tookMs }: Outcome): string {
  const left = `${records.toLocaleString('en')} records left, ${mb(bytesBefore)} became ${mb(bytesAfter)}`
  return `${left}, ${((tookMs - 5_000) / 1_000).toFixed(1)} s`
}

function mb(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`
}

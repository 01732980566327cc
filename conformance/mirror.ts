/**
 * `ottla mirror` from Apache Kafka to a broker of ours and back, each way killed three times: all records arrive, in order and as they were, and
 * groups go on at the record that they have not read.
 *
 *     npm run conformance -- mirror [RECORDS]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Admin } from '../lib/admin/admin.ts'
import { alterGroupOffsets, groupOffsets } from '../lib/admin/groups.ts'
import { createTopics } from '../lib/admin/topics.ts'
import { systemClock } from '../lib/base/clock.ts'
import { systemRandom } from '../lib/base/random.ts'
import { Consumer, recordsOf } from '../lib/client/consumer.ts'
import { Producer } from '../lib/client/producer.ts'
import { systemNetwork } from '../lib/network/tcp.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { RecordView } from '../protocol/records/record.ts'
import { fetchKafka, startKafka } from './kafka.ts'
import { startOwnBroker } from './own-broker.ts'
import { runScenarios, type Scenario } from './scenario.ts'

const command = fileURLToPath(new URL('../dist/ottla.cjs', import.meta.url))

const [topicCount, partitionCount, valueBytes, kills] = [20, 3, 100, 3]
const recordsDefault = 1_000_000
/** A copy of which nothing comes for so long has no more. */
const silenceMsMax = 60_000
const group = 'readers'
/** Brokers delete what is older than a week. */
const firstTimestamp = systemClock.now() - 3_600_000

interface End {
  readonly bootstrap: string
  readonly admin: Admin
}

export async function mirror({ rest: [count] }: { readonly rest: readonly string[] }): Promise<number> {
  const records = Number(count ?? recordsDefault)
  const missing = fetchKafka()
  if (missing !== null) throw new Error(`there is no Apache Kafka to copy from: ${missing}`)
  const directory = mkdtempSync(join(tmpdir(), 'ottla-mirror-'))
  const kafka = await startKafka(join(directory, 'kafka'))
  const ours = await startOwnBroker(['--dev', '--port', '0', '--data', join(directory, 'ours')])
  const ends = { kafka: endAt(kafka.bootstrap), ours: endAt(ours.bootstrap) }
  try {
    await fill(ends.kafka, records)
    const scenarios: readonly Scenario[] = [
      { name: 'from Apache Kafka to ours', msMax: 1_800_000, run: () => there(ends.kafka, ends.ours, '', '', records) },
      { name: 'and back', msMax: 1_800_000, run: () => there(ends.ours, ends.kafka, '', 'back-', records) },
    ]
    return await runScenarios(`ottla mirror, ${records} records over ${topicCount} topics`, scenarios)
  } finally {
    await ends.kafka.admin.close()
    await ends.ours.admin.close()
    await ours.stop()
    await kafka.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function endAt(bootstrap: string): End {
  const admin = new Admin({
    ...{ bootstrap: [bootstrap], clock: systemClock, network: systemNetwork, random: systemRandom },
  })
  return { bootstrap, admin }
}

function topicOf(index: number): string {
  return `topic-${index % topicCount}`
}

/** Where a record lies, and how many of its partition are before it. */
function placeOf(index: number): { readonly partition: number; readonly at: number } {
  const inTopic = Math.floor(index / topicCount)
  return { partition: inTopic % partitionCount, at: Math.floor(inTopic / partitionCount) }
}

function recordAt(topic: string, partition: number, at: number) {
  return {
    timestamp: firstTimestamp + at,
    key: at % 5 === 0 ? null : Buffer.from(`key-${at}`),
    value: Buffer.from(`${topic} ${partition} ${at} `.padEnd(valueBytes, 'x')),
    headers: at % 7 === 0 ? [{ key: 'at', value: Buffer.from(String(at)) }] : [],
  }
}

async function fill({ admin }: End, records: number): Promise<void> {
  await createTopics(
    admin,
    Array.from({ length: topicCount }, (_, index) => ({ name: topicOf(index), partitions: partitionCount })),
  )
  const producer = new Producer({ routes: admin, compression: 'lz4', batchBytesMax: 65_536 })
  for (let index = 0; index < topicCount; index++) await producer.find(topicOf(index))
  for (let index = 0; index < records; index++) {
    const { partition, at } = placeOf(index)
    const topic = topicOf(index)
    if (!producer.send(topic, recordAt(topic, partition, at), partition)) await producer.room()
  }
  await producer.close()
  const offsets = Array.from({ length: topicCount * partitionCount }, (_, index) => {
    return { topic: topicOf(index), partition: placeOf(index).partition, offset: groupOffset(records) }
  })
  const failed = (await alterGroupOffsets(admin, group, offsets)).find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new KafkaError(failed.errorCode)
}

/** How many records of each partition the group has read. */
function groupOffset(records: number): number {
  return Math.floor(records / topicCount / partitionCount / 2)
}

/** Copies, killed three times on the way, and looks at the copy. */
async function there(from: End, to: End, had: string, prefix: string, records: number): Promise<string> {
  const args = ['mirror', '--from', from.bootstrap, '--to', to.bootstrap, '--topics', `${had}topic-.*`]
  const all = [...args, '--name', `to-${prefix}`, '--groups', group, ...(prefix === '' ? [] : ['--prefix', prefix])]
  const startMs = systemClock.monotonicMs()
  for (let kill = 0; kill < kills; kill++) await killedAfter(all, Math.floor(records / (kills + 2)))
  const last = spawn(process.execPath, [command, ...all, '--once'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  last.stderr.on('data', chunk => {
    said += chunk
  })
  const [code] = await once(last, 'exit')
  if (code !== 0) throw new Error(`the last mirror ended with ${code}: ${said}`)
  const seconds = Math.round((systemClock.monotonicMs() - startMs) / 1_000)
  console.log(said.trim().split('\n').at(-1))
  const doubled = await judge(to, prefix, records)
  return `${seconds} s with ${kills} kills, ${doubled} records twice`
}

/** Kills a mirror once it has copied so many records; where it is done before, there is nothing to kill. */
async function killedAfter(args: readonly string[], records: number): Promise<void> {
  const child: ChildProcess = spawn(
    process.execPath,
    [command, ...args, '--once', '--progress-ms', '20', '--note-ms', '100'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const ended = once(child, 'exit')
  for await (const chunk of child.stderr!) {
    const copied = Number(/(\d+) records copied/.exec(String(chunk))?.[1] ?? 0)
    if (copied >= records) break
  }
  child.kill('SIGKILL')
  await ended
}

/** Throws where a record is missing, changed, or in another place; how many are there twice. */
async function judge(to: End, prefix: string, records: number): Promise<number> {
  const consumer = new Consumer({ routes: to.admin, reset: 'earliest' })
  /** By partition: how many records of the original have come. */
  const come = new Map<string, number>()
  /** By partition: which record of the original lies at each offset of the copy. */
  const lying = new Map<string, number[]>()
  let [unique, doubled, lastMs] = [0, 0, systemClock.monotonicMs()]
  try {
    await consumer.subscribe({ includes: name => new RegExp(`^${prefix}topic-\\d+$`).test(name) })
    while (unique < records) {
      const batch = consumer.take()
      if (batch === null) {
        if (systemClock.monotonicMs() - lastMs > silenceMsMax)
          throw new Error(`only ${unique} of ${records} records came: ${JSON.stringify([...come])}`)
        await consumer.wait(1_000)
        continue
      }
      lastMs = systemClock.monotonicMs()
      const topic = batch.topic.slice(prefix.length)
      const key = `${topic} ${batch.partition}`
      for (const record of recordsOf(batch)) {
        const at = Number(record.value!.toString('latin1').split(' ')[2])
        const expected = come.get(key) ?? 0
        if (at > expected) throw new Error(`${key}: record ${at} came where ${expected} was to come`)
        check(record, topic, batch.partition, at)
        const places = lying.get(key) ?? []
        places[record.offset] = at
        lying.set(key, places)
        if (at < expected) doubled++
        else {
          come.set(key, expected + 1)
          unique++
        }
      }
    }
  } finally {
    await consumer.close()
  }
  await judgeGroup(to, prefix, lying, groupOffset(records))
  return doubled
}

function check(record: RecordView, topic: string, partition: number, at: number): void {
  const { timestamp, key, value, headers } = recordAt(topic, partition, at)
  const isSame =
    record.timestamp === timestamp &&
    (key === null ? record.key === null : record.key?.equals(key)) &&
    record.value?.equals(value) &&
    record.headers.length === headers.length &&
    (headers.length === 0 || record.headers[0]!.value?.equals(headers[0]!.value))
  if (!isSame) throw new Error(`${topic}-${partition}: record ${at} is not as it was`)
}

/** Throws where the group would go on behind a record that it has not read. */
async function judgeGroup(
  to: End,
  prefix: string,
  lying: ReadonlyMap<string, readonly number[]>,
  unread: number,
): Promise<void> {
  const offsets = (await groupOffsets(to.admin, group)).filter(each => each.topic.startsWith(`${prefix}topic-`))
  if (offsets.length !== topicCount * partitionCount) throw new Error(`the group has ${offsets.length} offsets`)
  for (const { topic, partition, value } of offsets) {
    const next = lying.get(`${topic.slice(prefix.length)} ${partition}`)?.[value.offset]
    if (next !== undefined && next > unread)
      throw new Error(`${topic}-${partition}: the group goes on at ${next}, and has not read ${unread}`)
  }
}

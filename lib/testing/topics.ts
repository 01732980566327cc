/** Records that a test writes and reads by itself, without a client: into the logs, and out of them as a consumer sees them. */
import { isUtf8 } from 'node:buffer'
import { types } from 'node:util'
import { KafkaError } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { NamesOf } from '../base/names.ts'
import { FetchedSet, recordsOf } from '../client/fetched-set.ts'
import { partitionOfRecordKey } from '../contents/partition-of-key.ts'
import { type LoadedRecord, RecordLineError, recordOf, recordOfLine } from '../contents/record-line.ts'
import type { Partition } from '../partitions/partition.ts'
import type { OffsetWaiter } from '../partitions/waiting/offset-queue.ts'
import { checkKind, checkList, checkNames, checkOneOf, checkText, checkWhole } from './given.ts'
import type { ProducedRecord, ReadOptions, TestRecord, WrittenRecord } from './record-options.ts'
import type { KitServices } from './services.ts'
import type { Look } from './waiting.ts'

/** Bytes that are read of a log at once. */
const readBytes = 1024 * 1024

/** Writes records in their order, as one batch each, so that a test can say what each is; gives where they are. Makes the topic where there is none. */
export async function produce(
  services: KitServices,
  topic: string,
  records: readonly (WrittenRecord | string)[],
): Promise<ProducedRecord[]> {
  checkText('the name of a topic', topic)
  checkList('records', records)
  const loaded = records.map((record, i) => {
    const given: unknown = typeof record === 'string' ? { value: record } : record
    if (typeof given !== 'object' || given === null || given instanceof Uint8Array || Array.isArray(given))
      throw new TypeError(`record ${i + 1} takes text or an object, as in { key: 'a', value: 'b' }`)
    const { topic: named = topic } = given as { topic?: unknown }
    if (named !== topic) throw new TypeError(`record ${i + 1} is for the topic ${named}, and this is ${topic}`)
    return checked(() => recordOf({ ...given, topic }, services.clock.now()), `record ${i + 1}`)
  })
  return write(services, topic, loaded)
}

async function write(
  { cluster, partitions }: KitServices,
  topic: string,
  loaded: readonly LoadedRecord[],
): Promise<ProducedRecord[]> {
  await cluster.autoCreateTopic(topic)
  const all = partitions.ofTopic(topic) ?? []
  let turn = 0
  const produced = loaded.map(({ partition: asked, record }, i) => {
    const { key } = record
    const index = asked ?? (key === null ? turn++ % all.length : partitionOfRecordKey(key, all.length))
    const partition = all[index]
    if (partition === undefined) throw new RangeError(`record ${i + 1}: ${topic} has no partition ${index}`)
    const { baseOffset } = partition.append(buildBatch({ records: [record] }), { origin: 'client', requiredAcks: -1 })
    return { partition, offset: baseOffset }
  })
  await Promise.all(produced.map(({ partition, offset }) => committed(partition, offset)))
  return produced.map(({ partition, offset }) => ({ partition: partition.index, offset }))
}

function checked(read: () => LoadedRecord, place: string): LoadedRecord {
  try {
    return read()
  } catch (error) {
    if (error instanceof RecordLineError) throw new TypeError(`${place}: ${error.message}`)
    throw error
  }
}

function committed(partition: Partition, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    partition.awaitCommitted(offset, waiter, errorCode => {
      if (errorCode === 0) resolve()
      else reject(new KafkaError(errorCode, `a record of ${partition.name} was not written`))
    })
  })
}

const waiter: OffsetWaiter<(errorCode: number) => void> = { settled: (resolve, errorCode) => resolve(errorCode) }

/** What consumers can read of a topic, by partition and offset; nothing where there is no topic. */
export function recordsIn<V>({ partitions }: KitServices, topic: string, options: ReadOptions<V>): TestRecord<V>[] {
  const { partition, from = 0, isolation = 'read_committed', decode } = options
  const all = (partitions.ofTopic(topic) ?? []).filter(({ index }) => partition === undefined || index === partition)
  return all.flatMap(each => [...recordsOfPartition<V>(each, from, isolation === 'read_committed', decode)])
}

/** Throws RangeError or TypeError for what cannot be read; `names` are those that may be said. */
export function checkRead<V>(what: string, options: ReadOptions<V>, names: object = readNames): void {
  checkNames(what, options, names as NamesOf<ReadOptions<V>>)
  const { partition, from, isolation, decode } = options
  checkWhole('partition', partition, 0)
  checkWhole('from', from, 0)
  checkOneOf('isolation', isolation, ['read_committed', 'read_uncommitted'])
  checkKind('decode', decode, 'function')
}

/** What a read takes. */
export const readNames: NamesOf<ReadOptions<unknown>> = { partition: true, from: true, isolation: true, decode: true }

/** Whether a record that is wanted is there. */
export function lookFor<V>(
  services: KitServices,
  topic: string,
  wanted: (record: TestRecord<V>) => boolean,
  options: ReadOptions<V>,
): Look<TestRecord<V>> {
  const records = recordsIn(services, topic, options)
  const met = records.find(record => {
    const answer: unknown = wanted(record)
    // A promise would pass for true.
    if (types.isPromise(answer)) throw new TypeError('the function that expect is given takes no promise to answer by')
    return answer
  })
  return met === undefined ? { seen: `there are ${records.length} others`, state: records } : { met }
}

function* recordsOfPartition<V>(
  partition: Partition,
  from: number,
  isCommittedOnly: boolean,
  decode: ReadOptions<V>['decode'],
): Generator<TestRecord<V>> {
  const isolation = isCommittedOnly ? 'readCommitted' : 'readUncommitted'
  const end = partition.readableEnd(isolation)
  const { topic, index } = partition
  for (let at = Math.max(from, partition.logStartOffset); at < end; ) {
    const found = partition.read(at, { bytesMax: readBytes, isolation, minOneMessage: true })
    // A copy: the memory of a read is lent.
    const bytes = Buffer.concat(found.records)
    const { endOffset } = found
    found.release()
    const aborted = isCommittedOnly ? partition.log.abortedTransactions(at, endOffset) : null
    const set = new FetchedSet(topic, index, bytes, at, end, aborted)
    for (let batch = set.take(); batch !== null; batch = set.take()) {
      for (const { offset, timestamp, key, value, headers } of recordsOf(batch)) {
        const record: TestRecord<Buffer | null> = {
          ...{ topic, partition: index, offset, timestamp },
          key: key === null ? null : key.toString(),
          value,
          keyBytes: key,
          headers: headers.map(header => ({ key: header.key, value: header.value })),
        }
        yield { ...record, value: (decode === undefined ? (value?.toString() ?? null) : decode(value, record)) as V }
      }
    }
    if (set.position <= at) return
    at = set.position
  }
}

/** A record as a line of JSON that a broker loads. */
export function lineOf({ topic, partition, offset, timestamp, keyBytes, value, headers }: TestRecord<Buffer | null>) {
  const contents = [keyBytes, value, ...headers.map(header => header.value)]
  const isText = contents.every(bytes => bytes === null || isUtf8(bytes))
  const shown = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString(isText ? 'utf8' : 'base64')
  return {
    ...{ topic, partition, offset, timestamp },
    key: shown(keyBytes),
    value: shown(value),
    ...(headers.length > 0 && { headers: headers.map(header => ({ key: header.key, value: shown(header.value) })) }),
    ...(!isText && { encoding: 'base64' }),
  }
}

/** All that consumers can read of a topic, or of all that are not the broker's own, as lines that a broker loads. */
export function linesOf(services: KitServices, topic?: string): string {
  const names = [...services.cluster.image.topics.values()].filter(({ internal }) => !internal).map(({ name }) => name)
  const decode = (value: Buffer | null) => value
  const records = (topic === undefined ? names : [topic]).flatMap(name => recordsIn(services, name, { decode }))
  return records.map(record => `${JSON.stringify({ ...lineOf(record), offset: undefined })}\n`).join('')
}

/** Writes what such lines say; nothing where one of them is none. Throws TypeError. */
export async function loadLines(services: KitServices, text: string): Promise<void> {
  if (typeof text !== 'string') throw new TypeError('load takes the text of JSON lines')
  const lines = text.split('\n').map((line, i) => ({ line, number: i + 1 }))
  const loaded = lines.flatMap(({ line, number }) =>
    line.trim() === '' ? [] : [checked(() => recordOfLine(line, services.clock.now()), `line ${number}`)],
  )
  for (const topic of new Set(loaded.map(record => record.topic)))
    await write(
      services,
      topic,
      loaded.filter(record => record.topic === topic),
    )
}

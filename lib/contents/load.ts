/**
 * Loads records into the logs of a broker that starts: from files of JSON lines, and from a program's objects. A file is checked from its
 * first line to its last before anything of it is loaded, so that one with a mistake can be corrected and loaded again.
 */
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import { type BatchRecord, buildBatch } from '../../protocol/records/batch.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { isInternalTopic } from '../cluster/topic-names.ts'
import type { Cluster } from '../metadata/cluster.ts'
import { type Partition, RecordValidationError } from '../partitions/partition.ts'
import type { Partitions } from '../partitions/partitions.ts'
import type { OffsetWaiter } from '../partitions/waiting/offset-queue.ts'
import { ContentsError } from './contents-error.ts'
import { bytesOfFile, linesOf } from './lines.ts'
import { partitionOfRecordKey } from './partition-of-key.ts'
import { type LoadedRecord, RecordLineError, type RecordToLoad, recordOf, recordOfLine } from './record-line.ts'

export interface LoadOptions {
  readonly cluster: Cluster
  readonly partitions: Partitions
  readonly clock: Clock
  /** Of progress, which is a matter of the machine's time. */
  readonly wire: Clock
  readonly logger: Logger
  readonly signal?: AbortSignal | undefined
}

/** Bytes of a batch: as large as clients make them, unless the topic takes less. */
const batchBytesMax = 128 * 1024
/** Bytes that wait to be put into batches or to be written: what loading may take of memory. */
const waitingBytesMax = 16 * 1024 * 1024
/** More than a record takes beside its key, value and headers, and a batch beside its records. */
const overheadBytes = 80
/** How often progress is told. */
const progressMs = 5_000
/** Lines that are checked until others get a turn. */
const linesPerTurn = 5_000

/** The records of one partition that are not appended yet, and where each came from. */
interface Batch {
  readonly partition: Partition
  readonly records: BatchRecord[]
  readonly places: number[]
  bytes: number
}

/** Loads a file. Rejects with ContentsError, which names the line. */
export async function loadFile(path: string, options: LoadOptions): Promise<void> {
  const bytes = bytesOfFile(path)
  const place = (number: number) => `${path}, line ${number}`
  const check = (text: string, number: number) => checked(() => recordOfLine(text, options.clock.now()), place(number))
  // A pipe can be read once.
  if (bytes !== null) {
    let count = 0
    for (const { text, number } of linesOf(path)) {
      check(text, number)
      if (++count % linesPerTurn === 0) await aTurn(options)
    }
  }
  const loading = new Loading(options, place, path)
  for (const { text, number, endsAt } of linesOf(path)) {
    const wait = loading.add(check(text, number), number)
    if (wait !== null) await wait
    loading.tell(bytes === null ? null : endsAt / bytes)
  }
  await loading.finish()
}

/** Loads a program's records. Rejects with ContentsError, which says which record it was, counted from 1. */
export async function loadRecords(
  records: Iterable<RecordToLoad> | AsyncIterable<RecordToLoad>,
  options: LoadOptions,
): Promise<void> {
  const place = (number: number) => `record ${number} of 'records'`
  const loading = new Loading(options, place, 'records')
  let number = 0
  for await (const record of records) {
    number++
    const checkedRecord = checked(() => recordOf(record, options.clock.now()), place(number))
    const wait = loading.add(checkedRecord, number)
    if (wait !== null) await wait
  }
  await loading.finish()
}

function checked(read: () => LoadedRecord, place: string): LoadedRecord {
  try {
    return read()
  } catch (error) {
    if (error instanceof RecordLineError) throw new ContentsError(`${place}: ${error.message}`)
    throw error
  }
}

async function aTurn({ wire, signal }: LoadOptions): Promise<void> {
  await new Promise<void>(resolve => wire.immediate(resolve))
  signal?.throwIfAborted()
}

/** Records on their way into logs. */
class Loading {
  readonly #options: LoadOptions
  readonly #place: (number: number) => string
  readonly #name: string
  readonly #batches = new Map<Partition, Batch>()
  /** By topic: whose turn it is among records without a key. */
  readonly #turns = new Map<string, number>()
  #waitingBytes = 0
  #count = 0
  #toldMs: number

  constructor(options: LoadOptions, place: (number: number) => string, name: string) {
    this.#options = options
    this.#place = place
    this.#name = name
    this.#toldMs = options.wire.monotonicMs()
  }

  /** Takes a record; a promise where enough is under way, or its topic is to be made. */
  add(loaded: LoadedRecord, number: number): Promise<void> | null {
    const partitions = this.#options.partitions.ofTopic(loaded.topic)
    if (partitions !== undefined) return this.#put(partitions, loaded, number)
    return this.#make(loaded.topic, number).then(made => this.#put(made, loaded, number) ?? undefined)
  }

  #put(
    partitions: readonly Partition[],
    { topic, partition: index, record }: LoadedRecord,
    number: number,
  ): Promise<void> | null {
    const partition = this.#choose(partitions, topic, index, record, number)
    const bytes = bytesOf(record)
    const most = Math.min(batchBytesMax, partition.settings.log.maxMessageBytes)
    let batch = this.#batches.get(partition)
    if (batch && batch.bytes + bytes > most) {
      this.#append(batch)
      batch = undefined
    }
    if (batch === undefined) {
      batch = { partition, records: [], places: [], bytes: overheadBytes }
      this.#batches.set(partition, batch)
    }
    batch.records.push(record)
    batch.places.push(number)
    batch.bytes += bytes
    this.#count++
    this.#waitingBytes += bytes
    return this.#waitingBytes >= waitingBytesMax ? this.#flush() : null
  }

  /** Says now and then how far it has come; `share` is that of the file, where its size is known. */
  tell(share: number | null): void {
    const now = this.#options.wire.monotonicMs()
    if (now - this.#toldMs < progressMs) return
    this.#toldMs = now
    const percent = share === null ? '' : `, ${Math.floor(100 * share)} %`
    this.#options.logger.info(`loading ${this.#name}: ${this.#count} records${percent}`)
  }

  async finish(): Promise<void> {
    await this.#flush()
    this.#options.logger.info(`loaded ${this.#name}: ${this.#count} records`)
  }

  async #make(topic: string, number: number): Promise<readonly Partition[]> {
    try {
      await this.#options.cluster.autoCreateTopic(topic)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      throw new ContentsError(`${this.#place(number)}: the topic ${topic} cannot be made: ${error.message}`)
    }
    return this.#options.partitions.ofTopic(topic) ?? []
  }

  #choose(
    partitions: readonly Partition[],
    topic: string,
    index: number | null,
    { key }: BatchRecord,
    number: number,
  ): Partition {
    if (isInternalTopic(topic)) {
      throw new ContentsError(`${this.#place(number)}: the topic ${topic} is written by the broker only; leave it out`)
    }
    let chosen = index
    if (chosen === null && key !== null) chosen = partitionOfRecordKey(key, partitions.length)
    if (chosen === null) {
      chosen = (this.#turns.get(topic) ?? 0) % partitions.length
      this.#turns.set(topic, chosen + 1)
    }
    const partition = partitions[chosen]
    if (partition !== undefined) return partition
    const has = `has ${partitions.length} ${partitions.length === 1 ? 'partition' : 'partitions'}, counted from 0`
    const remedy = `name another, or make the topic with more at the start: ${topic}:${chosen + 1}`
    throw new ContentsError(`${this.#place(number)}: there is no partition ${chosen}, as ${topic} ${has}; ${remedy}`)
  }

  #append(batch: Batch): void {
    this.#batches.delete(batch.partition)
    const { partition, records, places } = batch
    try {
      partition.append(buildBatch({ records }), { origin: 'client', requiredAcks: -1 })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const fault = error instanceof RecordValidationError ? error.recordErrors[0] : undefined
      const number = fault === undefined ? places[0]! : places[fault.batchIndex]!
      throw new ContentsError(
        `${this.#place(number)}: ${partition.topic} does not take it: ${fault?.message ?? error.message}`,
      )
    }
  }

  /** Appends all that waits, and waits until it is written. */
  async #flush(): Promise<void> {
    const touched = new Set([...this.#batches.keys()])
    for (const batch of [...this.#batches.values()]) this.#append(batch)
    this.#waitingBytes = 0
    for (const partition of touched) await written(partition)
    await aTurn(this.#options)
  }
}

function written(partition: Partition): Promise<void> {
  return new Promise((resolve, reject) => {
    partition.awaitCommitted(partition.logEndOffset - 1, waiter, errorCode => {
      if (errorCode === codes.NONE) resolve()
      else {
        const what = `records of ${partition.name} were not written: ${codeName(errorCode)}`
        reject(new ContentsError(`${what}; see the log for the disk's error, and begin with an empty directory`))
      }
    })
  })
}

const waiter: OffsetWaiter<(errorCode: number) => void> = { settled: (resolve, errorCode) => resolve(errorCode) }

function bytesOf({ key, value, headers = [] }: BatchRecord): number {
  let bytes = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) bytes += overheadBytes + 3 * header.key.length + (header.value?.length ?? 0)
  return bytes
}

/** A log of keyed records and what compaction must leave of it, whatever happens in which order. */
import { type Random, seededRandom } from '../../../lib/base/random.ts'
import { batches, buildBatch, readRecords } from '../../../protocol/records/batch.ts'
import { controlTypeOf, endTransactionMarker } from '../../../protocol/records/control.ts'
import { isControl, isTransactional, lastOffset, producerId } from '../../../protocol/records/header.ts'
import { checkLog } from '../../../storage/check.ts'
import {
  CompactionLoop,
  type CompactionResult,
  compactLog,
  dirtinessOf,
} from '../../../storage/compaction/compaction.ts'
import type { Files } from '../../../storage/files.ts'
import type { LogConfig } from '../../../storage/log.ts'
import { LogFixture } from '../fixture.ts'

interface Expected {
  readonly key: string
  readonly value: string | null
  readonly timestamp: number
  readonly transaction: { aborted: boolean | null } | null
}

interface Producer {
  readonly id: number
  epoch: number
  sequence: number
  open: { aborted: boolean | null } | null
  last: { batch: () => Buffer; baseOffset: number } | null
}

/** What is read of one record. */
interface Found {
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly timestamp: number
}

const deleteRetentionMs = 1_000

/** A log under a random load, with a list of everything that was ever appended. */
export class CompactionModel {
  readonly random: Random
  fixture: LogFixture
  readonly config: Partial<LogConfig>
  readonly limits: { keyBytesMax: number; keyLoadFactor: number; bufferBytes: number; bytesPerSecondMax: number }
  records = new Map<number, Expected>()
  producers: Producer[] = []
  /** When a cleaning first passed over a tombstone. */
  #passedMs = new Map<number, number>()
  #next = 0
  readonly #keys: number

  constructor(seed: number, files?: Files) {
    this.random = seededRandom(seed)
    const pick = <T>(...choices: T[]): T => choices[this.random.int(choices.length)]
    this.config = {
      cleanupPolicy: ['compact'],
      segmentBytes: pick(500, 1_500, 4_000),
      indexIntervalBytes: pick(0, 150, 4_096),
      segmentIndexBytes: pick(80, 10_000),
      fileDeleteDelayMs: pick(0, 10),
      messageTimestampType: pick('CreateTime', 'CreateTime', 'LogAppendTime'),
      minCleanableDirtyRatio: 0,
      deleteRetentionMs,
    }
    this.limits = {
      keyBytesMax: pick(96, 480, 100_000),
      keyLoadFactor: pick(0.5, 0.9),
      bufferBytes: pick(64, 300, 20_000),
      bytesPerSecondMax: Number.MAX_VALUE,
    }
    this.#keys = pick(3, 10, 40)
    this.fixture = new LogFixture(this.config, files)
  }

  get log() {
    return this.fixture.log
  }

  step(): void {
    const { fixture, random } = this
    fixture.now += random.int(20)
    const chance = random.int(100)
    if (chance < 60) this.append()
    else if (chance < 70) this.endTransaction()
    else if (chance < 73) this.producers.push(this.#producer())
    else if (chance < 76) this.log.roll()
    else if (chance < 78) fixture.now += random.int(3) * 700
    fixture.turn()
  }

  append(): void {
    const { fixture, random } = this
    const producer = this.producers[random.int(this.producers.length + 2)]
    const transactional = producer !== undefined && producer.id % 2 === 1
    const transaction = transactional ? (producer.open ?? { aborted: null }) : null
    const timestamp = fixture.now - random.int(200)
    const records = Array.from({ length: 1 + random.int(5) }, () => ({
      timestamp: timestamp + random.int(100),
      key: Buffer.from(`key-${random.int(this.#keys)}`),
      value: random.int(4) === 0 ? null : Buffer.from(`${this.#next++}`.padEnd(random.int(60), '.')),
      headers: random.int(4) === 0 ? [{ key: 'h', value: random.int(2) === 0 ? null : Buffer.from('v') }] : [],
    }))
    const compression = (['none', 'none', 'gzip', 'lz4', 'zstd', 'snappy'] as const)[random.int(6)]
    const identity =
      producer === undefined
        ? {}
        : {
            producerId: producer.id,
            producerEpoch: producer.epoch,
            baseSequence: producer.sequence,
            isTransactional: transactional,
          }
    const build = () => buildBatch({ compression, ...identity, records })
    const { baseOffset } = fixture.append(build())
    const appendTime = this.config.messageTimestampType === 'LogAppendTime' ? fixture.now : null
    records.forEach((record, index) => {
      const value = record.value?.toString() ?? null
      const expected = { key: String(record.key), value, timestamp: appendTime ?? record.timestamp, transaction }
      this.records.set(baseOffset + index, expected)
    })
    if (producer === undefined) return
    producer.sequence += records.length
    producer.open = transaction
    producer.last = { batch: build, baseOffset }
  }

  endTransaction(): void {
    const open = this.producers.filter(producer => producer.open !== null)
    const producer = open[this.random.int(open.length)]
    if (producer?.open === undefined || producer.open === null) return
    const aborted = this.random.int(2) === 0
    this.fixture.coordinate(
      endTransactionMarker({
        type: aborted ? 'ABORT' : 'COMMIT',
        producerId: producer.id,
        producerEpoch: producer.epoch,
        coordinatorEpoch: 0,
        timestamp: this.fixture.now,
      }),
    )
    producer.open.aborted = aborted
    producer.open = null
  }

  #producer(): Producer {
    return { id: 100 + this.#next++, epoch: 0, sequence: 0, open: null, last: null }
  }

  /** One cleaning on this thread; null where there was nothing to do. */
  async clean(): Promise<CompactionResult | null> {
    const { log, fixture } = this
    const dirtiness = dirtinessOf(log, log.lastStableOffset(log.writtenOffset), fixture.now)
    if (dirtiness === null) return null
    const upper = log.segments[dirtiness.segmentCount].baseOffset
    const engine = new CompactionLoop(
      log.files,
      () => 0,
      async () => undefined,
    )
    const { now } = fixture
    const result = await compactLog(log, dirtiness, this.limits, engine, now)
    if (log.failure !== null) throw log.failure
    if (result === null) throw new Error('the cleaning was called off')
    for (const [offset, { value }] of this.records) {
      if (value === null && offset < upper && !this.#passedMs.has(offset)) this.#passedMs.set(offset, now)
    }
    return result
  }

  /** Goes on with the files that a crash left. */
  moveTo(files: Files, cleanedOffset: number): void {
    const { now } = this.fixture
    this.fixture = new LogFixture(this.config, files)
    this.fixture.now = now
    this.log.cleanedOffset = cleanedOffset
  }

  /** Throws where the log is not what it must be. */
  verify(closed = false): void {
    const found = this.#read(false)
    let before = -1
    const clean = new Set<string>()
    for (const record of found) {
      const expected = this.records.get(record.offset)
      if (expected === undefined || record.offset <= before) throw new Error(`offset ${record.offset} appeared`)
      before = record.offset
      const { key, value, timestamp } = expected
      if (record.key !== key || record.value !== value || record.timestamp !== timestamp) {
        throw new Error(`offset ${record.offset} changed: ${JSON.stringify(record)} was ${JSON.stringify(expected)}`)
      }
      if (record.offset >= this.log.cleanedOffset) continue
      if (clean.has(key)) throw new Error(`${key} is there twice below ${this.log.cleanedOffset}`)
      clean.add(key)
    }
    this.#verifyVisible(this.#read(true))
    const { findings } = checkLog(this.fixture.files, this.fixture.dir, { dense: false, closed })
    if (findings.length > 0) throw new Error(`${findings.length} findings: ${findings.slice(0, 3).join('; ')}`)
  }

  #verifyVisible(visible: readonly Found[]): void {
    const stable = this.log.lastStableOffset(this.log.writtenOffset)
    const latest = new Map<string, number>()
    for (const [offset, { key, transaction }] of this.records) {
      if (offset < stable && transaction?.aborted !== true) latest.set(key, offset)
    }
    const seen = new Map<string, number>()
    for (const { offset, key } of visible) {
      if (this.records.get(offset)?.transaction?.aborted === true) throw new Error(`${offset} is seen, but was aborted`)
      seen.set(key, offset)
    }
    for (const [key, offset] of latest) {
      if (seen.get(key) === offset) continue
      if (this.records.get(offset)?.value !== null) throw new Error(`${key} is ${seen.get(key)}, not ${offset}`)
      if (seen.has(key)) throw new Error(`the deleted ${key} came back with ${seen.get(key)}`)
      const passedMs = this.#passedMs.get(offset) ?? Number.POSITIVE_INFINITY
      if (this.fixture.now < passedMs + deleteRetentionMs) throw new Error(`the tombstone ${offset} went early`)
    }
  }

  /** All records, or those that a consumer of committed records sees, as it finds out. */
  #read(committed: boolean): Found[] {
    const { log, random } = this
    const end = committed ? log.lastStableOffset(log.writtenOffset) : log.writtenOffset
    const found: Found[] = []
    for (let offset = log.logStartOffset; offset < end; ) {
      const begin = offset
      const maxBytes = 1 + random.int(2_000)
      const result = log.read(offset, { maxBytes, maxOffset: end, minOneMessage: true })
      if (result.sizeInBytes === 0) break
      const coming = log.abortedTransactions(offset, end).sort((a, b) => a.firstOffset - b.firstOffset)
      const aborted = new Set<number>()
      for (const records of result.records) {
        for (const at of batches(records)) {
          const id = producerId(records, at)
          offset = lastOffset(records, at) + 1
          while (coming.length > 0 && coming[0].firstOffset < offset) aborted.add(coming.shift()!.producerId)
          const all = readRecords(records, at)
          if (isControl(records, at)) {
            if (all.length > 0 && controlTypeOf(all[0].key) === 'ABORT') aborted.delete(id)
            continue
          }
          if (committed && isTransactional(records, at) && aborted.has(id)) continue
          for (const { offset: own, key, value, timestamp } of all) {
            if (own >= begin) found.push({ offset: own, key: String(key), value: value?.toString() ?? null, timestamp })
          }
        }
      }
      result.release()
    }
    return found
  }

  /** After the producers' state was made anew out of the log: whoever sends its last batch again is known. */
  verifyProducers(): void {
    for (const { last, id } of this.producers) {
      if (last === null) continue
      const result = this.fixture.append(last.batch())
      if (!result.duplicate || result.baseOffset !== last.baseOffset) throw new Error(`producer ${id} was forgotten`)
    }
  }
}

/**
 * Random histories of a log, crashed at random moments: what was promised must be there, and all files must fit together.
 * `OTTLA_STORAGE_SEEDS=FROM-TO` runs other seeds; a failure names its own.
 */
import t from 'tap'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { batches as positions, readRecords } from '../../protocol/records/batch.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import { baseOffset as baseOffsetOf, isControl } from '../../protocol/records/header.ts'
import { checkLog } from '../../storage/check.ts'
import { LogDirectory } from '../../storage/directory.ts'
import { defaultLogConfig, type Log, type LogConfig } from '../../storage/log.ts'
import { batchOf, startMs } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

const [firstSeed, lastSeed] = (process.env.OTTLA_STORAGE_SEEDS ?? '1-400').split('-').map(Number)

const client = { origin: 'client', leaderEpoch: 0 } as const

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

interface Producer {
  readonly id: number
  sequence: number
  inTransaction: boolean
  /** The last batch, to be sent again. */
  last: { values: string[]; baseSequence: number; baseOffset: number } | null
}

/** One log through its lives, and what it must hold. */
class History {
  readonly random: Random
  readonly config: LogConfig
  files = new SimulatedFiles()
  directory!: LogDirectory
  log!: Log
  now = startMs
  /** The value at each offset, as appended; null is a marker. */
  values: (string | null)[] = []
  /** Offset below which a killed process may lose nothing. */
  written = 0
  /** Offset below which a power failure may lose nothing. */
  flushed = 0
  /** Log starts that may be found after a crash. */
  logStart = 0
  producers: Producer[] = []
  #scheduled: (() => void)[] = []
  #next = 0

  constructor(seed: number) {
    this.random = seededRandom(seed)
    const pick = <T>(...choices: T[]): T => choices[this.random.int(choices.length)]
    this.config = {
      ...defaultLogConfig,
      segmentBytes: pick(600, 1_500, 4_000, 1_000_000),
      segmentIndexBytes: pick(40, 200, 10_000),
      indexIntervalBytes: pick(0, 150, 600, 4_096),
      flushMessages: pick(1, 5, Number.MAX_SAFE_INTEGER),
      fileDeleteDelayMs: pick(0, 10),
    }
    this.open()
  }

  open(): void {
    this.#scheduled = []
    this.directory = LogDirectory.open('/data', {
      files: this.files,
      nodeId: 1,
      uuid: () => this.random.uuid(),
      now: () => this.now,
      schedule: run => void this.#scheduled.push(run),
      producerIdExpirationMs: Number.MAX_SAFE_INTEGER,
    })
    this.log = this.directory.openLog('t', 0, topicId, this.config, {
      onWritten: log => {
        // One that is dead by now may still be told that its disk is done.
        if (log !== this.log) return
        this.written = log.writtenOffset
        if (this.config.flushMessages === 1) this.flushed = log.writtenOffset
      },
    })
  }

  turn(): void {
    for (const run of this.#scheduled.splice(0)) run()
  }

  append(): void {
    const values = Array.from({ length: 1 + this.random.int(4) }, () =>
      `${this.#next++}`.padEnd(this.random.int(120), '.'),
    )
    const timestamp = this.now - this.random.int(50)
    const compression = this.random.int(4) === 0 ? 'gzip' : 'none'
    const producer = this.producers[this.random.int(this.producers.length + 2)]
    if (producer === undefined) {
      this.#append(values, batchOf(values, { timestamp, compression }))
      return
    }
    const isTransactional = producer.id % 2 === 1
    const identity = { producerId: producer.id, producerEpoch: 0, isTransactional }
    const again = producer.last
    if (again !== null && this.random.int(4) === 0) {
      const result = this.log.append(batchOf(again.values, { ...identity, baseSequence: again.baseSequence }), client)
      if (!result.duplicate || result.baseOffset !== again.baseOffset) throw new Error('a repeated batch was appended')
      return
    }
    const baseSequence = producer.sequence
    const baseOffset = this.#append(values, batchOf(values, { ...identity, baseSequence, timestamp, compression }))
    producer.sequence += values.length
    producer.inTransaction = isTransactional
    producer.last = { values, baseSequence, baseOffset }
  }

  endTransaction(): void {
    const producer = this.producers.find(candidate => candidate.inTransaction)
    if (producer === undefined) {
      this.producers.push({ id: 10 + this.#next++, sequence: 0, inTransaction: false, last: null })
      return
    }
    const type = this.random.int(2) === 0 ? 'COMMIT' : 'ABORT'
    const marker = endTransactionMarker({
      type,
      producerId: producer.id,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: this.now,
    })
    this.log.append(marker, { origin: 'coordinator', leaderEpoch: 0 })
    this.values.push(null)
    producer.inTransaction = false
  }

  #append(values: string[], batch: Buffer): number {
    const { baseOffset } = this.log.append(batch, client)
    if (baseOffset !== this.values.length) throw new Error(`appended at ${baseOffset}, not ${this.values.length}`)
    this.values.push(...values)
    return baseOffset
  }

  async flush(): Promise<void> {
    await this.log.flush()
    this.written = this.log.writtenOffset
    this.flushed = this.log.logEndOffset
  }

  async step(): Promise<void> {
    this.now += this.random.int(5)
    const chance = this.random.int(100)
    if (chance < 55) this.append()
    else if (chance < 62) this.endTransaction()
    else if (chance < 82) this.turn()
    else if (chance < 86) await this.flush()
    else if (chance < 88) this.log.roll()
    else if (chance < 91) await this.directory.checkpoint()
    else if (chance < 93) await this.directory.removeDeleted(this.now)
    else if (chance < 95) await this.truncate()
    else if (chance < 97) this.advance()
    else if (chance < 98) await this.reopen()
    else await new Promise(resolve => setImmediate(resolve))
  }

  async truncate(): Promise<void> {
    const start = this.log.logStartOffset
    const offset = start + this.random.int(this.log.logEndOffset - start + 1)
    // Only where a batch begins, as a leader's epochs end: an offset within one would leave a gap.
    const at = [...this.#batchStarts()].findLast(begin => begin <= offset) ?? start
    this.log.truncateTo(at)
    this.values.length = Math.min(this.values.length, at)
    this.written = Math.min(this.written, at)
    this.flushed = Math.min(this.flushed, at)
    this.logStart = Math.min(this.logStart, at)
    // Their state is that of the log again; new ones take their place.
    this.producers = []
    await this.flush()
    await this.directory.checkpoint()
  }

  advance(): void {
    const start = this.log.logStartOffset
    this.logStart = start + this.random.int(this.written - Math.min(start, this.written) + 1)
    this.log.advanceLogStartOffset(this.logStart)
  }

  async reopen(): Promise<void> {
    await this.directory.close()
    this.check(true)
    this.open()
    if (this.log.logEndOffset !== this.values.length) throw new Error('a clean restart lost records')
    if (this.log.logStartOffset !== Math.max(this.logStart, 0)) throw new Error('a clean restart lost the log start')
    this.written = this.flushed = this.values.length
  }

  /** The process or the machine dies; the next one opens what is left. */
  async crash(power: boolean): Promise<void> {
    const next = () => this.random.next()
    if (this.random.int(2) === 0) {
      // It dies in the middle of a write.
      this.files.writesUntilFailure = this.random.int(3)
      this.files.failureFraction = next()
      try {
        for (let count = this.random.int(4); count > 0; count--) this.append()
        this.turn()
      } catch (error) {
        if (this.log.failure === null) throw error
      }
    }
    this.files = power ? this.files.lostPower(next) : this.files.killed()
    const promised = power ? this.flushed : this.written
    this.open()
    const end = this.log.logEndOffset
    if (end < promised) throw new Error(`offset ${promised} was promised, the log ends at ${end}`)
    if (end > this.values.length) throw new Error(`the log ends at ${end}, only ${this.values.length} were appended`)
    if (this.log.logStartOffset > this.logStart) throw new Error('the log starts later than it was told to')
    this.values.length = end
    this.verifyValues()
    this.written = this.flushed = end
    this.logStart = this.log.logStartOffset
    await this.flush()
    this.check(false)
    for (const producer of this.producers) this.#verifyProducer(producer, end)
    this.producers = []
  }

  /** A producer's last batch, if it survived, is known; if not, it can be sent again. */
  #verifyProducer(producer: Producer, end: number): void {
    const { last } = producer
    if (last === null || last.baseOffset < this.log.logStartOffset) return
    const survived = last.baseOffset < end
    const batch = batchOf(last.values, {
      producerId: producer.id,
      producerEpoch: 0,
      baseSequence: last.baseSequence,
      isTransactional: producer.id % 2 === 1,
    })
    try {
      const result = this.log.append(batch, client)
      if (result.duplicate !== survived) throw new Error(`the retry of ${last.baseOffset} was taken for the other kind`)
      if (!result.duplicate) this.values.push(...last.values)
    } catch (error) {
      // Where more than its last batch was lost.
      if (!(error instanceof KafkaError) || error.code !== codes.OUT_OF_ORDER_SEQUENCE_NUMBER || survived) throw error
    }
  }

  *#batchStarts(): Generator<number> {
    for (const { begin } of this.#read()) yield begin
  }

  verifyValues(): void {
    let offset = this.log.logStartOffset
    for (const { begin, values } of this.#read()) {
      values.forEach((value, index) => {
        if (begin + index < offset) return
        if (begin + index !== offset) throw new Error(`offset ${offset} is missing`)
        if (this.values[offset] !== value) throw new Error(`offset ${offset} has another value`)
        offset++
      })
    }
    if (offset !== this.log.writtenOffset) throw new Error(`reading ends at ${offset}`)
  }

  *#read(): Generator<{ begin: number; values: (string | null)[] }> {
    for (let offset = this.log.logStartOffset; offset < this.log.writtenOffset; ) {
      const maxBytes = 1 + this.random.int(2_000)
      const result = this.log.read(offset, { maxBytes, maxOffset: Number.POSITIVE_INFINITY, minOneMessage: true })
      if (result.sizeInBytes === 0) throw new Error(`nothing to read at ${offset}`)
      for (const batch of batchesOf(result.records[0])) {
        yield batch
        offset = batch.begin + batch.values.length
      }
      result.release()
    }
  }

  check(closed: boolean): void {
    const { findings } = checkLog(this.files, '/data/t-0', { dense: true, closed, logStartOffset: this.logStart })
    if (findings.length > 0) throw new Error(`${findings.length} findings: ${findings.slice(0, 3).join('; ')}`)
  }
}

function batchesOf(records: Buffer): { begin: number; values: (string | null)[] }[] {
  return [...positions(records)].map(at => ({
    begin: baseOffsetOf(records, at),
    values: readRecords(records, at).map(record => (isControl(records, at) ? null : String(record.value))),
  }))
}

async function run(seed: number, disk: { syncsAreLost?: boolean } = {}): Promise<void> {
  const history = new History(seed)
  Object.assign(history.files, disk)
  for (let life = 0; life < 3; life++) {
    for (let step = history.random.int(150); step > 0; step--) await history.step()
    await history.crash(history.random.int(2) === 0)
  }
  await history.reopen()
  history.verifyValues()
}

t.test('nothing promised is lost, and all files fit together, whenever a process or a machine dies', async t => {
  let failed = 0
  for (let seed = firstSeed; seed <= (lastSeed ?? firstSeed) && failed < 5; seed++) {
    try {
      await run(seed)
    } catch (error) {
      failed++
      t.fail(`OTTLA_STORAGE_SEEDS=${seed}: ${(error as Error).stack}`)
    }
  }
  t.equal(failed, 0)
})

t.test('a disk that forgets what it was told to sync is found out', async t => {
  let found = 0
  for (let seed = 1; seed <= 60; seed++) {
    try {
      await run(seed, { syncsAreLost: true })
    } catch {
      found++
    }
  }
  t.ok(found > 10, `${found} of 60`)
})

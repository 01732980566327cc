/** What one partition must hold, whatever happened to it: every record that was appended, and what was promised of it. */
import type { Random } from '../../lib/base/random.ts'
import { batches, readRecords } from '../../protocol/records/batch.ts'
import { controlTypeOf } from '../../protocol/records/control.ts'
import {
  baseOffset,
  isControl,
  isTransactional,
  lastOffset,
  partitionLeaderEpoch,
  producerId,
} from '../../protocol/records/header.ts'
import type { Log } from '../../storage/log.ts'

/** A transaction in this partition: from its first record to its marker. */
export interface Transaction {
  readonly producerId: number
  readonly firstOffset: number
  /** −1 while it is open. */
  lastOffset: number
  aborted: boolean
}

/** What was appended at one offset. A marker has no key and no value. */
export interface Entry {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly transaction: Transaction | null
  readonly isMarker: boolean
  /** When a cleaning first passed over it. */
  passedMs: number
}

/** A batch of a producer, to be sent again. */
export interface SentBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly build: () => Buffer
  /** Whether a later one was there when compaction passed over it: of this one nothing may be left. */
  mayBeGone: boolean
}

/** A producer with an id, as itself knows it. */
export interface Producer {
  readonly id: number
  readonly isTransactional: boolean
  epoch: number
  /** Sequence of its next record. */
  sequence: number
  sent: SentBatch[]
  transactions: Transaction[]
}

/** One record as it was read. */
interface Found {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

/** A cut that is not yet known to last: a crash may bring back what it took. */
export interface Cut {
  readonly to: number
  readonly whole: boolean
  /** Where appends go on behind it: afterwards there may be what it took or what follows it, and never some of both. */
  readonly goesOn?: GoingOn | undefined
}

interface GoingOn {
  /** The batches that it took. */
  readonly taken: readonly (readonly Entry[])[]
  readonly restore: () => void
  /** The epoch that begins with it. */
  readonly leaderEpoch: number
}

/** See the head of the file. */
export class PartitionModel {
  readonly deleteRetentionMs: number
  entries: (Entry | undefined)[] = []
  batchStarts: number[] = []
  producers: Producer[] = []
  /** Epochs that have records, and the one that the leader is in. */
  epochs: { leaderEpoch: number; startOffset: number }[] = []
  leaderEpoch = 0
  /** Offset that the next record gets. */
  end = 0
  /** First offset that can be read, and the least that it may be after a crash. */
  start = 0
  startKept = 0
  /** Offset below which all was deleted once, and some came back with a crash: nobody counted that in any more, as with Apache Kafka. */
  deletedTo = 0
  /** Offsets below which a killed process and a power failure may lose nothing. */
  written = 0
  flushed = 0
  /** Offset below which compaction may have left out something. */
  cleanedTo = 0
  /** What was committed when it looked, and decided of transactions. */
  committed = 0
  cut: Cut | null = null

  constructor(deleteRetentionMs: number) {
    this.deleteRetentionMs = deleteRetentionMs
  }

  push(entry: Omit<Entry, 'passedMs'>): void {
    this.entries[this.end++] = { ...entry, passedMs: Number.POSITIVE_INFINITY }
  }

  noteEpoch(leaderEpoch: number, startOffset: number): void {
    if (this.epochs[this.epochs.length - 1]?.leaderEpoch !== leaderEpoch) this.epochs.push({ leaderEpoch, startOffset })
  }

  /** A cleaning begins that ends below an offset. */
  noteCleaning(upper: number, highWatermark: number, now: number): void {
    this.committed = Math.max(this.committed, highWatermark)
    this.cleanedTo = Math.max(this.cleanedTo, upper)
    for (const entry of this.entries.slice(0, upper)) if (entry) entry.passedMs = Math.min(entry.passedMs, now)
    this.noteProducers(upper)
  }

  /** It takes note of what producers wrote last: what is appended until then counts, though a cut may take it yet. */
  noteProducers(upper: number): void {
    for (const { sent } of this.producers) {
      for (const batch of sent.slice(0, -1)) if (batch.baseOffset < upper) batch.mayBeGone = true
    }
  }

  /** The transactions that have no marker. */
  openTransactions(): Transaction[] {
    return this.producers.flatMap(({ transactions }) => transactions.filter(({ lastOffset }) => lastOffset < 0))
  }

  /** A cut begins. What it takes is not promised any more, but may be found again after a crash. Gives what undoes that. */
  beginCut(cut: Cut): () => void {
    const { written, flushed, startKept } = this
    this.cut = cut
    const kept = cut.whole ? 0 : cut.to
    this.written = Math.min(this.written, kept)
    this.flushed = Math.min(this.flushed, kept)
    this.startKept = cut.whole ? 0 : Math.min(this.startKept, cut.to)
    return () => void Object.assign(this, { cut: null, written, flushed, startKept })
  }

  /** A cut was begun that is followed by appends at once, in an epoch of their own. */
  goOnBehindCut(leaderEpoch: number): void {
    const { to } = this.cut!
    const starts = [...this.batchStarts.filter(offset => offset >= to), this.end]
    const taken = starts.slice(0, -1).map((from, i) => this.entries.slice(from, starts[i + 1]).filter(isEntry))
    this.cut = { to, whole: false, goesOn: { taken, restore: this.#keep(), leaderEpoch } }
    this.cutAt(to)
    this.leaderEpoch = leaderEpoch
  }

  /** The cut lasts. */
  endCut(): void {
    const { cut } = this
    this.cut = null
    if (cut?.whole) this.restartAt(cut.to)
    else if (cut && !cut.goesOn) this.cutAt(cut.to)
  }

  /** Whether a cut has to last before anything more is done. */
  get waitsForCut(): boolean {
    return this.cut !== null && !this.cut.goesOn
  }

  /** Keeps all of what was appended; gives what brings it back. */
  #keep(): () => void {
    const { end, epochs, cleanedTo, committed } = this
    const lists = { entries: [...this.entries], batchStarts: [...this.batchStarts], producers: [...this.producers] }
    const producers = this.producers.map(({ epoch, sequence, sent, transactions }) => ({
      epoch,
      sequence,
      sent,
      transactions,
    }))
    const transactions = producers.flatMap(each => each.transactions)
    const ends = transactions.map(({ lastOffset, aborted }) => ({ lastOffset, aborted }))
    return () => {
      Object.assign(this, { end, epochs, cleanedTo, committed, ...lists })
      for (const [index, producer] of this.producers.entries()) Object.assign(producer, producers[index])
      for (const [index, transaction] of transactions.entries()) Object.assign(transaction, ends[index])
    }
  }

  /** Everything is gone. */
  restartAt(offset: number): void {
    this.cutAt(0)
    this.end = offset
    this.start = offset
    this.startKept = offset
    this.deletedTo = 0
    this.written = offset
    this.flushed = offset
  }

  /** Forgets what is not there any more. */
  cutAt(end: number): void {
    if (end >= this.end) return
    this.end = end
    this.entries.length = Math.min(this.entries.length, end)
    this.batchStarts = this.batchStarts.filter(offset => offset < end)
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < end)
    this.written = Math.min(this.written, end)
    this.flushed = Math.min(this.flushed, end)
    this.cleanedTo = Math.min(this.cleanedTo, end)
    this.deletedTo = Math.min(this.deletedTo, end)
    this.committed = Math.min(this.committed, end)
    for (const producer of this.producers) {
      producer.sent = producer.sent.filter(({ baseOffset }) => baseOffset < end)
      producer.transactions = producer.transactions.filter(({ firstOffset }) => firstOffset < end)
      for (const transaction of producer.transactions) if (transaction.lastOffset >= end) transaction.lastOffset = -1
      const last = producer.sent[producer.sent.length - 1]
      producer.sequence = last === undefined ? 0 : last.lastSequence + 1
      producer.epoch = last?.epoch ?? producer.epoch + 1
    }
  }

  /** The process died, or the whole machine. */
  crashed(power: boolean): void {
    if (power) this.written = this.flushed
  }

  /** Another process has opened what was left. Throws where that breaks a promise. */
  recovered(log: Log, power: boolean): void {
    const { logStartOffset: start, logEndOffset: end } = log
    const { cut } = this
    this.cut = null
    if (cut?.whole && start === cut.to && end === cut.to) this.restartAt(cut.to)
    if (cut?.goesOn && end > cut.to && epochAt(log, cut.to) < cut.goesOn.leaderEpoch) cut.goesOn.restore()
    if (end < this.written) throw new Error(`everything below ${this.written} was promised, the log ends at ${end}`)
    if (end > this.end) throw new Error(`the log ends at ${end}, only ${this.end} were appended`)
    if (start < this.startKept) throw new Error(`the log start went back to ${start} from ${this.startKept}`)
    if (start > this.start && !cut?.whole) throw new Error(`the log starts at ${start}, it was told ${this.start}`)
    if (start < this.start) this.deletedTo = Math.max(this.deletedTo, this.start)
    this.cutAt(end)
    this.start = start
    this.written = end
    if (power) this.settled()
  }

  /** All that there is now is on the disk. */
  settled(): void {
    this.flushed = this.end
    this.startKept = this.start
  }

  /** Throws where the log is not what it must be. `settled`: it was just opened. */
  verify(log: Log, random: Random, now: number, settled: boolean): void {
    if (log.logStartOffset !== this.start) throw new Error(`the log start is ${log.logStartOffset}, not ${this.start}`)
    if (log.logEndOffset !== this.end) throw new Error(`the log ends at ${log.logEndOffset}, not ${this.end}`)
    const all = this.#readAll(log, random)
    let next = Math.max(this.cleanedTo, this.start)
    for (const found of all) {
      this.#verifyRecord(found)
      if (found.offset < this.cleanedTo) continue
      if (found.offset !== next) throw new Error(`offset ${next} is missing, there is ${found.offset}`)
      next++
    }
    const end = Math.max(log.writtenOffset, this.cleanedTo, this.start)
    if (next !== end) throw new Error(`reading ends at ${next}, not ${end}`)
    const stable = this.#verifyStable(log)
    this.#verifyCommitted(this.#readCommitted(log, random, stable), stable, now)
    this.#verifyProducers(log, settled)
    this.#verifyEpochs(log)
    if (this.cleanedTo === 0 && log.writtenOffset === this.end) this.#verifyTime(log, random)
  }

  #verifyRecord({ offset, key, value, timestamp }: Found): void {
    const entry = this.entries[offset]
    if (entry === undefined) throw new Error(`offset ${offset} appeared`)
    if (key !== entry.key || value !== entry.value || timestamp !== entry.timestamp) {
      throw new Error(
        `offset ${offset} changed: ${JSON.stringify({ key, value, timestamp })} was ${JSON.stringify(entry)}`,
      )
    }
  }

  /** From where on the log knows what producers wrote. */
  get knownFrom(): number {
    return Math.max(this.start, this.deletedTo)
  }

  /** The last stable offset. One that hangs on records before the log's start depends on whether anybody still knows them. */
  #verifyStable(log: Log): number {
    const highWatermark = log.writtenOffset
    const stable = log.lastStableOffset(highWatermark)
    const open = this.producers.flatMap(({ transactions }) =>
      transactions.filter(({ lastOffset }) => lastOffset < 0 || lastOffset >= highWatermark),
    )
    if (stable < this.start && this.start <= highWatermark)
      throw new Error(`the last stable offset ${stable} was deleted`)
    if (open.some(({ firstOffset }) => firstOffset < this.knownFrom)) return Math.max(stable, this.start)
    const expected = Math.min(highWatermark, ...open.map(({ firstOffset }) => firstOffset))
    // After a cut, what ended before it counts as ended, though it may not be written down yet.
    if (this.cut !== null && highWatermark < this.cut.to && stable <= highWatermark) return Math.min(stable, expected)
    if (stable !== expected) throw new Error(`the last stable offset is ${stable}, not ${expected}`)
    return stable
  }

  #verifyCommitted(found: readonly Found[], stable: number, now: number): void {
    const seen = new Map<number, Found>()
    for (const each of found) {
      if (each.offset >= this.knownFrom && this.entries[each.offset]?.transaction?.aborted === true) {
        throw new Error(`offset ${each.offset} is seen, though it was aborted`)
      }
      seen.set(each.offset, each)
    }
    const latest = new Map<string, number>()
    for (let offset = this.start; offset < stable; offset++) {
      const entry = this.entries[offset]
      if (entry === undefined || entry.isMarker || entry.transaction?.aborted === true) continue
      if (offset >= this.cleanedTo && !seen.has(offset)) throw new Error(`offset ${offset} is not seen`)
      if (offset < this.cleanedTo && entry.key !== null) latest.set(entry.key, offset)
    }
    const last = new Map<string | null, number>()
    for (const { offset, key } of found) if (offset < this.cleanedTo) last.set(key, offset)
    for (const [key, offset] of latest) this.#verifyLatest(key, offset, last.get(key), now)
  }

  /** Of what was cleaned, the latest of each key is there, unless it says that the key was deleted, and is old enough. */
  #verifyLatest(key: string, offset: number, found: number | undefined, now: number): void {
    if (found === offset) return
    const { value, passedMs } = this.entries[offset] as Entry
    if (value !== null) throw new Error(`the latest of ${key} is ${found}, not ${offset}`)
    if (found !== undefined) throw new Error(`the deleted ${key} came back with ${found}`)
    if (now < passedMs + this.deleteRetentionMs) throw new Error(`the tombstone of ${key} at ${offset} went early`)
  }

  #verifyProducers(log: Log, settled: boolean): void {
    const { states } = log.producers
    for (const producer of this.producers) {
      const last = producer.sent[producer.sent.length - 1]
      // Where all of it lies before the log's start, it may be forgotten.
      if (last === undefined || last.baseOffset < this.knownFrom || last.mayBeGone) continue
      const state = states.get(producer.id)
      const batch = state?.batches[state.batches.length - 1]
      const open = producer.transactions.find(({ lastOffset }) => lastOffset < 0)
      const first = state?.currentTxnFirstOffset ?? -1
      const sameStart =
        open === undefined || open.firstOffset < this.knownFrom
          ? first >= 0 === (open !== undefined)
          : first === open.firstOffset
      if (
        state?.epoch !== last.epoch ||
        batch?.lastSequence !== last.lastSequence ||
        batch.lastOffset !== last.lastOffset ||
        !sameStart
      ) {
        const known = JSON.stringify(state)
        throw new Error(
          `of producer ${producer.id} the log knows ${known}${settled ? ' after opening' : ''}, not ${JSON.stringify({ last, open })}`,
        )
      }
    }
  }

  #verifyEpochs(log: Log): void {
    this.#verifyEpoch(log, this.leaderEpoch, this.leaderEpoch, this.end)
    this.#verifyEpoch(log, this.leaderEpoch + 1, -1, -1)
    for (const [index, { leaderEpoch }] of this.epochs.entries()) {
      const end = this.epochs[index + 1]?.startOffset ?? this.end
      if (end <= this.start) continue
      const next = this.epochs[index + 1]?.leaderEpoch ?? this.leaderEpoch
      // Those in between have no records, or lost them.
      for (let asked = leaderEpoch; asked < next; asked++) this.#verifyEpoch(log, asked, leaderEpoch, end)
    }
  }

  #verifyEpoch(log: Log, asked: number, leaderEpoch: number, endOffset: number): void {
    const told = log.endOffsetForEpoch(asked)
    if (told.endOffset === endOffset && told.leaderEpoch === leaderEpoch) return
    const expected = JSON.stringify({ leaderEpoch, endOffset })
    throw new Error(`asked for epoch ${asked} the log says ${JSON.stringify(told)}, not ${expected}`)
  }

  #verifyTime(log: Log, random: Random): void {
    if (this.end === this.start) return
    const some = this.entries[this.start + random.int(this.end - this.start)]
    if (some === undefined) return
    const timestamp = some.timestamp + random.int(3) - 1
    let expected = -1
    for (let offset = this.start; offset < this.end && expected < 0; offset++) {
      if ((this.entries[offset]?.timestamp ?? -1) >= timestamp) expected = offset
    }
    const found = log.offsetForTimestamp(timestamp)?.offset ?? -1
    if (found !== expected) throw new Error(`time ${timestamp} is reached at ${found}, not ${expected}`)
  }

  #readAll(log: Log, random: Random): Found[] {
    const found: Found[] = []
    for (const { records, from } of readSets(log, random, log.writtenOffset)) {
      for (const at of batches(records)) pushRecords(records, at, from, found)
    }
    return found
  }

  /** What a consumer of committed records sees, as it finds that out. */
  #readCommitted(log: Log, random: Random, stable: number): Found[] {
    const found: Found[] = []
    for (const { records, from, to } of readSets(log, random, stable)) {
      const coming = log.abortedTransactions(from, to).sort((a, b) => a.firstOffset - b.firstOffset)
      const aborted = new Set<number>()
      for (const at of batches(records)) {
        const id = producerId(records, at)
        while (coming.length > 0 && coming[0].firstOffset <= lastOffset(records, at))
          aborted.add(coming.shift()!.producerId)
        if (isControl(records, at)) {
          const [marker] = readRecords(records, at)
          if (marker !== undefined && controlTypeOf(marker.key) === 'ABORT') aborted.delete(id)
        } else if (!isTransactional(records, at) || !aborted.has(id)) pushRecords(records, at, from, found)
      }
    }
    return found
  }
}

function isEntry(entry: Entry | undefined): entry is Entry {
  return entry !== undefined
}

/** The epoch of the batch that has an offset. */
function epochAt(log: Log, offset: number): number {
  const result = log.read(offset, { maxBytes: 1, maxOffset: log.writtenOffset, minOneMessage: true })
  const epoch = partitionLeaderEpoch(result.records[0], 0)
  result.release()
  return epoch
}

/** All that can be read below an offset, in pieces of any size. */
function* readSets(log: Log, random: Random, end: number): Generator<{ records: Buffer; from: number; to: number }> {
  for (let from = log.logStartOffset; from < end; ) {
    const result = log.read(from, { maxBytes: 1 + random.int(3_000), maxOffset: end, minOneMessage: true })
    if (result.sizeInBytes === 0) return
    const records = result.records.length === 1 ? result.records[0] : Buffer.concat(result.records)
    let to = from
    for (const at of batches(records)) {
      if (lastOffset(records, at) < to) throw new Error(`offset ${baseOffset(records, at)} is read after ${to - 1}`)
      to = lastOffset(records, at) + 1
    }
    yield { records, from, to }
    result.release()
    from = to
  }
}

function pushRecords(records: Buffer, at: number, from: number, found: Found[]): void {
  const control = isControl(records, at)
  for (const { offset, key, value, timestamp } of readRecords(records, at)) {
    if (offset < from) continue
    found.push({
      offset,
      key: control ? null : (key?.toString() ?? null),
      value: control ? null : (value?.toString() ?? null),
      timestamp,
    })
  }
}

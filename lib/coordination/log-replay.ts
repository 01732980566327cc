/** Reads a coordinator's partition from its start to its end, a slice at a time, and hands over what is in it. */
import { DecodeError } from '../../protocol/codec.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { nextBatch, type RecordView, readRecords } from '../../protocol/records/batch.ts'
import { readEndTransactionMarker } from '../../protocol/records/control.ts'
import { isControl, isTransactional, lastOffset, producerId } from '../../protocol/records/header.ts'
import type { Logger } from '../base/logger.ts'
import type { Moment, RecordFormat, Shard } from './shard.ts'

/** What a replay needs of a log. */
export interface ReplayedLog {
  readonly logStartOffset: number
  readonly logEndOffset: number
  read(
    fetchOffset: number,
    limits: { maxBytes: number; maxOffset: number; minOneMessage: boolean },
  ): { readonly records: readonly Buffer[]; release(): void }
  /** Has what was appended readable. Throws where the disk fails. */
  writeOut(): void
}

/** Where the records go. */
export interface ReplayTarget {
  /** `producerId` is that of the transaction the record belongs to, -1 for none. Throws where the record cannot be read. */
  record(record: RecordView, producerId: number): void
  transactionEnded(producerId: number, committed: boolean): void
}

/** Bytes that are read at once, unless one batch has more. */
export const replaySliceBytes = 128 * 1024
/** Records of one step: less than a millisecond of work. A batch may have many more, the more so where it is compressed. */
const stepMax = 512

export class LogReplay {
  readonly #log: ReplayedLog
  readonly #target: ReplayTarget
  readonly #logger: Logger
  readonly #end: number
  #next: number
  /** What was read last, and how far it is replayed. */
  #slice: { readonly held: { release(): void }; readonly before: number; readonly steps: Iterator<void> } | null = null
  #replayed = 0

  constructor(log: ReplayedLog, target: ReplayTarget, logger: Logger) {
    this.#log = log
    this.#target = target
    this.#logger = logger
    this.#next = log.logStartOffset
    this.#end = log.logEndOffset
  }

  /** Replays some records; true once the end is reached. Batches and records that cannot be read are told of and passed over. */
  step(): boolean {
    if (this.#slice === null && this.#next >= this.#end) return true
    this.#slice ??= this.#read()
    const { before, steps } = this.#slice
    try {
      if (!steps.next().done) return false
    } catch (error) {
      this.end()
      throw error
    }
    this.end()
    // Nothing more is readable, although the log says it is longer.
    return this.#next >= this.#end || this.#next === before
  }

  /** Nothing more is replayed of what was read last. */
  end(): void {
    this.#slice?.held.release()
    this.#slice = null
  }

  #read() {
    const before = this.#next
    const limits = { maxBytes: replaySliceBytes, maxOffset: this.#end, minOneMessage: true }
    const held = this.#log.read(before, limits)
    return { held, before, steps: this.#replay(held.records) }
  }

  *#replay(all: readonly Buffer[]): Generator<void, void> {
    for (const bytes of all) {
      for (let at = 0; at < bytes.length; ) {
        const size = nextBatch(bytes, at, bytes.length)
        const last = lastOffset(bytes, at)
        // The first batch of a slice may begin before the slice does; it is replayed once.
        if (last >= this.#next) yield* this.#replayBatch(bytes, at)
        this.#next = last + 1
        at += size
      }
    }
  }

  *#replayBatch(bytes: Buffer, at: number): Generator<void, void> {
    try {
      if (isControl(bytes, at)) {
        const marker = readEndTransactionMarker(bytes, at)
        if (marker) this.#target.transactionEnded(producerId(bytes, at), marker.type === 'COMMIT')
        return
      }
      const transaction = isTransactional(bytes, at) ? producerId(bytes, at) : -1
      for (const record of readRecords(bytes, at)) {
        this.#replayRecord(record, transaction)
        if (++this.#replayed % stepMax === 0) yield
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#logger.warn('a batch cannot be read and is passed over', { lastOffset: lastOffset(bytes, at), error })
    }
  }

  #replayRecord(record: RecordView, transaction: number): void {
    try {
      this.#target.record(record, transaction)
    } catch (error) {
      if (!unreadable(error)) throw error
      this.#logger.warn('a record cannot be read and is passed over', { offset: record.offset, error })
    }
  }
}

/** A replay of a log into a shard; the records take effect as of one moment. */
export function replayInto<R>(
  shard: Shard<R>,
  format: RecordFormat<R>,
  log: ReplayedLog,
  now: Moment,
  logger: Logger,
): LogReplay {
  const target: ReplayTarget = {
    record: ({ key, value }, producerId) => {
      const record = key && format.decode(key, value)
      if (record) shard.replay(record, producerId, now)
    },
    transactionEnded: (producerId, committed) => shard.endTransaction(producerId, committed),
  }
  return new LogReplay(log, target, logger)
}

/** What decoding throws at bytes that are not what they should be. */
function unreadable(error: unknown): boolean {
  return error instanceof DecodeError || error instanceof KafkaError || error instanceof RangeError
}

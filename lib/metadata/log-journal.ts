/**
 * The journal of the embedded store as one of our own logs: a batch for each transaction, a record for each key, so
 * that a transaction is there whole or not at all, and Kafka's tools can print it.
 */
import { batches, buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { type Files, privateFiles } from '../../storage/files.ts'
import { defaultLogConfig, Log, type LogOptions } from '../../storage/log.ts'
import { assert } from '../base/assert.ts'
import type { Journal, JournalChange } from './journal.ts'

/** The directory of the journal within a data directory. */
export const journalDirectoryName = '__ottla_metadata-0'

export interface LogJournalOptions {
  /** The data directory. */
  readonly dataDirectory: string
  readonly files: Files
  readonly now: () => number
  /** Runs a function once at the end of this turn of the event loop. */
  readonly schedule: (run: () => void) => void
  /** Runs a function once after a while, in which descriptors may come free. */
  readonly later?: (run: () => void) => void
  readonly logger?: LogOptions['logger']
  /** The disk failed: nothing can be changed any more. */
  readonly onFailed?: (error: Error) => void
}

/** A history shorter than this is read in no time; rewriting it would save nothing. */
const historyRecordsMin = 10_000
/** Records in one batch of a rewritten history. */
const recordsPerBatch = 500
/** Bytes read at once when the history is replayed. */
const replayBytes = 4 * 1024 * 1024

/** Opens the journal of a data directory, which need not have one yet. */
export function openJournal(options: LogJournalOptions): Journal {
  return new LogJournal(options)
}

class LogJournal implements Journal {
  readonly #log: Log
  readonly #now: () => number

  constructor({ dataDirectory, now, schedule, later, logger, onFailed, ...options }: LogJournalOptions) {
    const dir = `${dataDirectory}/${journalDirectoryName}`
    // It has credentials of users, and passwords of key stores.
    const files = privateFiles(options.files)
    files.mkdir(dir)
    this.#now = now
    this.#log = Log.open({
      dir,
      files,
      // What a rewriting leaves behind is garbage at once. Nothing else deletes, and time makes no segments. A transaction is as large
      // as what it changes.
      config: {
        ...defaultLogConfig,
        cleanupPolicy: [],
        fileDeleteDelayMs: 0,
        maxMessageBytes: Number.MAX_SAFE_INTEGER,
        segmentMs: Number.MAX_SAFE_INTEGER,
        retentionMs: -1,
      },
      now,
      schedule,
      later,
      logger,
      producerIdExpirationMs: () => Number.MAX_SAFE_INTEGER,
      // It is small, and all else depends on it: each batch is checked on each start.
      cleanShutdown: false,
      onFailed,
    })
  }

  get revision(): number {
    return this.#log.logEndOffset
  }

  replay(apply: (change: JournalChange) => void): void {
    const maxOffset = this.#log.logEndOffset
    let offset = this.#log.logStartOffset
    while (offset < maxOffset) {
      const read = this.#log.read(offset, { maxBytes: replayBytes, maxOffset, minOneMessage: true })
      assert(read.sizeInBytes > 0, `the metadata log has nothing to read at ${offset}, before its end ${maxOffset}`)
      for (const buffer of read.records) {
        for (const at of batches(buffer)) {
          for (const record of readRecords(buffer, at)) {
            offset = record.offset + 1
            if (record.key === null) continue
            apply({ key: record.key.toString(), value: record.value === null ? null : record.value.toString() })
          }
        }
      }
      read.release()
    }
  }

  append(changes: readonly JournalChange[]): void {
    if (changes.length === 0) return
    const timestamp = this.#now()
    const records = changes.map(({ key, value }) => ({
      timestamp,
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }))
    this.#log.append(buildBatch({ records }), { origin: 'coordinator', leaderEpoch: 0 })
  }

  flush(): Promise<void> {
    return this.#log.flush()
  }

  isOvergrown(keys: number): boolean {
    const history = this.#log.logEndOffset - this.#log.logStartOffset
    return history > Math.max(historyRecordsMin, 4 * keys)
  }

  /**
   * Begins a segment with all that is left, and drops those before it once that is on disk. A crash in between leaves
   * the old history with some of its last words repeated, which changes nothing.
   */
  async rewrite(state: readonly JournalChange[]): Promise<void> {
    this.#log.roll()
    const start = this.#log.logEndOffset
    for (let at = 0; at < state.length; at += recordsPerBatch) this.append(state.slice(at, at + recordsPerBatch))
    await this.#log.flush()
    this.#log.advanceLogStartOffset(start)
    this.#log.removeRetired(this.#now())
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}

/** A log under test: a clock that the test turns, and turns of the event loop that the test ends. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { sizeInBytes } from '../../protocol/records/header.ts'
import { type DirectoryOptions, LogDirectory } from '../../storage/directory.ts'
import { type Files, memoryFiles } from '../../storage/files.ts'
import { type AppendResult, defaultLogConfig, Log, type LogConfig, type LogOptions } from '../../storage/log.ts'

/** The time at which tests begin: an ordinary Friday. */
export const startMs = 1_700_000_000_000

/** A log and what surrounds it. */
export class LogFixture {
  readonly files: Files
  readonly dir: string
  now = startMs
  written: number[] = []
  failures: Error[] = []
  warnings: string[] = []
  log!: Log
  #config: LogConfig
  #scheduled: (() => void)[] = []

  constructor(
    config: Partial<LogConfig> = {},
    files: Files = memoryFiles(),
    dir = '/data/t-0',
    options: Partial<LogOptions> = {},
  ) {
    this.files = files
    this.dir = dir
    this.#config = { ...defaultLogConfig, ...config }
    files.mkdir(dir)
    // Whoever makes a data directory sees to its name.
    files.syncDirectoryNow(`${dir}/../..`)
    this.open(options)
  }

  /** Opens the directory, again after `close` or as if the process had died. */
  open(options: Partial<LogOptions>): Log {
    this.#scheduled = []
    const say = (message: string) => void this.warnings.push(message)
    this.log = Log.open({
      dir: this.dir,
      files: this.files,
      config: this.#config,
      now: () => this.now,
      schedule: run => void this.#scheduled.push(run),
      logger: { info: say, warn: say, error: say },
      producerIdExpirationMs: () => 86_400_000,
      cleanShutdown: false,
      onWritten: log => void this.written.push(log.writtenOffset),
      onFailed: error => void this.failures.push(error),
      ...options,
    })
    return this.log
  }

  configure(config: Partial<LogConfig>): void {
    this.#config = { ...this.#config, ...config }
    this.log.updateConfig(this.#config)
  }

  /** Ends the turn of the event loop. */
  turn(): void {
    for (const run of this.#scheduled.splice(0)) run()
  }

  append(batch: Buffer, leaderEpoch = 0): AppendResult {
    return this.log.append(batch, { origin: 'client', leaderEpoch })
  }

  coordinate(batch: Buffer, leaderEpoch = 0): AppendResult {
    return this.log.append(batch, { origin: 'coordinator', leaderEpoch })
  }

  /** Appends and writes `count` batches of one record of about so many bytes, a millisecond apart. */
  fill(count: number, bytes = 100): void {
    for (let index = 0; index < count; index++) {
      this.append(batchOf([`${this.log.logEndOffset}`.padEnd(bytes, '.')], { timestamp: this.now++ }))
      this.turn()
    }
  }

  /** All values from an offset on, read in pieces. */
  values(from = this.log.logStartOffset, maxBytes = 1_000): string[] {
    const values: string[] = []
    for (let offset = from; offset < this.log.writtenOffset; ) {
      const result = this.log.read(offset, { maxBytes, maxOffset: this.log.writtenOffset, minOneMessage: true })
      if (result.sizeInBytes === 0) break
      for (const records of result.records) {
        for (let at = 0; at < records.length; at += sizeInBytes(records, at)) {
          for (const record of readRecords(records, at)) {
            if (record.offset < offset) continue
            values.push(record.value?.toString() ?? 'null')
            offset = record.offset + 1
          }
        }
      }
      result.release()
    }
    return values
  }
}

/** Opens a data directory; turns of the event loop end by themselves, with the next microtask. */
export function openDirectory(files: Files, path = '/data', choice: Partial<DirectoryOptions> = {}): LogDirectory {
  let next = 0
  return LogDirectory.open(path, {
    files,
    nodeId: 1,
    uuid: () => `AAAAAAAAAAAAAAAAAAAA${String(next++).padStart(2, '0')}`,
    now: () => startMs,
    schedule: run => queueMicrotask(run),
    producerIdExpirationMs: () => 86_400_000,
    ...choice,
  })
}

/** What a batch under test is made with. */
export interface BatchChoice {
  timestamp?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  isTransactional?: boolean
  compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  key?: string | null
}

/** A producer's batch of these values. */
export function batchOf(values: readonly string[], choice: BatchChoice = {}): Buffer {
  const { timestamp = startMs, key = 'k', ...rest } = choice
  return buildBatch({
    ...rest,
    records: values.map(value => ({
      timestamp,
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(value),
    })),
  })
}

/** The code that a call fails with. */
export function codeOf(run: () => unknown): number {
  try {
    run()
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  return codes.NONE
}

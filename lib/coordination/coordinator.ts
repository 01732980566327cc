/**
 * Runs one shard on one partition: append, replay, answer.
 *
 * An operation runs at once and to its end. Its records are appended and replayed in the same breath, so that the next
 * operation sees them; every answer that it gave, to whomever, leaves when all that was appended so far is committed.
 * No client hears of anything that a crash could still undo.
 */
import { EncodeError } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { type BatchRecord, buildBatch } from '../../protocol/records/batch.ts'
import { Alarm, heldUpMs } from '../base/alarm.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Answer } from './answer.ts'
import { coordinatorError } from './coordinator-error.ts'
import { LogReplay, type ReplayedLog } from './log-replay.ts'
import type { Moment, Outcome, RecordFormat, Reply, Shard } from './shard.ts'

/** What a coordinator needs of its partition. */
export interface CoordinatedPartition {
  readonly name: string
  readonly highWatermark: number
  readonly log: ReplayedLog
  /** Bytes that one batch may have. */
  readonly batchBytesMax: number
  append(records: Buffer, options: { origin: 'coordinator'; requiredAcks: -1 }): { readonly lastOffset: number }
  /** Calls `done` with 0 once the record at `offset` is committed, else with what keeps it from being so. */
  whenCommitted(offset: number, done: (errorCode: number) => void): void
}

/** An answer on its way to a client: given by an operation, delivered when that is committed. */
interface Given {
  /** Replaces the answer by a refusal. */
  refuse(errorCode: number): void
  deliver(): void
}

/** One request, from its operation to its answer. */
class Request<T> implements Given {
  #refusal: (errorCode: number) => T
  #response: T | undefined
  #delivered = false
  #resolve: ((response: T) => void) | null = null

  constructor(refusal: (errorCode: number) => T) {
    this.#refusal = refusal
  }

  give(response: T, refusal: ((errorCode: number) => T) | undefined): void {
    this.#response = response
    if (refusal) this.#refusal = refusal
  }

  refuse(errorCode: number): void {
    this.#response = this.#refusal(errorCode)
  }

  deliver(): void {
    this.#delivered = true
    this.#resolve?.(this.#response!)
  }

  answer(): Answer<T> {
    if (this.#delivered) return this.#response!
    return new Promise(resolve => {
      this.#resolve = resolve
    })
  }
}

/** Bytes of keys and values in one of several batches. */
const batchBytesMax = 512 * 1024
/** More than a record takes beside its key and value, and a batch beside its records. */
const recordOverheadMax = 64

const nothing: Outcome<never, null> = { records: [], response: null }

export class Coordinator<S extends Shard<R>, R> {
  readonly #shard: S
  readonly #format: RecordFormat<R>
  readonly #partition: CoordinatedPartition
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #alarm: Alarm
  #state: 'loading' | 'active' | 'closed' = 'loading'
  /** The last offset that an answer may rest on. */
  #lastOffset = -1
  /** Answers given by the operation that runs now. */
  #given: Given[] = []

  constructor(options: {
    shard: S
    format: RecordFormat<R>
    partition: CoordinatedPartition
    clock: Clock
    logger: Logger
  }) {
    this.#shard = options.shard
    this.#format = options.format
    this.#partition = options.partition
    this.#clock = options.clock
    this.#logger = options.logger
    this.#alarm = new Alarm(options.clock, () => this.#expire(), 'monotonicMs')
  }

  /** The error code of requests that come now: 0 where they are served. */
  get unavailable(): number {
    if (this.#state === 'active') return 0
    return this.#state === 'loading' ? codes.COORDINATOR_LOAD_IN_PROGRESS : codes.NOT_COORDINATOR
  }

  /** Replays the log, its first slice at once; requests are served from its end on. */
  load(): void {
    const now = this.#now()
    const target = {
      record: ({ key, value }: { key: Buffer | null; value: Buffer | null }, producerId: number) => {
        const record = key && this.#format.decode(key, value)
        if (record) this.#shard.replay(record, producerId, now)
      },
      transactionEnded: (producerId: number, committed: boolean) => this.#shard.endTransaction(producerId, committed),
    }
    try {
      this.#continueLoading(new LogReplay(this.#partition.log, target, this.#logger))
    } catch (error) {
      this.#loadFailed(error)
    }
  }

  #continueLoading(replay: LogReplay): void {
    if (this.#state !== 'loading') return
    if (!replay.step()) {
      this.#clock.immediate(() => {
        try {
          this.#continueLoading(replay)
        } catch (error) {
          this.#loadFailed(error)
        }
      })
      return
    }
    this.#state = 'active'
    this.#lastOffset = this.#partition.log.logEndOffset - 1
    this.#operate(now => this.#shard.loaded(now))
  }

  #loadFailed(error: unknown): void {
    if (!(error instanceof KafkaError)) throw error
    this.#logger.error('a coordinator cannot be loaded', { partition: this.#partition.name, error })
    this.close(codes.NOT_COORDINATOR)
  }

  /**
   * Runs an operation. Its answer is the response in its outcome, or, where that is undefined, what it gives to `reply`,
   * now or in a later operation. `refusal` makes the answer of an error code, unless the reply comes with its own.
   */
  write<T>(
    refusal: (errorCode: number) => T,
    operation: (shard: S, now: Moment, reply: Reply<T>) => Outcome<R, T | undefined>,
  ): Answer<T> {
    this.#carryOutWhatIsDue()
    if (this.#state !== 'active') return refusal(this.unavailable)
    const request = new Request(refusal)
    const reply: Reply<T> = (response, refused) => {
      request.give(response, refused)
      this.#given.push(request)
    }
    this.#operate(now => {
      const outcome = operation(this.#shard, now, reply)
      if (outcome.response !== undefined) reply(outcome.response)
      return outcome
    })
    return request.answer()
  }

  /** Gives up the shard: whoever waits is told `errorCode`, as is whoever comes from now on. */
  close(errorCode: number): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#alarm.cancel()
    this.#given = []
    this.#shard.close(errorCode, this.#now())
    for (const given of this.#given) given.deliver()
  }

  /**
   * A session that has run out counts for the next request, not only once a timer has fired. Where the process was held up, the
   * request may have come in time: it goes first, and so do all others that came in meanwhile.
   */
  #carryOutWhatIsDue(): void {
    if (this.#state !== 'active') return
    const lateMs = this.#clock.monotonicMs() - this.#shard.nextTimerMs
    if (lateMs >= 0 && lateMs <= heldUpMs) this.#expire()
  }

  #now(): Moment {
    return { ms: this.#clock.now(), monotonicMs: this.#clock.monotonicMs() }
  }

  #operate(operation: (now: Moment) => Outcome<R, unknown>): void {
    const now = this.#now()
    const given: Given[] = []
    this.#given = given
    const outcome = operation(now)
    if (outcome.records.length > 0) this.#record(outcome, now)
    this.#alarm.set(this.#shard.nextTimerMs)
    if (given.length > 0) this.#deliver(given)
  }

  #record({ records, divisible = false }: Outcome<R, unknown>, now: Moment): void {
    let recorded = 0
    try {
      while (recorded < records.length) {
        const batch = this.#batchOf(records, recorded, divisible, now)
        const appended = this.#partition.append(buildBatch({ records: batch }), {
          origin: 'coordinator',
          requiredAcks: -1,
        })
        this.#lastOffset = appended.lastOffset
        const end = recorded + batch.length
        for (; recorded < end; recorded++) this.#shard.replay(records[recorded]!, -1, now)
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#logger.warn('a coordinator cannot write', { partition: this.#partition.name, error })
      const errorCode = coordinatorError(error.code)
      for (const given of this.#given) given.refuse(errorCode)
      this.#shard.revert(records.slice(recorded), errorCode, now)
    }
  }

  /** The records from `from` on that make the next batch: all, or as many as fit. Throws where they cannot be one. */
  #batchOf(records: readonly R[], from: number, divisible: boolean, now: Moment): BatchRecord[] {
    const bytesMax = this.#partition.batchBytesMax
    const batch: BatchRecord[] = []
    let bytes = 0
    for (let i = from; i < records.length; i++) {
      const { key, value } = this.#encoded(records[i]!)
      bytes += key.length + (value?.length ?? 0)
      const overhead = (batch.length + 2) * recordOverheadMax
      if (divisible && batch.length > 0 && bytes + overhead > Math.min(bytesMax, batchBytesMax)) break
      if (bytes > bytesMax) {
        throw new KafkaError(
          codes.MESSAGE_TOO_LARGE,
          `records of an operation have ${bytes} bytes of ${bytesMax} or more`,
        )
      }
      batch.push({ timestamp: now.ms, key, value })
    }
    return batch
  }

  #encoded(record: R): { readonly key: Buffer; readonly value: Buffer | null } {
    try {
      return this.#format.encode(record)
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, `a record cannot be written: ${error.message}`)
    }
  }

  #deliver(given: readonly Given[]): void {
    if (this.#lastOffset < this.#partition.highWatermark) {
      for (const answer of given) answer.deliver()
      return
    }
    this.#partition.whenCommitted(this.#lastOffset, errorCode => {
      for (const answer of given) {
        if (errorCode !== 0) answer.refuse(coordinatorError(errorCode))
        answer.deliver()
      }
      // What was replayed may not be there after a restart: this shard knows too much.
      if (errorCode !== 0) this.close(codes.NOT_COORDINATOR)
    })
  }

  #expire(): void {
    for (let more = this.#state === 'active'; more; ) {
      this.#operate(now => {
        const outcome = this.#shard.expire(now)
        more = outcome !== null && this.#state === 'active'
        return outcome ?? nothing
      })
    }
  }
}

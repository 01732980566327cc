/**
 * Runs one shard on one partition, for as long as this broker leads the partition in one epoch: append, replay, answer.
 *
 * An operation runs at once and to its end. Its records are appended and replayed in the same breath, so that the next
 * operation sees them; every answer that it gave, to whomever, leaves when all that was appended so far is committed.
 * No client hears of anything that a crash could still undo, and nobody waits longer than `writeTimeoutMs` for that.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import { Alarm, heldUpMs } from '../base/alarm.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { ImageDelta } from '../cluster/image.ts'
import type { Answer } from './answer.ts'
import { coordinatorError } from './coordinator-error.ts'
import { type LogReplay, type ReplayedLog, replayInto } from './log-replay.ts'
import { type Producer, recordBatches } from './record-batches.ts'
import { Request } from './request.ts'
import type { Moment, Outcome, RecordFormat, Reply, Shard } from './shard.ts'
import { type Given, Uncommitted } from './uncommitted.ts'
import type { Work } from './work.ts'

/** What a coordinator needs of its partition. */
export interface CoordinatedPartition {
  readonly name: string
  readonly standing: 'online' | 'offline' | 'deleted'
  readonly highWatermark: number
  /** Bytes that one batch may have. */
  readonly batchBytesMax: number
  readonly log: ReplayedLog
  append(
    records: Buffer,
    options: { origin: 'coordinator'; requiredAcks: -1; raisesEpoch?: boolean },
  ): { readonly lastOffset: number }
  /** Has the watcher told when the high watermark or the standing changed. */
  watch(watcher: { partitionChanged(): void }): void
  unwatch(watcher: { partitionChanged(): void }): void
}

/** The first transaction protocol in which each end raises the producer's epoch (KIP-890). */
export const raisesEpochSince = 2

/** How a transaction ends, and at whose word. */
export interface TransactionEnd extends Producer {
  readonly committed: boolean
  /** Epoch in which the transaction's own coordinator says so. */
  readonly coordinatorEpoch: number
  /** The transaction protocol of the producer: from 2 on each end raises the epoch, so that a marker of the same epoch is one too many. */
  readonly transactionVersion: number
}

export interface CoordinatorOptions<S, R> {
  /** An empty one, that knows the cluster's image. */
  readonly shard: S
  readonly format: RecordFormat<R>
  readonly partition: CoordinatedPartition
  readonly writeTimeoutMs: number
  /** How what is written is compressed; not at all without. */
  readonly codec?: Codec
  readonly work: Work
  readonly clock: Clock
  readonly logger: Logger
  /** The log cannot be replayed, or the partition cannot be used any more; whoever waited was told. */
  readonly onFailed?: () => void
}

export class Coordinator<S extends Shard<R>, R> {
  readonly #shard: S
  readonly #format: RecordFormat<R>
  readonly #partition: CoordinatedPartition
  readonly #options: CoordinatorOptions<S, R>
  readonly #clock: Clock
  readonly #alarm: Alarm
  readonly #uncommitted = new Uncommitted()
  #state: 'loading' | 'active' | 'closed' = 'loading'
  #replay: LogReplay | null = null
  /** The last offset that an answer may rest on. */
  #lastOffset = -1
  /** Answers given by the operation that runs now. */
  #given: Given[] = []
  #isOperating = false
  #isWorking = false

  constructor(options: CoordinatorOptions<S, R>) {
    this.#options = options
    this.#shard = options.shard
    this.#format = options.format
    this.#partition = options.partition
    this.#clock = options.clock
    this.#alarm = new Alarm(options.clock, () => this.#rang(), 'monotonicMs')
  }

  /** The shard, once it is loaded and while it is led here; null otherwise. */
  get activeShard(): S | null {
    return this.#state === 'active' ? this.#shard : null
  }

  /** The error code of requests that come now: 0 where they are served. */
  get unavailable(): number {
    if (this.#state === 'active') return 0
    return this.#state === 'loading' ? codes.COORDINATOR_LOAD_IN_PROGRESS : codes.NOT_COORDINATOR
  }

  /** Replays the log, as far as it goes at once; requests are served from its end on. */
  load(): void {
    this.#partition.watch(this)
    if (this.#beginLoading()) this.#options.work.add(() => this.#loadOn())
  }

  /** Told by the partition. */
  partitionChanged(): void {
    if (this.#state === 'closed') return
    if (this.#partition.standing === 'online') this.#uncommitted.deliverBelow(this.#partition.highWatermark)
    else if (!this.#isOperating) this.#fail()
  }

  /** The cluster has changed. */
  imageChanged(delta: ImageDelta): void {
    if (this.#state === 'closed') return
    this.#shard.imageChanged(delta)
    if (this.#state === 'active') this.#lookForWork()
  }

  /**
   * Runs an operation. Its answer is the response in its outcome, or, where that is undefined, what it gives to `reply`,
   * now or in a later operation. `refusal` makes the answer of an error code, unless the reply comes with its own. With
   * `producer`, the records count once the producer's transaction is committed.
   */
  write<T>(
    refusal: (errorCode: number) => T,
    operation: (shard: S, now: Moment, reply: Reply<T>) => Outcome<R, T | undefined>,
    producer?: Producer,
  ): Answer<T> {
    return this.#request(refusal, (now, reply) => {
      const outcome = operation(this.#shard, now, reply)
      if (outcome.response !== undefined) reply(outcome.response)
      this.#record(outcome, now, producer)
    })
  }

  /** Ends a transaction whose records are here; answers 0, or an error code. */
  endTransaction(end: TransactionEnd): Answer<number> {
    const { committed, producerId, transactionVersion } = end
    return this.#request<number>(
      errorCode => errorCode,
      (now, reply) => {
        reply(codes.NONE)
        try {
          const marker = endTransactionMarker({ ...end, type: committed ? 'COMMIT' : 'ABORT', timestamp: now.ms })
          this.#append(marker, transactionVersion >= raisesEpochSince)
          this.#shard.endTransaction(producerId, committed)
        } catch (error) {
          this.#refuseGiven(error)
        }
      },
    )
  }

  /** Gives up the shard: whoever waits is told `errorCode`, and whoever comes from now on to look elsewhere. */
  close(errorCode: number): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#alarm.cancel()
    this.#partition.unwatch(this)
    this.#replay?.end()
    this.#uncommitted.refuseUntil(Number.POSITIVE_INFINITY, errorCode)
    this.#given = []
    this.#shard.close(errorCode, this.#now())
    for (const given of this.#given) given.deliver()
  }

  // Loading

  /** True where there is something to replay: an empty log takes no time, and is served at once. */
  #beginLoading(): boolean {
    return this.#load(() => {
      const { log } = this.#partition
      // This broker may have written in an epoch that has just ended.
      log.writeOut()
      this.#replay = replayInto(this.#shard, this.#format, log, this.#now(), this.#options.logger)
      return log.logStartOffset < log.logEndOffset
    })
  }

  #loadOn(): boolean {
    return this.#state === 'loading' && this.#load(() => this.#replay !== null && !this.#replay.step())
  }

  /** Goes on loading by a step that says whether there is more; true where there is. */
  #load(step: () => boolean): boolean {
    try {
      if (step()) return true
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#options.logger.error('a coordinator cannot be loaded', { partition: this.#partition.name, error })
      this.#fail()
      return false
    }
    this.#replay = null
    if (this.#shard.begin(this.#now())) return true
    this.#state = 'active'
    this.#lastOffset = this.#partition.log.logEndOffset - 1
    this.#operate(now => this.#record(this.#shard.loaded(now), now))
    return false
  }

  #fail(): void {
    this.close(codes.NOT_COORDINATOR)
    this.#options.onFailed?.()
  }

  // Operations

  #request<T>(refusal: (errorCode: number) => T, run: (now: Moment, reply: Reply<T>) => void): Answer<T> {
    this.#carryOutWhatIsDue()
    if (this.#state !== 'active') return refusal(this.unavailable)
    const request = new Request(refusal)
    this.#operate(now =>
      run(now, (response, refused) => {
        request.give(response, refused)
        this.#given.push(request)
      }),
    )
    return request.answer()
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

  #operate(run: (now: Moment) => void): void {
    const now = this.#now()
    const given: Given[] = []
    this.#given = given
    this.#isOperating = true
    try {
      run(now)
    } catch (error) {
      // A bug: what was given may rest on records that were never written.
      for (const answer of given) answer.refuse(codes.UNKNOWN_SERVER_ERROR)
      throw error
    } finally {
      this.#isOperating = false
      if (given.length > 0) this.#deliver(given, now)
      this.#setAlarm()
    }
    if (this.#partition.standing !== 'online') this.#fail()
    else this.#lookForWork()
  }

  #deliver(given: readonly Given[], now: Moment): void {
    if (this.#lastOffset < this.#partition.highWatermark) for (const answer of given) answer.deliver()
    else this.#uncommitted.hold(this.#lastOffset, now.monotonicMs + this.#options.writeTimeoutMs, given)
  }

  #record({ records, divisible = false }: Outcome<R, unknown>, now: Moment, producer?: Producer): void {
    if (records.length === 0) return
    const { batchBytesMax } = this.#partition
    let from = 0
    try {
      const format = this.#format
      const { codec } = this.#options
      for (const { bytes, to } of recordBatches(records, { format, divisible, batchBytesMax, now, producer, codec })) {
        this.#append(bytes)
        for (; from < to; from++) this.#shard.replay(records[from]!, producer?.producerId ?? -1, now)
      }
    } catch (error) {
      const errorCode = this.#refuseGiven(error)
      this.#shard.revert(records.slice(from), errorCode, now)
    }
  }

  #append(batch: Buffer, raisesEpoch = false): void {
    const options = { origin: 'coordinator', requiredAcks: -1, raisesEpoch } as const
    this.#lastOffset = this.#partition.append(batch, options).lastOffset
  }

  /** Whoever was given an answer hears instead that nothing was written; gives the code. */
  #refuseGiven(error: unknown): number {
    if (!(error instanceof KafkaError)) throw error
    this.#options.logger.warn('a coordinator cannot write', { partition: this.#partition.name, error })
    const errorCode = coordinatorError(error.code)
    for (const given of this.#given) given.refuse(errorCode)
    return errorCode
  }

  // Time

  #setAlarm(): void {
    if (this.#state === 'active') this.#alarm.set(Math.min(this.#shard.nextTimerMs, this.#uncommitted.nextMs))
  }

  #rang(): void {
    this.#uncommitted.refuseUntil(this.#clock.monotonicMs(), coordinatorError(codes.REQUEST_TIMED_OUT))
    this.#expire()
    this.#setAlarm()
  }

  #expire(): void {
    for (let more = this.#state === 'active'; more; ) {
      this.#operate(now => {
        const outcome = this.#shard.expire(now)
        more = outcome !== null
        if (outcome !== null) this.#record(outcome, now)
      })
      more &&= this.#state === 'active'
    }
  }

  #lookForWork(): void {
    if (this.#isWorking || !this.#shard.hasWork) return
    this.#isWorking = true
    this.#options.work.add(() => {
      if (this.#state === 'active')
        this.#operate(now => this.#record(this.#shard.work(now, this.#options.work.hasTime), now))
      this.#isWorking = this.#state === 'active' && this.#shard.hasWork
      return this.#isWorking
    })
  }
}

/**
 * The coordinators of one state topic: a shard for each of its partitions that this broker leads.
 *
 * A shard is loaded when this broker begins to lead its partition in an epoch, and given up when that epoch is over: a new epoch of
 * the same leader is a new loading. One that could not be loaded is loaded again, later and later, unless its disk is away.
 */
import { codes } from '../../protocol/errors.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { type ClusterImage, type ImageDelta, isFenced } from '../cluster/image.ts'
import { type Answer, gather } from './answer.ts'
import { type CoordinatedPartition, Coordinator, type TransactionEnd } from './coordinator.ts'
import type { Producer } from './record-batches.ts'
import type { Moment, Outcome, RecordFormat, Reply, Shard } from './shard.ts'
import { Work } from './work.ts'

/** How long a coordinator that failed waits until it is loaded again: twice as long each time. */
const retryMs = { first: 100, max: 30_000 }

export interface CoordinatorsOptions<S, R> {
  /** The state topic. */
  readonly topic: string
  readonly nodeId: number
  /** Makes an empty shard of a partition, that knows the cluster's image. */
  readonly shard: (image: ClusterImage, index: number) => S
  readonly format: RecordFormat<R>
  /** How long an answer may wait until what it rests on is committed. */
  readonly writeTimeoutMs: number
  /** How what is written is compressed; not at all without. */
  readonly codec?: Codec
  readonly cluster: {
    readonly image: ClusterImage
    onChange(listener: (delta: ImageDelta) => void): unknown
  }
  readonly partitions: { get(topic: string, index: number): CoordinatedPartition | undefined }
  /** Of the shards: their sessions, time-outs and records. */
  readonly clock: Clock
  /** Of what nobody should have to turn: slices of long work, attempts to load again. The same where it is not given. */
  readonly wire?: Clock
  readonly logger: Logger
}

/** A partition that this broker leads. */
interface Led<S extends Shard<R>, R> {
  readonly index: number
  readonly partition: CoordinatedPartition
  readonly leaderEpoch: number
  coordinator: Coordinator<S, R>
  /** How often it could not be loaded. */
  failures: number
  retry: Timer | null
}

export class Coordinators<S extends Shard<R>, R> {
  readonly #options: CoordinatorsOptions<S, R>
  readonly #work: Work
  readonly #led = new Map<number, Led<S, R>>()
  #topicId: string | null = null
  #isClosed = false

  /** Loads the partitions that are led here, and follows the cluster: to be made once the partitions follow it. */
  constructor(options: CoordinatorsOptions<S, R>) {
    const { cluster, clock, wire = clock } = options
    this.#options = options
    this.#work = new Work(wire)
    this.#follow(cluster.image)
    cluster.onChange(delta => this.#changed(delta))
  }

  /** Gives up all shards for good: whoever waits is told to look for another coordinator, or what the code says. */
  close(errorCode: number = codes.NOT_COORDINATOR): void {
    this.#isClosed = true
    this.#giveUpAll(errorCode)
  }

  /**
   * Runs an operation on the shard of a partition. The answer is the outcome's response, or, where that is undefined, what the
   * operation gives to `reply`, now or later. `refusal` makes the answer of an error code, unless the reply comes with its own:
   * this broker may not be the coordinator, or still be loading. With `producer`, the records count once the producer's transaction is committed.
   */
  write<T>(
    index: number,
    refusal: (errorCode: number) => T,
    operation: (shard: S, now: Moment, reply: Reply<T>) => Outcome<R, T | undefined>,
    producer?: Producer,
  ): Answer<T> {
    const led = this.#led.get(index)
    return led ? led.coordinator.write(refusal, operation, producer) : refusal(codes.NOT_COORDINATOR)
  }

  /** Asks the shard of a partition; the answer, too, waits for what was written before it. */
  read<T>(index: number, refusal: (errorCode: number) => T, question: (shard: S, now: Moment) => T): Answer<T> {
    return this.write(index, refusal, (shard, now) => ({ records: [], response: question(shard, now) }))
  }

  /** Asks every shard that is here, those that are not served by `refusal`. */
  readAll<T, A>(
    refusal: (errorCode: number) => T,
    question: (shard: S, now: Moment) => T,
    next: (answers: T[]) => A,
  ): Answer<A> {
    return gather(
      [...this.#led.keys()].map(index => this.read(index, refusal, question)),
      next,
    )
  }

  /** What can be said of the shards that are loaded, without waiting. */
  *activeShards(): Iterable<S> {
    for (const { coordinator } of this.#led.values()) {
      const shard = coordinator.activeShard
      if (shard !== null) yield shard
    }
  }

  /** One of them; null while it is not loaded here. */
  activeShard(index: number): S | null {
    return this.#led.get(index)?.coordinator.activeShard ?? null
  }

  /** Ends a transaction in a partition; answers 0, or an error code. */
  endTransaction(index: number, end: TransactionEnd): Answer<number> {
    return this.#led.get(index)?.coordinator.endTransaction(end) ?? codes.NOT_COORDINATOR
  }

  /** Resolves when nothing is under way that goes on without requests, and without time passing. */
  settled(): Promise<void> {
    return this.#work.idle()
  }

  /** The epoch in which this broker leads a partition; null where it does not. */
  leaderEpochOf(index: number): number | null {
    return this.#led.get(index)?.leaderEpoch ?? null
  }

  #changed(delta: ImageDelta): void {
    if (this.#isClosed) return
    this.#follow(delta.image)
    for (const { coordinator } of this.#led.values()) coordinator.imageChanged(delta)
  }

  #follow(image: ClusterImage): void {
    const topic = image.topics.get(this.#options.topic)
    const isAway = isFenced(image, this.#options.nodeId)
    if (topic?.topicId !== this.#topicId) this.#giveUpAll()
    this.#topicId = topic?.topicId ?? null
    for (const { index, leader, leaderEpoch } of topic?.partitions ?? []) {
      const epoch = this.#led.get(index)?.leaderEpoch
      const isLed = leader === this.#options.nodeId && !isAway
      if (isLed && epoch === leaderEpoch) continue
      if (epoch !== undefined) this.#giveUp(index)
      if (isLed) this.#takeOver(index, leaderEpoch)
    }
  }

  #takeOver(index: number, leaderEpoch: number): void {
    const partition = this.#options.partitions.get(this.#options.topic, index)
    if (!partition) return
    const led: Led<S, R> = {
      index,
      partition,
      leaderEpoch,
      coordinator: this.#coordinatorOf(index, partition, () => led),
      failures: 0,
      retry: null,
    }
    this.#led.set(index, led)
    led.coordinator.load()
  }

  #coordinatorOf(index: number, partition: CoordinatedPartition, led: () => Led<S, R>): Coordinator<S, R> {
    const { shard, format, writeTimeoutMs, codec, cluster, clock, logger } = this.#options
    return new Coordinator({
      shard: shard(cluster.image, index),
      format,
      partition,
      writeTimeoutMs,
      ...(codec && { codec }),
      work: this.#work,
      clock,
      logger,
      onFailed: () => this.#failed(led()),
    })
  }

  #failed(led: Led<S, R>): void {
    const { clock, wire = clock, logger } = this.#options
    const { name, standing } = led.partition
    if (standing !== 'online') {
      logger.warn('a coordinator ends with its partition', { partition: name, standing })
      return
    }
    const delayMs = Math.min(retryMs.first * 2 ** led.failures, retryMs.max)
    led.failures++
    logger.info('a coordinator is loaded again', { partition: name, inMs: delayMs })
    led.retry = wire.schedule(delayMs, () => {
      led.coordinator = this.#coordinatorOf(led.index, led.partition, () => led)
      led.coordinator.load()
    })
  }

  #giveUpAll(errorCode?: number): void {
    for (const index of [...this.#led.keys()]) this.#giveUp(index, errorCode)
  }

  #giveUp(index: number, errorCode: number = codes.NOT_COORDINATOR): void {
    const led = this.#led.get(index)
    this.#led.delete(index)
    led?.retry?.cancel()
    led?.coordinator.close(errorCode)
  }
}

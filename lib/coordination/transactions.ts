/**
 * The transaction coordinator: the transactional ids of every partition of `__transaction_state` that this broker leads.
 *
 * An id belongs to one partition, by its name. Its requests are operations on that partition's shard. Once a decision is committed, its markers are
 * written, again and again until each partition has its own.
 */
import { codes } from '../../protocol/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { levelOf, transactionVersion } from '../cluster/features.ts'
import type { BrokerConfig } from '../config/config.ts'
import { type Metric, metricsOf } from '../metrics/metrics.ts'
import type { EndRequest } from '../transactions/end.ts'
import type { InitRequest } from '../transactions/init.ts'
import {
  type Claim,
  type InitAnswer,
  type ListFilter,
  type Markers,
  type SeenEpochs,
  TransactionShard,
} from '../transactions/shard.ts'
import { type TransactionState, transactionStates } from '../transactions/states.ts'
import { decodeTransaction, encodeTransaction, type TransactionRecord } from '../transactions/stored.ts'
import type { ClientTransactionVersion, TopicPartitions, Transaction } from '../transactions/transaction.ts'
import { type Answer, andThen } from './answer.ts'
import { Coordinators, type CoordinatorsOptions } from './coordinators.ts'
import type { Elsewhere } from './elsewhere.ts'
import { partitionOfKey } from './key-partition.ts'
import { type MarkerResult, markersSettled, type WriteMarkers } from './markers.ts'
import { transactionSettings } from './settings.ts'

/** Where transactions are kept. */
export const transactionsTopic = '__transaction_state'

/** What the transactions need of the rest of the broker. */
export interface TransactionsOptions {
  readonly config: BrokerConfig
  readonly cluster: CoordinatorsOptions<TransactionShard, TransactionRecord>['cluster']
  readonly partitions: CoordinatorsOptions<TransactionShard, TransactionRecord>['partitions']
  readonly producerIds: { next(): number | Promise<number> }
  /** Writes markers, wherever their partitions are led. */
  readonly writeMarkers: WriteMarkers
  /** Other brokers that may coordinate a transaction; without, all are coordinated here. */
  readonly elsewhere?: Elsewhere
  /** What clients have seen of another broker, whose place this one takes. */
  readonly seen?: SeenEpochs | undefined
  readonly clock: Clock
  /** See `CoordinatorsOptions`; markers that failed are written again by it, too. */
  readonly wire?: Clock
  readonly logger: Logger
}

/** How long markers that could not be written wait until they are tried again, in ms. */
const markersRetryMs = 100

const ofCoordinator = metricsOf('kafka.coordinator.transaction', 'TransactionCoordinator')
const ofMarkers = metricsOf('kafka.coordinator.transaction', 'TransactionMarkerChannelManager')
/** What is on record of no id is left out. */
const countedStates = transactionStates.filter(state => state !== 'Dead' && state !== 'PrepareEpochFence')

const refusedInit = (errorCode: number): InitAnswer => ({ errorCode, producerId: -1, producerEpoch: -1 })

export class Transactions {
  readonly #options: TransactionsOptions
  readonly #coordinators: Coordinators<TransactionShard, TransactionRecord>
  /** Shards that have markers to be written, and are going to be asked for them. */
  readonly #due = new Set<TransactionShard>()
  readonly #wire: Clock
  /** Transactions whose markers are going to be tried again. */
  #retrying = 0
  #isClosed = false

  /** Loads the transactions of the partitions that are led here, and follows the cluster: to be made once the partitions follow it. */
  constructor(options: TransactionsOptions) {
    const { config, cluster, partitions, clock, wire, logger } = options
    const settings = transactionSettings(config)
    // Only at first it is another broker's.
    const loaded = new Set<number>()
    this.#options = options
    this.#wire = wire ?? clock
    this.#coordinators = new Coordinators({
      topic: transactionsTopic,
      nodeId: config.get('node.id'),
      shard: (_image, index) => {
        const seen = loaded.has(index) ? null : (options.seen ?? null)
        loaded.add(index)
        const shard: TransactionShard = new TransactionShard(settings, () => this.#markersDue(index, shard), seen)
        return shard
      },
      format: {
        encode: record => encodeTransaction(record, levelOf(transactionVersion, cluster.image.featureLevels)),
        decode: decodeTransaction,
      },
      writeTimeoutMs: config.get('request.timeout.ms'),
      cluster,
      partitions,
      clock,
      wire,
      logger,
    })
  }

  /** Resolves when nothing is under way that goes on without requests, and without time passing. */
  settled(): Promise<void> {
    return this.#coordinators.settled()
  }

  close(): void {
    this.#isClosed = true
    this.#coordinators.close()
  }

  /** The partition that keeps a transactional id. */
  partitionOf(transactionalId: string): number {
    const { cluster, config } = this.#options
    const topic = cluster.image.topics.get(transactionsTopic)
    return partitionOfKey(
      transactionalId,
      topic?.partitions.length ?? config.get('transaction.state.log.num.partitions'),
    )
  }

  initProducerId(request: InitRequest): Answer<InitAnswer> {
    return this.#withProducerId(producerId =>
      this.#coordinators.write(this.partitionOf(request.transactionalId), refusedInit, (shard, now) =>
        shard.initProducerId(request, producerId, now),
      ),
    )
  }

  endTxn(request: EndRequest & { readonly transactionalId: string }): Answer<InitAnswer> {
    return this.#withProducerId(producerId =>
      this.#coordinators.write(this.partitionOf(request.transactionalId), refusedInit, (shard, now) =>
        shard.endTxn(request, producerId, now),
      ),
    )
  }

  /** Asks once without a fresh producer id, and again with one where it is needed. */
  #withProducerId(ask: (producerId: number | null) => Answer<InitAnswer>): Answer<InitAnswer> {
    return flatten(ask(null), answer => {
      if (!answer.needsProducerId) return answer
      const producerId = this.#options.producerIds.next()
      return typeof producerId === 'number' ? ask(producerId) : producerId.then(ask)
    })
  }

  /** Takes partitions into a transaction. Answers an error code. */
  addPartitions(claim: Claim, partitions: TopicPartitions, version: ClientTransactionVersion): Answer<number> {
    return this.#coordinators.write<number>(
      this.partitionOf(claim.transactionalId),
      errorCode => errorCode,
      (shard, now) => shard.addPartitions(claim, partitions, version, now),
    )
  }

  /** Whether partitions are in a running transaction: the code of each, `missing` for those that are not. */
  verify(claim: Claim, partitions: TopicPartitions, missing: number): Answer<MarkerResult[]> {
    const all = [...partitions].flatMap(([topic, indexes]) => [...indexes].map(index => ({ topic, index })))
    return this.#coordinators.read<MarkerResult[]>(
      this.partitionOf(claim.transactionalId),
      errorCode => all.map(each => ({ ...each, errorCode })),
      shard =>
        all.map(({ topic, index }) => ({
          topic,
          index,
          errorCode: shard.verifyPartition(claim, topic, index, missing),
        })),
    )
  }

  /** Takes a partition into a transaction, whichever broker coordinates it. Answers an error code. */
  addAnywhere(claim: Claim, topic: string, index: number): Answer<number> {
    return this.#ask(claim, topic, index, false) ?? this.addPartitions(claim, new Map([[topic, new Set([index])]]), 2)
  }

  /** Whether a partition is in a running transaction, whichever broker coordinates it: `missing` where it is not. */
  verifyAnywhere(claim: Claim, topic: string, index: number, missing: number): Answer<number> {
    const asked = this.#ask(claim, topic, index, true)
    // Brokers tell each other one code for that; what it is to a client depends on its version.
    if (asked !== null) return asked.then(code => (code === codes.TRANSACTION_ABORTABLE ? missing : code))
    return andThen(this.verify(claim, new Map([[topic, new Set([index])]]), missing), ([result]) => result!.errorCode)
  }

  /** Null where this broker coordinates the transaction, or nobody is known to. */
  #ask(claim: Claim, topic: string, index: number, verifyOnly: boolean): Promise<number> | null {
    const { elsewhere } = this.#options
    const coordinator = elsewhere?.leaderOf(transactionsTopic, this.partitionOf(claim.transactionalId)) ?? null
    if (elsewhere === undefined || coordinator === null) return null
    const named = new Map([[topic, new Set([index])]])
    return elsewhere.addPartitions(coordinator, claim, named, verifyOnly).then(([result]) => result!.errorCode)
  }

  /** What is known of an id; an error code where it is not served here, null where nothing is known. */
  describe(transactionalId: string): Answer<Transaction | number | null> {
    return this.#coordinators.read<Transaction | number | null>(
      this.partitionOf(transactionalId),
      errorCode => errorCode,
      shard => shard.get(transactionalId) ?? null,
    )
  }

  /** The transactions of all shards here; an error code where one of them is still loading. */
  list(filter: ListFilter): Answer<readonly Transaction[] | number> {
    return this.#coordinators.readAll<readonly Transaction[] | number, readonly Transaction[] | number>(
      errorCode => errorCode,
      (shard, now) => shard.list(filter, now),
      answers => {
        const failed = answers.find((each): each is number => typeof each === 'number')
        return failed ?? (answers as (readonly Transaction[])[]).flat()
      },
    )
  }

  /** What is known of all ids that are loaded here. */
  *known(): Iterable<Transaction> {
    for (const shard of this.#coordinators.activeShards()) yield* shard.all()
  }

  /** How many transactional ids there are in each state, and how many transactions have markers that could not be written yet. */
  *metrics(): Iterable<Metric> {
    const counts = new Map<TransactionState, number>()
    for (const shard of this.#coordinators.activeShards()) {
      for (const [state, count] of shard.counts()) counts.set(state, (counts.get(state) ?? 0) + count)
    }
    for (const state of countedStates) yield ofCoordinator('TransactionalIdCount', counts.get(state) ?? 0, { state })
    yield ofMarkers('LogAppendRetryQueueSize', this.#retrying)
  }

  // Markers

  /** Told while records are replayed: what they decide is not committed yet, so it is asked about by an operation of its own. */
  #markersDue(index: number, shard: TransactionShard): void {
    if (this.#due.has(shard)) return
    this.#due.add(shard)
    this.#wire.immediate(() => {
      this.#due.delete(shard)
      if (this.#isClosed) return
      const due = this.#coordinators.read<readonly Markers[]>(
        index,
        () => [],
        current => (current === shard ? shard.markersDue() : []),
      )
      void andThen(due, all => {
        for (const markers of all) void this.#write(index, shard, markers, markers.partitions)
      })
    })
  }

  /** Writes markers, and those that failed again later, until none is left or another shard has taken over. */
  async #write(index: number, shard: TransactionShard, markers: Markers, partitions: TopicPartitions): Promise<void> {
    const coordinatorEpoch = this.#coordinators.leaderEpochOf(index)
    if (coordinatorEpoch === null || this.#isClosed) return
    const { producerId, producerEpoch, committed, clientTransactionVersion: transactionVersion } = markers
    const left = new Map<string, Set<number>>()
    const results = await this.#options.writeMarkers(
      { producerId, producerEpoch, committed, coordinatorEpoch, transactionVersion },
      partitions,
    )
    for (const { topic, index: partition, errorCode } of results) {
      if (!markersSettled.has(errorCode)) left.set(topic, (left.get(topic) ?? new Set()).add(partition))
    }
    if (left.size > 0) {
      const { transactionalId } = markers
      this.#options.logger.debug('markers are to be written again', { transactionalId, partitions: left.size })
      this.#again(() => this.#write(index, shard, markers, left))
      return
    }
    const settle = () =>
      this.#coordinators.write<boolean>(
        index,
        errorCode => errorCode === codes.NOT_COORDINATOR,
        (current, now) => {
          const { records } = current === shard ? shard.completed(markers, now) : { records: [] }
          return { records, response: true }
        },
      )
    // Refused for now: the partition takes no writes. A coordinator that is given up has a successor, who writes the markers anew.
    if (!(await settle())) this.#again(() => this.#write(index, shard, markers, partitions))
  }

  #again(write: () => Promise<void>): void {
    this.#retrying++
    this.#wire.schedule(markersRetryMs, () => {
      this.#retrying--
      void write()
    })
  }
}

/** What follows from an answer, where that is an answer again. */
function flatten<A, B>(answer: Answer<A>, next: (value: A) => Answer<B>): Answer<B> {
  return answer instanceof Promise ? answer.then(next) : next(answer)
}

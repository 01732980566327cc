/** A producer with a transactional id as its client's library would have it: ids, epochs, sequence numbers, and what to do about each code. */
import { ClientError } from '../../../lib/client/client.ts'
import { codes } from '../../../protocol/errors.ts'
import { AddOffsetsToTxn } from '../../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { DescribeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { EndTxn } from '../../../protocol/messages/end-txn.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { TxnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../../protocol/schema.ts'
import { type Loose, wholeRequest } from '../../../protocol/whole-request.ts'
import { Actor } from '../broker/actor.ts'
import { Violation } from '../broker/model.ts'
import type { World } from '../broker/world.ts'
import type { Epoch, Transaction, TransactionModel } from './model.ts'

/** Codes after which the same is sent again. */
const passing = new Set<number>([
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.NOT_COORDINATOR,
  codes.CONCURRENT_TRANSACTIONS,
  codes.REQUEST_TIMED_OUT,
  codes.NOT_LEADER_OR_FOLLOWER,
  codes.LEADER_NOT_AVAILABLE,
  codes.NOT_ENOUGH_REPLICAS,
  codes.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  codes.KAFKA_STORAGE_ERROR,
])
/** Codes after which an instance gives up: another has taken its place, or the id is forgotten. */
const fencing = new Set<number>([
  codes.PRODUCER_FENCED,
  codes.INVALID_PRODUCER_EPOCH,
  codes.INVALID_PRODUCER_ID_MAPPING,
])
/** Codes after which a transaction can only be aborted. */
const aborting = new Set<number>([...fencing, codes.INVALID_TXN_STATE, codes.TRANSACTION_ABORTABLE])

/** The transaction is to be aborted. */
export class Abortable extends Error {}
/** The instance has to begin anew, if at all. */
export class Fenced extends Error {}

/** Where records go; what becomes of a topic that comes and goes is not written down. */
export interface Target {
  readonly topic: string
  readonly partition: number
  readonly isFleeting: boolean
}

interface Given {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface SessionOptions {
  readonly transactionalId: string
  readonly protocol: 1 | 2
  readonly timeoutMs: number
}

export abstract class Session extends Actor<TransactionModel> {
  protected readonly options: SessionOptions
  protected isInitialised = false
  #isFound = false
  #producerId = -1
  #epoch = -1
  #sequences = new Map<string, number>()
  /** What was added to the transaction that is open. */
  #added = new Set<string>()
  /** Batches of which nobody knows whether they were taken, or that were refused: sequence numbers do not go on. */
  #isUnsure = false

  constructor(name: string, world: World, model: TransactionModel, options: SessionOptions) {
    super(name, world, model)
    this.options = options
  }

  get #claim() {
    return { transactionalId: this.options.transactionalId, producerId: this.#producerId, producerEpoch: this.#epoch }
  }

  /** Sends until there is an answer that says more than "not now". */
  async #persist<A extends Api>(
    api: A,
    version: number,
    request: () => Loose<ClientRequestOf<A>>,
    codeOf: (response: ClientResponseOf<A>) => number,
  ): Promise<{ response: ClientResponseOf<A>; errorCode: number }> {
    for (;;) {
      try {
        const response = await this.send(api, version, wholeRequest(api, request()))
        const errorCode = codeOf(response)
        if (!passing.has(errorCode)) return { response, errorCode }
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        await this.lost(error)
      }
      await this.sleep(10 + this.world.random.int(100))
    }
  }

  protected ask<A extends Api>(
    api: A,
    version: number,
    request: Loose<ClientRequestOf<A>>,
    codeOf: (response: ClientResponseOf<A>) => number,
  ): Promise<{ response: ClientResponseOf<A>; errorCode: number }> {
    return this.#persist(api, version, () => request, codeOf)
  }

  /** A new instance of the producer, which shuts out those before it; with `claims` the same one, which wants the next epoch. */
  protected async initialise(claims = false): Promise<void> {
    const { transactionalId, timeoutMs } = this.options
    if (!this.#isFound) {
      await this.ask(FindCoordinator, 4, { keyType: 1, coordinatorKeys: [transactionalId] }, each => {
        return each.coordinators[0]!.errorCode
      })
      this.#isFound = true
    }
    const before = this.model.newestEpoch(transactionalId)
    const { producerId, producerEpoch } = claims ? this.#claim : { producerId: -1, producerEpoch: -1 }
    const { response, errorCode } = await this.ask(
      InitProducerId,
      5,
      { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch },
      each => each.errorCode,
    )
    if (fencing.has(errorCode)) throw new Fenced(`it cannot be initialised: ${errorCode}`)
    if (errorCode !== 0) throw new Violation(`${this.name} cannot be initialised: ${errorCode}`)
    this.#given(response, before, claims)
    this.isInitialised = true
  }

  #given({ producerId, producerEpoch }: Given, before: Epoch, isAgain: boolean): void {
    if (producerId === this.#producerId && producerEpoch === this.#epoch) return
    this.say(() => `has producer id ${producerId} and epoch ${producerEpoch}`)
    this.model.given(this.options.transactionalId, this.name, { producerId, epoch: producerEpoch }, before, isAgain)
    this.#producerId = producerId
    this.#epoch = producerEpoch
    this.#sequences.clear()
    this.#isUnsure = false
  }

  protected begin(): Transaction {
    this.#added.clear()
    const transaction = this.model.begin(this.options.transactionalId)
    this.say(() => `begins ${transaction.id}`)
    return transaction
  }

  async #judge(errorCode: number, what: string): Promise<void> {
    if (errorCode === 0) return
    this.say(() => `${what} is refused with ${errorCode}`)
    // Where a log forgot the producer, and a marker came once more, protocol 1 goes on with numbers that do not follow.
    const isForgotten = errorCode === codes.OUT_OF_ORDER_SEQUENCE_NUMBER && this.model.mayForgetProducers
    if (!aborting.has(errorCode) && !(isForgotten && this.options.protocol === 1))
      throw new Violation(`${this.name}: ${what} is refused with ${errorCode}`)
    if (errorCode === codes.INVALID_TXN_STATE && this.options.protocol === 2) await this.#checkEnded(what)
    throw new Abortable(`${what} is refused with ${errorCode}`)
  }

  /** In protocol 2 who has the epoch may write: each end of a transaction raises it. */
  async #checkEnded(what: string): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = this.#claim
    const { response } = await this.ask(
      DescribeTransactions,
      0,
      { transactionalIds: [transactionalId] },
      each => each.transactionStates[0]!.errorCode,
    )
    const known = response.transactionStates[0]!
    if (known.producerId === producerId && known.producerEpoch === producerEpoch)
      throw new Violation(`${this.name}: ${what} is refused, and the transaction is ${known.transactionState}`)
  }

  /** Sends a batch; resolves once it is acknowledged. */
  protected async produce(transaction: Transaction, to: Target, values: readonly string[]): Promise<void> {
    const { topic, partition, isFleeting } = to
    const { protocol, transactionalId } = this.options
    const key = `${topic}-${partition}`
    if (protocol === 1) await this.#add(to)
    this.#added.add(key)
    const baseSequence = this.#sequences.get(key) ?? 0
    // Else sequence numbers would have to be given back.
    this.#isUnsure = true
    const { response, errorCode } = await this.#persist(
      Produce,
      protocol === 1 ? 11 : 12,
      () => ({
        ...{ transactionalId, acks: -1, timeoutMs: 2_000 },
        topicData: [{ name: topic, partitionData: [{ index: partition, records: this.#batch(baseSequence, values) }] }],
      }),
      each => {
        const code = each.responses[0]!.partitionResponses[0]!.errorCode
        // Offline for good, where a power failure left the directory of an earlier topic of the name.
        return isFleeting && code === codes.KAFKA_STORAGE_ERROR ? codes.UNKNOWN_TOPIC_OR_PARTITION : code
      },
    )
    if (errorCode !== 0 && isFleeting) throw new Abortable(`${key} takes nothing: ${errorCode}`)
    await this.#judge(errorCode, values[0]!)
    const { baseOffset } = response.responses[0]!.partitionResponses[0]!
    this.#isUnsure = false
    this.#sequences.set(key, baseSequence + values.length)
    if (!isFleeting && baseOffset >= 0) this.model.acknowledge(transaction, key, baseOffset, values)
  }

  #batch(baseSequence: number, values: readonly string[]): Buffer {
    const { producerId, producerEpoch } = this.#claim
    return buildBatch({
      ...{ producerId, producerEpoch, baseSequence, isTransactional: true },
      records: values.map(value => ({ timestamp: this.world.clock.now(), key: null, value: Buffer.from(value) })),
    })
  }

  async #add({ topic, partition, isFleeting }: Target): Promise<void> {
    const key = `${topic}-${partition}`
    if (this.#added.has(key)) return
    this.#added.add(key)
    const { transactionalId, producerId, producerEpoch } = this.#claim
    const { errorCode } = await this.ask(
      AddPartitionsToTxn,
      3,
      {
        ...{ v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId },
        ...{ v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: [{ name: topic, partitions: [partition] }] },
      },
      each => each.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode,
    )
    if (errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION && isFleeting) throw new Abortable(`there is no ${key}`)
    await this.#judge(errorCode, `adding ${key}`)
  }

  /** Commits a group's offset with the transaction. */
  protected async commitOffset(
    transaction: Transaction,
    groupId: string,
    { topic, partition }: Target,
    committedOffset: number,
  ): Promise<void> {
    const { protocol } = this.options
    const claim = this.#claim
    if (protocol === 1) {
      const { errorCode } = await this.ask(AddOffsetsToTxn, 3, { ...claim, groupId }, each => each.errorCode)
      await this.#judge(errorCode, `adding ${groupId}`)
    }
    this.#added.add(groupId)
    transaction.offsets.set(`${topic}-${partition}`, committedOffset)
    const partitions = [{ partitionIndex: partition, committedOffset, committedMetadata: '' }]
    const { errorCode } = await this.ask(
      TxnOffsetCommit,
      protocol === 1 ? 3 : 5,
      { ...claim, groupId, topics: [{ name: topic, partitions }] },
      each => each.topics[0]!.partitions[0]!.errorCode,
    )
    await this.#judge(errorCode, `offset ${committedOffset}`)
  }

  /** Ends the transaction, one way or the other; the model hears how. Throws `Fenced` where the instance is of no use any more. */
  protected async endTransaction(transaction: Transaction, committed: boolean): Promise<void> {
    const { protocol } = this.options
    if (protocol === 1 && this.#added.size === 0) {
      return this.#settled(transaction, committed)
    }
    if (committed) this.model.deciding(transaction)
    const before = { producerId: this.#producerId, epoch: this.#epoch }
    let attempts = 0
    const { response, errorCode } = await this.#persist(
      EndTxn,
      protocol === 1 ? 4 : 5,
      () => {
        attempts++
        return { ...this.#claim, committed }
      },
      each => each.errorCode,
    )
    this.say(() => `${transaction.id} is to be ${committed ? 'committed' : 'aborted'}: ${errorCode}`)
    if (errorCode === 0) {
      this.#settled(transaction, committed)
      if (protocol === 2) this.#given(response, before, true)
      else if (this.#isUnsure) await this.initialise(true)
      return
    }
    if (!aborting.has(errorCode)) throw new Violation(`${this.name}: ${transaction.id} cannot be ended: ${errorCode}`)
    // Who was not answered the first time does not know whether that was it.
    const isOpen = committed && attempts > 1 && errorCode !== codes.INVALID_TXN_STATE
    if (!isOpen) this.model.aborted(transaction)
    throw new Fenced(`it cannot be ended: ${errorCode}`)
  }

  #settled(transaction: Transaction, committed: boolean): void {
    if (committed) this.model.committed(transaction)
    else this.model.aborted(transaction)
  }

  /** Does the work of a transaction and ends it; `work` says how. What the broker does not take is aborted. */
  protected async transact(
    work: (transaction: Transaction) => Promise<'commit' | 'abort' | 'forget'>,
  ): Promise<Transaction> {
    const transaction = this.begin()
    try {
      try {
        const wish = await work(transaction)
        if (wish !== 'forget') await this.endTransaction(transaction, wish === 'commit')
        else {
          this.say(() => `forgets ${transaction.id}`)
          this.model.aborted(transaction)
          this.isInitialised = false
        }
      } catch (error) {
        if (!(error instanceof Abortable)) throw error
        await this.endTransaction(transaction, false)
      }
    } catch (error) {
      if (!(error instanceof Fenced)) throw error
      this.say(() => `is shut out: ${error.message}`)
      this.isInitialised = false
      await this.sleep(this.world.random.int(3_000))
    }
    return transaction
  }

  /** A while in which the instance does nothing: meanwhile its time may be over, or another may take its place. */
  protected async pause(): Promise<void> {
    const { random } = this.world
    const choice = random.int(20)
    if (choice === 0) await this.sleep(random.int(12_000))
    else if (choice < 8) await this.sleep(random.int(200))
  }
}

/**
 * The transactions of one partition of `__transaction_state`: a state machine without socket, log or clock.
 *
 * An operation gives the records to be written and the answer; records take effect when they are replayed. What follows from a decided
 * transaction, its markers in other partitions, is told by `markersDue`: whoever runs the shard writes them, again and again until each partition
 * has its marker, and says so by `completed`. A coordinator that dies in between finds the decided transactions when it is loaded.
 */
import { codes } from '../../protocol/errors.ts'
import { Deadlines } from '../base/deadlines.ts'
import type { Moment, Outcome } from '../base/outcome.ts'
import { abortAndFence, type EndRequest, end } from './end.ts'
import { type InitRequest, initialise } from './init.ts'
import { isAtRest, isEnding, type TransactionState } from './states.ts'
import type { TransactionRecord } from './stored.ts'
import {
  type ClientTransactionVersion,
  completed,
  epochMax,
  fenced,
  hasPartitions,
  isEpochExhausted,
  newTransaction,
  noEpoch,
  type TopicPartitions,
  type Transaction,
  twoPhaseTimeoutMs,
  withNextEpoch,
  withPartitions,
} from './transaction.ts'

/** The broker's settings that transactions obey, read at each use. */
export interface TransactionSettings {
  readonly timeoutMsMax: number
  /** `transactional.id.expiration.ms` */
  readonly idExpirationMs: number
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms` */
  readonly abortCheckIntervalMs: number
  /** `transaction.remove.expired.transaction.cleanup.interval.ms` */
  readonly expiryCheckIntervalMs: number
}

/** Who a producer is from now on, or why it is nobody. */
export interface InitAnswer {
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
  /** Ask again with a fresh producer id. */
  readonly needsProducerId?: boolean
}

/** What the markers of a transaction say, and where they are to be written. */
export interface Markers {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
  readonly clientTransactionVersion: ClientTransactionVersion
  readonly partitions: TopicPartitions
}

/** Who asks, and in which transaction. */
export interface Claim {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/** Which transactions ListTransactions asks for. */
export interface ListFilter {
  readonly states: ReadonlySet<string>
  readonly producerIds: ReadonlySet<number>
  /** Only transactions that have been open for longer, in ms, and as Kafka has it all that have not begun; negative: all. */
  readonly durationMs: number
  /** Whether an id is wanted. */
  readonly matches: (transactionalId: string) => boolean
}

/** The last epochs that clients have, by transactional id: of another broker, whose place this one takes. */
export type SeenEpochs = ReadonlyMap<string, { readonly producerId: number; readonly producerEpoch: number }>

type Timer = 'aborts' | 'expiry'
type Records = readonly TransactionRecord[]

const noRecords: Records = []
/** Ids that are looked at in one piece of work: a fraction of a millisecond. */
const idsPerWork = 500

function answer<T>(response: T): Outcome<TransactionRecord, T> {
  return { records: noRecords, response }
}

function recording<T>(transaction: Transaction, response: T): Outcome<TransactionRecord, T> {
  return { records: [{ transactionalId: transaction.transactionalId, transaction }], response }
}

function refusedInit(errorCode: number): Outcome<TransactionRecord, InitAnswer> {
  return answer({ errorCode, producerId: -1, producerEpoch: noEpoch })
}

/** See the head of the file. */
export class TransactionShard {
  readonly #settings: TransactionSettings
  readonly #transactions = new Map<string, Transaction>()
  readonly #timers = new Deadlines<Timer>()
  /** Decided transactions whose markers nobody was told of. */
  readonly #due = new Set<string>()
  /** A walk over all ids that is under way. */
  #walk: { readonly timer: Timer; readonly ids: Iterator<string> } | null = null
  #isLoaded = false
  readonly #seen: SeenEpochs | null
  /** Called when markers have become due. */
  readonly #onMarkersDue: () => void

  /** With `seen`, what is on record was another broker's: when it is loaded, all that is open is aborted, and all producers are fenced. */
  constructor(settings: TransactionSettings, onMarkersDue: () => void, seen: SeenEpochs | null = null) {
    this.#settings = settings
    this.#seen = seen
    this.#onMarkersDue = onMarkersDue
  }

  get size(): number {
    return this.#transactions.size
  }

  // Records

  replay({ transactionalId, transaction }: TransactionRecord): void {
    if (transaction === null) {
      this.#transactions.delete(transactionalId)
      this.#due.delete(transactionalId)
      return
    }
    this.#transactions.set(transactionalId, transaction)
    if (!isEnding(transaction.state)) this.#due.delete(transactionalId)
    else {
      this.#due.add(transactionalId)
      if (this.#isLoaded) this.#onMarkersDue()
    }
  }

  endTransaction(): void {}

  begin(): boolean {
    return false
  }

  loaded(now: Moment): Outcome<TransactionRecord, null> {
    this.#isLoaded = true
    this.#timers.set('aborts', now.monotonicMs + this.#settings.abortCheckIntervalMs)
    this.#timers.set('expiry', now.monotonicMs + this.#settings.expiryCheckIntervalMs)
    if (this.#due.size > 0) this.#onMarkersDue()
    if (this.#seen === null) return answer(null)
    const records = [...this.#transactions.values()].flatMap(each => fencedWith(each, this.#seen!, now.ms))
    return { records, response: null, divisible: true }
  }

  imageChanged(): void {}

  /** Nothing runs ahead of the log. */
  revert(): void {}

  close(): void {
    this.#timers.clear()
    this.#transactions.clear()
    this.#due.clear()
    this.#walk = null
  }

  // Timers and walks

  get nextTimerMs(): number {
    return this.#timers.nextMs()
  }

  expire(now: Moment): Outcome<TransactionRecord, null> | null {
    // One walk at a time: the other is due again right after it.
    if (this.#walk !== null) return null
    const timer = this.#timers.expireOne(now.monotonicMs)
    if (timer === undefined) return null
    this.#walk = { timer, ids: this.#transactions.keys() }
    return answer(null)
  }

  get hasWork(): boolean {
    return this.#walk !== null
  }

  /** Looks at some of the ids: open transactions whose time is over are aborted, ids that nobody used for long are forgotten. */
  work(now: Moment): Outcome<TransactionRecord, null> {
    const walk = this.#walk
    if (walk === null) return answer(null)
    const records: TransactionRecord[] = []
    for (let i = 0; i < idsPerWork; i++) {
      const next = walk.ids.next()
      if (next.done) {
        this.#walk = null
        const { abortCheckIntervalMs, expiryCheckIntervalMs } = this.#settings
        const intervalMs = walk.timer === 'aborts' ? abortCheckIntervalMs : expiryCheckIntervalMs
        this.#timers.set(walk.timer, now.monotonicMs + intervalMs)
        break
      }
      const transaction = this.#transactions.get(next.value)
      const record =
        transaction && (walk.timer === 'aborts' ? timedOut(transaction, now) : this.#expired(transaction, now))
      if (record) records.push(record)
    }
    return { records, response: null, divisible: true }
  }

  #expired({ transactionalId, state, lastUpdateMs }: Transaction, now: Moment): TransactionRecord | null {
    const isOver = isAtRest(state) && lastUpdateMs + this.#settings.idExpirationMs <= now.ms
    return isOver ? { transactionalId, transaction: null } : null
  }

  // Requests

  /** `producerId` is a fresh one, or null where none is at hand: the answer says whether one is needed. */
  initProducerId(request: InitRequest, producerId: number | null, now: Moment): Outcome<TransactionRecord, InitAnswer> {
    const { transactionalId, timeoutMs } = request
    if (transactionalId === '') return refusedInit(codes.INVALID_REQUEST)
    const isInBounds = timeoutMs > 0 && timeoutMs <= this.#settings.timeoutMsMax
    if (!isInBounds && !request.isTwoPhase) return refusedInit(codes.INVALID_TRANSACTION_TIMEOUT)
    const known = this.#transactions.get(transactionalId)
    if (known === undefined) {
      if (producerId === null) return needsProducerId()
      const fresh = newTransaction(transactionalId, producerId, timeoutMs, now.ms)
      return given(withNextEpoch(fresh, { timeoutMs, lastProducerEpoch: noEpoch, nowMs: now.ms }))
    }
    const decision = initialise(request, known, producerId, now.ms)
    switch (decision.kind) {
      case 'refused':
        return refusedInit(decision.errorCode)
      case 'needsProducerId':
        return needsProducerId()
      case 'fence':
        // The epoch that this takes is given to nobody: the producer asks again, and gets the one after it.
        return { ...refusedInit(codes.CONCURRENT_TRANSACTIONS), records: recordsOf(abortAndFence(known, now.ms)) }
      case 'next':
        return given(decision.next)
    }
  }

  /** Adds partitions to a transaction, which begins with the first of them. Gives an error code. */
  addPartitions(
    claim: Claim,
    partitions: TopicPartitions,
    clientTransactionVersion: ClientTransactionVersion,
    now: Moment,
  ): Outcome<TransactionRecord, number> {
    const transaction = this.#transactions.get(claim.transactionalId)
    // Before all else: the producer may have the id already that is in force once the transaction is over.
    if (transaction && isEnding(transaction.state)) return answer(codes.CONCURRENT_TRANSACTIONS)
    const errorCode = claimError(claim, transaction)
    if (errorCode !== 0) return answer(errorCode)
    if (transaction!.state === 'Ongoing' && hasPartitions(transaction!, partitions)) return answer(0)
    return recording(withPartitions(transaction!, partitions, clientTransactionVersion, now.ms), 0)
  }

  /** Whether a partition is in a running transaction: 0 where it is, and the code for those that are not by `missing`. */
  verifyPartition(claim: Claim, topic: string, partition: number, missing: number): number {
    const transaction = this.#transactions.get(claim.transactionalId)
    const errorCode = claimError(claim, transaction)
    if (errorCode !== 0) return errorCode
    const isIn = transaction!.state === 'Ongoing' && (transaction!.partitions.get(topic)?.has(partition) ?? false)
    return isIn ? 0 : missing
  }

  /** Decides how a transaction ends. The answer has the producer's id and epoch for the next one. */
  endTxn(
    request: EndRequest & { readonly transactionalId: string },
    producerId: number | null,
    now: Moment,
  ): Outcome<TransactionRecord, InitAnswer> {
    const { transactionalId } = request
    if (transactionalId === '') return refusedInit(codes.INVALID_REQUEST)
    const transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined) return refusedInit(codes.INVALID_PRODUCER_ID_MAPPING)
    const decision = end(request, transaction, producerId, now.ms)
    switch (decision.kind) {
      case 'refused':
        return refusedInit(decision.errorCode)
      case 'needsProducerId':
        return needsProducerId()
      case 'done':
        return answer({ errorCode: 0, producerId: transaction.producerId, producerEpoch: transaction.producerEpoch })
      case 'next': {
        const { next } = decision
        const rotates = next.nextProducerId >= 0
        return recording(next, {
          errorCode: 0,
          producerId: rotates ? next.nextProducerId : next.producerId,
          producerEpoch: rotates ? 0 : next.producerEpoch,
        })
      }
    }
  }

  // Markers

  /** The markers of decided transactions that were not taken yet; those of one transaction are taken once, until they are `postponed`. */
  markersDue(): Markers[] {
    const due = [...this.#due].map(id => this.#transactions.get(id)!)
    this.#due.clear()
    return due.map(({ transactionalId, producerId, producerEpoch, state, clientTransactionVersion, partitions }) => ({
      ...{ transactionalId, producerId, producerEpoch, clientTransactionVersion, partitions },
      committed: state === 'PrepareCommit',
    }))
  }

  /** All markers of a transaction are written. Nothing happens where it is not the one that ends now. */
  completed({ transactionalId, producerId, producerEpoch }: Claim, now: Moment): Outcome<TransactionRecord, null> {
    const transaction = this.#transactions.get(transactionalId)
    const isSame = transaction?.producerId === producerId && transaction.producerEpoch === producerEpoch
    if (!isSame || !isEnding(transaction.state)) return answer(null)
    return recording(completed(transaction, now.ms), null)
  }

  // Questions

  /** All there are. */
  all(): Iterable<Transaction> {
    return this.#transactions.values()
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  list(filter: ListFilter, now: Moment): Transaction[] {
    return [...this.#transactions.values()].filter(
      ({ transactionalId, producerId, state, startMs }) =>
        (filter.states.size === 0 || filter.states.has(state)) &&
        (filter.producerIds.size === 0 || filter.producerIds.has(producerId)) &&
        (filter.durationMs < 0 || now.ms - startMs > filter.durationMs) &&
        filter.matches(transactionalId),
    )
  }

  /** How many ids are in each state. */
  counts(): Map<TransactionState, number> {
    const counts = new Map<TransactionState, number>()
    for (const { state } of this.#transactions.values()) counts.set(state, (counts.get(state) ?? 0) + 1)
    return counts
  }
}

/** The record by which nobody who has an id goes on with its epoch; none where the transaction ends already. */
function fencedWith(transaction: Transaction, seen: SeenEpochs, nowMs: number): Records {
  const { transactionalId, producerId, producerEpoch, state } = transaction
  if (isEnding(state) || isEpochExhausted(producerEpoch)) return []
  const last = seen.get(transactionalId)
  const epoch = last?.producerId === producerId ? Math.max(last.producerEpoch, producerEpoch) : producerEpoch
  const known = { ...transaction, producerEpoch: Math.min(epoch, epochMax - 2) }
  if (state === 'Ongoing') return recordsOf(abortAndFence(known, nowMs))
  return isAtRest(state) ? recordsOf(fenced(known)) : []
}

function needsProducerId(): Outcome<TransactionRecord, InitAnswer> {
  return answer({ errorCode: 0, producerId: -1, producerEpoch: noEpoch, needsProducerId: true })
}

function given(next: Transaction): Outcome<TransactionRecord, InitAnswer> {
  return recording(next, { errorCode: 0, producerId: next.producerId, producerEpoch: next.producerEpoch })
}

function recordsOf(transaction: Transaction): Records {
  return [{ transactionalId: transaction.transactionalId, transaction }]
}

/** An open transaction whose time is over is aborted, and its producer shut out. */
function timedOut(transaction: Transaction, now: Moment): TransactionRecord | null {
  const { transactionalId, state, startMs, timeoutMs } = transaction
  if (state !== 'Ongoing' || timeoutMs === twoPhaseTimeoutMs || startMs + timeoutMs >= now.ms) return null
  return { transactionalId, transaction: abortAndFence(transaction, now.ms) }
}

/** Why a producer may not write in this transaction now, or 0. */
function claimError(claim: Claim, transaction: Transaction | undefined): number {
  if (claim.transactionalId === '') return codes.INVALID_REQUEST
  if (transaction === undefined || transaction.producerId !== claim.producerId) return codes.INVALID_PRODUCER_ID_MAPPING
  if (transaction.producerEpoch !== claim.producerEpoch) return codes.PRODUCER_FENCED
  return isEnding(transaction.state) ? codes.CONCURRENT_TRANSACTIONS : 0
}

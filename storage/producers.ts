/**
 * What a log knows of idempotent and transactional producers (KIP-98): the last batches of each, so that a batch sent twice is
 * written once; the epoch that may write; the open transactions, which bound what read_committed consumers see.
 */
import { codes, KafkaError } from '../protocol/errors.ts'
import {
  baseSequence,
  isControl,
  isTransactional,
  lastOffsetDelta,
  lastSequence,
  maxTimestamp,
  producerEpoch,
  producerId,
  sizeInBytes,
} from '../protocol/records/header.ts'

import { type EndMarker, endMarkerOf } from './markers.ts'

/** Batches remembered per producer: as many as a client may have in flight. */
const batchesMax = 5

/** A batch that was appended. Deltas and sequences as in its header; −1 where unknown. */
export interface ProducerBatch {
  lastSequence: number
  lastOffset: number
  offsetDelta: number
  timestamp: number
}

/** One producer's state. currentTxnFirstOffset is −1 outside of a transaction. */
export interface ProducerState {
  readonly producerId: number
  epoch: number
  coordinatorEpoch: number
  lastTimestamp: number
  currentTxnFirstOffset: number
  /** Oldest first. */
  readonly batches: ProducerBatch[]
}

/** With which sequence numbers a producer may begin a transaction in a partition. */
export interface Beginning {
  /** The lowest that it has tried to begin with: what comes before was refused, and is sent again. */
  readonly sequenceMax: number
  /** Whether a producer of which no batch is known begins with 0, as each transaction has an epoch of its own (KIP-890). */
  readonly isFirstOfEpoch: boolean
}

/** A transaction that a marker has just ended. */
export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly aborted: boolean
}

function firstSequenceOf(batch: ProducerBatch): number {
  const first = batch.lastSequence - batch.offsetDelta
  return first < 0 && batch.lastSequence >= 0 ? first + 0x80000000 : first
}

/** The producers of one log. */
export class Producers {
  states: ReadonlyMap<number, ProducerState> = none
  /** Offset behind the last record that the state includes. */
  endOffset = 0
  /** First offset of each open transaction, oldest first, by producer. */
  #open: ReadonlyMap<number, number> = none
  /** Ended transactions whose marker is not below the high watermark yet. */
  #uncommitted: { firstOffset: number; lastOffset: number }[] = []

  /** Takes over all that another knows of the same log, and that is not needed any more: a file keeps less. */
  adopt(other: Producers): void {
    this.states = other.states
    this.#open = other.#open
    this.#uncommitted = other.#uncommitted
    this.endOffset = other.endOffset
  }

  /** Checks batches before they are appended, a client's in full; gives the remembered batch that a client's repeats, or null. */
  checkBatches(
    batches: Buffer,
    origin: 'client' | 'coordinator',
    raisesEpoch = false,
    beginning?: Beginning,
  ): ProducerBatch | null {
    for (let at = 0; at < batches.length; at += sizeInBytes(batches, at)) {
      if (producerId(batches, at) < 0) continue
      if (origin === 'coordinator') {
        this.checkCoordinated(batches, at, endMarkerOf(batches, at), raisesEpoch)
        continue
      }
      const duplicate = this.check(batches, at, beginning)
      if (duplicate !== null) return duplicate
    }
    return null
  }

  /**
   * The remembered batch that this one repeats, null where it is new. Throws OUT_OF_ORDER_SEQUENCE_NUMBER,
   * INVALID_PRODUCER_EPOCH or INVALID_TXN_STATE for a client's batch that must not be appended. Changes nothing.
   */
  check(b: Buffer, at: number, beginning?: Beginning): ProducerBatch | null {
    const id = producerId(b, at)
    const state = this.states.get(id)
    const epoch = producerEpoch(b, at)
    const first = baseSequence(b, at)
    if (state === undefined) {
      checkBeginning(id, first, false, beginning)
      return null
    }
    const { batches } = state
    if (epoch === state.epoch) {
      const last = lastSequence(b, at)
      for (const batch of batches) {
        if (batch.lastSequence === last && firstSequenceOf(batch) === first) return batch
      }
    }
    this.#checkEpoch(state, epoch)
    checkBeginning(id, first, batches.length > 0, beginning)
    if (epoch !== state.epoch) {
      if (first !== 0 && state.epoch !== -1) {
        throw new KafkaError(
          codes.OUT_OF_ORDER_SEQUENCE_NUMBER,
          `producer ${id} begins epoch ${epoch} with sequence ${first}; a new epoch (the last was ${state.epoch}) begins with 0`,
        )
      }
    } else {
      const last = batches.length === 0 ? -1 : batches[batches.length - 1].lastSequence
      if (first !== (last === 0x7fffffff ? 0 : last + 1)) {
        throw new KafkaError(
          codes.OUT_OF_ORDER_SEQUENCE_NUMBER,
          `producer ${id} in epoch ${epoch} sent sequence ${first} after ${last}; resend from the first missing batch`,
        )
      }
    }
    if (state.currentTxnFirstOffset >= 0 && !isTransactional(b, at)) {
      throw new KafkaError(
        codes.INVALID_TXN_STATE,
        `producer ${id} wrote outside of its open transaction; end it first`,
      )
    }
    return null
  }

  /**
   * Throws where a coordinator's batch comes from an epoch that is over. With `raisesEpoch` a marker of the epoch in which a transaction is open
   * belongs to the transaction before. Changes nothing.
   */
  checkCoordinated(b: Buffer, at: number, marker: EndMarker | null, raisesEpoch: boolean): void {
    const id = producerId(b, at)
    const state = this.states.get(id) ?? newState(id, -1)
    const epoch = producerEpoch(b, at)
    this.#checkEpoch(state, epoch)
    if (raisesEpoch && marker !== null && epoch === state.epoch && state.currentTxnFirstOffset >= 0) {
      throw new KafkaError(
        codes.INVALID_PRODUCER_EPOCH,
        `producer ${state.producerId} began its next transaction in epoch ${epoch}; what ended the one before is not for this one`,
      )
    }
    if (marker !== null && marker.coordinatorEpoch < state.coordinatorEpoch) {
      throw new KafkaError(
        codes.TRANSACTION_COORDINATOR_FENCED,
        `coordinator epoch ${marker.coordinatorEpoch} is older than ${state.coordinatorEpoch}; the transaction has a newer coordinator`,
      )
    }
  }

  /** Takes in a batch that was appended at an offset. `marker` is given for control batches that end a transaction. */
  append(b: Buffer, at: number, firstOffset: number, marker: EndMarker | null): CompletedTransaction | null {
    const id = producerId(b, at)
    const epoch = producerEpoch(b, at)
    let state = this.states.get(id)
    if (state === undefined) {
      state = newState(id, epoch)
      this.states = withEntry(this.states, id, state)
    }
    if (state.epoch !== epoch) {
      state.epoch = epoch
      state.batches.length = 0
    }
    const timestamp = maxTimestamp(b, at)
    const offsetDelta = lastOffsetDelta(b, at)
    state.lastTimestamp = timestamp
    if (isControl(b, at)) return marker === null ? null : this.#end(state, marker, firstOffset + offsetDelta)

    const batch: ProducerBatch =
      state.batches.length < batchesMax
        ? { lastSequence: 0, lastOffset: 0, offsetDelta: 0, timestamp: 0 }
        : (state.batches.shift() as ProducerBatch)
    batch.lastSequence = lastSequence(b, at)
    batch.lastOffset = firstOffset + offsetDelta
    batch.offsetDelta = offsetDelta
    batch.timestamp = timestamp
    state.batches.push(batch)
    if (isTransactional(b, at) && state.currentTxnFirstOffset < 0) {
      state.currentTxnFirstOffset = firstOffset
      this.#open = withEntry(this.#open, id, firstOffset)
    }
    return null
  }

  /** Where the last stable offset goes when this transaction is over: the first of the others, else behind the marker. */
  lastStableOffsetAfter(completed: CompletedTransaction): number {
    for (const [id, offset] of this.#open) if (id !== completed.producerId) return offset
    return completed.lastOffset + 1
  }

  /** First offset of the oldest transaction that is open, or whose marker the high watermark has not passed; Infinity without. */
  firstUnstableOffset(highWatermark: number): number {
    let first = Number.POSITIVE_INFINITY
    for (const offset of this.#open.values()) {
      first = offset
      break
    }
    for (const ended of this.#uncommitted) {
      if (ended.lastOffset >= highWatermark && ended.firstOffset < first) first = ended.firstOffset
    }
    return first
  }

  /** How many transactions are open. */
  get openCount(): number {
    return this.#open.size
  }

  /** Whether there is an open transaction whose producer has written nothing after a time, in ms since 1970. */
  hasOpenSince(ms: number): boolean {
    for (const id of this.#open.keys()) if (this.states.get(id)!.lastTimestamp < ms) return true
    return false
  }

  /** Forgets ended transactions that the high watermark, which never goes back, has passed. */
  forgetCommitted(highWatermark: number): void {
    if (this.#uncommitted.length === 0) return
    this.#uncommitted = this.#uncommitted.filter(ended => ended.lastOffset >= highWatermark)
  }

  /** Ended transactions that are kept for as long as their markers are not committed. */
  get uncommittedCount(): number {
    return this.#uncommitted.length
  }

  /** Puts a producer's state in place, as a snapshot has it. */
  load(state: ProducerState): void {
    this.states = withEntry(this.states, state.producerId, state)
    if (state.currentTxnFirstOffset < 0) return
    // The oldest transaction must be first, and snapshots have no order.
    const open = [...this.#open, [state.producerId, state.currentTxnFirstOffset] as const]
    this.#open = new Map(open.sort((a, b) => a[1] - b[1]))
  }

  /** Forgets producers that wrote nothing for so long and have no open transaction; gives how many. */
  expire(now: number, expirationMs: number): number {
    let count = 0
    for (const [id, state] of this.states) {
      if (!isExpired(state, now, expirationMs)) continue
      this.states = withoutEntry(this.states, id)
      count++
    }
    return count
  }

  clear(endOffset: number): void {
    this.states = none
    this.#open = none
    this.#uncommitted = []
    this.endOffset = endOffset
  }

  #checkEpoch(state: ProducerState, epoch: number): void {
    if (epoch >= state.epoch) return
    throw new KafkaError(
      codes.INVALID_PRODUCER_EPOCH,
      `producer ${state.producerId} wrote in epoch ${epoch}, but epoch ${state.epoch} has begun; another instance took its place`,
    )
  }

  #end(state: ProducerState, marker: EndMarker, markerOffset: number): CompletedTransaction | null {
    state.coordinatorEpoch = marker.coordinatorEpoch
    const firstOffset = state.currentTxnFirstOffset
    if (firstOffset < 0) return null
    state.currentTxnFirstOffset = -1
    this.#open = withoutEntry(this.#open, state.producerId)
    this.#uncommitted.push({ firstOffset, lastOffset: markerOffset })
    return { producerId: state.producerId, firstOffset, lastOffset: markerOffset, aborted: marker.aborted }
  }
}

/** Shared by all that are empty: most logs never meet a producer with an id, and a map costs some 250 bytes. */
const none: ReadonlyMap<number, never> = new Map<number, never>()

function withEntry<V>(map: ReadonlyMap<number, V>, key: number, value: V): ReadonlyMap<number, V> {
  if (map === none) return new Map([[key, value]])
  return (map as Map<number, V>).set(key, value)
}

function withoutEntry<V>(map: ReadonlyMap<number, V>, key: number): ReadonlyMap<number, V> {
  if (map !== none) (map as Map<number, V>).delete(key)
  return map.size === 0 ? none : map
}

/** Throws OUT_OF_ORDER_SEQUENCE_NUMBER where a transaction would begin behind records that are still to come. */
function checkBeginning(id: number, first: number, isKnown: boolean, beginning: Beginning | undefined): void {
  if (beginning === undefined) return
  const { sequenceMax, isFirstOfEpoch } = beginning
  if (first <= sequenceMax && (isKnown || first === 0 || !isFirstOfEpoch)) return
  throw new KafkaError(
    codes.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${id} begins a transaction with sequence ${first}; resend from ${first > sequenceMax ? sequenceMax : 0}`,
  )
}

/** Whether a producer was silent for so long that it may be forgotten. */
export function isExpired(state: ProducerState, now: number, expirationMs: number): boolean {
  return state.currentTxnFirstOffset < 0 && now - state.lastTimestamp >= expirationMs
}

/** A producer that has written nothing yet. */
function newState(id: number, epoch: number): ProducerState {
  return { producerId: id, epoch, coordinatorEpoch: -1, lastTimestamp: -1, currentTxnFirstOffset: -1, batches: [] }
}

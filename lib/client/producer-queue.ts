/** What a producer has for one partition: records that are gathered to a batch, and batches that wait, in the order of their sequences. */
import type { BatchRecord } from '../../protocol/records/batch.ts'

/** Some records that are sent as one batch. */
export interface ProducerBatch<R extends BatchRecord = BatchRecord> {
  readonly queue: ProducerQueue<R>
  records: R[]
  /** A whole batch that was made elsewhere, in place of records. */
  readonly made: Buffer | null
  /** How many records it has. */
  count: number
  /** What the sender knows it by. */
  readonly tag: unknown
  /** As it was counted against the memory of the producer. */
  bytes: number
  readonly createdMs: number
  /** How often it has been sent. */
  attempts: number
  /** Sequence of its first record; −1 as long as it has none. */
  sequence: number
  /** As it was sent, to be sent again the same. */
  encoded: Buffer | null
}

/** A broker knows so many batches of a producer again. */
export const inFlightMax = 5

/** Bytes of a record beside its key and value: lengths, deltas, and the number of headers. */
const recordOverheadBytes = 14

/** Bytes of a record, by which memory and batches are measured. */
export function bytesOf({ key, value, headers }: BatchRecord): number {
  let bytes = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  if (headers !== undefined)
    for (const header of headers) bytes += recordOverheadBytes + header.key.length + (header.value?.length ?? 0)
  return bytes
}

export class ProducerQueue<R extends BatchRecord = BatchRecord> {
  readonly topic: string
  readonly partition: number
  /** Sequence of the next batch that gets one. */
  nextSequence = 0
  /** How many batches are under way. */
  inFlight = 0
  /** Until then it is not sent from, as its last batch has to be sent again. */
  heldUntilMs = 0
  /** Whether the broker knows this producer in this epoch. */
  #isBegun = false
  #open: ProducerBatch<R> | null = null
  readonly #ready: ProducerBatch<R>[] = []
  readonly #sent = new Set<ProducerBatch<R>>()

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Adds a record; whether a batch has become full by it. */
  add(record: R, bytes: number, batchBytesMax: number, now: number): boolean {
    const open = this.#open
    let isFull = false
    if (open !== null && open.bytes + bytes > batchBytesMax) {
      this.close()
      isFull = true
    }
    if (this.#open === null) {
      this.#open = { ...this.#begun(now), records: [record], count: 1, bytes }
    } else {
      this.#open.records.push(record)
      this.#open.count++
      this.#open.bytes += bytes
    }
    return isFull || bytes >= batchBytesMax
  }

  /** Adds a whole batch. */
  addMade(made: Buffer, count: number, tag: unknown, now: number): void {
    this.close()
    this.#ready.push({ ...this.#begun(now), made, count, tag, bytes: made.length })
  }

  #begun(now: number): ProducerBatch<R> {
    return {
      ...{ queue: this, records: [], made: null, count: 0, tag: null, bytes: 0 },
      ...{ createdMs: now, attempts: 0, sequence: -1, encoded: null },
    }
  }

  /** When the batch that is being gathered was begun; Infinity where there is none. */
  get openSinceMs(): number {
    return this.#open?.createdMs ?? Number.POSITIVE_INFINITY
  }

  /** The batch that is being gathered waits for no more records. */
  close(): void {
    if (this.#open !== null) this.#ready.push(this.#open)
    this.#open = null
  }

  get isEmpty(): boolean {
    return this.#open === null && this.#ready.length === 0
  }

  /** The next batch to send. */
  peek(): ProducerBatch<R> | undefined {
    return this.#ready[0]
  }

  /**
   * Whether the next batch may go. One that is sent again goes alone: a broker knows only the last few batches of a producer, and no longer takes an
   * older one for what it is. So does the first: a broker that does not know the producer takes any sequence for its first one.
   */
  get isOpen(): boolean {
    if (this.inFlight === 0) return true
    if (!this.#isBegun || this.inFlight >= inFlightMax || this.#ready[0]!.attempts > 0) return false
    for (const batch of this.#sent) if (batch.attempts > 1) return false
    return true
  }

  /** Takes the next batch, which is under way from now on. */
  take(): ProducerBatch<R> {
    const batch = this.#ready.shift()!
    this.#sent.add(batch)
    this.inFlight++
    return batch
  }

  /** A batch is no longer under way. */
  settle(batch: ProducerBatch<R>): void {
    if (this.#sent.delete(batch)) this.inFlight--
  }

  /** A batch is in the log. */
  confirm(): void {
    this.#isBegun = true
  }

  /** Batches go back among those that wait, by their sequences. */
  putBack(batches: readonly ProducerBatch<R>[]): void {
    this.#ready.unshift(...batches)
    this.#ready.sort(order)
  }

  /** Whether nothing that was sent before this batch is still open. */
  isFirst(batch: ProducerBatch<R>): boolean {
    for (const other of this.#sent) if (order(other, batch) < 0) return false
    const next = this.#ready[0]
    return next === undefined || order(batch, next) < 0
  }

  /** Gives up all sequences, as those of a new epoch begin anew. Nothing may be under way. */
  restart(): void {
    this.nextSequence = 0
    this.#isBegun = false
    for (const batch of this.#ready) {
      batch.sequence = -1
      batch.encoded = null
    }
  }

  /** Takes out all that waits, to be given up. */
  clear(): ProducerBatch<R>[] {
    this.close()
    return this.#ready.splice(0)
  }
}

/** Those without a sequence come last, as they came. Sequences go on at 0 after 2^31 − 1, so what counts is their distance. */
function order(a: ProducerBatch, b: ProducerBatch): number {
  if (a.sequence < 0 || b.sequence < 0) return Number(a.sequence < 0) - Number(b.sequence < 0)
  return (a.sequence - b.sequence) << 1
}

/**
 * Requests that wait: a fetch for enough bytes, a produce for its records to be written. No timer and no promise of their
 * own per partition: the partitions count them down or wake them, and one timetable ends their patience.
 */
import { codes } from '../../../protocol/errors.ts'
import type { Partitions } from '../partitions.ts'
import type { FetchSlot, SlotOwner } from '../sessions/fetch-slot.ts'
import type { OffsetWaiter } from './offset-queue.ts'
import type { Due } from './timetable.ts'
import type { TurnTask } from './turn.ts'

/** A fetch that waits until partitions gained enough, something ended, or its time is over. */
export class FetchWait implements SlotOwner, Due, TurnTask {
  readonly #partitions: Partitions
  /** Looks again; true where the request is answered with that. `final`: answer in any case. */
  readonly #look: (final: boolean) => boolean
  readonly #bytesMin: number
  #bytes: number
  #awake = false
  #final = false
  #done = false

  /** `bytes` are there already, `bytesMin` are wanted within `waitMsMax`. */
  constructor(options: {
    partitions: Partitions
    bytes: number
    bytesMin: number
    waitMsMax: number
    look: (final: boolean) => boolean
  }) {
    this.#partitions = options.partitions
    this.#look = options.look
    this.#bytes = options.bytes
    this.#bytesMin = options.bytesMin
    options.partitions.timetable.in(options.waitMsMax, this)
    options.partitions.waiting.add(this)
  }

  slotChanged(slot: FetchSlot, bytes: number): void {
    if (this.#done) return
    const { partition } = slot
    if (partition === null || partition.standing !== 'online') this.#final = true
    else {
      this.#bytes += bytes
      if (bytes > 0 && this.#bytes < this.#bytesMin) return
    }
    if (this.#awake) return
    this.#awake = true
    this.#partitions.turn.after(this)
  }

  /** What a look found, where it was not enough. */
  found(bytes: number): void {
    this.#bytes = bytes
  }

  endOfTurn(): void {
    this.#awake = false
    if (!this.#done) this.#end(this.#final)
  }

  due(): void {
    if (!this.#done) this.#end(true)
  }

  /** Nobody wants the answer any more. */
  abandon(): void {
    if (!this.#done) this.#forget()
  }

  #end(final: boolean): void {
    if (this.#look(final)) this.#forget()
  }

  #forget(): void {
    this.#done = true
    this.#partitions.timetable.cancel(this)
    this.#partitions.waiting.delete(this)
  }
}

/** The answer of one partition of a produce request, as far as waiting changes it. */
export interface PartitionAnswer {
  errorCode: number
}

/** Who is told when a produce has nothing more to wait for. */
export interface ProduceOwner {
  done(): void
}

/** A produce that waits until the records of all its partitions are where its acks want them. */
export class ProduceWait implements OffsetWaiter<PartitionAnswer>, Due, TurnTask {
  readonly #partitions: Partitions
  readonly #timeoutMs: number
  #owner: ProduceOwner | null = null
  #count = 0
  /** Whether any partition was settled by an error. */
  anyFailed = false

  constructor(partitions: Partitions, timeoutMs: number) {
    this.#partitions = partitions
    this.#timeoutMs = timeoutMs
  }

  /** Partitions that are not settled. */
  get count(): number {
    return this.#count
  }

  /** Waits for one more partition, whose answer says that the time is over for as long as it is not settled. */
  expect(answer: PartitionAnswer): void {
    answer.errorCode = codes.REQUEST_TIMED_OUT
    this.#count++
  }

  settled(answer: PartitionAnswer, errorCode: number): void {
    if (this.#count === 0) return
    answer.errorCode = errorCode
    if (errorCode !== codes.NONE) this.anyFailed = true
    if (--this.#count === 0) this.#finish()
  }

  /** Tells the owner once, when all are settled or the time is over. */
  whenDone(owner: ProduceOwner): void {
    this.#owner = owner
    this.#partitions.turn.after(this)
  }

  /** Nearly all is written by the end of the turn: only what is not gets a deadline. */
  endOfTurn(): void {
    if (this.#count > 0) this.#partitions.timetable.in(this.#timeoutMs, this)
  }

  due(): void {
    this.#count = 0
    this.#finish()
  }

  #finish(): void {
    const owner = this.#owner
    if (owner === null) return
    this.#owner = null
    this.#partitions.timetable.cancel(this)
    owner.done()
  }
}

/** A connection's answers: given in any order, sent in the order of their requests, several by one write. */
import type { Chunk } from '../../protocol/records/chunk.ts'
import { Queue } from '../base/queue.ts'
import type { Wire } from '../network/network.ts'
import { FileSender } from './file-sender.ts'
import type { Exchange } from './handler-row.ts'
import type { Question } from './interceptor.ts'
import { nativeSend } from './native-send.ts'
import type { Outbox, Sender } from './outbox.ts'
import type { Slab } from './slabs.ts'

/** The place of one request's answer in the order of answers. */
export class Slot implements Exchange {
  /** Bytes of the request. */
  readonly bytes: number
  /** When its last bytes came, as `ticksOf` tells it. */
  readonly cameTicks: number
  /** The answer as chunks; null until it is given. */
  chunks: readonly Chunk[] | null = null
  replyBytes = 0
  /** Some of its chunks are ranges of files. */
  inFiles = false
  /** The request cannot be answered, nor may any after it. */
  failed = false
  /** Asks the interceptors; null where there are none. */
  asked: ((question: Question) => unknown) | null = null
  /** The slab that holds the request, retained until the answer is given; null for other memory. */
  slab: Slab | null = null
  #after: (() => void)[] | null = null
  readonly #replies: Replies

  constructor(bytes: number, replies: Replies, cameTicks = 0) {
    this.bytes = bytes
    this.cameTicks = cameTicks
    this.#replies = replies
  }

  takesFiles(): boolean {
    return this.#replies.takesFiles
  }

  ask(question: Question): unknown {
    return this.asked?.(question)
  }

  /** The request's bytes may be read even after the answer: their slab is not reused. */
  keepBytes(): void {
    if (this.slab) this.slab.pinned = true
  }

  afterSend(run: () => void): void {
    this.#after ??= []
    this.#after.push(run)
  }

  /** The callbacks to run once the answer was sent, or cannot be sent any more. Returned once. */
  takeAfter(): readonly (() => void)[] | null {
    const after = this.#after
    this.#after = null
    return after
  }
}

const noChunks: readonly Chunk[] = []
/** Answers up to this size together are copied into one buffer, which is cheaper than a writev of many. */
const gatherBytesMax = 4 * 1024
/** Chunks beyond this number are written without waiting for more, so that a burst of requests queues no pile of answers. */
const chunksMax = 256

export class Replies implements Sender {
  readonly #wire: Wire
  readonly #outbox: Outbox
  readonly #sent: () => void
  readonly #broken: (error: unknown) => void
  readonly #line = new Queue<Slot>()
  #chunks: Chunk[] = []
  #chunkBytes = 0
  /** Some of them are ranges of files. */
  #inFiles = false
  #sender: FileSender | null = null
  /** Bytes of answers that wait for an earlier answer. */
  #heldBytes = 0
  #after: (() => void)[] = []
  #flushing = false
  /** No answer is sent any more. */
  #dead = false

  /** `sent` is called each time that answers were sent, `broken` where one cannot be sent to its end. */
  constructor(wire: Wire, outbox: Outbox, sent: () => void, broken: (error: unknown) => void) {
    this.#wire = wire
    this.#outbox = outbox
    this.#sent = sent
    this.#broken = broken
  }

  /** Requests without an answer yet, and answers that wait for an earlier one. */
  get outstanding(): number {
    return this.#line.length
  }

  /** Bytes of answers that the system has not taken yet. */
  get bytesPending(): number {
    return this.#heldBytes + this.#chunkBytes + this.#wire.bytesQueued + (this.#sender?.bytesPending ?? 0)
  }

  /** Whether parts of answers may be ranges of files. */
  get takesFiles(): boolean {
    return this.#wire.pieceBytes !== undefined || (this.#wire.descriptor >= 0 && nativeSend() !== null)
  }

  /** Whether answers are being sent of which the wire does not know yet. */
  get isSending(): boolean {
    return this.#sender?.isBusy ?? false
  }

  /** Adds the next request's slot to the order. */
  open(slot: Slot): void {
    this.#line.push(slot)
  }

  /**
   * The answer of a request: an array of chunks that this object owns from now on, or null for none. Answers whose predecessors are given are
   * sent when the callback ends that runs now.
   */
  answer(slot: Slot, chunks: readonly Chunk[] | null): void {
    slot.chunks = chunks ?? noChunks
    if (this.#dead) {
      runAll(slot.takeAfter())
      return
    }
    for (const chunk of slot.chunks) {
      slot.replyBytes += chunk.length
      if (!Buffer.isBuffer(chunk)) slot.inFiles = true
    }
    this.#heldBytes += slot.replyBytes
    for (let head = this.#line.peek(); head?.chunks; head = this.#line.peek()) {
      this.#line.shift()
      this.#queue(head, head.chunks)
      if (head.failed) this.#drop()
    }
  }

  /** A request will have no answer, nor will those after it. */
  fail(slot: Slot): void {
    slot.failed = true
    this.answer(slot, null)
  }

  /** The connection is closed: nothing more is sent. */
  die(): void {
    this.#drop()
    this.#chunks = []
    this.#chunkBytes = 0
    this.flush()
    this.#sender?.die()
  }

  /** Sends all answers whose predecessors are given, by one write. */
  flush(): void {
    const after = this.#after
    const bytes = this.#chunkBytes
    if (after.length > 0) this.#after = []
    if (bytes === 0) {
      runAll(after)
      return
    }
    const chunks = joined(this.#chunks)
    const inFiles = this.#inFiles
    this.#chunks = []
    this.#chunkBytes = 0
    this.#inFiles = false
    if (inFiles || this.isSending) {
      this.#sender ??= new FileSender(this.#wire, error => this.#failed(error))
      this.#sender.send(chunks, bytes, this.#whenSent(after))
      return
    }
    // All chunks are buffers here.
    const buffers = chunks as Buffer[]
    const gathered = bytes > gatherBytesMax ? null : buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers, bytes)
    const isFree = after.length === 0 || gathered !== buffers[0]
    if (gathered !== null && isFree && this.#wire.bytesQueued === 0) {
      // No callback, which would cost a tick: the socket nearly always takes so few bytes at once. Where it does not, the bytes count
      // in `bytesQueued`, and the next write comes with a callback.
      this.#wire.write(gathered)
      this.#sentAll(after)
    } else {
      this.#wire.writeAll(gathered === null ? buffers : [gathered], this.#whenSent(after))
    }
  }

  #whenSent(after: readonly (() => void)[]): () => void {
    return after.length === 0 ? this.#sent : () => this.#sentAll(after)
  }

  /** Called by the outbox. Some of the answers may have been sent before, because they were many. */
  flushDue(): void {
    this.#flushing = false
    this.flush()
  }

  #queue(slot: Slot, chunks: readonly Chunk[]): void {
    this.#inFiles ||= slot.inFiles
    // Nearly always the only answer until the flush, so that its array is used as it is.
    if (this.#chunks.length === 0 && chunks.length > 0) this.#chunks = chunks as Chunk[]
    else for (const chunk of chunks) this.#chunks.push(chunk)
    this.#heldBytes -= slot.replyBytes
    this.#chunkBytes += slot.replyBytes
    const after = slot.takeAfter()
    if (after) this.#after.push(...after)
    if (this.#chunks.length >= chunksMax) {
      this.flush()
    } else if (!this.#flushing) {
      this.#flushing = true
      this.#outbox.add(this)
    }
  }

  /** An answer was sent in part and cannot be completed. */
  #failed(error: unknown): void {
    this.#broken(error)
    this.#wire.destroy()
  }

  /** Drops all slots and runs their callbacks; later answers are dropped when they are given. */
  #drop(): void {
    this.#dead = true
    for (let slot = this.#line.shift(); slot; slot = this.#line.shift()) runAll(slot.takeAfter())
    this.#heldBytes = 0
  }

  #sentAll(after: readonly (() => void)[]): void {
    runAll(after)
    this.#sent()
  }
}

/** Joins buffers that are adjacent in memory, as those of answers that were encoded one after the other are; without a copy. */
function joined(chunks: Chunk[]): Chunk[] {
  if (chunks.length === 1) return chunks
  const runs: Chunk[] = []
  let last: Buffer | null = null
  let length = 0
  for (const chunk of chunks) {
    if (!Buffer.isBuffer(chunk)) {
      if (last) runs.push(stretch(last, length))
      last = null
      runs.push(chunk)
    } else if (last && chunk.buffer === last.buffer && chunk.byteOffset === last.byteOffset + length) {
      length += chunk.length
    } else {
      if (last) runs.push(stretch(last, length))
      last = chunk
      length = chunk.length
    }
  }
  if (last) runs.push(stretch(last, length))
  return runs
}

/** The same start, with so many bytes. */
function stretch(buffer: Buffer, length: number): Buffer {
  return buffer.length === length ? buffer : Buffer.from(buffer.buffer, buffer.byteOffset, length)
}

function runAll(after: readonly (() => void)[] | null): void {
  if (after) for (const run of after) run()
}

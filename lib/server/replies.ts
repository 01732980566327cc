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

/** A request whose answer has its place in the line. */
export class Slot implements Exchange {
  /** Bytes of the request. */
  readonly bytes: number
  /** The answer as chunks; null while there is none. */
  chunks: readonly Chunk[] | null = null
  replyBytes = 0
  /** Some of its chunks lie in files. */
  inFiles = false
  /** The request cannot be answered, and nothing after it may be. */
  failed = false
  /** Asks the interceptors; null where there are none. */
  asked: ((question: Question) => unknown) | null = null
  /** The slab that the request lies in, which is held until there is an answer; null for other memory. */
  slab: Slab | null = null
  #after: (() => void)[] | null = null
  readonly #replies: Replies

  constructor(bytes: number, replies: Replies) {
    this.bytes = bytes
    this.#replies = replies
  }

  takesFiles(): boolean {
    return this.#replies.takesFiles
  }

  ask(question: Question): unknown {
    return this.asked?.(question)
  }

  /** The request's bytes may be looked at even after the answer. */
  keepBytes(): void {
    if (this.slab) this.slab.pinned = true
  }

  afterSend(run: () => void): void {
    this.#after ??= []
    this.#after.push(run)
  }

  /** What is to run after the answer was sent, or cannot be any more. Given once. */
  takeAfter(): readonly (() => void)[] | null {
    const after = this.#after
    this.#after = null
    return after
  }
}

const noChunks: readonly Chunk[] = []
/** Answers up to this size together are copied into one buffer: cheaper than to hand many to the kernel. */
const gatherBytesMax = 4 * 1024
/** Answers beyond this number are written without waiting for more, so that a burst of requests leaves no heap of answers. */
const chunksMax = 256

export class Replies implements Sender {
  readonly #wire: Wire
  readonly #outbox: Outbox
  readonly #sent: () => void
  readonly #broken: (error: unknown) => void
  readonly #line = new Queue<Slot>()
  #chunks: Chunk[] = []
  #chunkBytes = 0
  /** Some of them lie in files. */
  #inFiles = false
  #sender: FileSender | null = null
  /** Bytes of answers that wait for an earlier one. */
  #heldBytes = 0
  #after: (() => void)[] = []
  #flushing = false
  /** No answer is sent any more. */
  #dead = false

  /** `sent` is called each time that answers have left for the client, `broken` where one cannot be sent to its end. */
  constructor(wire: Wire, outbox: Outbox, sent: () => void, broken: (error: unknown) => void) {
    this.#wire = wire
    this.#outbox = outbox
    this.#sent = sent
    this.#broken = broken
  }

  /** Requests that were not answered yet, and answers that wait for an earlier one. */
  get outstanding(): number {
    return this.#line.length
  }

  /** Bytes of answers that have not left for the client. */
  get bytesPending(): number {
    return this.#heldBytes + this.#chunkBytes + this.#wire.bytesQueued + (this.#sender?.bytesPending ?? 0)
  }

  /** Whether parts of answers may lie in files. */
  get takesFiles(): boolean {
    return this.#wire.descriptor >= 0 && nativeSend() !== null
  }

  /** Whether answers are on their way that the wire does not know of yet. */
  get isSending(): boolean {
    return this.#sender?.isBusy ?? false
  }

  /** Gives the next request its place. */
  open(slot: Slot): void {
    this.#line.push(slot)
  }

  /** The answer of a request: chunks in order in an array that is given away, or null for none. What is in turn is sent when the callback that runs now ends. */
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

  /** A request will have no answer, nor those that came after it. */
  fail(slot: Slot): void {
    slot.failed = true
    this.answer(slot, null)
  }

  /** The connection is gone: what was not sent never will be. */
  die(): void {
    this.#drop()
    this.#chunks = []
    this.#chunkBytes = 0
    this.flush()
    this.#sender?.die()
  }

  /** Writes what is in turn, by one write. */
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
    // As none lies in a file.
    const buffers = chunks as Buffer[]
    const gathered = bytes > gatherBytesMax ? null : buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers, bytes)
    const isFree = after.length === 0 || gathered !== buffers[0]
    if (gathered !== null && isFree && this.#wire.bytesQueued === 0) {
      // Nearly always the socket takes so few bytes at once, and to be called back would cost a tick. Where it does not take them,
      // they hold up nothing: whoever has to wait for them is called back by what follows.
      this.#wire.write(gathered)
      this.#sentAll(after)
    } else {
      this.#wire.writeAll(gathered === null ? buffers : [gathered], this.#whenSent(after))
    }
  }

  #whenSent(after: readonly (() => void)[]): () => void {
    return after.length === 0 ? this.#sent : () => this.#sentAll(after)
  }

  /** Writes what has come into turn since the outbox was asked to call; a full heap may have been written already. */
  flushDue(): void {
    this.#flushing = false
    this.flush()
  }

  #queue(slot: Slot, chunks: readonly Chunk[]): void {
    this.#inFiles ||= slot.inFiles
    // Nearly always the only answer until the flush, and nobody else's array.
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

  /** An answer has begun that cannot be ended. */
  #failed(error: unknown): void {
    this.#broken(error)
    this.#wire.destroy()
  }

  /** Forgets the line, so that those who wait can give up; answers still to come are dropped as they come. */
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

/** Answers that were encoded one after the other lie side by side in memory: they are one buffer without a copy. */
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

/** So many bytes from where a buffer begins. */
function stretch(buffer: Buffer, length: number): Buffer {
  return buffer.length === length ? buffer : Buffer.from(buffer.buffer, buffer.byteOffset, length)
}

function runAll(after: readonly (() => void)[] | null): void {
  if (after) for (const run of after) run()
}

/** A connection's answers: given in any order, sent in the order of their requests, several by one write. */
import type { Socket } from 'node:net'
import { Queue } from '../base/queue.ts'
import type { Exchange } from './handlers.ts'
import type { Slab } from './slabs.ts'

/** A request whose answer has its place in the line. */
export class Slot implements Exchange {
  /** Bytes of the request. */
  readonly bytes: number
  /** The answer as buffers; null while there is none. */
  chunks: readonly Buffer[] | null = null
  replyBytes = 0
  /** The request cannot be answered, and nothing after it may be. */
  failed = false
  /** The slab that the request lies in, which is held until there is an answer; null for other memory. */
  slab: Slab | null = null
  #after: (() => void)[] | null = null

  constructor(bytes: number) {
    this.bytes = bytes
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

const noChunks: readonly Buffer[] = []
/** Answers up to this size together are copied into one buffer: cheaper than to hand many to the kernel. */
const gatherBytesMax = 4 * 1024
/** Answers beyond this number are written without waiting for more, so that a burst of requests leaves no heap of answers. */
const chunksMax = 256

export class Replies {
  readonly #socket: Socket
  readonly #sent: () => void
  readonly #line = new Queue<Slot>()
  #chunks: Buffer[] = []
  #chunkBytes = 0
  /** Bytes of answers that wait for an earlier one. */
  #heldBytes = 0
  #after: (() => void)[] = []
  #flushing = false
  /** No answer is sent any more. */
  #dead = false

  /** `sent` is called each time that answers have left for the client. */
  constructor(socket: Socket, sent: () => void) {
    this.#socket = socket
    this.#sent = sent
  }

  /** Requests that were not answered yet, and answers that wait for an earlier one. */
  get outstanding(): number {
    return this.#line.length
  }

  /** Bytes of answers that have not left for the client. */
  get bytesPending(): number {
    return this.#heldBytes + this.#chunkBytes + this.#socket.writableLength
  }

  /** Gives the next request its place. */
  open(slot: Slot): void {
    this.#line.push(slot)
  }

  /** The answer of a request: buffers in order in an array that is given away, or null for none. What is in turn is sent when the callback that runs now has ended. */
  answer(slot: Slot, chunks: readonly Buffer[] | null): void {
    slot.chunks = chunks ?? noChunks
    if (this.#dead) {
      runAll(slot.takeAfter())
      return
    }
    for (const chunk of slot.chunks) slot.replyBytes += chunk.length
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
    this.#chunks = []
    this.#chunkBytes = 0
    const sent = after.length === 0 ? this.#sent : () => this.#sentAll(after)
    if (chunks.length === 1) {
      this.#socket.write(chunks[0]!, sent)
    } else if (bytes <= gatherBytesMax) {
      this.#socket.write(Buffer.concat(chunks, bytes), sent)
    } else {
      this.#socket.cork()
      const last = chunks.length - 1
      for (let i = 0; i < last; i++) this.#socket.write(chunks[i]!)
      this.#socket.write(chunks[last]!, sent)
      this.#socket.uncork()
    }
  }

  /** Writes what has come into turn since the tick was asked for. */
  flushLater(): void {
    this.#flushing = false
    this.flush()
  }

  #queue(slot: Slot, chunks: readonly Buffer[]): void {
    // Nearly always the only answer until the flush, and nobody else's array.
    if (this.#chunks.length === 0 && chunks.length > 0) this.#chunks = chunks as Buffer[]
    else for (const chunk of chunks) this.#chunks.push(chunk)
    this.#heldBytes -= slot.replyBytes
    this.#chunkBytes += slot.replyBytes
    const after = slot.takeAfter()
    if (after) this.#after.push(...after)
    if (this.#chunks.length >= chunksMax) {
      this.flush()
    } else if (!this.#flushing) {
      this.#flushing = true
      process.nextTick(flush, this)
    }
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

/** Called by the next tick, by which time a full heap may have been written already. */
function flush(replies: Replies): void {
  replies.flushLater()
}

/** Answers that were encoded one after the other lie side by side in memory: they are one buffer without a copy. */
function joined(chunks: Buffer[]): Buffer[] {
  if (chunks.length === 1) return chunks
  const runs: Buffer[] = []
  let { buffer, byteOffset: start, length } = chunks[0]!
  for (let i = 1; i <= chunks.length; i++) {
    const chunk = chunks[i]
    if (chunk && chunk.buffer === buffer && chunk.byteOffset === start + length) {
      length += chunk.length
    } else {
      runs.push(Buffer.from(buffer, start, length))
      if (chunk) ({ buffer, byteOffset: start, length } = chunk)
    }
  }
  return runs
}

function runAll(after: readonly (() => void)[] | null): void {
  if (after) for (const run of after) run()
}

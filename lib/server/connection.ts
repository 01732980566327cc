/** One client's connection: its requests in order, its answers in order, and when to read no more for a while. */
import type { Chunk } from '../../protocol/records/chunk.ts'
import { nextTick } from '../base/clock.ts'
import type { Wire, WireReceiver } from '../network/network.ts'
import type { Budget, BudgetClaim } from './budget.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { type FrameBounds, FrameError, FrameReader } from './frame-reader.ts'
import type { ServerLimits } from './limits.ts'
import type { Outbox } from './outbox.ts'
import { Replies, Slot } from './replies.ts'
import type { Slabs } from './slabs.ts'

/** What connections share, and whom they report to. */
export interface ConnectionHost {
  readonly limits: ServerLimits
  /** The sizes that a request may have. */
  readonly bounds: FrameBounds
  readonly slabs: Slabs
  /** Bytes of requests that wait for their answers. */
  readonly inFlight: Budget
  /** Bytes of large requests that have not come in whole. */
  readonly assembly: Budget
  /** Sends the answers that come up. */
  readonly outbox: Outbox
  monotonicMs(): number
  /** Whether more may be read in this turn of the event loop after so many bytes. */
  mayReadOn(bytes: number): boolean
  /** Runs at the end of this turn of the event loop. */
  immediate(run: () => void): void
  /** Serves the request between two positions of the buffer; its end is `connection.answer` or `connection.fail`. */
  dispatch(connection: Connection, slot: Slot, buffer: Buffer, start: number, end: number): void
  /** The connection is to be closed for a fault of the client's. */
  refused(connection: Connection, reason: string): void
  /** The connection takes no more requests, and should be gone soon. */
  closing(connection: Connection): void
  closed(connection: Connection): void
}

/** Requests up to this size are always let in: they are what lets others finish (replicas fetch by them). */
const exemptBytesMax = 16 * 1024
/** Requests of one connection that are handed on before others have their turn. */
const requestsPerTurnMax = 1000

export class Connection implements WireReceiver {
  readonly info: ConnectionInfo
  /** When bytes last came or left, on the monotonic clock. */
  lastActiveMs: number
  readonly #wire: Wire
  readonly #host: ConnectionHost
  readonly #reader: FrameReader
  readonly #replies: Replies
  /** Bytes of requests that wait for their answers. */
  #requestBytes = 0
  /** Bytes taken from the assembly budget. */
  #assemblyBytes = 0
  /** Bytes taken from the in-flight budget for the next request. */
  #grantedBytes = 0
  /** Stands in line for one of the two budgets. */
  #claim: Claim | null = null
  /** A whole request lies in the reader that may not be served yet. */
  #blocked = false
  /** The wire is not read. */
  #paused = false
  #pumping = false
  /** Has had its share of this turn of the event loop. */
  #resting = false
  #closing = false
  /** Reasons why the next request has to wait: it is throttled, or the one before it is held. */
  #holds = 0
  #isStalled = false
  #cameBytes = 0
  readonly #takeIn = () => {
    this.lastActiveMs = this.#host.monotonicMs()
    this.#pump()
    if (!this.#resting && !this.#host.mayReadOn(this.#cameBytes)) this.#rest()
    this.#paused = this.#closing || this.#blocked || this.#resting || !this.#roomGranted()
    if (!this.#paused) this.#reader.makeRoom()
    this.#accountRoom()
  }

  constructor(wire: Wire, info: ConnectionInfo, host: ConnectionHost) {
    this.#wire = wire
    this.info = info
    this.#host = host
    this.#reader = new FrameReader(host.bounds, wire.receivesInPlace ? host.slabs : null)
    this.#replies = new Replies(
      wire,
      host.outbox,
      () => this.#sent(),
      error => host.refused(this, `an answer that cannot be sent to its end: ${error}`),
    )
    this.lastActiveMs = host.monotonicMs()
  }

  /** Requests that wait for their answers. */
  get outstanding(): number {
    return this.#replies.outstanding
  }

  /** Bytes of answers that have not left for the client. */
  get replyBytesPending(): number {
    return this.#replies.bytesPending
  }

  /** Whether it takes no more requests. */
  get isClosing(): boolean {
    return this.#closing
  }

  target(): Buffer {
    return this.#reader.target(this.#paused)
  }

  filled(bytes: number): boolean {
    this.#reader.filled(bytes)
    return this.#received(bytes)
  }

  push(bytes: Buffer): boolean {
    this.#reader.push(bytes)
    return this.#received(bytes.length)
  }

  /** The client sends nothing more. */
  ended(): void {
    this.finish()
  }

  /** The answer to a request: chunks in order, or null for none. */
  answer(slot: Slot, chunks: readonly Chunk[] | null): void {
    this.#replies.answer(slot, chunks)
    this.#settled(slot)
  }

  /** A request cannot be answered: what was asked before it still is, what was asked after it is not, and the connection is closed. */
  fail(slot: Slot, reason: string): void {
    this.#replies.fail(slot)
    this.refuse(reason)
    this.#settled(slot)
  }

  /** Closes for a fault of the client's, once the requests before it are answered. */
  refuse(reason: string): void {
    if (this.#closing) return
    this.#host.refused(this, reason)
    this.finish()
  }

  /** Hands on no more requests until `release` was called as often. */
  hold(): void {
    this.#holds++
  }

  release(): void {
    this.lastActiveMs = this.#host.monotonicMs()
    if (--this.#holds === 0) this.#proceed()
  }

  /** The request that was handed on last is never answered, nor is any after it: the client sees a broker that hangs. */
  stall(): void {
    this.#isStalled = true
    this.hold()
  }

  /** Whether it hands on no requests for now: it is not idle then. */
  get isHeld(): boolean {
    return this.#holds > 0
  }

  /** Takes no more requests, answers those that it has, and closes. */
  finish(): void {
    if (this.#closing) return
    this.#closing = true
    this.#host.closing(this)
    // Nobody will answer what is open.
    if (this.#isStalled) this.#wire.destroy()
    else this.#endIfDone()
  }

  /** Closes at once. */
  destroy(): void {
    this.#closing = true
    this.#wire.destroy()
  }

  #settled(slot: Slot): void {
    this.#requestBytes -= slot.bytes
    this.#host.inFlight.giveBack(slot.bytes)
    if (slot.slab) this.#host.slabs.release(slot.slab)
    slot.slab = null
    this.#proceed()
  }

  #sent(): void {
    this.lastActiveMs = this.#host.monotonicMs()
    this.#proceed()
  }

  /** So many bytes have come. Returns whether more may. */
  #received(bytes: number): boolean {
    this.#cameBytes = bytes
    this.#host.outbox.gather(this.#takeIn)
    // Once the answers have left: that may have made room for more.
    return !this.#paused
  }

  /** Hands on every whole request that there is leave for. */
  #pump(): void {
    this.#pumping = true
    this.#blocked = false
    const reader = this.#reader
    let turnsLeft = requestsPerTurnMax
    try {
      while (!this.#closing && reader.next()) {
        if (this.#holds > 0) {
          this.#blocked = true
          break
        }
        const { buffer, frameStart, frameEnd } = reader
        if (turnsLeft-- === 0) this.#rest()
        if (turnsLeft < 0 || !this.#admitted(frameEnd - frameStart)) {
          this.#blocked = true
          break
        }
        reader.consume()
        const slot = new Slot(frameEnd - frameStart, this.#replies)
        slot.slab = reader.slab
        if (slot.slab) this.#host.slabs.retain(slot.slab)
        this.#replies.open(slot)
        this.#host.dispatch(this, slot, buffer, frameStart, frameEnd)
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.refuse(error.message)
    }
    this.#pumping = false
  }

  /** Takes no more before the next turn of the event loop. */
  #rest(): void {
    if (this.#resting) return
    this.#resting = true
    this.#host.immediate(() => this.#rested())
  }

  #rested(): void {
    this.#resting = false
    this.#proceed()
  }

  /** Whether a request of so many bytes may be served now; if so, they are accounted for. */
  #admitted(bytes: number): boolean {
    const { limits, inFlight } = this.#host
    if (this.#claim) return false
    if (this.#replies.outstanding >= limits.requestsOutstandingMax) return false
    if (this.#replies.bytesPending > limits.replyBytesPendingMax) return false
    if (this.#requestBytes > 0 && this.#requestBytes + bytes > limits.connectionRequestBytesMax) return false
    if (this.#grantedBytes === 0) {
      if (bytes <= exemptBytesMax) inFlight.take(bytes)
      else if (!this.#claims(inFlight, bytes, 0)) return false
    }
    this.#grantedBytes = 0
    this.#requestBytes += bytes
    return true
  }

  /** Whether the unfinished request at the front may be given the room it wants. */
  #roomGranted(): boolean {
    const more = this.#reader.wants() - this.#assemblyBytes
    if (more <= 0) return true
    if (!this.#claims(this.#host.assembly, more, this.#assemblyBytes)) return false
    this.#assemblyBytes += more
    return true
  }

  #accountRoom(): void {
    const own = this.#reader.ownBytes
    const bytes = own > exemptBytesMax ? own : 0
    const change = bytes - this.#assemblyBytes
    if (change === 0 || this.#claim) return
    this.#assemblyBytes = bytes
    if (change > 0) this.#host.assembly.take(change)
    else this.#host.assembly.giveBack(-change)
  }

  #claims(budget: Budget, bytes: number, stuckBytes: number): boolean {
    if (budget.tryTake(bytes)) return true
    const claim: Claim = {
      budget,
      bytes,
      stuckBytes,
      granted: () => {
        this.#claim = null
        if (budget === this.#host.inFlight) this.#grantedBytes = bytes
        else this.#assemblyBytes += bytes
        // Not at once: many who stand in line may be served by one who gives back.
        nextTick(proceed, this)
      },
    }
    this.#claim = claim
    if (!budget.claim(claim)) return false
    this.#claim = null
    return true
  }

  /** Something that was waited for may have come. */
  #proceed(): void {
    if (this.#closing) {
      this.#endIfDone()
      return
    }
    if (!this.#paused || this.#pumping || this.#resting || this.#claim) return
    if (this.#blocked) this.#pump()
    if (this.#blocked || this.#closing) return
    this.#paused = false
    this.#wire.resume()
  }

  #endIfDone(): void {
    if (this.#replies.outstanding > 0 || this.#wire.isDestroyed) return
    this.#replies.flush()
    if (!this.#replies.isSending) this.#wire.finish()
  }

  /** The wire is gone. What went wrong is of no use to anybody. */
  closed(): void {
    this.#closing = true
    const { inFlight, assembly } = this.#host
    if (this.#claim) this.#claim.budget.abandon(this.#claim)
    this.#claim = null
    inFlight.giveBack(this.#grantedBytes)
    this.#grantedBytes = 0
    this.#reader.release()
    assembly.giveBack(this.#assemblyBytes)
    this.#assemblyBytes = 0
    this.#replies.die()
    this.#host.closed(this)
  }

  static proceed(connection: Connection): void {
    connection.#proceed()
  }
}

interface Claim extends BudgetClaim {
  readonly budget: Budget
}

const { proceed } = Connection

/** One client's connection: hands on requests in order, sends answers in order, and applies backpressure. */
import type { Chunk } from '../../protocol/records/chunk.ts'
import { type Clock, nextTick, type Timer } from '../base/clock.ts'
import { ticksOf } from '../base/time-histogram.ts'
import type { Wire, WireReceiver } from '../network/network.ts'
import type { Budget, BudgetClaim } from './budget.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { type FrameBounds, FrameError, FrameReader } from './frame-reader.ts'
import type { ServerLimits } from './limits.ts'
import type { Login } from './login.ts'
import type { Outbox } from './outbox.ts'
import { Replies, Slot } from './replies.ts'
import type { RequestCounts } from './request-counts.ts'
import type { Slabs } from './slabs.ts'

/** What connections share, and the host that they report to. */
export interface ConnectionHost {
  readonly limits: ServerLimits
  /** The sizes that a request may have. */
  readonly bounds: FrameBounds
  readonly slabs: Slabs
  /** Bytes of unanswered requests. */
  readonly inFlight: Budget
  /** Bytes of large requests that are received only in part. */
  readonly assembly: Budget
  /** Sends answers at the end of the callback in which they were given. */
  readonly outbox: Outbox
  readonly counts: RequestCounts
  monotonicMs(): number
  /** Whether this connection may read more in this turn of the event loop, after it has read so many bytes. */
  mayReadOn(bytes: number): boolean
  /** Runs at the end of this turn of the event loop. */
  immediate(run: () => void): void
  /** Serves the request between two positions of the buffer, and ends with `connection.answer` or `connection.fail`. */
  dispatch(connection: Connection, slot: Slot, buffer: Buffer, start: number, end: number): void
  /** The connection will be closed for an error of the client. */
  refused(connection: Connection, reason: string): void
  /** The connection takes no more requests; it is given some time to send its last answers. */
  closing(connection: Connection): void
  closed(connection: Connection): void
}

/** Requests up to this size are never delayed by the in-flight budget: others may need them to finish (replicas fetch by them). */
const exemptBytesMax = 16 * 1024
/** Requests of one connection that are handed on in one turn of the event loop, for fairness. */
const requestsPerTurnMax = 1000

export class Connection implements WireReceiver {
  readonly info: ConnectionInfo
  /** What the client has to say of itself first; null where its listener does not ask. */
  readonly login: Login | null
  /** When bytes were last received or sent, on the monotonic clock. */
  lastActiveMs: number
  /** When it was accepted, on the same clock. */
  readonly openedMs: number
  readonly #wire: Wire
  readonly #host: ConnectionHost
  readonly #reader: FrameReader
  readonly #replies: Replies
  /** Bytes of unanswered requests. */
  #requestBytes = 0
  /** Bytes taken from the assembly budget. */
  #assemblyBytes = 0
  /** Bytes of the in-flight budget that are taken for the next request already. */
  #grantedBytes = 0
  /** The claim that waits for one of the two budgets. */
  #claim: Claim | null = null
  /** A whole request is in the reader, and may not be handed on yet. */
  #blocked = false
  /** The wire is not read. */
  #paused = false
  #pumping = false
  /** Has used its share of this turn of the event loop. */
  #resting = false
  #closing = false
  /** How many holds delay the next request: by throttling, or by an interceptor that waits. */
  #holds = 0
  /** Timers of throttling; null as long as there was none. */
  #rests: Set<Timer> | null = null
  #isStalled = false
  #cameBytes = 0
  #cameTicks = 0
  readonly #takeIn = () => {
    this.lastActiveMs = this.#host.monotonicMs()
    this.#cameTicks = ticksOf(this.lastActiveMs)
    this.#pump()
    if (!this.#resting && !this.#host.mayReadOn(this.#cameBytes)) this.#rest()
    this.#paused = this.#closing || this.#blocked || this.#resting || !this.#roomGranted()
    if (!this.#paused) this.#reader.makeRoom()
    this.#accountRoom()
  }

  constructor(wire: Wire, info: ConnectionInfo, host: ConnectionHost, login: Login | null = null) {
    this.#wire = wire
    this.login = login
    this.info = info
    this.#host = host
    this.#reader = new FrameReader(login?.bounds ?? host.bounds, wire.receivesInPlace ? host.slabs : null)
    this.#replies = new Replies(
      wire,
      host.outbox,
      () => this.#sent(),
      error => host.refused(this, `an answer that cannot be sent to its end: ${error}`),
    )
    this.openedMs = host.monotonicMs()
    this.lastActiveMs = this.openedMs
  }

  /** Unanswered requests. */
  get outstanding(): number {
    return this.#replies.outstanding
  }

  /** Whether anything was received and not handed on. */
  get hasUnread(): boolean {
    return this.#reader.unread > 0
  }

  /** Bytes of answers that the system has not taken yet. */
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

  /** A request cannot be answered: requests before it are still answered, those after it are not, and the connection is closed. */
  fail(slot: Slot, reason: string): void {
    this.#replies.fail(slot)
    this.refuse(reason)
    this.#settled(slot)
  }

  /** The same with the answer, or what there is to be of it, as the last bytes that are sent; then it closes, or stays open in silence. */
  answerLast(slot: Slot, chunks: readonly Chunk[] | null, then: 'close' | 'stall'): void {
    slot.failed = true
    this.#replies.answer(slot, chunks)
    if (then === 'stall') this.stall()
    else this.refuse('an answer after which nothing is to be sent')
    this.#settled(slot)
  }

  /** Closes for an error of the client, once the requests before it are answered. */
  refuse(reason: string): void {
    if (this.#closing) return
    this.#host.refused(this, reason)
    this.finish()
  }

  /** Hands on no more requests until `release` was called as many times. */
  hold(): void {
    this.#holds++
  }

  release(): void {
    this.lastActiveMs = this.#host.monotonicMs()
    this.#host.counts.read()
    if (--this.#holds === 0) this.#proceed()
  }

  /** Hands no requests on for so long. */
  rest(restMs: number, clock: Clock): void {
    this.hold()
    const timer = clock.schedule(restMs, () => {
      this.#rests!.delete(timer)
      this.release()
    })
    this.#rests ??= new Set()
    this.#rests.add(timer)
  }

  /** The request that was handed on last is never answered, nor any after it: the client sees a broker that hangs. */
  stall(): void {
    this.#isStalled = true
  }

  /** Whether requests are held back, so that the connection does not count as idle. */
  get isHeld(): boolean {
    return this.#holds > 0 || this.#isStalled
  }

  /** Takes no more requests, answers those that were handed on, and closes. */
  finish(): void {
    if (this.#closing) return
    this.#closing = true
    this.#host.closing(this)
    // The open requests will never be answered.
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

  /** So many bytes were received. Returns whether to go on reading. */
  #received(bytes: number): boolean {
    this.#cameBytes = bytes
    this.#host.outbox.gather(this.#takeIn)
    // Looked at after the answers were sent, which may have ended the backpressure.
    return !this.#paused
  }

  /** Hands on every whole request that is admitted. */
  #pump(): void {
    this.#pumping = true
    this.#blocked = false
    const reader = this.#reader
    let turnsLeft = requestsPerTurnMax
    try {
      while (!this.#closing && reader.next()) {
        // Read on, so that the client's end is noticed.
        if (this.#isStalled) {
          reader.consume()
          continue
        }
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
        const slot = new Slot(frameEnd - frameStart, this.#replies, this.#cameTicks)
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
    this.#host.counts.read()
    this.#proceed()
  }

  /** Whether a request of so many bytes may be handed on now; if so, the bytes are taken from the budget. */
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

  /** Whether the unfinished request at the front gets the buffer that it needs from the assembly budget. */
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
        // In the next tick, as one `giveBack` may grant many claims.
        nextTick(proceed, this)
      },
    }
    this.#claim = claim
    if (!budget.claim(claim)) return false
    this.#claim = null
    return true
  }

  /** A reason for backpressure may have ended. */
  #proceed(): void {
    if (this.#closing) {
      this.#endIfDone()
      return
    }
    if (!this.#paused || this.#pumping || this.#resting || this.#claim) return
    if (this.#blocked) this.#pump()
    if (this.#blocked || this.#closing) return
    this.#paused = false
    if (this.#reader.unread === 0) {
      // Its memory is left to others now: its client may send nothing more for long.
      this.#reader.makeRoom()
      this.#accountRoom()
    }
    this.#wire.resume()
  }

  #endIfDone(): void {
    if (this.#replies.outstanding > 0 || this.#wire.isDestroyed) return
    this.#replies.flush()
    if (!this.#replies.isSending) this.#wire.finish()
  }

  /** The wire is closed; why does not matter here. */
  closed(): void {
    this.#closing = true
    for (const timer of this.#rests ?? []) timer.cancel()
    this.login?.closed()
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

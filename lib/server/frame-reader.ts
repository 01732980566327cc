/**
 * Cuts a connection's bytes into frames: four bytes of size, then so many bytes.
 *
 * Frames are handed on as positions in a buffer, in place. Bytes are received in one of two ways: by `target` and `filled`, where the
 * socket reads straight into memory of the reader (see slabs.ts), or by `push`, in buffers that the socket allocates. The buffer of
 * an unfinished frame grows with the bytes that were received, so that an announced size alone allocates nothing.
 */
import { readInt32 } from '../../protocol/records/int.ts'
import { poison } from '../../protocol/records/poison.ts'
import { type Slab, type Slabs, slabBytes } from './slabs.ts'

/** An impossible frame size: the connection has to be closed. */
/** The first three bytes of a TLS client: a handshake of any version. */
const tlsStart = 0x160301

export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const sizeBytes = 4
const nothing = Buffer.alloc(0)
/** The least size of a buffer for an unfinished frame of unknown size. */
const roomBytesMin = 1024
/** Unfinished frames up to this size are assembled in a buffer of their own; larger ones lease a slab, where one is free. */
const leaseBytesMin = roomBytesMin
/** Buffers of their own up to this size are not asked for first. */
const unaskedBytesMax = 16 * 1024
/** A read of so many bytes is one of several: it is what a record of TLS holds at most, and Node hands on one record after the other. */
const manyBytesMin = 16 * 1024

/** The sizes, in bytes, that a frame may have. */
export interface FrameBounds {
  readonly frameBytesMin: number
  readonly frameBytesMax: number
}

export class FrameReader {
  readonly #bounds: FrameBounds
  readonly #slabs: Slabs | null
  /** Received and not consumed is `buffer` from `#start` to `#end`; up to `#limit` more may be received. */
  buffer: Buffer = nothing
  #start = 0
  #end = 0
  #limit = 0
  /** The leased slab. */
  #slab: Slab | null = null
  /** The slab or chunk that `buffer` is, leased or not. */
  #source: Slab | null = null
  #target: Buffer
  /** Bytes of the reader's own buffer, which the connection takes from its budget; 0 where it has none. */
  ownBytes = 0
  /** The frame that `next` found: from `frameStart` to `frameEnd` in `buffer`. */
  frameStart = 0
  frameEnd = 0

  /** `slabs` is null where bytes are received by `push`. */
  constructor(bounds: FrameBounds, slabs: Slabs | null) {
    this.#bounds = bounds
    this.#slabs = slabs
    this.#target = slabs?.scratch ?? nothing
  }

  /** The slab or chunk that holds the frame which `next` found; null for other memory. */
  get slab(): Slab | null {
    return this.#source
  }

  /** Bytes that were received and not consumed. */
  get unread(): number {
    return this.#end - this.#start
  }

  /** Whether a whole frame is at the front; `frameStart` and `frameEnd` then say where. Throws FrameError for an impossible size. */
  next(): boolean {
    const unread = this.#end - this.#start
    if (unread < sizeBytes) return false
    const size = readInt32(this.buffer, this.#start)
    const { frameBytesMin, frameBytesMax } = this.#bounds
    if (size < frameBytesMin || size > frameBytesMax) {
      const hint = size >>> 8 === tlsStart ? ': this is how TLS begins, and this listener speaks none' : ''
      throw new FrameError(`a frame of ${size} bytes, where ${frameBytesMin} to ${frameBytesMax} are allowed${hint}`)
    }
    if (unread < sizeBytes + size) return false
    this.frameStart = this.#start + sizeBytes
    this.frameEnd = this.frameStart + size
    return true
  }

  /** Steps over the frame that `next` found. */
  consume(): void {
    this.#start = this.frameEnd
  }

  /** Size of the own buffer that the unfinished frame at the front needs before more of it is read; 0 for none or a small one. */
  wants(): number {
    if (this.#start === this.#end || this.#end < this.#limit || this.#leasable(this.#needed())) return 0
    const bytes = this.#growth()
    return bytes > unaskedBytesMax ? bytes : 0
  }

  /** Prepares memory for the next bytes, when no whole frame is left and `wants` is granted. Only between a read and `target`. */
  makeRoom(): void {
    if (this.#start === this.#end) {
      this.#leave()
      return
    }
    const needed = this.#needed()
    if (this.#slab ? this.#start + needed <= this.#limit : this.#end < this.#limit) return
    if (this.#leasable(needed)) this.#moveToSlab(needed)
    else if (this.#end === this.#limit) this.#moveToOwn(this.#growth())
  }

  /**
   * The memory that the socket reads the next bytes into. For a `paused` connection it is the scratch: its slab can then be given back, or
   * its frames consumed, although the socket is told of other memory only after its next read.
   */
  target(paused: boolean): Buffer {
    if (this.#start === this.#end) this.#leave()
    else if (paused) this.#yieldSlab()
    const room = !paused && this.#end < this.#limit
    this.#target = room ? this.buffer.subarray(this.#end, this.#limit) : this.#slabs!.scratch
    return this.#target
  }

  /** So many bytes were read into the memory of the last `target`. */
  filled(bytes: number): void {
    const slabs = this.#slabs!
    if (this.#target !== slabs.scratch) {
      this.#end += bytes
      return
    }
    const fresh = slabs.scratch.subarray(0, bytes)
    if (this.#start !== this.#end) {
      this.push(fresh)
      poison(fresh)
      return
    }
    const room = this.#roomBehind(fresh)
    if (room > 0 && slabs.leasable(room)) {
      this.#slab = slabs.lease(room)
      this.#holdSlab(this.#slab, this.#slab.at, slabBytes)
    } else {
      const chunk = slabs.small(bytes)
      this.#holdSlab(chunk, chunk.at, chunk.at + bytes)
      chunk.at += bytes
    }
    fresh.copy(this.buffer, this.#end)
    poison(fresh)
    this.#end += bytes
  }

  /** More bytes were received, in a buffer that is not written to again while any of them is unread. */
  push(fresh: Buffer): void {
    const unread = this.#end - this.#start
    if (unread === 0) {
      this.#leave()
      this.#hold(fresh, 0, fresh.length, fresh.length)
      return
    }
    if (this.#limit - this.#end < fresh.length) this.#moveToOwn(Math.max(unread + fresh.length, this.#growth()))
    fresh.copy(this.buffer, this.#end)
    this.#end += fresh.length
  }

  /** Releases all memory; what was not consumed is lost. */
  release(): void {
    this.#start = this.#end
    this.#leave()
    this.#target = nothing
  }

  /** Bytes of the unfinished frame at the front, its size included, as far as is known. */
  #needed(): number {
    return this.#end - this.#start < sizeBytes ? sizeBytes : sizeBytes + readInt32(this.buffer, this.#start)
  }

  /**
   * Size of the slab that bytes from the scratch belong into, for the next read to go behind them; 0 where no more is expected. A large read
   * means that there is more. So does the beginning of a larger frame, as a record of TLS is where it is not the last of one.
   */
  #roomBehind(fresh: Buffer): number {
    const size = fresh.length < sizeBytes ? 0 : readInt32(fresh, 0)
    const needed = sizeBytes + size
    if (size > this.#bounds.frameBytesMax || needed > slabBytes) return 0
    const isOneOfMany = fresh.length >= manyBytesMin
    const isBegun = needed > leaseBytesMin && needed > fresh.length
    return Math.max(isOneOfMany ? 2 * fresh.length : 0, isBegun ? needed : 0)
  }

  #leasable(needed: number): boolean {
    if (this.#slabs === null) return false
    if (this.#slab) return needed <= slabBytes
    return needed > leaseBytesMin && this.#slabs.leasable(needed)
  }

  /** The buffer size for an unfinished frame: twice what was received, so that copies add up to no more than one copy of the frame. */
  #growth(): number {
    return Math.min(this.#needed(), Math.max(roomBytesMin, 2 * (this.#end - this.#start)))
  }

  #holdSlab(slab: Slab, end: number, limit: number): void {
    this.#slabs!.retain(slab)
    this.#hold(slab.buffer, slab.at, end, limit)
    this.#source = slab
  }

  #hold(buffer: Buffer, start: number, end: number, limit: number, isMoving = false): void {
    if (this.#source) this.#slabs!.release(this.#source, isMoving)
    this.#source = null
    this.buffer = buffer
    this.#start = start
    this.#end = end
    this.#limit = limit
  }

  #moveToSlab(needed: number): void {
    const { buffer } = this
    const start = this.#start
    const end = this.#end
    // The slab that is leased may be the one that is left: nobody writes to it before the unread bytes were moved.
    this.#leave(true)
    const slab = this.#slabs!.lease(needed)
    buffer.copy(slab.buffer, slab.at, start, end)
    this.#holdSlab(slab, slab.at + end - start, slabBytes)
    this.#slab = slab
  }

  #moveToOwn(bytes: number): void {
    const own = Buffer.allocUnsafeSlow(bytes)
    const unread = this.buffer.copy(own, 0, this.#start, this.#end)
    this.#leave()
    this.#hold(own, 0, unread, bytes)
    this.ownBytes = bytes
  }

  #yieldSlab(): void {
    if (!this.#slab) return
    this.#slabs!.giveBack(this.#slab, this.#end)
    this.#slab = null
    this.#limit = this.#end
  }

  /** With `isMoving` the bytes stay as they are until the end of this call. */
  #leave(isMoving = false): void {
    this.#yieldSlab()
    this.ownBytes = 0
    this.#hold(nothing, 0, 0, 0, isMoving)
  }
}

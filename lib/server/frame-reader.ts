/**
 * Cuts a connection's bytes into frames: four bytes of size, then so many bytes.
 *
 * Frames are handed on as positions in a buffer, in place. Bytes come in by one of two doors: `target` and `filled`, where the
 * socket reads straight into memory that the reader points at (see slabs.ts), or `push`, where it brings buffers of its own.
 * A frame that is longer than what has come is given room as it grows, so that an announced size alone costs nothing.
 */
import { readInt32 } from '../../protocol/records/int.ts'
import { type Slab, type Slabs, slabBytes } from './slabs.ts'

/** A size that cannot be: the connection is beyond repair. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const sizeBytes = 4
const nothing = Buffer.alloc(0)
/** Unfinished frames are given at least this much room where none is known to suffice. */
const roomBytesMin = 1024
/** Unfinished frames up to this size are assembled on the side; larger ones are worth a slab. */
const leaseBytesMin = 16 * 1024

/** The sizes, in bytes, that a frame may have. */
export interface FrameBounds {
  readonly frameBytesMin: number
  readonly frameBytesMax: number
}

export class FrameReader {
  readonly #bounds: FrameBounds
  readonly #slabs: Slabs | null
  /** What has come and was not consumed lies in `buffer` from `#start` to `#end`; up to `#limit` more may be written. */
  buffer: Buffer = nothing
  #start = 0
  #end = 0
  #limit = 0
  /** The slab that is leased. */
  #slab: Slab | null = null
  /** The slab or chunk that `buffer` is, be it leased or not any more. */
  #source: Slab | null = null
  #target: Buffer
  /** Bytes of a buffer of this reader's own, which are accounted for by its owner; 0 where it has none. */
  ownBytes = 0
  /** The frame that `next` found: from `frameStart` to `frameEnd` in `buffer`. */
  frameStart = 0
  frameEnd = 0

  /** `slabs` is null where bytes come in by `push`. */
  constructor(bounds: FrameBounds, slabs: Slabs | null) {
    this.#bounds = bounds
    this.#slabs = slabs
    this.#target = slabs?.scratch ?? nothing
  }

  /** The slab or chunk that the frame which `next` found lies in; null for other memory. */
  get slab(): Slab | null {
    return this.#source
  }

  /** Bytes that have come and were not consumed. */
  get unread(): number {
    return this.#end - this.#start
  }

  /** Whether a whole frame lies at the front; `frameStart` and `frameEnd` then say where. Throws FrameError for a size that cannot be. */
  next(): boolean {
    const unread = this.#end - this.#start
    if (unread < sizeBytes) return false
    const size = readInt32(this.buffer, this.#start)
    const { frameBytesMin, frameBytesMax } = this.#bounds
    if (size < frameBytesMin || size > frameBytesMax) {
      throw new FrameError(`a frame of ${size} bytes, where ${frameBytesMin} to ${frameBytesMax} are allowed`)
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

  /** How large a buffer of its own the unfinished frame at the front wants before more of it is read; 0 for none or a small one. */
  wants(): number {
    if (this.#start === this.#end || this.#end < this.#limit || this.#leasable(this.#needed())) return 0
    const bytes = this.#growth()
    return bytes > leaseBytesMin ? bytes : 0
  }

  /** Prepares room for the bytes to come, when no whole frame is left and `wants` is granted. Only between a read and `target`. */
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
   * Where the socket puts the next bytes. A connection that is `paused` points at the scratch, so that what it holds can be given
   * away, or consumed, while no read tells the socket of another place.
   */
  target(paused: boolean): Buffer {
    if (this.#start === this.#end) this.#leave()
    else if (paused) this.#yieldSlab()
    const room = !paused && this.#end < this.#limit
    this.#target = room ? this.buffer.subarray(this.#end, this.#limit) : this.#slabs!.scratch
    return this.#target
  }

  /** So many bytes have come to where `target` pointed. */
  filled(bytes: number): void {
    const slabs = this.#slabs!
    if (this.#target !== slabs.scratch) {
      this.#end += bytes
      return
    }
    const fresh = slabs.scratch.subarray(0, bytes)
    if (this.#start !== this.#end) {
      this.push(fresh)
      return
    }
    // A scratch filled to the brim says that more is waiting in the socket: it is read to behind these bytes.
    const brim = bytes === slabs.scratch.length && slabs.leasable(2 * bytes)
    if (brim) {
      this.#slab = slabs.lease(2 * bytes)
      this.#holdSlab(this.#slab, this.#slab.at, slabBytes)
    } else {
      const chunk = slabs.small(bytes)
      this.#holdSlab(chunk, chunk.at, chunk.at + bytes)
      chunk.at += bytes
    }
    fresh.copy(this.buffer, this.#end)
    this.#end += bytes
  }

  /** More bytes have come, in a buffer that is not written to again while anything unread is left in it. */
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

  /** Lets go of all memory; what was not consumed is lost. */
  release(): void {
    this.#start = this.#end
    this.#leave()
    this.#target = nothing
  }

  /** Bytes of the unfinished frame at the front, its size included, as far as is known. */
  #needed(): number {
    return this.#end - this.#start < sizeBytes ? sizeBytes : sizeBytes + readInt32(this.buffer, this.#start)
  }

  #leasable(needed: number): boolean {
    if (this.#slabs === null) return false
    if (this.#slab) return needed <= slabBytes
    return needed > leaseBytesMin && this.#slabs.leasable(needed)
  }

  /** The room that an unfinished frame is given: twice what has come, so that all copying together costs no more than one of the whole. */
  #growth(): number {
    return Math.min(this.#needed(), Math.max(roomBytesMin, 2 * (this.#end - this.#start)))
  }

  #holdSlab(slab: Slab, end: number, limit: number): void {
    this.#slabs!.retain(slab)
    this.#hold(slab.buffer, slab.at, end, limit)
    this.#source = slab
  }

  #hold(buffer: Buffer, start: number, end: number, limit: number): void {
    if (this.#source) this.#slabs!.release(this.#source)
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
    this.#leave()
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

  #leave(): void {
    this.#yieldSlab()
    this.ownBytes = 0
    this.#hold(nothing, 0, 0, 0)
  }
}

/**
 * Memory that sockets are read into, shared by all connections.
 *
 * Node fixes where the next bytes of a connection go right after the ones before, however long they take to come. So a
 * connection at rest, between two requests, points at one *scratch* that all of them share: an idle connection costs no
 * buffer. What lands there is copied out at once, at most 20 KiB. A connection in the middle of a request that is larger
 * leases a *slab*: the bytes then arrive where they are parsed, checked and written from, and the copy is gone.
 *
 * Requests are views of these bytes, but for those whose handlers may keep what they are given, which are copied first. A slab whose
 * requests are all answered is filled from its front again: new memory costs its page faults, which is as much as the copy into
 * the page cache.
 *
 * The first slabs and chunks of some size are pieces of one memory in which checksums are quick to have. Such a piece cannot be
 * left to the garbage collector, so they are kept, however many are spare.
 */

import { type SummedMemory, summedMemory } from '../../protocol/records/crc32c.ts'
import { assert } from '../base/assert.ts'

/** A buffer, filled from the front. A large one is leased to one connection at a time; a chunk of small ones is everybody's. */
export interface Slab {
  readonly buffer: Buffer
  /** Bytes up to here are taken. */
  at: number
  /** Connections whose unread bytes lie in it, and requests in it that are not answered. */
  users: number
  /** After a fault of ours somebody may look at it still: it is not filled a second time. */
  pinned: boolean
  /** It is a piece of the memory in which checksums are quick to have. */
  readonly isSummed: boolean
}

/**
 * Large enough that few requests straddle two slabs, small enough that one view kept for a while does not matter. Measured against 4 MB: requests of
 * 1 MB, the largest that clients send unless told otherwise, 21 % more throughput; those of 3 MB, which are now put together by copying, 31 % less.
 */
export const slabBytes = 2 * 1024 * 1024
/** A read that fills the scratch is followed at once by one into a slab; copying what fits costs less than a system call. */
export const scratchBytes = 20 * 1024
/** Small requests of all connections lie in chunks of this size. */
const chunkBytes = 256 * 1024
/** Connections that may be in the middle of a large request in a slab at once; others assemble theirs by copying. */
const leasesMax = 16
/**
 * Slabs that are kept for the next lease. Two connections with three requests of 1 MB under way each have up to six come free at
 * once; with four kept, eight new ones were made a second, and the collector ran twice a second for those let go of.
 */
const sparesMax = 8
/** A slab with less room than this is not leased before all that lies in it was answered. */
const slabRestBytesMin = 64 * 1024

/** Chunks that are kept for when the one in use is full. */
const spareChunksMax = 4

/** How many there are in which checksums are quick to have; as long as nothing is written to them, they are address space and no memory. */
const summedSlabs = 12
const summedChunks = 6
/** Requests from this size on are worth a chunk of it. */
const summedBytesMin = 2 * 1024

export class Slabs {
  readonly scratch = Buffer.allocUnsafeSlow(scratchBytes)
  #chunk: Slab | null = null
  readonly #spareChunks: Slab[] = []
  /** Slabs that nobody holds and that have room. */
  readonly #spares: Slab[] = []
  #leases = 0
  /** Undefined until it is wanted: to make it takes 5 ms. */
  #summed: SummedMemory | null | undefined
  /** How many of each size may still be made of it. */
  readonly #summedLeft = new Map([
    [slabBytes, summedSlabs],
    [chunkBytes, summedChunks],
  ])

  /** Connections that hold a slab. */
  get leases(): number {
    return this.#leases
  }

  /** A chunk with room for `bytes` (at most the scratch's size) from `at` on, which the caller takes by moving `at`. */
  small(bytes: number): Slab {
    const chunk = this.#chunk
    const fits = chunk !== null && chunkBytes - chunk.at >= bytes
    if (fits && (chunk.isSummed || bytes < summedBytesMin)) return chunk
    const summed = bytes < summedBytesMin ? null : (this.#spareSummed() ?? this.#newSummed(chunkBytes))
    this.#chunk = summed ?? (fits ? chunk : (this.#spareChunks.pop() ?? plainSlab(chunkBytes)))
    return this.#chunk
  }

  #spareSummed(): Slab | null {
    const index = this.#spareChunks.findIndex(({ isSummed }) => isSummed)
    return index < 0 ? null : this.#spareChunks.splice(index, 1)[0]!
  }

  /** Whether a lease of so many bytes can be had. */
  leasable(bytes: number): boolean {
    return bytes <= slabBytes && this.#leases < leasesMax
  }

  /** A slab with room for so many bytes of its own. */
  lease(bytes: number): Slab {
    assert(this.leasable(bytes), 'a slab is leased only where one can be had')
    this.#leases++
    return this.#spareSlab(bytes) ?? this.#newSummed(slabBytes) ?? plainSlab(slabBytes)
  }

  /** The spare that was used last and has the room; one without quick checksums only where no other has it. */
  #spareSlab(bytes: number): Slab | null {
    let index = -1
    for (let i = this.#spares.length - 1; i >= 0; i--) {
      const { at, isSummed } = this.#spares[i]!
      if (slabBytes - at < bytes) continue
      if (index < 0) index = i
      if (!isSummed) continue
      index = i
      break
    }
    return index < 0 ? null : this.#spares.splice(index, 1)[0]!
  }

  /** Gives a slab back; `at` says how much of it is taken by now. */
  giveBack(slab: Slab, at: number): void {
    slab.at = at
    this.#leases--
    if (slabBytes - at >= slabRestBytesMin) this.#spare(slab)
  }

  /** One more user. */
  retain(slab: Slab): void {
    slab.users++
  }

  /** One user less. Where that was the last one, its bytes are written over from the front: by the next read, perhaps. */
  release(slab: Slab): void {
    if (--slab.users > 0 || slab.pinned) return
    slab.at = 0
    if (slab.buffer.length === slabBytes) {
      if (!this.#spares.includes(slab)) this.#spare(slab)
    } else if (slab !== this.#chunk) {
      keep(this.#spareChunks, slab, spareChunksMax)
    }
  }

  #spare(slab: Slab): void {
    keep(this.#spares, slab, sparesMax)
  }

  #newSummed(bytes: number): Slab | null {
    const left = this.#summedLeft.get(bytes)!
    if (left === 0) return null
    if (this.#summed === undefined) this.#summed = summedMemory(summedSlabs * slabBytes + summedChunks * chunkBytes)
    const buffer = this.#summed?.take(bytes)
    if (!buffer) return null
    this.#summedLeft.set(bytes, left - 1)
    return { buffer, at: 0, users: 0, pinned: false, isSummed: true }
  }
}

function plainSlab(bytes: number): Slab {
  return { buffer: Buffer.allocUnsafeSlow(bytes), at: 0, users: 0, pinned: false, isSummed: false }
}

/** Where there are too many, those are let go of first that have lain longest. */
function keep(spares: Slab[], slab: Slab, spareMax: number): void {
  spares.push(slab)
  if (spares.length <= spareMax) return
  const index = spares.findIndex(({ isSummed }) => !isSummed)
  if (index >= 0) spares.splice(index, 1)
}

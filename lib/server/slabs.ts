/**
 * Memory that sockets read into, shared by all connections.
 *
 * Node asks for the buffer of the next read right after the read before, however long the bytes take to arrive. So a connection between two
 * requests points at one *scratch* that all connections share: an idle connection costs no buffer. Bytes in the scratch, 20 KiB at
 * most, are copied out at once. A connection in the middle of a larger request leases a *slab*: its bytes are parsed, checked and
 * written from where they arrive, without a copy.
 *
 * Requests are views of these bytes; those whose handlers may keep views are copied first. A slab is filled from its front again once all
 * requests in it are answered: new memory costs page faults, as much as the copy into the page cache.
 *
 * The first slabs and chunks are pieces of a WebAssembly memory, in which checksums are fast (see summed-memory.ts). Such a piece cannot be
 * garbage collected, so these are kept, however many are spare, until the server has stopped: all servers of the process share it.
 */

import { poison } from '../../protocol/records/poison.ts'
import { assert } from '../base/assert.ts'
import { giveBackPiece, takePiece } from './summed-pieces.ts'

/** A buffer, filled from the front. A slab is leased to one connection at a time; a chunk holds small requests of all connections. */
export interface Slab {
  readonly buffer: Buffer
  /** Bytes up to here are taken. */
  at: number
  /** References: connections with unread bytes in it, and unanswered requests in it. */
  users: number
  /** Never filled again, as something may still hold views of it after a bug. */
  pinned: boolean
  /** A piece of the WebAssembly memory in which checksums are fast. */
  readonly isSummed: boolean
}

/**
 * Large enough that few requests straddle two slabs, small enough that one view kept for a while does not matter. Compared with 4 MB: requests of
 * 1 MB, the largest that clients send by default, have 21 % more throughput; those of 3 MB, which are assembled by copying now, 31 % less.
 */
export const slabBytes = 2 * 1024 * 1024
/** A read that fills the scratch is followed at once by one into a slab. Copying this much costs less than a system call. */
export const scratchBytes = 20 * 1024
/** Small requests of all connections lie in chunks of this size. */
const chunkBytes = 256 * 1024
/** Connections that may lease a slab at the same time; others assemble large requests by copying. */
const leasesMax = 16
/**
 * Spare slabs that are kept for the next lease. Two connections with three requests of 1 MB in flight each free up to six at once; with
 * four kept, eight were allocated a second, and the garbage collector ran twice a second for those that were dropped.
 */
const sparesMax = 8
/** A slab with less room than this is not leased before all requests in it are answered. */
const slabRestBytesMin = 64 * 1024

/** Spare chunks that are kept. */
const spareChunksMax = 4

/** How many of each are WebAssembly memory; until they are written to, they take address space and no memory. */
const summedSlabs = 12
const summedChunks = 6
/** Requests from this size on go into such a chunk. */
const summedBytesMin = 2 * 1024

export class Slabs {
  readonly scratch = Buffer.allocUnsafeSlow(scratchBytes)
  #chunk: Slab | null = null
  readonly #spareChunks: Slab[] = []
  /** Slabs that are not leased and have room. */
  readonly #spares: Slab[] = []
  #leases = 0
  /** Those that are pieces of WebAssembly memory. */
  readonly #summed: Slab[] = []
  /** How many of each size may still be taken from it. */
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

  /** Whether a slab with so many bytes may be leased. */
  leasable(bytes: number): boolean {
    return bytes <= slabBytes && this.#leases < leasesMax
  }

  /** Leases a slab with room for so many bytes. */
  lease(bytes: number): Slab {
    assert(this.leasable(bytes), 'a slab is leased only where one can be had')
    this.#leases++
    return this.#spareSlab(bytes) ?? this.#newSummed(slabBytes) ?? plainSlab(slabBytes)
  }

  /** The spare that was used last and has the room, of the WebAssembly memory if possible. */
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

  /** One user less. After the last one the slab is filled from its front again, perhaps by the next read; `isMoving` says that it still reads. */
  release(slab: Slab, isMoving = false): void {
    if (--slab.users > 0 || slab.pinned) return
    if (!isMoving) poison(slab.buffer, 0, slab.at)
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
    const buffer = takePiece(bytes)
    if (buffer === null) return null
    this.#summedLeft.set(bytes, left - 1)
    const slab: Slab = { buffer, at: 0, users: 0, pinned: false, isSummed: true }
    this.#summed.push(slab)
    return slab
  }

  /** No connection is left: pieces of the WebAssembly memory that nothing refers to are there for others. Nothing is leased afterwards. */
  close(): void {
    for (const { buffer, users, pinned } of this.#summed.splice(0)) if (users === 0 && !pinned) giveBackPiece(buffer)
  }
}

function plainSlab(bytes: number): Slab {
  return { buffer: Buffer.allocUnsafeSlow(bytes), at: 0, users: 0, pinned: false, isSummed: false }
}

/** Adds a spare. Where there are too many, the one that was spare longest is dropped. */
function keep(spares: Slab[], slab: Slab, spareMax: number): void {
  spares.push(slab)
  if (spares.length <= spareMax) return
  const index = spares.findIndex(({ isSummed }) => !isSummed)
  if (index >= 0) spares.splice(index, 1)
}

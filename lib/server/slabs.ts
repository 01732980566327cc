/**
 * Memory that sockets are read into, shared by all connections.
 *
 * Node fixes where the next bytes of a connection go right after the ones before, however long they take to come. So a
 * connection at rest, between two requests, points at one *scratch* that all of them share: an idle connection costs no
 * buffer. What lands there is copied out at once, at most 16 KiB. A connection in the middle of a request that is larger
 * leases a *slab*: the bytes then arrive where they are parsed, checked and written from, and the copy is gone.
 *
 * Bytes once received are never overwritten, as requests are views of them: slabs and chunks are left to the garbage
 * collector when they are full.
 */

import { assert } from '../base/assert.ts'

/** A large buffer, filled from the front; leased to one connection at a time. */
export interface Slab {
  readonly buffer: Buffer
  /** Bytes up to here are taken. */
  at: number
}

/** Large enough that few requests straddle two slabs, small enough that one view kept for a while does not matter. */
export const slabBytes = 4 * 1024 * 1024
/** A read that fills the scratch is followed at once by one into a slab; copying what fits costs less than a system call. */
export const scratchBytes = 16 * 1024
/** Small requests are kept in chunks of this size, so that a kept view of one holds no whole slab. */
const chunkBytes = 256 * 1024
/** Connections that may be in the middle of a large request in a slab at once; others assemble theirs by copying. */
const leasesMax = 16
/** Slabs that are kept for the next lease. */
const sparesMax = 4
/** A slab with less room than this is given up. */
const slabRestBytesMin = 64 * 1024

export class Slabs {
  readonly scratch = Buffer.allocUnsafeSlow(scratchBytes)
  #chunk = Buffer.alloc(0)
  #chunkAt = 0
  /** Slabs that nobody holds and that have room. */
  readonly #spares: Slab[] = []
  #leases = 0

  /** Connections that hold a slab. */
  get leases(): number {
    return this.#leases
  }

  /** Room for `bytes` (at most the scratch's size) that nobody else writes to. */
  small(bytes: number): Buffer {
    if (this.#chunk.length - this.#chunkAt < bytes) {
      this.#chunk = Buffer.allocUnsafeSlow(chunkBytes)
      this.#chunkAt = 0
    }
    const start = this.#chunkAt
    this.#chunkAt += bytes
    return this.#chunk.subarray(start, this.#chunkAt)
  }

  /** Whether a lease of so many bytes can be had. */
  leasable(bytes: number): boolean {
    return bytes <= slabBytes && this.#leases < leasesMax
  }

  /** A slab with room for so many bytes of its own. */
  lease(bytes: number): Slab {
    assert(this.leasable(bytes), 'a slab is leased only where one can be had')
    this.#leases++
    for (let i = this.#spares.length - 1; i >= 0; i--) {
      if (slabBytes - this.#spares[i]!.at >= bytes) return this.#spares.splice(i, 1)[0]!
    }
    return { buffer: Buffer.allocUnsafeSlow(slabBytes), at: 0 }
  }

  /** Gives a slab back; `at` says how much of it is taken by now. */
  giveBack(slab: Slab, at: number): void {
    slab.at = at
    this.#leases--
    if (slabBytes - at < slabRestBytesMin) return
    if (this.#spares.length === sparesMax) this.#spares.shift()
    this.#spares.push(slab)
  }
}

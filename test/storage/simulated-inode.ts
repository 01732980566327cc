/** A file of the simulated file system: what processes see of it, and what the disk has. */

/** Chance, as the simulation is given it: a number in [0, 1). */
export type Next = () => number

/** A write, or a cut. */
export type Change = { position: number; bytes: Buffer } | { size: number }

/** Bytes that grow in place. */
class Content {
  #buffer: Buffer
  size: number

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#buffer = Buffer.from(bytes)
    this.size = bytes.length
  }

  /** A view, until the next change. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.size)
  }

  apply(change: Change): void {
    if ('size' in change) {
      this.#reserve(change.size)
      if (change.size < this.size) this.#buffer.fill(0, change.size, this.size)
      this.size = change.size
    } else {
      const end = change.position + change.bytes.length
      this.#reserve(end)
      change.bytes.copy(this.#buffer, change.position)
      this.size = Math.max(this.size, end)
    }
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return
    const grown = Buffer.alloc(Math.max(size, 256, this.#buffer.length * 2))
    this.#buffer.copy(grown)
    this.#buffer = grown
  }
}

/** See the head of the file. */
export class Inode {
  readonly content: Content
  /** What the disk has for sure. */
  #synced: Content
  /** What it may have of the time since then, and how many changes there were before. */
  #changes: Change[] = []
  #settled = 0

  constructor(bytes?: Buffer) {
    this.content = new Content(bytes)
    this.#synced = new Content(bytes)
  }

  clone(): Inode {
    const inode = new Inode(this.content.bytes)
    inode.#synced = new Content(this.#synced.bytes)
    inode.#changes = [...this.#changes]
    return inode
  }

  get changeCount(): number {
    return this.#settled + this.#changes.length
  }

  change(change: Change): void {
    this.#changes.push(change)
    this.content.apply(change)
  }

  /** The disk has the first so many changes now. */
  sync(count: number): void {
    const fresh = this.#changes.splice(0, Math.max(0, count - this.#settled))
    for (const change of fresh) this.#synced.apply(change)
    this.#settled += fresh.length
  }

  /** What a disk may have: any part of what was not synced, later writes without earlier ones too. */
  survivor(next: Next): Inode {
    const content = new Content(this.#synced.bytes)
    const fate = this.#changes.length === 0 ? 1 : next()
    for (const change of this.#changes) {
      if (fate < 0.3 || (fate < 0.6 && next() < 0.3)) continue
      const torn = !('size' in change) && fate < 0.8 && next() < 0.3
      content.apply(
        torn ? { ...change, bytes: change.bytes.subarray(0, Math.floor(next() * change.bytes.length)) } : change,
      )
    }
    return new Inode(content.bytes)
  }
}

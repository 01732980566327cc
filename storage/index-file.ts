/**
 * A file of entries of one size, each greater than the one before: what the offset index and the time index are. New entries
 * stay in memory until enough have come for one write, so the file never holds a part of an entry or a gap; old ones are read
 * in pages out of a small cache, so that an index costs no memory while nobody looks into it. The file is as long as its
 * entries: Apache Kafka lengthens its own to `segment.index.bytes` for its mapping, but opens them at any length.
 */
import type { Files, RandomFile } from './files.ts'

/** New entries in memory before they are written. */
const tailEntriesMax = 256
/** Entries in one page of the cache. */
const pageEntries = 256
/** Pages in the cache, for all the indexes of the process together: 32 of 3 KB at most. */
const pagesMax = 32

const nothing = Buffer.alloc(0)

interface Page {
  owner: IndexFile | null
  number: number
  readonly buffer: Buffer
}

const pages: Page[] = []
let nextPage = 0

/** Entries of one size in a file. */
export class IndexFile {
  /** Where `at` and `push` left their entry. */
  block: Buffer = nothing
  count: number
  readonly #file: RandomFile
  readonly #entryBytes: number
  /** Entries that are in the file. */
  #stored: number
  #tail: Buffer = nothing

  constructor(files: Files, path: string, entryBytes: number) {
    this.#file = files.file(path)
    this.#entryBytes = entryBytes
    this.#stored = Math.floor(this.#file.size() / entryBytes)
    this.count = this.#stored
  }

  get path(): string {
    return this.#file.path
  }

  get sizeInBytes(): number {
    return this.count * this.#entryBytes
  }

  /** Whether enough new entries are in memory to be worth a write. */
  get shouldSpill(): boolean {
    return this.count - this.#stored >= tailEntriesMax
  }

  /** Whether the file holds nothing but whole entries. */
  get isWhole(): boolean {
    return this.#file.size() === this.#stored * this.#entryBytes
  }

  create(): void {
    this.#file.create()
    this.#file.close()
  }

  /** Entry number `index`: its position in `block`, valid until the next call. */
  at(index: number): number {
    if (index >= this.#stored) {
      this.block = this.#tail
      return (index - this.#stored) * this.#entryBytes
    }
    this.block = this.#page(Math.floor(index / pageEntries))
    return (index % pageEntries) * this.#entryBytes
  }

  /** Makes room for one more entry; gives its position in `block`. */
  push(): number {
    const at = (this.count - this.#stored) * this.#entryBytes
    if (at + this.#entryBytes > this.#tail.length) {
      const grown = Buffer.alloc(Math.max(8 * this.#entryBytes, this.#tail.length * 2))
      this.#tail.copy(grown)
      this.#tail = grown
    }
    this.block = this.#tail
    this.count++
    return at
  }

  /** Writes what is only in memory. */
  spill(): void {
    const fresh = this.count - this.#stored
    if (fresh === 0) return
    this.#file.writev([this.#tail.subarray(0, fresh * this.#entryBytes)], this.#stored * this.#entryBytes)
    // The next spill is far away, and the handle is worth more to others.
    this.#file.close()
    this.#forgetPages()
    this.#stored = this.count
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    if (count >= this.count) return
    if (count < this.#stored) {
      this.#file.truncate(count * this.#entryBytes)
      this.#stored = count
      this.#forgetPages()
    }
    this.count = count
  }

  /** Begins again: new entries are written over the old ones, and `trim` cuts off what is left of these. */
  restart(): void {
    this.#stored = 0
    this.count = 0
    this.#forgetPages()
  }

  /** Cuts what is in the file behind the last whole entry. */
  trim(): void {
    if (this.#file.size() !== this.#stored * this.#entryBytes) this.#file.truncate(this.#stored * this.#entryBytes)
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  /** Gives back the handle and the memory; all entries must have been spilled. */
  close(): void {
    this.#file.close()
    this.#forgetPages()
    this.#tail = nothing
    this.block = this.#tail
  }

  rename(path: string): void {
    this.#file.rename(path)
  }

  unlink(): void {
    this.#forgetPages()
    this.#file.unlink()
  }

  #page(number: number): Buffer {
    for (const page of pages) if (page.owner === this && page.number === number) return page.buffer
    let page = pages[nextPage]
    if (page === undefined) {
      // 16 bytes hold the largest entry, of whichever index the page serves next.
      page = { owner: null, number: 0, buffer: Buffer.alloc(pageEntries * 16) }
      pages[nextPage] = page
    }
    nextPage = (nextPage + 1) % pagesMax
    page.owner = null
    const start = number * pageEntries
    const count = Math.min(pageEntries, this.#stored - start)
    this.#file.read(page.buffer, 0, count * this.#entryBytes, start * this.#entryBytes)
    page.owner = this
    page.number = number
    return page.buffer
  }

  #forgetPages(): void {
    for (const page of pages) if (page.owner === this) page.owner = null
  }
}

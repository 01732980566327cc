/**
 * The aborted transactions whose markers are in a segment (`.txnindex`): entries of int16 version 0, int64 producerId,
 * firstOffset, lastOffset and lastStableOffset, ordered by lastOffset. New entries are in memory until `spill`; the file is made with
 * the first of them.
 */
import { readInt64, writeInt64 } from '../protocol/records/header.ts'
import type { Files, RandomFile } from './files.ts'

const entryBytes = 34

/** One aborted transaction; lastStableOffset is where the last stable offset went when its marker was appended. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly lastStableOffset: number
}

/** The entries of one segment, read from the file when first asked for. */
export class TransactionIndex {
  readonly #files: Files
  readonly #file: RandomFile
  #entries: AbortedTransaction[] | null = null
  /** Entries that are in the file; −1 while they are not known. */
  #stored = -1
  #dirty = false

  constructor(files: Files, path: string) {
    this.#files = files
    this.#file = files.file(path)
  }

  get path(): string {
    return this.#file.path
  }

  /** All entries in order. */
  get entries(): readonly AbortedTransaction[] {
    if (this.#entries === null) this.#entries = this.#read()
    return this.#entries
  }

  /** Whether the file's length is one that entries can have. */
  get isSound(): boolean {
    return this.#file.size() % entryBytes === 0
  }

  /** Makes the file, if there is none, though it may hold nothing. */
  create(): void {
    this.#file.create()
    this.#dirty = true
  }

  append(transaction: AbortedTransaction): void {
    ;(this.entries as AbortedTransaction[]).push(transaction)
  }

  /** Writes what is only in memory. */
  spill(): void {
    if (this.#entries === null || this.#entries.length === this.#stored) return
    const fresh = this.#entries.slice(this.#stored)
    const bytes = Buffer.alloc(fresh.length * entryBytes)
    for (const [index, transaction] of fresh.entries()) {
      const at = index * entryBytes
      writeInt64(bytes, at + 2, transaction.producerId)
      writeInt64(bytes, at + 10, transaction.firstOffset)
      writeInt64(bytes, at + 18, transaction.lastOffset)
      writeInt64(bytes, at + 26, transaction.lastStableOffset)
    }
    this.#file.writev([bytes], this.#stored * entryBytes)
    this.#stored = this.#entries.length
    this.#dirty = true
  }

  /** Drops transactions that ended at this offset or above. */
  truncateTo(offset: number): void {
    const entries = this.entries as AbortedTransaction[]
    let count = entries.length
    while (count > 0 && entries[count - 1].lastOffset >= offset) count--
    if (count === entries.length && this.isSound) return
    if (count < this.#stored || !this.isSound) {
      const stored = Math.min(this.#stored, count)
      this.#file.truncate(stored * entryBytes)
      this.#stored = stored
    }
    entries.length = count
    this.#dirty = true
  }

  /** Drops all entries, whatever they say. */
  reset(): void {
    this.#entries = []
    this.#stored = 0
    if (this.#file.size() === 0) return
    this.#file.truncate(0)
    this.#dirty = true
  }

  /** Takes nothing of it to be on the disk, not even that it is empty. */
  distrust(): void {
    this.#dirty = this.#files.exists(this.path)
  }

  async sync(): Promise<void> {
    this.spill()
    if (!this.#dirty) return
    this.#dirty = false
    try {
      await this.#file.sync()
    } catch (error) {
      this.#dirty = true
      throw error
    }
  }

  /** Gives back the handle and the memory, also of what was not spilled. */
  close(): void {
    this.#file.close()
    this.#entries = null
    this.#stored = -1
  }

  rename(path: string): void {
    this.#file.rename(path)
  }

  #read(): AbortedTransaction[] {
    const size = this.#file.size()
    this.#stored = Math.floor(size / entryBytes)
    if (size === 0) return []
    const bytes = Buffer.alloc(size - (size % entryBytes))
    this.#file.read(bytes, 0, bytes.length, 0)
    const entries: AbortedTransaction[] = []
    for (let at = 0; at < bytes.length; at += entryBytes) {
      entries.push({
        producerId: readInt64(bytes, at + 2),
        firstOffset: readInt64(bytes, at + 10),
        lastOffset: readInt64(bytes, at + 18),
        lastStableOffset: readInt64(bytes, at + 26),
      })
    }
    return entries
  }
}

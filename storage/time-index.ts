/**
 * The sparse index of a segment by time (`.timeindex`): entries of int64 timestamp, int32 offset relative to the segment's.
 * An entry says that up to this offset no record is later than this timestamp, and a batch ending in this offset reaches it.
 * When a segment is closed its last entry is the greatest timestamp of all.
 */
import { readInt64, writeInt64 } from '../protocol/records/header.ts'
import type { Files } from './files.ts'
import { IndexFile } from './index-file.ts'

const entryBytes = 12

/** Finds the offset from which to look for a timestamp. */
export class TimeIndex {
  readonly file: IndexFile
  readonly #baseOffset: number
  #lastTimestamp = -1

  constructor(files: Files, path: string, baseOffset: number) {
    this.file = new IndexFile(files, path, entryBytes)
    this.#baseOffset = baseOffset
    this.#readLast()
  }

  /** Timestamp of the last entry, −1 where there is none. */
  get lastTimestamp(): number {
    return this.#lastTimestamp
  }

  /** Offset of the last entry, the segment's own where there is none. */
  get lastOffset(): number {
    return this.file.count === 0 ? this.#baseOffset : this.offset(this.file.count - 1)
  }

  /** Whether an index of so many bytes has room for nothing but the last entry of all. */
  isFull(bytesMax: number): boolean {
    return this.file.count >= Math.floor(bytesMax / entryBytes) - 1
  }

  /**
   * Whether the last of several entries is the latest. Apache Kafka lengthens the file with zeros and cuts it when the segment ends; what it did not
   * get to cut makes all records of 1970, which retention deletes at once.
   */
  get looksSound(): boolean {
    return this.file.count < 2 || this.#lastTimestamp > this.timestamp(0)
  }

  timestamp(index: number): number {
    const at = this.file.at(index)
    return readInt64(this.file.block, at)
  }

  offset(index: number): number {
    const at = this.file.at(index)
    return this.#baseOffset + this.file.block.readInt32BE(at + 8)
  }

  /** Adds an entry, unless the last one is as late. */
  append(timestamp: number, offset: number): void {
    if (timestamp <= this.#lastTimestamp) return
    const at = this.file.push()
    writeInt64(this.file.block, at, timestamp)
    this.file.block.writeInt32BE(offset - this.#baseOffset, at + 8)
    this.#lastTimestamp = timestamp
  }

  /** The offset before which every record is earlier than the timestamp: where to begin to look. */
  lookup(timestamp: number): number {
    let low = 0
    let high = this.file.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      // An entry of the very timestamp may not be the first record to have it.
      if (this.timestamp(middle) < timestamp) low = middle + 1
      else high = middle - 1
    }
    return high < 0 ? this.#baseOffset : this.offset(high)
  }

  /** Drops entries of this offset and above. */
  truncateTo(offset: number): void {
    let count = this.file.count
    while (count > 0 && this.offset(count - 1) >= offset) count--
    this.file.truncate(count)
    this.#readLast()
  }

  /** Begins again, to be completed by `trim`. */
  restart(): void {
    this.file.restart()
    this.#lastTimestamp = -1
  }

  #readLast(): void {
    this.#lastTimestamp = this.file.count === 0 ? -1 : this.timestamp(this.file.count - 1)
  }
}

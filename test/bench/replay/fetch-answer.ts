/** Reads the answers to fetches of one partition as their bytes come, without putting them together: record bytes are skipped. */
import { headerBytes, lastOffset, recordCount, sizeInBytes } from '../../../protocol/records/header.ts'

/** More than what stands before the records of an answer. */
const prefixBytesMax = 512

/** What an answer held. */
export class FetchAnswer {
  errorCode = 0
  /** Offset behind the last whole batch; −1 where there is none. */
  nextOffset = -1
  records = 0
  batches = 0
  bytes = 0
  readonly #pending = Buffer.alloc(prefixBytesMax)
  #pendingBytes = 0
  /** Bytes of records that are still to come; −1 while what stands before them has not come in whole. */
  #recordsLeft = -1
  /** Bytes to be stepped over. */
  #skip = 0

  clear(): void {
    this.errorCode = 0
    this.nextOffset = -1
    this.records = 0
    this.batches = 0
    this.bytes = 0
    this.#pendingBytes = 0
    this.#recordsLeft = -1
    this.#skip = 0
  }

  push(buffer: Buffer, start: number, end: number): void {
    let at = start
    while (at < end) {
      if (this.#recordsLeft === -1) {
        at = this.#prefix(buffer, at, end)
      } else if (this.#skip > 0) {
        const step = Math.min(this.#skip, end - at)
        this.#skip -= step
        at += step
      } else if (this.#recordsLeft === 0) {
        return
      } else {
        at = this.#header(buffer, at, end)
      }
    }
  }

  #prefix(buffer: Buffer, at: number, end: number): number {
    const before = this.#pendingBytes
    this.#pendingBytes += buffer.copy(this.#pending, before, at, Math.min(end, at + prefixBytesMax - before))
    const used = this.#parsePrefix()
    if (used < 0) return at + this.#pendingBytes - before
    this.#pendingBytes = 0
    return at + used - before
  }

  /** Version 12. The number of bytes before the records, −1 while they are not all there. */
  #parsePrefix(): number {
    const b = this.#pending
    // Correlation id, tags, throttle time, error code, session id, number of topics, topic name.
    const nameAt = 4 + 1 + 4 + 2 + 4 + 1
    if (this.#pendingBytes <= nameAt) return -1
    this.errorCode = b.readInt16BE(9)
    if (b[nameAt - 1] <= 1) {
      this.#recordsLeft = 0
      return this.#pendingBytes
    }
    // Number of partitions, index.
    let at = nameAt + b[nameAt] + 1 + 4
    // Error code, high watermark, last stable offset, log start.
    const abortedAt = at + 2 + 8 + 8 + 8
    if (this.#pendingBytes <= abortedAt) return -1
    this.errorCode ||= b.readInt16BE(at)
    at = abortedAt + 1 + (b[abortedAt] > 1 ? (b[abortedAt] - 1) * 17 : 0) + 4
    let length = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= this.#pendingBytes) return -1
      length |= (b[at] & 0x7f) << shift
      if (b[at++] < 0x80) break
    }
    this.#recordsLeft = Math.max(0, length - 1)
    this.bytes = this.#recordsLeft
    return at
  }

  #header(buffer: Buffer, at: number, end: number): number {
    const wanted = Math.min(headerBytes, this.#recordsLeft + this.#pendingBytes) - this.#pendingBytes
    const step = buffer.copy(this.#pending, this.#pendingBytes, at, Math.min(end, at + wanted))
    this.#pendingBytes += step
    this.#recordsLeft -= step
    if (step < wanted) return at + step
    const size = sizeInBytes(this.#pending, 0)
    // The last batch may be cut off.
    if (this.#pendingBytes === headerBytes && size - headerBytes <= this.#recordsLeft) {
      this.nextOffset = lastOffset(this.#pending, 0) + 1
      this.records += recordCount(this.#pending, 0)
      this.batches++
      this.#skip = size - headerBytes
    } else {
      this.#skip = this.#recordsLeft
    }
    this.#recordsLeft -= this.#skip
    this.#pendingBytes = 0
    return at + step
  }
}

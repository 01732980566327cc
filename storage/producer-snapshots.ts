/**
 * Producer states in files (`<offset>.snapshot`): int16 version 1, uint32 CRC-32C of all after it, int32 count, and per producer
 * int64 producerId, int16 epoch, int32 lastSequence, int64 lastOffset, int32 offsetDelta, int64 timestamp, int32
 * coordinatorEpoch, int64 currentTxnFirstOffset. Only the last batch of each producer is kept.
 */
import { crc32c } from '../protocol/records/crc32c.ts'
import { readInt64, writeInt64 } from '../protocol/records/header.ts'
import type { Files } from './files.ts'
import { fileName, offsetOfFile } from './names.ts'
import { isExpired, type ProducerState, type Producers } from './producers.ts'

const headBytes = 10
const entryBytes = 46

/** A snapshot's bytes. */
export function encodeSnapshot(states: Iterable<ProducerState>): Buffer {
  const all = [...states]
  const b = Buffer.alloc(headBytes + all.length * entryBytes)
  b.writeInt16BE(1, 0)
  b.writeInt32BE(all.length, 6)
  let at = headBytes
  for (const state of all) {
    const last = state.batches[state.batches.length - 1]
    writeInt64(b, at, state.producerId)
    b.writeInt16BE(state.epoch, at + 8)
    b.writeInt32BE(last === undefined ? -1 : last.lastSequence, at + 10)
    writeInt64(b, at + 14, last === undefined ? -1 : last.lastOffset)
    b.writeInt32BE(last === undefined ? 0 : last.offsetDelta, at + 22)
    writeInt64(b, at + 26, state.lastTimestamp)
    b.writeInt32BE(state.coordinatorEpoch, at + 34)
    writeInt64(b, at + 38, state.currentTxnFirstOffset)
    at += entryBytes
  }
  b.writeUInt32BE(crc32c(b, 6), 2)
  return b
}

/** The states in a snapshot, null where it is damaged or of an unknown version. */
export function decodeSnapshot(b: Buffer): ProducerState[] | null {
  if (b.length < headBytes || b.readInt16BE(0) !== 1) return null
  const count = b.readInt32BE(6)
  if (count < 0 || b.length !== headBytes + count * entryBytes || b.readUInt32BE(2) !== crc32c(b, 6)) return null
  const states: ProducerState[] = []
  for (let at = headBytes; at < b.length; at += entryBytes) {
    const lastOffset = readInt64(b, at + 14)
    const lastTimestamp = readInt64(b, at + 26)
    states.push({
      producerId: readInt64(b, at),
      epoch: b.readInt16BE(at + 8),
      coordinatorEpoch: b.readInt32BE(at + 34),
      lastTimestamp,
      currentTxnFirstOffset: readInt64(b, at + 38),
      batches:
        lastOffset < 0
          ? []
          : [
              {
                lastSequence: b.readInt32BE(at + 10),
                lastOffset,
                offsetDelta: b.readInt32BE(at + 22),
                timestamp: lastTimestamp,
              },
            ],
    })
  }
  return states
}

/** The snapshot files of one log. */
export class ProducerSnapshots {
  readonly #files: Files
  readonly #dir: string
  #offsets: number[]
  /** Offset whose state needs no file: that of the newest one, or the empty state's. */
  #latest = 0
  /** Files that the disk may not have. */
  readonly #unsynced = new Set<string>()

  /** `offsets` are those whose snapshots are there, ascending. */
  constructor(files: Files, dir: string, offsets: number[]) {
    this.#files = files
    this.#dir = dir
    this.#offsets = offsets
  }

  get offsets(): readonly number[] {
    return this.#offsets
  }

  /** Writes the state as of `producers.endOffset`, unless that was done. */
  take(producers: Producers): void {
    const offset = producers.endOffset
    if (offset <= this.#latest) return
    // Not waited for: a snapshot that a power failure spoils is found out by its checksum, and an older one is taken.
    const path = fileName(this.#dir, offset, 'snapshot')
    this.#files.write(path, encodeSnapshot(producers.states.values()))
    this.#unsynced.add(path)
    this.#offsets.push(offset)
    this.#latest = offset
  }

  /** Takes none to be on the disk. */
  distrust(): void {
    for (const offset of this.#offsets) this.#unsynced.add(fileName(this.#dir, offset, 'snapshot'))
  }

  /** Removes those that a power failure spoiled, also where a newer one is whole. */
  removeDamaged(): void {
    this.removeWhere(offset => {
      const content = this.#files.read(fileName(this.#dir, offset, 'snapshot'))
      return content === null || decodeSnapshot(content) === null
    })
  }

  /** Makes the files last. */
  async sync(): Promise<void> {
    for (const path of [...this.#unsynced]) {
      this.#unsynced.delete(path)
      if (!this.#files.exists(path)) continue
      const file = this.#files.file(path)
      try {
        await file.sync()
      } catch (error) {
        this.#unsynced.add(path)
        throw error
      } finally {
        file.close()
      }
    }
  }

  /**
   * Loads the newest sound snapshot in (from, to], without producers that have expired, and removes damaged ones. Where there is
   * none the state is empty as of `from`.
   */
  loadLatest(producers: Producers, from: number, to: number, now: number, expirationMs: number): void {
    this.removeWhere(offset => offset > to || offset <= from)
    producers.clear(from)
    this.#latest = from
    for (;;) {
      const offset = this.#offsets[this.#offsets.length - 1]
      if (offset === undefined) return
      const content = this.#files.read(fileName(this.#dir, offset, 'snapshot'))
      const states = content === null ? null : decodeSnapshot(content)
      if (states !== null) {
        for (const state of states) if (!isExpired(state, now, expirationMs)) producers.load(state)
        producers.endOffset = offset
        this.#latest = offset
        return
      }
      this.removeWhere(candidate => candidate === offset)
    }
  }

  removeWhere(unwanted: (offset: number) => boolean): void {
    const doomed = this.#offsets.filter(unwanted)
    if (doomed.length === 0) return
    for (const offset of doomed) this.#files.unlink(fileName(this.#dir, offset, 'snapshot'))
    this.#offsets = this.#offsets.filter(offset => !doomed.includes(offset))
  }
}

/** The offsets of the snapshots among file names, ascending. */
export function snapshotOffsets(names: readonly string[]): number[] {
  return names
    .filter(name => name.endsWith('.snapshot'))
    .map(offsetOfFile)
    .filter(offset => offset >= 0)
    .sort((a, b) => a - b)
}

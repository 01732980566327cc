/**
 * Reads `__cluster_metadata-0`, where the controllers of Apache Kafka keep the cluster: the newest snapshot
 * (`<end offset>-<epoch>.checkpoint`) and the log's segments after it. Nothing is changed.
 */

import { DecodeError } from '../../../protocol/codec.ts'
import { KafkaError } from '../../../protocol/errors.ts'
import { batches, readRecords } from '../../../protocol/records/batch.ts'
import { baseOffset, isControl, lastOffset, magic, sizeInBytes } from '../../../protocol/records/header.ts'
import { type MetadataRecord, readMetadataRecord } from '../../../protocol/stored/cluster-metadata/index.ts'
import type { Files } from '../../../storage/files.ts'
import { frameIsSound, scanFrames } from '../../../storage/frames.ts'
import { offsetOfFile } from '../../../storage/names.ts'

/** What cannot be read, so that nobody knows what the cluster looked like. */
export class KraftLogError extends Error {
  constructor(message: string) {
    super(`${message}; start from another copy of the data directory, or with an empty one`)
    this.name = 'KraftLogError'
  }
}

interface Snapshot {
  readonly name: string
  /** The first offset that it does not contain. */
  readonly endOffset: number
}

/**
 * Calls `visit` for all that snapshot and log say, in order. Throws KraftLogError where something is missing, damaged or unknown;
 * what a crash tore off the end counts as never written.
 */
export function readKraftLog(files: Files, directory: string, visit: (record: MetadataRecord) => void): void {
  const names = files.list(directory).map(entry => entry.name)
  const snapshot = newestSnapshot(names)
  if (snapshot !== null) readSnapshot(files, `${directory}/${snapshot.name}`, visit)
  const segments = names
    .filter(name => name.endsWith('.log'))
    .map(offsetOfFile)
    .filter(offset => offset >= 0)
    .sort((a, b) => a - b)
  let next = snapshot?.endOffset ?? 0
  for (const [index, base] of segments.entries()) {
    const following = segments[index + 1]
    if (following !== undefined && following <= next) continue
    if (base > next) throw new KraftLogError(`${directory} lacks the records from ${next} to ${base - 1}`)
    next = readSegment(files, `${directory}/${String(base).padStart(20, '0')}.log`, next, visit)
    if (following !== undefined && next < following) {
      throw new KraftLogError(`${directory} is damaged at offset ${next}`)
    }
  }
}

function newestSnapshot(names: readonly string[]): Snapshot | null {
  let newest: Snapshot | null = null
  // Names have a fixed width: their order is that of offsets and epochs.
  for (const name of [...names].sort()) {
    const match = /^(\d{20})-\d{10}\.checkpoint$/.exec(name)
    if (match !== null) newest = { name, endOffset: Number(match[1]) }
  }
  return newest
}

function readSnapshot(files: Files, path: string, visit: (record: MetadataRecord) => void): void {
  const content = files.read(path) ?? Buffer.alloc(0)
  try {
    for (const at of batches(content)) {
      if (!frameIsSound(content, at, sizeInBytes(content, at)))
        throw new KraftLogError(`${path} is damaged at byte ${at}`)
      readBatch(content, at, 0, path, visit)
    }
  } catch (error) {
    if (error instanceof KafkaError) throw new KraftLogError(`${path} is damaged: ${error.message}`)
    throw error
  }
}

/** Reads the records of a segment from an offset on; gives the offset after the last. */
function readSegment(files: Files, path: string, from: number, visit: (record: MetadataRecord) => void): number {
  const file = files.file(path)
  let next = from
  try {
    scanFrames(file, 0, file.size(), (b, at, _position, size) => {
      if (magic(b, at) !== 2 || !frameIsSound(b, at, size)) return false
      if (lastOffset(b, at) < next) return true
      if (baseOffset(b, at) > next) throw new KraftLogError(`${path} lacks the records from ${next} on`)
      readBatch(b, at, next, path, visit)
      next = lastOffset(b, at) + 1
      return true
    })
  } finally {
    file.close()
  }
  return next
}

function readBatch(b: Buffer, at: number, from: number, path: string, visit: (record: MetadataRecord) => void): void {
  if (isControl(b, at)) return
  for (const { offset, value } of readRecords(b, at)) {
    if (offset < from || value === null) continue
    // Decoded byte fields are views, and the read buffer is used again for the next piece of the segment.
    const record = read(Buffer.from(value), path, offset)
    if (record !== null) visit(record)
  }
}

function read(value: Buffer, path: string, offset: number): MetadataRecord | null {
  try {
    return readMetadataRecord(value)
  } catch (error) {
    if (!(error instanceof KafkaError || error instanceof DecodeError)) throw error
    throw new KraftLogError(`${path} holds at offset ${offset} what cannot be read: ${error.message}`)
  }
}

/** The batches of a log's file for kafka-dump-log: one after another, sound or not, as far as whole ones can be. */
import { batchLength } from '../../../protocol/records/header.ts'
import type { RandomFile } from '../../../storage/files.ts'

export interface Frame {
  readonly b: Buffer
  readonly at: number
  readonly position: number
  readonly size: number
}

const headBytes = 17
const overheadBytes = 12
/** The smallest length that a record of any format says. */
const lengthMin = 14
const pieceBytes = 256 * 1024

/** From a position up to another; stops before what is not whole. Throws an Error where a length can be none, in Kafka's words. */
export function* framesOf(file: RandomFile, from: number, to: number): Generator<Frame> {
  let b = Buffer.allocUnsafe(Math.max(headBytes, Math.min(to - from, pieceBytes)))
  let position = from
  let held = 0
  let start = from
  while (position < to - headBytes) {
    const at = position - start
    const left = start + held - position
    if (left < headBytes || left < overheadBytes + batchLength(b, at)) {
      const wanted = left < headBytes ? headBytes : overheadBytes + batchLength(b, at)
      if (left >= headBytes) checkLength(b, at, file)
      if (position + wanted > to) return
      if (wanted > b.length) b = Buffer.allocUnsafe(wanted)
      start = position
      held = file.read(b, 0, Math.min(b.length, to - start), start)
      if (held < wanted) return
      continue
    }
    checkLength(b, at, file)
    const size = overheadBytes + batchLength(b, at)
    yield { b, at, position, size }
    position += size
  }
}

function checkLength(b: Buffer, at: number, file: RandomFile): void {
  const length = batchLength(b, at)
  if (length < lengthMin)
    throw new Error(
      `Found record size ${length} smaller than minimum record overhead (${lengthMin}) in file ${file.path}.`,
    )
}

/** A log's file in the words of Kafka's library. */
export function fileRecords(file: RandomFile): string {
  return `FileRecords(size=${file.size()}, file=${file.path}, start=0, end=${2 ** 31 - 1})`
}

/** Where a log stops being sound, and whether that is the torn end of a crash or damage with something behind it. */
import { baseOffset, magic } from '../../protocol/records/header.ts'
import type { Files, RandomFile } from '../../storage/files.ts'
import { frameHeaderBytes, frameIsSound, frameLastOffset, frameSize, scanFrames } from '../../storage/frames.ts'
import { fileName, offsetOfFile } from '../../storage/names.ts'

/** The first place that cannot be what was written. */
export interface Damage {
  /** First offset of the segment. */
  readonly segment: number
  readonly position: number
  /** Bytes from there to the end of the file, and of the segments behind it. */
  readonly bytes: number
  readonly bytesBehind: number
  /** Offset behind the last sound record before it. */
  readonly endOffset: number
  /** Whether a sound batch lies behind it, so that cutting loses more than a crash would. */
  readonly soundBehind: boolean
}

/** Looks through a partition's segments; null where all is sound. */
export function findDamage(files: Files, dir: string): Damage | null {
  const bases = files
    .list(dir)
    .map(({ name }) => name)
    .filter(name => name.endsWith('.log'))
    .map(offsetOfFile)
    .filter(offset => offset >= 0)
    .sort((a, b) => a - b)
  for (const [index, base] of bases.entries()) {
    const file = files.file(fileName(dir, base, 'log'))
    const size = file.size()
    const nextBase = bases[index + 1] ?? Number.POSITIVE_INFINITY
    let expected = base
    const end = scanFrames(file, 0, size, (b, at, _position, bytes) => {
      const last = frameLastOffset(b, at)
      const first = magic(b, at) === 2 ? baseOffset(b, at) : last
      if (first < expected || last < first || last >= nextBase || !frameIsSound(b, at, bytes)) return false
      expected = last + 1
      return true
    })
    if (end === size) {
      file.close()
      continue
    }
    const behind = bases.slice(index + 1).map(other => files.file(fileName(dir, other, 'log')).size())
    const bytesBehind = behind.reduce((sum, bytes) => sum + bytes, 0)
    const soundBehind = bytesBehind > 0 || hasSoundBatch(file, end + 1, size, expected)
    file.close()
    return { segment: base, position: end, bytes: size - end, bytesBehind, endOffset: expected, soundBehind }
  }
  return null
}

/** Whether a batch of magic 2 begins anywhere in a part of a file whose offsets follow those before. */
function hasSoundBatch(file: RandomFile, from: number, to: number, expected: number): boolean {
  const piece = Buffer.allocUnsafe(Math.min(1024 * 1024, Math.max(to - from, 0)))
  for (let position = from; position + frameHeaderBytes <= to; ) {
    const length = file.read(piece, 0, Math.min(piece.length, to - position), position)
    let at = 0
    for (; at + frameHeaderBytes <= length; at++) {
      // The magic first: most places are ruled out by it.
      if (piece[at + 16] !== 2 || piece[at] !== 0) continue
      const size = frameSize(piece, at)
      const first = baseOffset(piece, at)
      if (size === 0 || size > to - position - at || first < expected || first > expected + 0x7fffffff) continue
      const batch = Buffer.allocUnsafe(size)
      file.read(batch, 0, size, position + at)
      if (frameIsSound(batch, 0, size)) return true
    }
    if (at === 0) return false
    position += at
  }
  return false
}

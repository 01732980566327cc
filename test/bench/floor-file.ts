/** Writing as the broker does: the floors are to meet the same memory. */
import { writeSync } from 'node:fs'

/** Bytes of one call: larger ones meet memory that a virtual machine gave back to its host. */
const pieceBytes = 64 * 1024

/** Writes all bytes at a position, and gives the one behind them. */
export function writeInPieces(file: number, bytes: Buffer, position: number): number {
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, pieceBytes - ((position + at) % pieceBytes))
    at += writeSync(file, bytes, at, length, position + at)
  }
  return position + bytes.length
}

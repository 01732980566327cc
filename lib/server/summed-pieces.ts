/**
 * One WebAssembly memory for all brokers of a process, in pieces: each such memory reserves 10 GB of address space, however small it is, and
 * takes milliseconds to make.
 */
import { type SummedMemory, summedMemory } from '../../protocol/records/crc32c.ts'

/** Until they are written to, pieces take address space and no memory; brokers that find none left use ordinary memory. */
const memoryBytes = 128 * 1024 * 1024

/** Undefined until it is needed. */
let memory: SummedMemory | null | undefined
/** Pieces that were given back, by size. */
const spare = new Map<number, Buffer[]>()

/** A piece of memory in which checksums are fast (see summed-memory.ts); null where there is none. */
export function takePiece(bytes: number): Buffer | null {
  const back = spare.get(bytes)?.pop()
  if (back !== undefined) return back
  if (memory === undefined) memory = summedMemory(memoryBytes)
  return memory?.take(bytes) ?? null
}

/** The piece is nobody's any more. */
export function giveBackPiece(piece: Buffer): void {
  const pieces = spare.get(piece.length)
  if (pieces === undefined) spare.set(piece.length, [piece])
  else pieces.push(piece)
}

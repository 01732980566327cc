/**
 * WebAssembly memory in which CRC-32C is fast: it is computed where the bytes are, without a CRC instruction and without a call into a
 * native library.
 *
 * The checksum is the remainder of the bytes, as one long polynomial over GF(2), modulo a polynomial P. With y = x^128, which is a block
 * of 16 bytes, P divides some sparse polynomials in y, such as y^79 + y^75 + y^71 + y^58 + y^18 + y^12 + y + 1. So the remainder stays the
 * same when a block is removed and added (exclusive or) to the blocks 4, 8, 21, 61, 67, 78 and 79 after it. This is called folding here.
 * Folding from the front on leaves the last 79 blocks of input of any length; their remainder is looked up in tables.
 *
 * The sparse polynomials were found by a search; the tests check that P divides them. Two are used, one after the other: one with fewer
 * terms is faster, but leaves more blocks. Measured on an Intel Xeon at 2 GHz, where `@node-rs/crc32` does 5 GB/s: 16 KB 2.0 µs instead of
 * 3.3, 128 KB 9.3 instead of 25, 1 MB 67 instead of 190; 1 KB and less about the same.
 */

import {
  add,
  and,
  answer,
  type Code,
  clear,
  copy,
  doDuring,
  during,
  exclusiveOr,
  exclusiveOr128,
  greaterUnsigned,
  increase,
  instanceOf,
  type Local,
  lesser,
  load8,
  load32,
  load128,
  pageBytes,
  set,
  shiftLeft,
  shiftRightUnsigned,
  store32,
  store128,
  subtract,
  type WasmFunction,
  type WasmMemory,
  wasmFunction,
} from './wasm.ts'

/** P without its highest term, reflected (lowest bit first). */
const polynomial = 0x82f63b78
const blockBytes = 16
/** Blocks in one iteration: no more than the least distance, as blocks of one iteration are not added to each other. */
const unroll = 4
const stepBytes = unroll * blockBytes
/** Bytes that are folded before the history is copied to the front of the work area again. */
const runBytes = 16 * 1024

/** One sparse polynomial: the distances, in blocks, at which a block is added, for input of at least so many bytes. */
export interface Stage {
  readonly distances: readonly number[]
  readonly bytesMin: number
}
export const stages: readonly Stage[] = [
  { distances: [209, 195, 170, 155, 65], bytesMin: 20 * 1024 },
  { distances: [79, 78, 67, 61, 21, 8, 4], bytesMin: 1536 },
]

/** The layout of the memory: 16 tables of 256 remainders, and for each stage its work area and its result. */
const tableBytes = 1024
const stagesAt = blockBytes * tableBytes
/** The history: the folded blocks before the next ones, as far back as the greatest distance. */
const historyBytesOf = ({ distances }: Stage) => distances[0]! * blockBytes
/** The last blocks, which blocks are added to and which are not folded: the size of the history, rounded up to whole iterations. */
const lastBytesOf = ({ distances }: Stage) => Math.ceil(distances[0]! / unroll) * stepBytes
const workBytesOf = (stage: Stage) => historyBytesOf(stage) + Math.max(runBytes, lastBytesOf(stage))
/** The size of a stage's result: the last blocks, and the input beyond the last whole iteration. */
const leftBytesOf = (stage: Stage) => lastBytesOf(stage) + stepBytes
const workAt = (number: number) =>
  stages.slice(0, number).reduce((at, stage) => at + workBytesOf(stage) + leftBytesOf(stage), stagesAt)
const leftAts = stages.map((stage, number) => workAt(number) + workBytesOf(stage))

/** Folds into the next `unroll` blocks those before them, which lie from `history` on, the farthest first. */
function folded(distances: readonly number[], from: Local, history: Local, to: Local, offset: number): Code[] {
  const farthest = distances[0]!
  return Array.from({ length: unroll }, (_, block) => {
    let sum = load128(from, block * blockBytes)
    for (const distance of distances) {
      sum = exclusiveOr128(sum, load128(history, (farthest - distance + block) * blockBytes))
    }
    return store128(to, offset + block * blockBytes, sum)
  })
}

/** Folds [from, end) and writes what is left to the stage's result; returns where that ends. `first` is added to the first four bytes. */
function stageFunction(stage: Stage, number: number): WasmFunction {
  const { distances } = stage
  const work = workAt(number)
  const historyBytes = historyBytesOf(stage)
  const lastBytes = lastBytesOf(stage)
  return wasmFunction(3, 4, (from, end, first, history, to, limit, until) => [
    clear(work, historyBytes),
    // The word at the farthest distance is added to the first block and to no other.
    store32(work, first),
    set(limit, subtract(end, lastBytes + stepBytes)),
    set(history, work),
    during(notGreater(from, limit), [
      set(until, add(from, runBytes - stepBytes)),
      set(until, lesser(until, limit)),
      doDuring(
        [
          ...folded(distances, from, history, history, historyBytes),
          increase(from, stepBytes),
          increase(history, stepBytes),
        ],
        notGreater(from, until),
      ),
      copy(work, history, historyBytes),
      set(history, work),
    ]),
    // The last blocks get what earlier blocks add to them, and are not added to each other.
    clear(work + historyBytes, lastBytes),
    set(to, leftAts[number]!),
    set(until, add(from, lastBytes - stepBytes)),
    doDuring(
      [
        ...folded(distances, from, history, to, 0),
        increase(from, stepBytes),
        increase(history, stepBytes),
        increase(to, stepBytes),
      ],
      notGreater(from, until),
    ),
    copy(to, from, subtract(end, from)),
    answer(add(to, subtract(end, from))),
  ])
}

const notGreater = (a: Local, b: Local): Code => exclusiveOr(greaterUnsigned(a, b), 1)

/** The remainder of one byte of `word` that is followed by so many bytes. */
const looked = (word: Local, shift: number, behind: number): Code =>
  load32(add(behind * tableBytes, shiftLeft(and(shiftRightUnsigned(word, shift), 0xff), 2)))

/** The remainder of the four bytes of `word`, followed by so many bytes. */
const lookedUp = (word: Local, behind: number): Code =>
  exclusiveOr(
    exclusiveOr(looked(word, 0, behind + 3), looked(word, 8, behind + 2)),
    exclusiveOr(looked(word, 16, behind + 1), looked(word, 24, behind)),
  )

/** Continues the remainder `sum` over [at, end), 16 bytes at a time. */
const byTables = wasmFunction(3, 4, (at, end, sum, a, b, c, d) => [
  during(greaterUnsigned(subtract(end, at), blockBytes - 1), [
    set(a, exclusiveOr(sum, load32(at))),
    set(b, load32(add(at, 4))),
    set(c, load32(add(at, 8))),
    set(d, load32(add(at, 12))),
    set(sum, exclusiveOr(exclusiveOr(lookedUp(d, 0), lookedUp(c, 4)), exclusiveOr(lookedUp(b, 8), lookedUp(a, 12)))),
    increase(at, blockBytes),
  ]),
  during(greaterUnsigned(end, at), [
    set(a, exclusiveOr(sum, load8(at))),
    set(sum, exclusiveOr(shiftRightUnsigned(sum, 8), looked(a, 0, 0))),
    increase(at, 1),
  ]),
  answer(sum),
])

/** A stage returns where its result ends, the tables return the remainder. */
type Sum = (from: number, end: number, first: number) => number
interface Exports {
  readonly memory: WasmMemory
  readonly byTables: Sum
}

/** Memory in which checksums are fast. Its pieces are given out once and never returned. */
export class SummedMemory {
  readonly buffer: ArrayBuffer
  readonly #stages: readonly Sum[]
  readonly #byTables: Sum
  #free: number

  /** Throws where there is no WebAssembly with SIMD, or not enough memory. */
  constructor(bytes: number) {
    const free = Math.ceil(workAt(stages.length) / pageBytes) * pageBytes
    const pages = Math.ceil((free + bytes) / pageBytes)
    const folds = Object.fromEntries(stages.map((stage, number) => [`fold${number}`, stageFunction(stage, number)]))
    const exports = instanceOf<Exports & Record<string, Sum>>({ byTables, ...folds }, pages)
    const { memory } = exports
    memory.grow(pages - 1)
    this.buffer = memory.buffer
    this.#byTables = exports.byTables
    this.#stages = Object.keys(folds).map(name => exports[name]!)
    this.#free = free
    fillTables(new Uint32Array(memory.buffer, 0, stagesAt / 4))
  }

  /** A piece of so many bytes, or null where fewer are left. */
  take(bytes: number): Buffer | null {
    if (this.#free + bytes > this.buffer.byteLength) return null
    const piece = Buffer.from(this.buffer, this.#free, bytes)
    this.#free += Math.ceil(bytes / pageBytes) * pageBytes
    return piece
  }

  /** CRC-32C of `buffer` from `at` to `end`, unsigned. */
  crc32c(at: number, end: number): number {
    let first = -1
    for (let number = 0; number < stages.length; number++) {
      if (end - at < stages[number]!.bytesMin) continue
      end = this.#stages[number]!(at, end, first)
      at = leftAts[number]!
      first = 0
    }
    return ~this.#byTables(at, end, first) >>> 0
  }
}

function fillTables(tables: Uint32Array): void {
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ ((remainder & 1) * polynomial)
    tables[byte] = remainder
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!
    tables[i] = (before >>> 8) ^ tables[before & 0xff]!
  }
}

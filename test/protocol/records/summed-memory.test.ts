/** Checksums out of memory that WebAssembly looks at: beside the twin in JavaScript, at all lengths and places; and how the memory is given out. */
import t from 'tap'
import { crc32c, pureChecksums, summedMemory } from '../../../protocol/records/crc32c.ts'
import { SummedMemory, stages } from '../../../protocol/records/summed-memory.ts'
import { chance } from './vectors.ts'

const next = chance(17)
const pure = pureChecksums()
const memory = summedMemory(4 * 1024 * 1024)!
const piece = memory.take(2 * 1024 * 1024)!
for (let i = 0; i < piece.length; i++) piece[i] = next(256)

/** x to a power modulo the polynomial of CRC-32C, lowest power in the highest bit. */
function powerOfX(exponent: number): number {
  let power = 0x80000000
  for (let i = 0; i < exponent; i++) power = (power >>> 1) ^ ((power & 1) * 0x82f63b78)
  return power >>> 0
}

t.test('what a block is added to, in place of where it is, leaves the remainder as it was', async t => {
  for (const { distances } of stages) {
    const farthest = Math.max(...distances)
    t.equal(distances[0], farthest)
    t.equal(new Set(distances).size, distances.length)
    t.ok(Math.min(...distances) >= 4, 'no block is added to one of the same go')
    const sum = distances.reduce((all, distance) => all ^ powerOfX(128 * (farthest - distance)), 0)
    t.equal(sum >>> 0, powerOfX(128 * farthest))
  }
})

t.test('checksums are the same as in JavaScript', async t => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  piece.write('123456789', 5)
  t.equal(crc32c(piece, 5, 14), 0xe3069283)
  const lengths = [0, 1, 15, 16, 17]
  // Around where a stage begins to be used, and where its run of blocks ends.
  for (const { bytesMin, distances } of stages) {
    for (const bytes of [bytesMin, bytesMin + 16 * 1024, 16 * (1024 + distances[0]!), 32 * (1024 + distances[0]!)]) {
      for (let more = -80; more <= 80; more++) lengths.push(bytes + more)
    }
  }
  for (let round = 0; round < 2000; round++) lengths.push(next(round % 100 === 0 ? piece.length - 100 : 40_000))
  const wrong = lengths.filter(length => {
    const at = next(Math.min(100, piece.length - length))
    return crc32c(piece, at, at + length) !== pure.crc32c(piece.subarray(at, at + length))
  })
  t.same(wrong, [])
})

t.test('a single bit makes another checksum, wherever it is', async t => {
  const bytes = 70_000
  const sound = crc32c(piece, 3, 3 + bytes)
  for (let round = 0; round < 500; round++) {
    const at = 3 + next(bytes)
    const bit = 1 << next(8)
    piece[at]! ^= bit
    const changed = crc32c(piece, 3, 3 + bytes)
    piece[at]! ^= bit
    if (changed === sound) t.fail(`bit ${bit} of byte ${at} does not matter`)
  }
  t.equal(crc32c(piece, 3, 3 + bytes), sound)
})

t.test('memories are told apart, and from any other', async t => {
  const second = summedMemory(100_000)!.take(100_000)!
  second.fill(7)
  const third = Buffer.alloc(100_000, 7)
  const expected = pure.crc32c(third)
  for (let round = 0; round < 3; round++) {
    t.equal(crc32c(second), expected)
    t.equal(crc32c(third), expected)
    t.equal(crc32c(piece), pure.crc32c(piece))
  }
  t.equal(crc32c(second.subarray(100)), pure.crc32c(third.subarray(100)), 'a view counts from where it begins')
})

t.test('pieces are given out until there are no more, apart from each other and from what sums up', async t => {
  const small = new SummedMemory(300_000)
  const pieces = [small.take(100_000)!, small.take(70_000)!, small.take(1)!]
  for (const [index, bytes] of pieces.entries()) bytes.fill(index)
  t.equal(small.take(300_000), null)
  t.ok(pieces.every((bytes, index) => bytes.every(byte => byte === index)))
  const [first] = pieces
  t.equal(small.crc32c(first!.byteOffset, first!.byteOffset + 100_000), pure.crc32c(first!))
  t.ok(pieces.every((bytes, index) => bytes.every(byte => byte === index)))
})

t.test('where there is no WebAssembly there is no such memory, and checksums are had elsewhere', async t => {
  const scope = globalThis as { WebAssembly?: unknown }
  const { WebAssembly } = scope
  scope.WebAssembly = undefined
  t.teardown(() => {
    scope.WebAssembly = WebAssembly
  })
  t.equal(summedMemory(1000), null)
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
})

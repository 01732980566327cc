/** Decoders of raw blocks: both twins beside the native libraries, on good and damaged input; and the memory they share. */
import { createRequire } from 'node:module'
import t from 'tap'
import { codes } from '../../../protocol/errors.ts'
import { walkRecords } from '../../../protocol/records/batch.ts'
import {
  type Blocks,
  malformed,
  memoryBytesMax,
  overflow,
  pureBlocks,
  slackBytes,
  wasmBlocks,
} from '../../../protocol/records/blocks.ts'
import { compress, decompress, decompressShared } from '../../../protocol/records/compression.ts'
import { magic } from '../../../protocol/records/header.ts'
import { Output } from '../../../protocol/records/output.ts'
import { prepareSharedZstd } from '../../../protocol/records/zstd.ts'
import { batchVectors, chance, codeOf } from './vectors.ts'

const require = createRequire(import.meta.url)
const lz4 = require('lz4-napi') as { compressSync(b: Buffer): Buffer; uncompressSync(b: Buffer): Buffer }
const snappy = require('snappy') as { compressSync(b: Buffer): Buffer; uncompressSync(b: Buffer): Buffer }
const next = chance(99)
const guard = 0xa5

const twins: readonly (readonly [string, Blocks])[] = [
  ['in WebAssembly', wasmBlocks()!],
  ['in JavaScript', pureBlocks()],
]

/** Decodes with one of the twins, from the memory's very end; gives the output or the code, and minds what may be touched. */
function decoded(decoders: Blocks, kind: 'lz4' | 'snappy', block: Buffer, room: number): Buffer | number {
  const before = 64
  const least = decoders.memory(before + room + block.length + 2 * slackBytes)
  const target = least.length - room - block.length - 2 * slackBytes
  const memory = least
  memory.fill(guard, target - before, target + room + slackBytes)
  const source = target + room + slackBytes
  block.copy(memory, source)
  const reached = decoders[kind](source, source + block.length, target, target + room)
  for (let at = target - before; at < target; at++) if (memory[at] !== guard) throw new Error('wrote before its output')
  if (!memory.subarray(source, source + block.length).equals(block)) throw new Error('wrote into its input')
  if (reached < 0) return reached
  if (reached > target + room) throw new Error('wrote behind its output')
  return Buffer.from(memory.subarray(target, reached))
}

/** A Snappy block without the size that it begins with. */
function withoutSize(block: Buffer): Buffer {
  let at = 0
  while (block[at] >= 0x80) at++
  return block.subarray(at + 1)
}

/** Bytes of many kinds: runs, short periods, words, noise, and what is far away again. */
function sample(bytes: number): Buffer {
  const result = Buffer.alloc(bytes)
  for (let at = 0; at < bytes; ) {
    const end = Math.min(bytes, at + 1 + next(200))
    const kind = next(4)
    const period = 1 + next(kind === 0 ? 20 : 3000)
    for (; at < end; at++) {
      result[at] = kind === 3 || at < period ? next(kind === 2 ? 4 : 256) : result[at - period]
    }
  }
  return result
}

t.test('blocks of the native libraries are decoded, by both twins', async t => {
  for (let round = 0; round < 300; round++) {
    const data = sample(next(10) === 0 ? 60_000 + next(5536) : next(3000))
    const packed = { lz4: lz4.compressSync(data).subarray(4), snappy: withoutSize(snappy.compressSync(data)) }
    for (const [name, decoders] of twins) {
      for (const kind of ['lz4', 'snappy'] as const) {
        const exact = decoded(decoders, kind, packed[kind], data.length)
        if (typeof exact === 'number' || !exact.equals(data)) t.fail(`${kind} ${name}, round ${round}`)
        const roomy = decoded(decoders, kind, packed[kind], data.length + 1000)
        if (typeof roomy === 'number' || !roomy.equals(data)) t.fail(`${kind} ${name}, with room, round ${round}`)
        if (data.length > 0 && decoded(decoders, kind, packed[kind], data.length - 1) !== overflow) {
          t.fail(`${kind} ${name}, without room, round ${round}`)
        }
      }
    }
  }
})

t.test('copies repeat what they overlap, from every distance and of every length', async t => {
  for (const [name, decoders] of twins) {
    for (let distance = 1; distance <= 40; distance++) {
      for (const length of [4, 5, 15, 16, 17, 18, 19, 31, 32, 33, 63, 300, 5000]) {
        const literals = sample(distance)
        const expected = Buffer.alloc(distance + length)
        for (let at = 0; at < expected.length; at++) expected[at] = literals[at % distance]
        const literalCount = distance < 15 ? [] : [distance - 15]
        const rest = length - 4
        const lengthBytes: number[] = []
        if (rest >= 15) {
          let left = rest - 15
          for (; left >= 255; left -= 255) lengthBytes.push(255)
          lengthBytes.push(left)
        }
        const lz4Block = Buffer.from([
          (Math.min(distance, 15) << 4) | Math.min(rest, 15),
          ...literalCount,
          ...literals,
          distance,
          0,
          ...lengthBytes,
          0,
        ])
        const copies: number[] = []
        for (let left = length; left > 0; left -= 64) copies.push(((Math.min(left, 64) - 1) << 2) | 2, distance, 0)
        const snappyBlock = Buffer.from([(distance - 1) << 2, ...literals, ...copies])
        for (const [kind, block] of [
          ['lz4', lz4Block],
          ['snappy', snappyBlock],
        ] as const) {
          const result = decoded(decoders, kind, block, expected.length)
          if (typeof result === 'number' || !result.equals(expected)) {
            t.fail(`${kind} ${name}: ${length} bytes from ${distance} before`)
          }
        }
      }
    }
  }
})

t.test('blocks that are not well-formed are refused', async t => {
  for (const [name, decoders] of twins) {
    for (const [kind, hex, what, expected] of [
      ['lz4', '', 'nothing', malformed],
      ['lz4', 'f0', 'a length cut off', malformed],
      ['lz4', 'f0ffff', 'a long length cut off', malformed],
      ['lz4', '2061', 'literals cut off', malformed],
      ['lz4', '106101', 'an offset cut off', malformed],
      ['lz4', '1061000000', 'an offset of nothing', malformed],
      ['lz4', '00000000', 'an offset of nothing where nothing is', malformed],
      ['lz4', '00010000', 'an offset where nothing is', malformed],
      ['lz4', '1061020000', 'an offset before the beginning', malformed],
      ['lz4', '1061ffff00', 'an offset far before the beginning', malformed],
      ['lz4', '1f610100', 'the length of a copy cut off', malformed],
      ['lz4', '10610100', 'no literals at the end', malformed],
      ['lz4', '1f610100ffffff0000', 'more than there is room for', overflow],
      ['snappy', '04', 'literals cut off', malformed],
      ['snappy', 'f0', 'a length cut off', malformed],
      ['snappy', 'fcffffffff00', 'four gigabytes of literals', malformed],
      ['snappy', 'fcfeffffff00', 'nearly four gigabytes of literals', malformed],
      ['snappy', 'f86100', 'three bytes of a length cut off', malformed],
      ['snappy', '01', 'a near copy cut off', malformed],
      ['snappy', '02', 'a copy cut off', malformed],
      ['snappy', '0061030100', 'a far copy cut off', malformed],
      ['snappy', '0101', 'a near copy of nothing', malformed],
      ['snappy', '00610100', 'a near copy of no offset', malformed],
      ['snappy', '0061020000', 'a copy of no offset', malformed],
      ['snappy', '020100', 'an offset where nothing is', malformed],
      ['snappy', '006103ffffffff', 'an offset far before the beginning', malformed],
      ['snappy', '00610300000080', 'an offset two gigabytes before', malformed],
      ['snappy', `0061${'fe0100'.repeat(20)}`, 'more than there is room for', overflow],
    ] as const) {
      t.equal(decoded(decoders, kind, Buffer.from(hex, 'hex'), 600), expected, `${kind} ${name}: ${what}`)
    }
    t.equal(decoded(decoders, 'snappy', Buffer.alloc(0), 600).toString(), '', 'nothing is a Snappy block of nothing')
    t.equal(decoded(decoders, 'lz4', Buffer.from([0]), 600).toString(), '', 'a token alone is an LZ4 block of nothing')
  }
})

t.test('of damaged blocks the twins say the same, and accept what the libraries accept', async t => {
  const native = (run: () => Buffer) => {
    try {
      return run()
    } catch {
      return null
    }
  }
  let good = 0
  let bad = 0
  for (let round = 0; round < 6000; round++) {
    const data = sample(1 + next(700))
    const room = data.length
    const sized = snappy.compressSync(data)
    const start = sized.length - withoutSize(sized).length
    for (const kind of ['lz4', 'snappy'] as const) {
      const whole = kind === 'lz4' ? lz4.compressSync(data) : sized
      const head = kind === 'lz4' ? 4 : start
      const b = Buffer.from(next(5) === 0 ? whole.subarray(0, head + next(whole.length - head)) : whole)
      for (let changes = next(4); changes > 0 && b.length > head; changes--) {
        const at = head + next(b.length - head)
        b[at] = next(3) === 0 ? b[at] ^ (1 << next(8)) : next(4) === 0 ? 0xff : next(256)
      }
      const block = b.subarray(head)
      const [first, second] = twins.map(([, decoders]) => decoded(decoders, kind, block, room))
      if (typeof first === 'number' || typeof second === 'number') {
        if (first !== second) t.fail(`${kind} ${block.toString('hex')}: ${first} and ${second}`)
      } else if (!first.equals(second)) t.fail(`${kind} ${block.toString('hex')} comes out differently`)
      const library = native(() => (kind === 'lz4' ? lz4.uncompressSync(b) : snappy.uncompressSync(b)))
      const accepted = typeof first !== 'number' && (kind === 'lz4' || first.length === room) ? first : null
      if (accepted === null ? library !== null : library === null || !library.equals(accepted)) {
        t.fail(`${kind} ${block.toString('hex')}: the library ${library === null ? 'refuses' : 'accepts'} it`)
      }
      if (accepted === null) bad++
      else good++
    }
  }
  t.ok(good > 1000 && bad > 1000, `${good} good and ${bad} bad ones`)
})

t.test('bombs get no more than the memory, and it stays', async t => {
  for (const [name, decoders] of twins) {
    const output = new Output(decoders)
    const block = lz4.compressSync(Buffer.alloc(4 * 1024 * 1024)).subarray(4)
    for (let round = 0; round < 3; round++) {
      output.clear()
      for (let count = 0; count < 5; count++) {
        t.equal(output.decode('lz4', block, 0, block.length, 4 * 1024 * 1024), 4 * 1024 * 1024, name)
      }
      output.put(Buffer.from('rest'), 0, 4)
      const all = output.result(true)
      t.equal(all.length, 20 * 1024 * 1024 + 4)
      t.equal(all.toString('latin1', all.length - 5), '\0rest')
      output.clear()
      const large = Buffer.alloc(memoryBytesMax, 'large')
      output.put(large, 0, large.length)
      t.ok(output.result(false).equals(large), 'what the memory does not take is kept beside it')
    }
    t.ok(decoders.memory(0).length <= memoryBytesMax)
    t.equal(decoded(decoders, 'lz4', block, 100_000), overflow)
  }
  t.notOk(Output.takes(1, memoryBytesMax))
})

const noise = sample(300_000)

t.test('results to look at are those to keep, until the next', async t => {
  t.ok(await prepareSharedZstd())
  const small = Buffer.from('small '.repeat(10))
  const large = Buffer.concat(Array.from({ length: 20 }, () => noise))
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const data of [Buffer.alloc(0), small, noise, large, small, noise]) {
      const packed = compress(codec, data)
      t.ok(decompressShared(codec, packed).equals(data), `${codec} ${data.length}`)
      const kept = decompress(codec, packed)
      decompressShared(codec, compress(codec, Buffer.alloc(400_000, 1)))
      t.ok(kept.equals(data), `${codec} ${data.length}, kept`)
      if (data.length === 0) continue
      t.equal(
        codeOf(() => decompressShared(codec, packed, data.length - 1)),
        codes.MESSAGE_TOO_LARGE,
      )
      if (codec === 'none') continue
      t.equal(
        codeOf(() => decompressShared(codec, packed.subarray(0, packed.length - 5))),
        codes.CORRUPT_MESSAGE,
        `${codec} ${data.length}, cut off`,
      )
    }
  }
  const raw = snappy.compressSync(Buffer.alloc(2 * memoryBytesMax, 'raw'))
  t.equal(decompressShared('snappy', raw).toString('latin1', 0, 6), 'rawraw', 'a block that the memory does not take')
  t.equal(
    codeOf(() => decompressShared('snappy', raw.subarray(0, raw.length - 1))),
    codes.CORRUPT_MESSAGE,
  )
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const packed = compress(codec, noise.subarray(0, 3000))
    let refused = 0
    for (let round = 0; round < 500; round++) {
      const b = Buffer.from(packed)
      for (let changes = 1 + next(3); changes > 0; changes--) b[next(b.length)] = next(256)
      const owned = codeOf(() => decompress(codec, b, 100_000))
      if (codeOf(() => decompressShared(codec, b, 100_000)) !== owned) t.fail(`${codec} ${b.toString('hex')}`)
      if (owned !== 'no error') refused++
    }
    t.ok(refused > 20, `${codec}: ${refused} of 500 damaged streams are refused, both ways`)
  }
})

t.test('gzip to look at takes what gunzip takes, whatever size it says it has', async t => {
  const member = compress('gzip', noise)
  const small = compress('gzip', Buffer.from('small'))
  const larger = Buffer.from(member)
  larger.writeUInt32LE(noise.length + 1, larger.length - 4)
  const whatever = Buffer.from(member)
  whatever.writeUInt32LE(0xffffffff, whatever.length - 4)
  for (const [what, packed] of [
    ['one member', member],
    ['two members, of which the last tells its size', Buffer.concat([member, small])],
    ['two members, the larger at the end', Buffer.concat([small, member])],
    ['zeros behind', Buffer.concat([member, Buffer.alloc(9)])],
    ['something behind', Buffer.concat([member, Buffer.alloc(9, 1)])],
    ['a size too large', larger],
    ['an unbelievable size', whatever],
    ['no end', member.subarray(0, member.length - 8)],
  ] as const) {
    const outcome = (run: () => Buffer) => {
      try {
        return Buffer.from(run())
      } catch (error) {
        return (error as Error).message
      }
    }
    for (let round = 0; round < 2; round++) {
      t.same(
        outcome(() => decompressShared('gzip', packed)),
        outcome(() => decompress('gzip', packed)),
        what,
      )
    }
  }
})

t.test("batches of Kafka's clients are walked in the shared memory", async t => {
  let count = 0
  for (const { hex, compression, what } of batchVectors) {
    const b = Buffer.from(hex, 'hex')
    if (magic(b, 0) !== 2 || compression === 'none') continue
    t.ok(walkRecords(b, 0, null, undefined, false).recordCount >= 0, `${what} ${compression}`)
    count++
  }
  t.ok(count > 3, `${count} of them`)
})

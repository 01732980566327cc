/** The codecs: what they must read, what they must refuse, bombs; and damaged record sets of all kinds. */
import * as zlib from 'node:zlib'
import t from 'tap'
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { nextBatch, readRecords, walkRecords } from '../../../protocol/records/batch.ts'
import { codecOf, codecs, compress, compressionTypeOf, decompress } from '../../../protocol/records/compression.ts'
import { readControlType } from '../../../protocol/records/control.ts'
import { isControl, magic } from '../../../protocol/records/header.ts'
import { downConvert, upConvert } from '../../../protocol/records/legacy.ts'
import { prepareZstd } from '../../../protocol/records/zstd.ts'
import { batchVectors, chance, codeOf } from './vectors.ts'

const packed = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const next = chance(7)
const words = Array.from({ length: 60_000 }, () => `word${next(500)} `).join('')
const text = Buffer.from(words)
const noise = Buffer.from(Array.from({ length: 300_000 }, () => next(256)))

t.test('codecs are numbered as in the attributes of a batch', async t => {
  t.same(codecs.map(compressionTypeOf), [0, 1, 2, 3, 4])
  t.same([0, 1, 2, 3, 4].map(codecOf), codecs)
  for (const type of [5, 6, 7])
    t.equal(
      codeOf(() => codecOf(type)),
      codes.UNSUPPORTED_COMPRESSION_TYPE,
    )
})

t.test('what was compressed comes back, of every size and level', async t => {
  await prepareZstd()
  await prepareZstd('plan9-mips', false)
  for (const codec of codecs) {
    for (const source of [text, noise]) {
      for (const bytes of [0, 1, 15, 1000, 32 * 1024, 64 * 1024, 64 * 1024 + 1, 131_073, 300_000]) {
        const data = source.subarray(0, bytes)
        const result = compress(codec, data)
        t.ok(decompress(codec, result, bytes).equals(data), `${codec} ${bytes}`)
        if (bytes > 0)
          t.equal(
            codeOf(() => decompress(codec, result, bytes - 1)),
            codes.MESSAGE_TOO_LARGE,
          )
      }
    }
  }
  for (const [codec, levels] of [
    ['gzip', [-1, 1, 6, 9]],
    ['zstd', [-131072, -5, 1, 3, 10]],
    ['lz4', [1, 9, 17]],
    ['snappy', [3]],
  ] as const) {
    for (const level of levels) {
      t.ok(decompress(codec, compress(codec, text, level)).equals(text), `${codec} at level ${level}`)
    }
  }
  t.ok(compress('gzip', text, 9).length < compress('gzip', text, 1).length)
  t.ok(compress('zstd', text, 10).length < compress('zstd', text, -50).length)
})

t.test('streams put together are read on', async t => {
  const a = text.subarray(0, 70_000)
  const b = text.subarray(70_000, 200_000)
  for (const codec of ['gzip', 'snappy', 'zstd'] as const) {
    const both = Buffer.concat([compress(codec, a), compress(codec, b)])
    t.ok(decompress(codec, both).equals(text.subarray(0, 200_000)), codec)
    t.equal(
      codeOf(() => decompress(codec, both, 199_999)),
      codes.MESSAGE_TOO_LARGE,
    )
  }
  const lz4 = Buffer.concat([compress('lz4', a), compress('lz4', b)])
  t.ok(decompress('lz4', lz4).equals(a), 'of lz4 the first frame alone, as in Kafka')
  const skipped = Buffer.from('502a4d1803000000aabbcc', 'hex')
  const around = Buffer.concat([skipped, compress('zstd', a), skipped])
  t.ok(decompress('zstd', around).equals(a), 'zstd frames that are to be skipped')
})

t.test('snappy is read framed and raw', async t => {
  const framed = compress('snappy', text.subarray(0, 20_000))
  t.equal(framed.toString('latin1', 1, 7), 'SNAPPY')
  t.ok(decompress('snappy', framed.subarray(20)).equals(text.subarray(0, 20_000)))
  for (const [hex, what] of [
    ['', 'nothing'],
    ['82534e415050590000000001000000010000', 'cut in a length'],
    ['82534e4150505900000000010000000100000009ff', 'a long block'],
    ['82534e41505059000000000100000001ffffffff00', 'a negative block'],
    ['82534e41505059000000000200000002', 'a newer framing'],
    ['ffffffffff', 'no size'],
    ['ffffff7f00', 'an unbelievable size'],
    ['0501', 'no content'],
  ]) {
    t.equal(
      codeOf(() => decompress('snappy', Buffer.from(hex, 'hex'))),
      codes.CORRUPT_MESSAGE,
      what,
    )
  }
})

t.test('lz4 frames of other writers are read, and those of magic 0', async t => {
  const { createRequire } = await import('node:module')
  const library = createRequire(import.meta.url)('lz4-napi') as {
    compressFrameSync(data: Buffer, options?: object): Buffer
    decompressFrameSync(data: Buffer): Buffer
  }
  for (const options of [undefined, { contentChecksum: true }, { blockChecksums: true }]) {
    for (const bytes of [0, 100, 100_000, text.length]) {
      const frame = library.compressFrameSync(text.subarray(0, bytes), options)
      t.ok(decompress('lz4', frame).equals(text.subarray(0, bytes)))
    }
  }
  t.ok(library.decompressFrameSync(compress('lz4', text)).equals(text))
  const old = compress('lz4', text, undefined, 0)
  t.ok(decompress('lz4', old, text.length, 0).equals(text))
  t.equal(
    codeOf(() => decompress('lz4', old, text.length, 1)),
    codes.CORRUPT_MESSAGE,
    'its header checksum is wrong',
  )
  // FLG 0x68: the size of the content follows, and the checksum counts it.
  const sized = Buffer.from('04224d186840050000000000000000050000806161616161 00000000'.replace(' ', ''), 'hex')
  t.equal(decompress('lz4', sized, 10, 0).toString(), 'aaaaa')
  const good = compress('lz4', text.subarray(0, 100))
  const spoiled = (change: (b: Buffer) => void) => {
    const b = Buffer.from(good)
    change(b)
    return codeOf(() => decompress('lz4', b, 1000, 0))
  }
  t.equal(
    spoiled(b => b.writeUInt8(0, 0)),
    codes.CORRUPT_MESSAGE,
    'magic number',
  )
  t.equal(
    spoiled(b => b.writeUInt8(0x20, 4)),
    codes.CORRUPT_MESSAGE,
    'version',
  )
  t.equal(
    spoiled(b => b.writeUInt8(0x40, 4)),
    codes.CORRUPT_MESSAGE,
    'blocks that depend on each other',
  )
  t.equal(
    spoiled(b => b.writeUInt8(0x30, 5)),
    codes.CORRUPT_MESSAGE,
    'size of blocks',
  )
  t.equal(
    spoiled(b => b.writeUInt32LE(70_000, 7)),
    codes.CORRUPT_MESSAGE,
    'a long block',
  )
  t.equal(
    spoiled(b => b.writeUInt8(0x68, 4)),
    codes.CORRUPT_MESSAGE,
    'a size that is not there',
  )
  t.equal(
    codeOf(() => decompress('lz4', good.subarray(0, good.length - 4))),
    codes.CORRUPT_MESSAGE,
    'no end mark',
  )
  t.equal(
    codeOf(() => decompress('lz4', good.subarray(0, 6))),
    codes.CORRUPT_MESSAGE,
    'short',
  )
  t.equal(
    codeOf(() => decompress('lz4', Buffer.from('04224d186840050000', 'hex'))),
    codes.CORRUPT_MESSAGE,
  )
})

/** A zstd frame of runs of zeros that does not say its size: `descriptor` and window, then blocks of 128 KiB in 4 bytes each. */
function zstdRuns(blocks: number): Buffer {
  const frame = Buffer.alloc(6 + blocks * 4)
  frame.writeUInt32LE(0xfd2fb528, 0)
  frame[5] = 7 << 3
  for (let block = 0; block < blocks; block++) {
    frame.writeUIntLE(((128 * 1024) << 3) | 2 | (block === blocks - 1 ? 1 : 0), 6 + block * 4, 3)
  }
  return frame
}

t.test('zstd frames without a size are read up to the limit', async t => {
  t.equal(decompress('zstd', zstdRuns(3), 3 * 128 * 1024).length, 3 * 128 * 1024)
  t.equal(
    codeOf(() => decompress('zstd', zstdRuns(3), 3 * 128 * 1024 - 1)),
    codes.MESSAGE_TOO_LARGE,
  )
  // Many blocks that could hold 128 KiB each and hold little, as from a writer that flushes often.
  const block = (bytes: Buffer, last: boolean) => {
    const inner = compress('zstd', bytes)
    const at = inner.indexOf(Buffer.from([bytes.length])) + 1
    const head = inner.readUIntLE(at, 3)
    return { part: inner.subarray(at + 3), head: (head & ~1) | (last ? 1 : 0) }
  }
  const parts: Buffer[] = [Buffer.from('28b52ffd0038', 'hex')]
  for (let index = 0; index < 20; index++) {
    const { part, head } = block(Buffer.alloc(200, 'abcd'), index === 19)
    const bytes = Buffer.alloc(3)
    bytes.writeUIntLE(head, 0, 3)
    parts.push(bytes, part)
  }
  const flushed = Buffer.concat(parts)
  t.equal(decompress('zstd', flushed, 4000).toString(), 'abcd'.repeat(1000))
  t.equal(
    codeOf(() => decompress('zstd', flushed, 3999)),
    codes.MESSAGE_TOO_LARGE,
  )
  for (const [hex, what] of [
    ['', 'nothing'],
    ['28b52ffd00', 'short'],
    ['28b52ffd0138000000', 'a dictionary'],
    ['28b52ffd003807000000', 'a reserved type of block'],
    ['28b52ffd003811000000', 'a block cut off'],
    ['28b52ffd0438010000', 'a checksum cut off'],
    ['28b52ffd2005010000', 'a size that the blocks do not have'],
    ['28b52ffde0', 'a size cut off'],
    ['502a4d18030000', 'a frame to be skipped, cut off'],
    ['502a4d180300000000', 'a frame to be skipped, cut off later'],
    ['ffffffffffff', 'another magic number'],
  ]) {
    t.equal(
      codeOf(() => decompress('zstd', Buffer.from(hex, 'hex'))),
      codes.CORRUPT_MESSAGE,
      what,
    )
  }
})

t.test('bombs go off in no more room than they were given', async t => {
  const limitBytes = 1024 * 1024
  const zeros = Buffer.alloc(8 * 1024 * 1024)
  const repeat = (part: Buffer, times: number) => Buffer.concat(new Array<Buffer>(times).fill(part))
  const lz4 = compress('lz4', zeros)
  const snappy = compress('snappy', zeros)
  const zstd = compress('zstd', zeros)
  const declared = Buffer.from('28b52ffde0ffffffffffffff0f010000', 'hex')
  const bombs = [
    ['gzip', repeat(zlib.gzipSync(zeros), 128)],
    ['snappy', repeat(snappy, 128)],
    ['lz4', Buffer.concat([lz4.subarray(0, 7), repeat(lz4.subarray(7, lz4.length - 4), 128), Buffer.alloc(4)])],
    ['zstd', repeat(zstd, 128)],
    ['zstd', zstdRuns(8192)],
  ] as const
  const before = process.resourceUsage().maxRSS
  for (const [codec, bomb] of bombs) {
    t.equal(
      codeOf(() => decompress(codec, bomb, limitBytes)),
      codes.MESSAGE_TOO_LARGE,
      `${codec} ${bomb.length}`,
    )
  }
  t.equal(
    codeOf(() => decompress('zstd', declared, limitBytes)),
    codes.CORRUPT_MESSAGE,
  )
  const grownMiB = (process.resourceUsage().maxRSS - before) / 1024
  t.ok(grownMiB < 64, `a gibibyte each took ${grownMiB} MiB`)
})

t.test('what is damaged anywhere is a KafkaError, and never more than the limit', async t => {
  const limitBytes = 1024 * 1024
  const pick = chance(20)
  const before = process.resourceUsage().maxRSS
  const problems = new Map<string, number>()
  const attempt = (what: string, run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (error instanceof KafkaError) problems.set(String(error.code), (problems.get(String(error.code)) ?? 0) + 1)
      else t.fail(`${what}: ${(error as Error).stack}`)
    }
  }
  for (const { what, compression, hex } of batchVectors) {
    const good = Buffer.from(hex, 'hex')
    for (let round = 0; round < 120; round++) {
      let b: Buffer = Buffer.from(good)
      const kind = pick(3)
      if (kind === 0) b = b.subarray(0, pick(b.length))
      for (let changes = kind === 1 ? 1 : pick(8); changes > 0 && b.length > 0; changes--) {
        const at = pick(2) === 0 ? pick(Math.min(b.length, 120)) : pick(b.length)
        b[at] = pick(4) === 0 ? 0xff : pick(256)
      }
      const name = `${what} ${compression} round ${round}`
      attempt(name, () => {
        for (let at = 0; at < b.length; ) {
          const bytes = nextBatch(b, at, b.length)
          const start = at
          attempt(name, () => readRecords(b, start, limitBytes))
          if (magic(b, at) === 2) {
            attempt(name, () => walkRecords(b, start, null, limitBytes))
            attempt(name, () => walkRecords(b, start, null, limitBytes, false))
            if (isControl(b, at)) attempt(name, () => readControlType(b, start))
          }
          at += bytes
        }
      })
      attempt(name, () => upConvert(b, { bytesMax: limitBytes, firstOffset: 0 }))
      attempt(name, () => upConvert(b, { bytesMax: limitBytes }))
      attempt(name, () => downConvert(b, pick(2), pick(1000), limitBytes))
    }
  }
  for (const codec of packed) {
    const good = compress(codec, text.subarray(0, 5000))
    for (let round = 0; round < 1000; round++) {
      const b = Buffer.from(good.subarray(0, pick(10) === 0 ? pick(good.length) : good.length))
      for (let changes = 1 + pick(4); changes > 0 && b.length > 0; changes--) b[pick(b.length)] = pick(256)
      attempt(codec, () => {
        const result = decompress(codec, b, limitBytes)
        t.ok(result.length <= limitBytes)
      })
    }
  }
  t.ok((problems.get(String(codes.CORRUPT_MESSAGE)) ?? 0) > 1000, JSON.stringify([...problems]))
  t.ok((problems.get(String(codes.INVALID_RECORD)) ?? 0) > 100)
  const grownMiB = (process.resourceUsage().maxRSS - before) / 1024
  t.ok(grownMiB < 192, `took ${grownMiB} MiB`)
})

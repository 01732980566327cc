/** What headers, walks, checksums and codecs cost, as Markdown tables: `npx tsx test/bench/records.ts`. Best of eight rounds. */
import { createRequire } from 'node:module'
import { buildBatch, readRecords, walkRecords } from '../../protocol/records/batch.ts'
import { pureBlocks, slackBytes, wasmBlocks } from '../../protocol/records/blocks.ts'
import { compress, decompress, decompressShared } from '../../protocol/records/compression.ts'
import { crc32c, nativeChecksums, pureChecksums, summedMemory } from '../../protocol/records/crc32c.ts'
import * as header from '../../protocol/records/header.ts'
import { batchHeader } from '../../protocol/records/layout.ts'
import { prepareSharedZstd } from '../../protocol/records/zstd.ts'
import { nanosecondsOf, printTable, timeOf } from './markdown.ts'

const time = (count: number, run: (index: number) => number) => timeOf(nanosecondsOf(count, run))

function recordsOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: 1_700_000_000_000 + ((index * 7919) % 5000),
    key: index % 3 === 0 ? null : Buffer.from(`key-${index % 1000}`),
    value: Buffer.from(
      JSON.stringify({ id: index, user: `user-${(index * 7919) % 1000}`, amount: ((index * 31) % 977) / 10 }),
    ),
  }))
}

const tenRecords = recordsOf(10)
const ten = buildBatch({ records: tenRecords })
const many = buildBatch({ records: recordsOf(10_000) })
const million = buildBatch({ records: recordsOf(1_000_000) })

function headersAndRecords(): void {
  const fields = () => {
    const b = ten
    return (
      header.baseOffset(b, 0) +
      header.sizeInBytes(b, 0) +
      header.partitionLeaderEpoch(b, 0) +
      header.magic(b, 0) +
      header.crc(b, 0) +
      header.attributes(b, 0) +
      header.lastOffsetDelta(b, 0) +
      header.baseTimestamp(b, 0) +
      header.maxTimestamp(b, 0) +
      header.producerId(b, 0) +
      header.producerEpoch(b, 0) +
      header.baseSequence(b, 0) +
      header.recordCount(b, 0)
    )
  }
  printTable(
    ['headers and records', 'time'],
    [
      ['all fields of a header, by accessors', time(1_000_000, fields)],
      ['all fields of a header, by buffer-layout', time(100_000, () => batchHeader.decode(ten, 0).recordCount)],
      ['walk 10 records', time(100_000, () => walkRecords(ten, 0).recordCount)],
      ['walk 10,000 records', time(100, () => walkRecords(many, 0).recordCount)],
      ['walk 1,000,000 records', time(1, () => walkRecords(million, 0).recordCount)],
      ['read 10 records', time(20_000, () => readRecords(ten, 0).length)],
      ['build 10 records', time(20_000, index => buildBatch({ baseOffset: index, records: tenRecords }).length)],
    ],
  )
}

function checksums(): void {
  const native = nativeChecksums()
  const rows = [60, 200, 1000, 16_000, 1_000_000].map(bytes => {
    const part = million.subarray(0, bytes)
    const count = Math.ceil(3e7 / (bytes + 300))
    const summed = summedMemory(bytes)?.take(bytes)
    if (summed) part.copy(summed)
    return [
      `CRC-32C of ${bytes.toLocaleString('en-US')} bytes`,
      summed ? time(count, () => crc32c(summed)) : '',
      time(count, () => crc32c(million, 0, bytes)),
      native === null ? '' : time(count, () => native.crc32c(part)),
      time(Math.ceil(count / 4), () => pureChecksums().crc32c(part)),
    ]
  })
  printTable(['checksums', 'in memory of slabs', 'elsewhere', 'native', 'JavaScript'], rows)
}

function codecs(): void {
  const rows: (string | number)[][] = []
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const bytes of [1000, 16_000, 500_000]) {
      const data = many.subarray(header.headerBytes, header.headerBytes + bytes)
      const packed = compress(codec, data)
      const count = Math.ceil(2e6 / bytes)
      rows.push([
        `${codec}, ${bytes.toLocaleString('en-US')} bytes to ${packed.length.toLocaleString('en-US')}`,
        time(count, () => compress(codec, data).length),
        time(count, () => decompress(codec, packed, bytes).length),
        time(count, () => decompressShared(codec, packed, bytes).length),
      ])
    }
  }
  printTable(['codecs', 'compress', 'decompress to keep', 'decompress to look at'], rows)
}

/** One block of 46 KB of text, without frames around it. */
function blocks(): void {
  const require = createRequire(import.meta.url)
  const lz4 = require('lz4-napi') as { compressSync(b: Buffer): Buffer; uncompressSync(b: Buffer): Buffer }
  const snappy = require('snappy') as { compressSync(b: Buffer): Buffer; uncompressSync(b: Buffer): Buffer }
  const data = many.subarray(header.headerBytes, header.headerBytes + 46_000)
  const packedBy = { lz4: lz4.compressSync(data), snappy: snappy.compressSync(data) }
  const libraries = { lz4, snappy }
  // Before the block, the size of what comes out: four bytes, and a number of seven bits in a byte.
  const sizeBytes = { lz4: 4, snappy: 3 }
  const twins = [wasmBlocks(), pureBlocks()]
  const rows = (['lz4', 'snappy'] as const).map(kind => {
    const packed = packedBy[kind]
    const ours = twins.map(decoders => {
      if (decoders === null) return ''
      const source = data.length + slackBytes
      const memory = decoders.memory(source + packed.length + slackBytes)
      const run = () => {
        const end = source + packed.copy(memory, source, sizeBytes[kind])
        return decoders[kind](source, end, 0, data.length)
      }
      if (run() !== data.length) throw new Error(`the ${kind} block comes out wrong`)
      return time(500, run)
    })
    return [
      `${kind}, a block of 46 KB to ${packed.length.toLocaleString('en-US')} bytes`,
      ...ours,
      time(500, () => libraries[kind].uncompressSync(packed).length),
    ]
  })
  printTable(['blocks', 'WebAssembly', 'JavaScript', 'native library'], rows)
}

await prepareSharedZstd()
headersAndRecords()
checksums()
codecs()
blocks()

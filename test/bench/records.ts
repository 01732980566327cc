/** What headers, walks, checksums and codecs cost: `npx tsx test/bench/records.ts`. Best of eight rounds. */
import { buildBatch, readRecords, walkRecords } from '../../protocol/records/batch.ts'
import { compress, decompress } from '../../protocol/records/compression.ts'
import { crc32c, nativeChecksums, pureChecksums } from '../../protocol/records/crc32c.ts'
import * as header from '../../protocol/records/header.ts'
import { batchHeader } from '../../protocol/records/layout.ts'

let sink = 0

function bench(name: string, count: number, run: (index: number) => number): void {
  let bestNs = Number.POSITIVE_INFINITY
  for (let round = 0; round < 8; round++) {
    const start = process.hrtime.bigint()
    for (let index = 0; index < count; index++) sink += run(index)
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - start) / count)
  }
  const shown = bestNs > 10_000 ? `${(bestNs / 1000).toFixed(1)} µs` : `${bestNs.toFixed(1)} ns`
  process.stdout.write(`${name.padEnd(44)} ${shown}\n`)
}

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

bench('header, all fields by accessors', 1_000_000, () => {
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
})
bench('header, all fields by buffer-layout', 200_000, () => batchHeader.decode(ten, 0).recordCount)
bench('walk 10 records', 100_000, () => walkRecords(ten, 0).recordCount)
bench('walk 10,000 records', 100, () => walkRecords(many, 0).recordCount)
bench('walk 1,000,000 records', 1, () => walkRecords(million, 0).recordCount)
bench('read 10 records', 20_000, () => readRecords(ten, 0).length)
bench('build 10 records', 20_000, index => buildBatch({ baseOffset: index, records: tenRecords }).length)

const native = nativeChecksums()
for (const bytes of [60, 200, 1000, 16_000, 1_000_000]) {
  const part = million.subarray(0, bytes)
  const count = Math.ceil(3e7 / (bytes + 300))
  bench(`CRC-32C ${bytes} bytes`, count, () => crc32c(million, 0, bytes))
  if (native !== null) bench(`CRC-32C ${bytes} bytes, native`, count, () => native.crc32c(part))
  bench(`CRC-32C ${bytes} bytes, JavaScript`, count, () => pureChecksums().crc32c(part))
}

for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  for (const bytes of [1000, 16_000, 500_000]) {
    const data = many.subarray(header.headerBytes, header.headerBytes + bytes)
    const packed = compress(codec, data)
    const count = Math.ceil(2e6 / bytes)
    bench(`${codec} ${bytes} bytes to ${packed.length}, compress`, count, () => compress(codec, data).length)
    bench(`${codec} ${bytes} bytes, decompress`, count, () => decompress(codec, packed, bytes).length)
  }
}
process.stdout.write(`${sink === 0 ? 'nothing' : 'all'} done\n`)

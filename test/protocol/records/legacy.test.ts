/** The message formats before batches against what Apache Kafka wrote, and the ways between the formats. */
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { codes } from '../../../protocol/errors.ts'
import { batches, buildBatch, readRecords, walkRecords } from '../../../protocol/records/batch.ts'
import type { Codec } from '../../../protocol/records/compression.ts'
import { endTransactionMarker } from '../../../protocol/records/control.ts'
import { crc32 } from '../../../protocol/records/crc32c.ts'
import * as header from '../../../protocol/records/header.ts'
import { type RecordJson, recordsToJson } from '../../../protocol/records/json.ts'
import { downConvert, upConvert } from '../../../protocol/records/legacy.ts'
import { buildMessages, checkMessageCrc } from '../../../protocol/records/message.ts'
import { batchVectors, codeOf, people } from './vectors.ts'

t.test('messages of the old formats are built byte for byte as Apache Kafka builds them', async t => {
  for (const { what, compression, hex, batches } of batchVectors) {
    const bytes = Buffer.from(hex, 'hex')
    const magic = header.magic(bytes, 0)
    if (magic === 2) continue
    const records = batches
      .flatMap(batch => batch.records)
      .map(({ offset, timestamp, key, value }) => ({
        offset,
        timestamp,
        key: key === null ? null : Buffer.from(key, 'hex'),
        value: value === null ? null : Buffer.from(value, 'hex'),
      }))
    const built = buildMessages({ magic, compression: compression as Codec, records })
    if (compression === 'none') t.equal(built.toString('hex'), hex, what)
    t.same(
      recordsToJson(built).flatMap(batch => batch.records),
      batches.flatMap(batch => batch.records),
      `${what} ${compression}`,
    )
    t.ok(checkMessageCrc(built, 0))
  }
})

t.test('old message sets become batches with the same records', async t => {
  for (const { what, compression, hex, batches: described } of batchVectors) {
    const bytes = Buffer.from(hex, 'hex')
    const expected = described.flatMap(batch => batch.records)
    const up = upConvert(bytes)
    t.same(
      recordsToJson(up).flatMap(batch => batch.records),
      expected,
      `${what} ${compression}`,
    )
    t.same(new Set([...batches(up)].map(at => header.magic(up, at))), new Set([2]))
    if (described[0].magic === 2) {
      t.equal(up.toString('hex'), hex)
      continue
    }
    t.equal([...batches(up)].length, 1, 'a run of plain messages or a wrapper is one batch')
    t.equal(header.compressionType(up, 0), ['none', 'gzip', 'snappy', 'lz4'].indexOf(compression))
    const appended = upConvert(bytes, { firstOffset: 1000, partitionLeaderEpoch: 4 })
    t.equal(walkRecords(appended, 0).recordCount, expected.length, 'offsets are without gaps')
    t.equal(header.baseOffset(appended, 0), 1000)
    t.equal(header.partitionLeaderEpoch(appended, 0), 4)
    t.ok(header.checkCrc(appended, 0))
  }
})

t.test('what old producers got wrong is refused or understood', async t => {
  const records = [5, 6, 9].map(offset => ({ offset, timestamp: offset * 10, key: null, value: Buffer.from([offset]) }))
  const plain = buildMessages({ magic: 1, records })
  const damaged = Buffer.from(plain)
  damaged[damaged.length - 1] ^= 1
  t.equal(
    codeOf(() => upConvert(damaged)),
    codes.CORRUPT_MESSAGE,
    'checksum',
  )
  t.equal(
    codeOf(() => upConvert(plain.subarray(0, plain.length - 1))),
    codes.CORRUPT_MESSAGE,
    'cut off',
  )
  t.equal(
    codeOf(() => upConvert(Buffer.concat([plain, plain]))),
    codes.INVALID_RECORD,
    'offsets that go back',
  )
  t.equal(recordsToJson(upConvert(Buffer.concat([plain, plain]), { firstOffset: 0 }))[0].records.length, 6)
  const wrapped = (magic: number, change: (b: Buffer) => void) => {
    const b = buildMessages({ magic, compression: 'gzip', records })
    change(b)
    b.writeUInt32BE(crc32(b, 16), 12)
    return b
  }
  const offsets = (b: Buffer) => readRecords(b, 0).map(record => record.offset)
  t.same(offsets(wrapped(1, () => {})), [5, 6, 9])
  t.same(offsets(wrapped(0, () => {})), [5, 6, 9])
  t.same(offsets(wrapped(1, b => b.writeBigInt64BE(0n))), [0, 1, 4], "librdkafka's wrapper at offset 0")
  t.equal(
    codeOf(() => upConvert(wrapped(1, b => b.writeBigInt64BE(3n)))),
    codes.INVALID_RECORD,
    'wrapper before its last message',
  )
  t.equal(
    codeOf(() => upConvert(wrapped(1, b => b.writeInt8(4, 17)))),
    codes.INVALID_RECORD,
    'zstd in an old format',
  )
  t.equal(
    codeOf(() => upConvert(wrapped(0, b => b.writeInt8(1, 16)))),
    codes.CORRUPT_MESSAGE,
    'a magic that does not fit',
  )
  const stamped = wrapped(1, b => {
    b[17] |= header.logAppendTimeBit
    b.writeBigInt64BE(4242n, 18)
  })
  t.same(new Set(readRecords(stamped, 0).map(record => record.timestamp)), new Set([4242]))
  t.match(recordsToJson(upConvert(stamped)), [{ timestampType: 'LogAppendTime', maxTimestamp: 4242 }])
  const inWrapper = (magic: number, set: Buffer) =>
    buildMessages({ magic, records: [{ offset: 9, timestamp: 1, key: null, value: set }] })
  for (const [set, what] of [
    [Buffer.alloc(0), 'nothing inside'],
    [buildMessages({ magic: 0, records }), 'another magic inside'],
    [wrapped(1, () => {}), 'a wrapper inside'],
    [plain.subarray(0, plain.length - 3), 'a message cut off inside'],
  ] as const) {
    const b = inWrapper(1, gzipSync(set))
    b[17] |= 1
    b.writeUInt32BE(crc32(b, 16), 12)
    t.equal(
      codeOf(() => upConvert(b)),
      codes.INVALID_RECORD,
      what,
    )
  }
})

t.test('consumers of old get messages: no headers, no control batches, no zstd', async t => {
  const marker = endTransactionMarker({
    type: 'COMMIT',
    producerId: 1,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: 1,
    baseOffset: 105,
  })
  const expected = people.map(({ key, value, timestamp }, index) => ({
    offset: 100 + index,
    timestamp,
    key: key?.toString('hex') ?? null,
    value: value?.toString('hex') ?? null,
    headers: [],
  }))
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const batch = buildBatch({ baseOffset: 100, compression, records: people })
    const set = Buffer.concat([batch, marker])
    for (const magic of [0, 1]) {
      const down = downConvert(set, magic, 102)
      const kept = compression === 'none' ? expected.slice(2) : expected
      const found = recordsToJson(down)
      t.same(
        found.flatMap(each => each.records),
        magic === 0 ? kept.map(record => ({ ...record, timestamp: -1 })) : kept,
        `magic ${magic}, ${compression}`,
      )
      t.same(new Set(found.map(each => each.magic)), new Set([magic]))
      t.equal(found.length, compression === 'zstd' || compression === 'none' ? kept.length : 1)
      t.same(
        recordsToJson(upConvert(down)).flatMap(each => each.records),
        found.flatMap(each => each.records),
        'and back',
      )
      t.equal(downConvert(down, magic, 0).toString('hex'), down.toString('hex'), 'what is old already stays')
    }
    const v0 = downConvert(downConvert(batch, 1, 0), 0, 0)
    t.same(
      readRecords(v0, 0).map(record => record.timestamp),
      new Array(readRecords(v0, 0).length).fill(-1),
      'magic 1 to 0',
    )
  }
  const stamped = buildBatch({
    timestampType: 'LogAppendTime',
    maxTimestamp: 999,
    compression: 'gzip',
    records: people,
  })
  t.match(recordsToJson(downConvert(stamped, 1, 0)), [{ timestampType: 'LogAppendTime', maxTimestamp: 999 }])
  t.equal(downConvert(marker, 1, 0).length, 0)
  t.same(
    recordsToJson(downConvert(stamped, 1, 0))[0].records.map((record: RecordJson) => record.timestamp),
    people.map(() => 999),
  )
})

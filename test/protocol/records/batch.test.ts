/** Batches and control records against what Apache Kafka wrote, and against what is wrong with them. */
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { codes } from '../../../protocol/errors.ts'
import {
  batches,
  buildBatch,
  isWholeBatch,
  nextBatch,
  readRecords,
  walkRecords,
} from '../../../protocol/records/batch.ts'
import type { Codec } from '../../../protocol/records/compression.ts'
import { endTransactionMarker, readControlType, readEndTransactionMarker } from '../../../protocol/records/control.ts'
import { crc32, crc32c, nativeChecksums, pureChecksums } from '../../../protocol/records/crc32c.ts'
import * as header from '../../../protocol/records/header.ts'
import { recordsToJson } from '../../../protocol/records/json.ts'
import { buildMessages } from '../../../protocol/records/message.ts'
import { VarintCursor, varintBytes, writeVarint } from '../../../protocol/records/varint.ts'
import { batchVectors, chance, codeOf, people } from './vectors.ts'

t.test('record sets of every format and codec say what Apache Kafka says they say', async t => {
  t.equal(batchVectors.length, 54)
  for (const { what, compression, hex, batches } of batchVectors) {
    t.same(recordsToJson(Buffer.from(hex, 'hex')), batches, `${what} ${compression}`)
  }
})

t.test('uncompressed batches are built byte for byte as Apache Kafka builds them', async t => {
  let count = 0
  for (const { what, compression, hex } of batchVectors) {
    const bytes = Buffer.from(hex, 'hex')
    if (header.magic(bytes, 0) !== 2) continue
    // The producers' own times are under the time of appending: look there with that bit cleared.
    const original = Buffer.from(bytes)
    original[header.attributesAt + 1] &= ~header.logAppendTimeBit
    const options = {
      baseOffset: header.baseOffset(bytes, 0),
      partitionLeaderEpoch: header.partitionLeaderEpoch(bytes, 0),
      timestampType: header.timestampType(bytes, 0),
      maxTimestamp: header.timestampType(bytes, 0) === 'LogAppendTime' ? header.maxTimestamp(bytes, 0) : undefined,
      producerId: header.producerId(bytes, 0),
      producerEpoch: header.producerEpoch(bytes, 0),
      baseSequence: header.baseSequence(bytes, 0),
      isTransactional: header.isTransactional(bytes, 0),
      isControl: header.isControl(bytes, 0),
      compression: compression as Codec,
      records: readRecords(original, 0),
    }
    const built = buildBatch(options)
    if (compression === 'none') {
      t.equal(built.toString('hex'), hex, what)
      count++
    }
    t.same(readRecords(built, 0), readRecords(bytes, 0), `${what} ${compression} has the same records`)
    t.ok(header.checkCrc(built, 0))
  }
  t.equal(count, 6)
})

t.test('the accessors of a header read and write its fields in place', async t => {
  const batch = buildBatch({
    baseOffset: 2 ** 40 + 5,
    partitionLeaderEpoch: 7,
    producerId: 2 ** 33 + 1,
    producerEpoch: 3,
    baseSequence: 2 ** 31 - 2,
    isTransactional: true,
    records: people,
  })
  const at = 11
  const b = Buffer.concat([Buffer.alloc(at), batch, Buffer.alloc(5)])
  t.equal(header.baseOffset(b, at), 2 ** 40 + 5)
  t.equal(header.lastOffset(b, at), 2 ** 40 + 9)
  t.equal(header.sizeInBytes(b, at), batch.length)
  t.equal(header.partitionLeaderEpoch(b, at), 7)
  t.equal(header.magic(b, at), 2)
  t.equal(header.producerId(b, at), 2 ** 33 + 1)
  t.equal(header.producerEpoch(b, at), 3)
  t.equal(header.baseSequence(b, at), 2 ** 31 - 2)
  t.equal(header.lastSequence(b, at), 2, 'sequences go on at 0')
  t.same(
    readRecords(b, at).map(record => record.sequence),
    [2 ** 31 - 2, 2 ** 31 - 1, 0, 1, 2],
  )
  t.equal(header.recordCount(b, at), 5)
  t.equal(header.baseTimestamp(b, at), people[0].timestamp)
  t.equal(header.maxTimestamp(b, at), people[2].timestamp)
  t.equal(header.compressionType(b, at), 0)
  t.ok(header.isTransactional(b, at))
  t.notOk(header.isControl(b, at))
  t.notOk(header.hasDeleteHorizon(b, at))
  header.setBaseOffset(b, at, 12)
  header.setPartitionLeaderEpoch(b, at, 9)
  t.equal(header.lastOffset(b, at), 16)
  t.ok(header.checkCrc(b, at), 'offset and leader epoch are outside of the checksum')
  const before = header.crc(b, at)
  header.setMaxTimestamp(b, at, 'CreateTime', people[2].timestamp)
  t.equal(header.crc(b, at), before)
  header.setMaxTimestamp(b, at, 'LogAppendTime', 1_800_000_000_000)
  t.not(header.crc(b, at), before)
  t.ok(header.checkCrc(b, at))
  t.equal(header.timestampType(b, at), 'LogAppendTime')
  t.same(new Set(readRecords(b, at).map(record => record.timestamp)), new Set([1_800_000_000_000]))
  header.setMaxTimestamp(b, at, 'CreateTime', people[2].timestamp)
  t.equal(header.crc(b, at), before)
  b[at + 70] ^= 1
  t.notOk(header.checkCrc(b, at))
})

t.test('integers at the edges go in and out', async t => {
  const b = Buffer.alloc(8)
  for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 52 + 1, -(2 ** 53) + 1, Number.MAX_SAFE_INTEGER]) {
    header.writeInt64(b, 0, value)
    t.equal(b.readBigInt64BE(), BigInt(value))
    t.equal(header.readInt64(b, 0), value)
  }
  header.writeInt64(b, 0, 2 ** 63)
  t.equal(b.readBigInt64BE(), 2n ** 63n - 1n)
  header.writeInt64(b, 0, -(2 ** 70))
  t.equal(b.readBigInt64BE(), -(2n ** 63n))
  const room = Buffer.alloc(10)
  const next = chance(3)
  const values = [0, -1, 63, 64, -64, -65, 8191, 8192, 1048575, 1048576, 2 ** 31 - 1, -(2 ** 31), 2 ** 40, -(2 ** 52)]
  for (let index = 0; index < 500; index++) values.push((next(2) * 2 - 1) * Math.floor(2 ** (next(5300) / 100)))
  for (const value of values) {
    const end = writeVarint(room, 0, value)
    t.equal(end, varintBytes(value), `${value} takes the bytes that were counted`)
    const cursor = new VarintCursor(room, 0, end)
    t.equal(cursor.int64(), value)
    t.equal(cursor.at, end)
    if (value === (value | 0)) t.equal(new VarintCursor(room, 0, end).int32(), value)
    t.equal(
      codeOf(() => new VarintCursor(room, 0, end - 1).int64()),
      codes.INVALID_RECORD,
    )
  }
  t.equal(new VarintCursor(Buffer.from('feffffffffffffffff01', 'hex'), 0, 10).int64(), 2 ** 63)
  t.equal(new VarintCursor(Buffer.from('ffffffffffffffffff01', 'hex'), 0, 10).int64(), -(2 ** 63))
  t.equal(
    codeOf(() => new VarintCursor(Buffer.alloc(11, 0x80), 0, 11).int64()),
    codes.INVALID_RECORD,
  )
  t.equal(
    codeOf(() => new VarintCursor(Buffer.alloc(11, 0x80), 0, 11).int32()),
    codes.INVALID_RECORD,
  )
})

t.test('native and JavaScript checksums are the same', async t => {
  const check = Buffer.from('123456789')
  const native = nativeChecksums()
  const pure = pureChecksums()
  t.equal(pure.crc32c(check), 0xe3069283)
  t.equal(pure.crc32(check), 0xcbf43926)
  const next = chance(1)
  const data = Buffer.from(Array.from({ length: 3000 }, () => next(256)))
  for (let round = 0; round < 300; round++) {
    const start = next(1500)
    const end = start + next(1500)
    const part = data.subarray(start, end)
    if (native !== null) {
      t.equal(native.crc32c(part), pure.crc32c(part))
      t.equal(native.crc32(part), pure.crc32(part))
    }
    t.equal(crc32c(data, start, end), pure.crc32c(part))
    t.equal(crc32(data, start, end), pure.crc32(part))
  }
})

t.test('a walk tells of each record what reading it tells', async t => {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const batch = buildBatch({ baseOffset: 100, compression, records: people })
    const seen: number[][] = []
    const walk = walkRecords(batch, 0, (...record) => seen.push(record))
    t.same(
      seen.map(record => record.slice(0, 4)),
      people.map(({ timestamp, key, value }, index) => [index, timestamp, key?.length ?? -1, value?.length ?? -1]),
      compression,
    )
    t.equal(
      seen.reduce((sum, [, , , , bytes]) => sum + varintBytes(bytes!) + bytes!, 0),
      walk.recordBytes,
      'each with its length',
    )
    t.same(walk, {
      recordCount: 5,
      minTimestamp: people[4].timestamp,
      maxTimestamp: people[2].timestamp,
      maxTimestampDelta: 2,
      nullKeyDelta: 2,
      recordBytes: buildBatch({ records: people }).length - header.headerBytes,
    })
    t.equal(
      codeOf(() => walkRecords(batch, 0, null, 100)),
      compression === 'none' ? 'no error' : codes.MESSAGE_TOO_LARGE,
    )
  }
  const stamped = buildBatch({ timestampType: 'LogAppendTime', maxTimestamp: 77, records: people })
  t.match(walkRecords(stamped, 0), { minTimestamp: 77, maxTimestamp: 77, maxTimestampDelta: 0 })
})

t.test('a walk that tells nobody, and so may be quick, finds and refuses the same', async t => {
  const random = chance(5)
  const found = (b: Buffer, tells: boolean) => {
    try {
      return { ...walkRecords(b, 0, tells ? () => undefined : null) }
    } catch (error) {
      return (error as Error).message
    }
  }
  let [sound, refused] = [0, 0]
  for (let round = 0; round < 20_000; round++) {
    const field = () => (random(4) === 0 ? null : Buffer.alloc(random(random(50) === 0 ? 20_000 : 90), random(256)))
    const records = Array.from({ length: 1 + random(random(20) === 0 ? 200 : 5) }, () => ({
      timestamp: 1e12 + random(random(3) === 0 ? 2 ** 31 : 200) - 100,
      key: field(),
      value: field(),
      headers: random(8) === 0 ? [{ key: 'a', value: null }] : [],
    }))
    const built = buildBatch({ records, timestampType: random(5) === 0 ? 'LogAppendTime' : 'CreateTime' })
    // In a memory of its own, which ends with it or a little later.
    const b = Buffer.alloc(built.length + random(5)).subarray(0, built.length)
    built.copy(b)
    // Most damage is done where the numbers are, near the beginning, and some where reading ends.
    for (let left = random(4); left > 0; left--) {
      const near = 1 + random(Math.min(b.length - 61, random(2) === 0 ? 12 : b.length))
      const at = random(4) === 0 ? b.length - near : 60 + near
      b[at] = random(2) === 0 ? random(256) : b[at]! ^ (1 << random(8))
    }
    const quick = found(b, false)
    if (typeof quick === 'string') refused++
    else sound++
    const told = found(b, true)
    if (!isDeepStrictEqual(quick, told)) t.same(quick, told, `round ${round}: ${b.toString('hex')}`)
  }
  t.ok(sound > 4_000 && refused > 4_000, `${sound} were sound, ${refused} were refused`)
})

t.test('a walk refuses what does not fit together', async t => {
  const good = buildBatch({ records: people })
  const spoiled = (change: (b: Buffer) => void) => {
    const b = Buffer.from(good)
    change(b)
    return codeOf(() => walkRecords(b, 0))
  }
  t.equal(
    spoiled(() => {}),
    'no error',
  )
  t.equal(
    spoiled(b => b.writeInt32BE(6, 57)),
    codes.INVALID_RECORD,
    'count',
  )
  t.equal(
    spoiled(b => b.writeInt32BE(0, 57)),
    codes.INVALID_RECORD,
    'no records',
  )
  t.equal(
    spoiled(b => b.writeInt32BE(-1, 57)),
    codes.INVALID_RECORD,
    'negative count',
  )
  t.equal(
    spoiled(b => b.writeInt32BE(2 ** 31 - 1, 57)),
    codes.INVALID_RECORD,
    'great count',
  )
  t.equal(
    spoiled(b => b.writeInt32BE(5, 23)),
    codes.INVALID_RECORD,
    'last offset delta',
  )
  t.equal(
    spoiled(b => (b[header.headerBytes] += 2)),
    codes.INVALID_RECORD,
    'length of a record',
  )
  t.equal(
    spoiled(b => (b[header.headerBytes] = 1)),
    codes.INVALID_RECORD,
    'negative length of a record',
  )
  t.equal(
    spoiled(b => (b[header.headerBytes + 3] = 2)),
    codes.INVALID_RECORD,
    'offset delta',
  )
  t.equal(
    spoiled(b => (b[header.headerBytes + 4] = 3)),
    codes.INVALID_RECORD,
    'length of a key below -1',
  )
  t.equal(
    codeOf(() => {
      const b = Buffer.concat([good, Buffer.alloc(3)])
      b.writeInt32BE(good.length + 3 - 12, 8)
      walkRecords(b, 0)
    }),
    codes.INVALID_RECORD,
    'bytes after the last record',
  )
  const keyless = buildBatch({
    records: [{ timestamp: 1, key: null, value: null, headers: [{ key: '', value: Buffer.from('v') }] }],
  })
  t.equal(
    codeOf(() => walkRecords(keyless, 0)),
    'no error',
  )
  keyless[keyless.length - 3] = 1
  t.equal(
    codeOf(() => walkRecords(keyless, 0)),
    codes.INVALID_RECORD,
    'a header without a key',
  )
  t.equal(
    codeOf(() => readRecords(keyless, 0)),
    codes.INVALID_RECORD,
  )
  const unknown = Buffer.from(good)
  unknown[22] |= 6
  t.equal(
    codeOf(() => walkRecords(unknown, 0)),
    codes.UNSUPPORTED_COMPRESSION_TYPE,
  )
})

t.test('gaps and emptiness are refused from producers, and read as compaction leaves them', async t => {
  const [first, second] = people
  const gaps = buildBatch({
    baseOffset: 10,
    lastOffset: 20,
    records: [
      { ...first, offset: 12 },
      { ...second, offset: 17 },
    ],
  })
  t.same(
    readRecords(gaps, 0).map(record => record.offset),
    [12, 17],
  )
  t.equal(header.lastOffset(gaps, 0), 20)
  t.equal(
    codeOf(() => walkRecords(gaps, 0)),
    codes.INVALID_RECORD,
  )
  t.equal(walkRecords(gaps, 0, null, 1e6, false).recordCount, 2)
  const empty = buildBatch({ baseOffset: 10, lastOffset: 20, producerId: 5, records: [] })
  t.equal(empty.length, header.headerBytes)
  t.equal(header.lastOffset(empty, 0), 20)
  t.same(readRecords(empty, 0), [])
  t.equal(walkRecords(empty, 0, null, 1e6, false).recordCount, 0)
  t.equal(
    codeOf(() => walkRecords(empty, 0)),
    codes.INVALID_RECORD,
  )
  const horizon = buildBatch({ deleteHorizonMs: 1_700_000_999_000, records: people })
  t.ok(header.hasDeleteHorizon(horizon, 0))
  t.equal(header.baseTimestamp(horizon, 0), 1_700_000_999_000)
  t.same(
    readRecords(horizon, 0).map(record => record.timestamp),
    people.map(record => record.timestamp),
  )
})

t.test('batches are cut out of a record set, and damaged ends are told apart', async t => {
  const one = buildBatch({ records: people.slice(0, 1) })
  const two = buildBatch({ baseOffset: 1, records: people })
  const old = buildMessages({ magic: 0, records: [{ offset: 6, timestamp: -1, key: null, value: null }] })
  const set = Buffer.concat([one, two, old])
  t.same([...batches(set)], [0, one.length, one.length + two.length])
  t.equal(nextBatch(set, one.length, set.length), two.length)
  for (const end of [1, 16, 17, 60, one.length - 1]) {
    t.notOk(isWholeBatch(set, 0, end))
    t.equal(
      codeOf(() => nextBatch(set, 0, end)),
      codes.CORRUPT_MESSAGE,
      `cut at ${end}`,
    )
  }
  t.ok(isWholeBatch(set, 0, one.length))
  for (const length of [-1, 0, 48, 2 ** 31 - 1, -(2 ** 31)]) {
    const b = Buffer.from(one)
    b.writeInt32BE(length, 8)
    t.equal(
      codeOf(() => nextBatch(b, 0, b.length)),
      codes.CORRUPT_MESSAGE,
      `length ${length}`,
    )
  }
  for (const magic of [3, -1]) {
    const b = Buffer.from(one)
    b.writeInt8(magic, 16)
    t.equal(
      codeOf(() => nextBatch(b, 0, b.length)),
      codes.CORRUPT_MESSAGE,
      `magic ${magic}`,
    )
  }
})

t.test("end-transaction markers are Apache Kafka's, both ways", async t => {
  for (const type of ['COMMIT', 'ABORT'] as const) {
    const { hex } = batchVectors.find(vector => vector.what === `marker ${type}`)!
    const marker = endTransactionMarker({
      type,
      producerId: 9000,
      producerEpoch: 1,
      coordinatorEpoch: 7,
      timestamp: 1_700_000_000_000,
      baseOffset: 5,
      leaderEpoch: 2,
    })
    t.equal(marker.toString('hex'), hex)
    t.equal(readControlType(marker, 0), type)
    t.same(readEndTransactionMarker(marker, 0), { type, coordinatorEpoch: 7, timestamp: 1_700_000_000_000 })
  }
  const control = (key: Buffer | null) =>
    buildBatch({ isControl: true, records: [{ timestamp: 1, key, value: Buffer.alloc(2) }] })
  t.equal(readControlType(control(Buffer.from('00000002', 'hex')), 0), 'LEADER_CHANGE')
  t.equal(readControlType(control(Buffer.from('00000063', 'hex')), 0), 'UNKNOWN')
  t.equal(readEndTransactionMarker(control(Buffer.from('00000002', 'hex')), 0), null)
  for (const key of [null, Buffer.alloc(3), Buffer.from('ffff0001', 'hex')]) {
    t.equal(
      codeOf(() => readControlType(control(key), 0)),
      codes.INVALID_RECORD,
    )
  }
  t.equal(
    codeOf(() => readEndTransactionMarker(control(Buffer.from('00000001', 'hex')), 0)),
    codes.INVALID_RECORD,
  )
  t.equal(
    codeOf(() => readControlType(buildBatch({ records: people }), 0)),
    codes.INVALID_RECORD,
  )
})

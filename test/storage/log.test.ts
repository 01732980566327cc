/** One log: appending, reading, rolling, cutting, retention, flushing, and what it refuses. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import { buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import {
  checkCrc,
  maxTimestamp,
  partitionLeaderEpoch,
  setBaseOffset,
  setMaxTimestamp,
  sizeInBytes,
  timestampType,
  updateCrc,
} from '../../protocol/records/header.ts'
import { checkLog } from '../../storage/check.ts'
import { diskFiles, memoryFiles } from '../../storage/files.ts'
import { RecordValidationError } from '../../storage/log.ts'
import { batchOf, codeOf, LogFixture, startMs } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

function findings(fixture: LogFixture, closed = false): string[] {
  return checkLog(fixture.files, fixture.dir, { dense: true, closed }).findings
}

const everything = { maxBytes: 1_000_000, maxOffset: Number.POSITIVE_INFINITY, minOneMessage: true }

t.test('appended batches get the next offsets and the leader epoch, in place', async t => {
  const fixture = new LogFixture()
  const batch = batchOf(['a', 'b', 'c'])
  t.match(fixture.append(batchOf(['z']), 7), { baseOffset: 0, lastOffset: 0, logAppendTimeMs: -1, duplicate: false })
  t.match(fixture.append(batch, 7), { baseOffset: 1, lastOffset: 3, logStartOffset: 0 })
  t.equal(batch.readBigInt64BE(0), 1n)
  t.equal(partitionLeaderEpoch(batch, 0), 7)
  t.ok(checkCrc(batch, 0), 'the checksum does not count them')
  t.equal(fixture.log.logEndOffset, 4)
})

t.test('what a turn appends is written at its end, at once, and told once', async t => {
  const fixture = new LogFixture()
  fixture.append(batchOf(['a']))
  fixture.append(batchOf(['b']))
  t.equal(fixture.log.writtenOffset, 0)
  t.same(fixture.written, [])
  t.equal(fixture.log.read(0, everything).sizeInBytes, 0, 'nothing can be read before')
  fixture.turn()
  t.same(fixture.written, [2])
  t.same(fixture.values(), ['a', 'b'])
})

t.test('reads give whole batches within maxBytes, one at least, and end before maxOffset', async t => {
  const fixture = new LogFixture({ indexIntervalBytes: 300 })
  for (let index = 0; index < 50; index++) fixture.append(batchOf([`${100 + index}a`, `${100 + index}b`]))
  fixture.turn()
  const size = sizeInBytes(fixture.log.read(0, everything).records[0], 0)
  const bytesOf = (offset: number, maxBytes: number, maxOffset = 1_000, minOneMessage = true) =>
    fixture.log.read(offset, { maxBytes, maxOffset, minOneMessage }).sizeInBytes
  t.equal(bytesOf(0, 1), size)
  t.equal(bytesOf(0, 1, 1_000, false), 0)
  t.equal(bytesOf(0, size * 3 + 1), size * 3)
  t.equal(bytesOf(21, size * 3 + 1), size * 3, 'an offset within a batch gives that batch')
  t.equal(bytesOf(0, 1_000_000, 6), size * 3)
  t.equal(bytesOf(0, 1_000_000, 7), size * 4, 'a batch that holds the last allowed offset is given whole')
  t.equal(bytesOf(8, 1_000_000, 8), 0)
  t.equal(bytesOf(100, 1_000_000), 0)
  t.equal(
    codeOf(() => bytesOf(101, 1)),
    codes.OFFSET_OUT_OF_RANGE,
  )
  fixture.log.advanceLogStartOffset(9)
  t.equal(
    codeOf(() => bytesOf(8, 1)),
    codes.OFFSET_OUT_OF_RANGE,
  )
})

t.test('every offset can be read from, with any size of read, over rolled segments', async t => {
  for (const files of [memoryFiles(), diskFiles]) {
    const dir = files === diskFiles ? `${t.testdir()}/t-0` : '/d/t-0'
    const fixture = new LogFixture({ segmentBytes: 2_000, indexIntervalBytes: 200 }, files, dir)
    fixture.fill(120, 80)
    t.ok(fixture.log.segments.length > 5)
    const all = fixture.values(0, 100_000)
    t.equal(all.length, 120)
    for (const maxBytes of [1, 170, 500, 5_000]) t.same(fixture.values(0, maxBytes), all)
    for (let offset = 0; offset < 120; offset += 7) t.same(fixture.values(offset, 400), all.slice(offset))
    t.same(findings(fixture), [])
    await fixture.log.close()
    t.same(findings(fixture, true), [])
  }
})

t.test('a batch larger than the read buffers is read whole', async t => {
  const fixture = new LogFixture({ maxMessageBytes: 30_000_000 })
  fixture.append(batchOf(['small']))
  fixture.append(batchOf(['x'.repeat(20_000_000)]))
  fixture.append(batchOf(['end']))
  fixture.turn()
  t.same(
    fixture.values(0, 100).map(value => value.length),
    [5, 20_000_000, 3],
  )
  await fixture.log.close()
  fixture.open({})
  t.equal(fixture.log.logEndOffset, 3)
})

t.test('memory keeps no view of the buffers that were appended', async t => {
  const fixture = new LogFixture()
  const slab = Buffer.alloc(1_000)
  const batch = batchOf(['kept'])
  batch.copy(slab, 100)
  fixture.append(slab.subarray(100, 100 + batch.length))
  fixture.turn()
  slab.fill(0)
  t.same(fixture.values(), ['kept'])
})

t.test('segments roll by size, time, and a full index', async t => {
  const bySize = new LogFixture({ segmentBytes: 1_000 })
  bySize.fill(20)
  t.ok(bySize.log.segments.every(segment => segment.sizeInBytes <= 1_000))
  t.ok(bySize.log.segments.length > 2)

  const byTime = new LogFixture({ segmentMs: 1_000 })
  byTime.append(batchOf(['a'], { timestamp: startMs }))
  byTime.append(batchOf(['b'], { timestamp: startMs + 1_000 }))
  byTime.append(batchOf(['c'], { timestamp: startMs + 1_001 }))
  t.same(
    byTime.log.segments.map(segment => segment.baseOffset),
    [0, 2],
  )

  const untimed = new LogFixture({ segmentMs: 1_000 })
  untimed.append(batchOf(['a'], { timestamp: -1 }))
  untimed.now += 1_001
  untimed.append(batchOf(['b'], { timestamp: -1 }))
  t.equal(untimed.log.segments.length, 2, 'without timestamps the age of the segment counts')

  const jittered = new LogFixture({ segmentMs: 1_000, segmentJitterMs: 1_000 })
  jittered.append(batchOf(['a'], { timestamp: startMs }))
  for (let age = 1; age <= 1_000; age++) jittered.append(batchOf(['b'], { timestamp: startMs + age }))
  t.ok(jittered.log.segments.length > 1, 'jitter makes it earlier')

  const byIndex = new LogFixture({ segmentIndexBytes: 80, indexIntervalBytes: 0 })
  byIndex.fill(30)
  t.ok(byIndex.log.segments.length > 2)
  for (const fixture of [bySize, byTime, untimed, byIndex]) {
    fixture.turn()
    t.same(findings(fixture), [])
  }
})

t.test('an offset too far from its segment goes to a new one', async t => {
  const fixture = new LogFixture()
  const replicate = (offset: number) => {
    const batch = batchOf(['r'])
    setBaseOffset(batch, 0, offset)
    fixture.log.appendReceived(batch, 0)
  }
  replicate(5)
  replicate(0x7fffffff)
  replicate(0x80000010)
  fixture.turn()
  t.same(
    fixture.log.segments.map(segment => segment.baseOffset),
    [0, 0x80000010],
  )
  t.same(fixture.values(), ['r', 'r', 'r'])
})

t.test('a batch is refused as Apache Kafka refuses it, and the log stays as it was', async t => {
  const fixture = new LogFixture({ maxMessageBytes: 500, segmentBytes: 400 })
  const refusal = (batch: Buffer) => codeOf(() => fixture.append(batch))
  const changed = (change: (batch: Buffer) => void, fix = true) => {
    const batch = batchOf(['one', 'two'])
    change(batch)
    if (fix) updateCrc(batch, 0)
    return batch
  }
  t.equal(refusal(Buffer.alloc(0)), codes.INVALID_RECORD, 'nothing')
  t.equal(refusal(batchOf(['x'.repeat(500)])), codes.MESSAGE_TOO_LARGE)
  t.equal(refusal(batchOf(['x'.repeat(400)])), codes.RECORD_LIST_TOO_LARGE)
  t.equal(refusal(changed(batch => batch.writeInt8(0x55, 70), false)), codes.CORRUPT_MESSAGE)
  t.equal(refusal(changed(batch => batch.writeInt8(9, 16))), codes.CORRUPT_MESSAGE, 'magic')
  t.equal(refusal(changed(batch => batch.writeInt32BE(3, 57))), codes.INVALID_RECORD, 'more records than there are')
  t.equal(refusal(changed(batch => batch.writeInt32BE(1, 57))), codes.INVALID_RECORD, 'fewer records than offsets')
  t.equal(refusal(changed(batch => batch.writeInt32BE(-1, 57))), codes.INVALID_RECORD, 'a negative count')
  t.equal(refusal(changed(batch => batch.writeInt32BE(5, 23))), codes.INVALID_RECORD, 'last offset delta')
  t.equal(refusal(changed(batch => setBaseOffset(batch, 0, 3))), codes.INVALID_RECORD, 'base offset')
  t.equal(refusal(changed(batch => batch.writeInt8(0x7f, 61))), codes.INVALID_RECORD, 'record length')
  t.equal(refusal(batchOf(['a']).subarray(0, 69)), codes.INVALID_RECORD, 'cut off')
  t.equal(refusal(Buffer.concat([batchOf(['a']), batchOf(['b'])])), codes.INVALID_RECORD, 'two batches')
  t.equal(refusal(Buffer.concat([batchOf(['a']), Buffer.alloc(30)])), codes.CORRUPT_MESSAGE, 'something behind it')
  t.equal(refusal(changed(batch => batch.writeInt8(1, 22))), codes.UNKNOWN_SERVER_ERROR, 'no gzip')
  t.equal(refusal(changed(batch => batch.writeInt8(7, 22))), codes.UNKNOWN_SERVER_ERROR, 'an unknown codec')
  t.equal(refusal(batchOf(['a'], { producerId: 5, producerEpoch: 0, baseSequence: -1 })), codes.INVALID_RECORD)
  const marker = { type: 'COMMIT', producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, timestamp: startMs } as const
  t.equal(refusal(endTransactionMarker(marker)), codes.INVALID_RECORD, 'control records')
  t.equal(fixture.log.logEndOffset, 0)
  const cutOff = Buffer.concat([batchOf(['good']), batchOf(['cut off']).subarray(0, 50)])
  t.equal(fixture.append(cutOff).baseOffset, 0, 'a part of a batch behind it is left out')
})

t.test('a coordinator may append no more than a client, a replica whatever its leader has', async t => {
  const fixture = new LogFixture({ maxMessageBytes: 200, segmentBytes: 300 })
  const refusal = (batch: Buffer) => codeOf(() => fixture.coordinate(batch))
  const overhead = batchOf(['x'.repeat(100)]).length - 100
  const batch = (bytes: number) => batchOf(['x'.repeat(bytes - overhead)])
  t.equal(batch(200).length, 200)
  t.equal(refusal(batch(200)), codes.NONE)
  t.equal(refusal(batch(201)), codes.MESSAGE_TOO_LARGE)
  t.equal(refusal(Buffer.concat([batch(151), batch(150)])), codes.RECORD_LIST_TOO_LARGE)
  t.equal(fixture.log.logEndOffset, 1)
  const large = batch(250)
  setBaseOffset(large, 0, 1)
  fixture.log.appendReceived(large, 0)
  t.equal(fixture.log.logEndOffset, 2)
})

t.test('timestamps out of range and missing keys are told record by record', async t => {
  const fixture = new LogFixture({
    cleanupPolicy: ['compact'],
    messageTimestampAfterMaxMs: 1_000,
    messageTimestampBeforeMaxMs: 5_000,
  })
  const refusal = (records: { timestamp: number; key: Buffer | null; value: Buffer }[]) => {
    try {
      fixture.append(buildBatch({ records }))
    } catch (error) {
      if (error instanceof RecordValidationError) return error
    }
    return null
  }
  const record = (timestamp: number, key: string | null = 'k') => ({
    timestamp,
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from('v'),
  })
  t.equal(refusal([record(startMs), record(startMs + 1_000), record(startMs - 5_000), record(-1)]), null)
  const keyless = refusal([record(startMs), record(startMs, null)])
  t.equal(keyless?.code, codes.INVALID_RECORD)
  t.same(
    keyless?.recordErrors.map(error => error.batchIndex),
    [1],
  )
  const untimely = refusal([record(startMs + 1_001), record(startMs), record(startMs - 5_001), record(startMs, null)])
  t.equal(untimely?.code, codes.INVALID_TIMESTAMP)
  t.same(
    untimely?.recordErrors.map(error => error.batchIndex),
    [0, 2, 3],
  )
})

t.test('LogAppendTime stamps the batch without touching its records', async t => {
  const fixture = new LogFixture({ messageTimestampType: 'LogAppendTime' })
  const batch = batchOf(['a', 'b'], { timestamp: 12, compression: 'gzip' })
  const records = Buffer.from(batch.subarray(61))
  t.equal(fixture.append(batch).logAppendTimeMs, startMs)
  t.equal(timestampType(batch, 0), 'LogAppendTime')
  t.equal(maxTimestamp(batch, 0), startMs)
  t.ok(checkCrc(batch, 0))
  t.same(batch.subarray(61), records)
})

t.test('a greatest timestamp that is not that of the records is put right', async t => {
  const fixture = new LogFixture()
  const batch = batchOf(['a'], { timestamp: startMs })
  setMaxTimestamp(batch, 0, 'CreateTime', startMs + 77)
  fixture.append(batch)
  t.equal(maxTimestamp(batch, 0), startMs)
  t.ok(checkCrc(batch, 0))
})

t.test('cutting the log leaves what was before, and appending goes on there', async t => {
  for (const at of [0, 1, 37, 60, 119]) {
    const fixture = new LogFixture({ segmentBytes: 2_000, indexIntervalBytes: 200 })
    fixture.fill(120, 80)
    const all = fixture.values()
    fixture.log.truncateTo(at)
    t.equal(fixture.log.logEndOffset, at)
    t.same(fixture.values(), all.slice(0, at))
    fixture.append(batchOf(['new'], { timestamp: fixture.now }))
    fixture.turn()
    t.same(fixture.values(), [...all.slice(0, at), 'new'])
    t.same(findings(fixture), [])
    await fixture.log.close()
    t.same(findings(fixture, true), [])
    fixture.open({ cleanShutdown: true })
    t.same(fixture.values(), [...all.slice(0, at), 'new'])
  }
  const fixture = new LogFixture({ segmentBytes: 2_000 })
  fixture.fill(50)
  fixture.log.truncateFullyAndStartAt(1_000)
  t.same([fixture.log.logStartOffset, fixture.log.logEndOffset, fixture.log.writtenOffset], [1_000, 1_000, 1_000])
  t.equal(fixture.append(batchOf(['x'])).baseOffset, 1_000)
})

t.test('the log start moves up, and segments before it go after their delay', async t => {
  const fixture = new LogFixture({ segmentBytes: 1_000, fileDeleteDelayMs: 5_000 })
  fixture.fill(60)
  const before = fixture.log.segments.length
  fixture.log.advanceLogStartOffset(31)
  t.ok(fixture.log.segments.length < before)
  t.ok(fixture.log.segments[0].baseOffset <= 31)
  t.equal(fixture.values()[0].replaceAll('.', ''), '31')
  const deleted = () => fixture.files.list(fixture.dir).filter(entry => entry.name.endsWith('.deleted')).length
  t.ok(deleted() > 0)
  fixture.log.removeRetired(fixture.now)
  t.ok(deleted() > 0, 'not yet')
  fixture.log.removeRetired(fixture.now + 5_000)
  t.equal(deleted(), 0)
  t.equal(
    codeOf(() => fixture.log.advanceLogStartOffset(61)),
    codes.OFFSET_OUT_OF_RANGE,
  )
  await fixture.log.close()
  fixture.open({ cleanShutdown: true, logStartOffset: 31 })
  t.equal(fixture.log.logStartOffset, 31)
})

t.test('retention lets go of old segments by time and by size, never beyond the high watermark', async t => {
  const byTime = new LogFixture({ segmentBytes: 1_000, retentionMs: 10_000 })
  byTime.fill(60)
  byTime.now += 9_000
  t.equal(byTime.log.deleteOldSegments(60), 0)
  byTime.now += 20_000
  t.equal(byTime.log.deleteOldSegments(0), 0)
  t.ok(byTime.log.deleteOldSegments(60) > 1)
  t.same([byTime.log.logStartOffset, byTime.log.logEndOffset], [60, 60], 'the last segment too')
  t.equal(byTime.append(batchOf(['next'])).baseOffset, 60)

  const bySize = new LogFixture({ segmentBytes: 1_000, retentionMs: -1, retentionBytes: 3_000 })
  bySize.fill(60)
  bySize.log.deleteOldSegments(60)
  t.ok(bySize.log.sizeInBytes >= 3_000 && bySize.log.sizeInBytes < 4_000, `${bySize.log.sizeInBytes}`)

  const kept = new LogFixture({ segmentBytes: 1_000, retentionMs: 1, cleanupPolicy: ['compact'] })
  kept.fill(60)
  kept.now += 100_000
  t.equal(kept.log.deleteOldSegments(60), 0, 'compacted topics keep everything')
})

t.test('with flush.messages an append is written once the disk has it, many at a time', async t => {
  const files = new SimulatedFiles()
  const fixture = new LogFixture({ flushMessages: 1 }, files)
  fixture.append(batchOf(['a']))
  fixture.append(batchOf(['b']))
  fixture.turn()
  t.same(fixture.written, [])
  t.equal(fixture.log.writtenOffset, 0)
  fixture.append(batchOf(['c']))
  fixture.turn()
  await fixture.log.flush()
  t.same(fixture.written, [2, 3])
  t.equal(fixture.log.recoveryPoint, 3)

  const seldom = new LogFixture({ flushMessages: 3 }, new SimulatedFiles())
  seldom.append(batchOf(['a', 'b']))
  seldom.turn()
  t.same(seldom.written, [2], 'fewer need no disk')
  seldom.append(batchOf(['c']))
  seldom.turn()
  t.same(seldom.written, [2])
  await seldom.log.flush()
  t.same(seldom.written, [2, 3])
})

t.test('flush.ms says when the next flush is due', async t => {
  const fixture = new LogFixture({ flushMs: 500 }, new SimulatedFiles())
  t.equal(fixture.log.nextFlushMs, Number.POSITIVE_INFINITY)
  fixture.fill(1)
  t.equal(fixture.log.nextFlushMs, startMs + 500)
  fixture.log.flushIfDue(startMs + 499)
  await null
  t.equal(fixture.log.recoveryPoint, 0)
  fixture.now = startMs + 500
  fixture.log.flushIfDue(fixture.now)
  await fixture.log.flush()
  t.equal(fixture.log.recoveryPoint, 1)
  t.equal(fixture.log.nextFlushMs, Number.POSITIVE_INFINITY)
})

t.test('leader epochs tell where each leader stopped, and survive', async t => {
  const fixture = new LogFixture()
  t.same(fixture.log.endOffsetForEpoch(0), { leaderEpoch: -1, endOffset: -1 })
  fixture.log.beginEpoch(1)
  fixture.append(batchOf(['a', 'b']), 1)
  fixture.append(batchOf(['c']), 4)
  fixture.append(batchOf(['d']), 6)
  fixture.turn()
  const answers = () => [-1, 0, 1, 2, 4, 5, 6, 7].map(epoch => fixture.log.endOffsetForEpoch(epoch))
  const expected = [
    { leaderEpoch: -1, endOffset: -1 },
    { leaderEpoch: 0, endOffset: 0 },
    { leaderEpoch: 1, endOffset: 2 },
    { leaderEpoch: 1, endOffset: 2 },
    { leaderEpoch: 4, endOffset: 3 },
    { leaderEpoch: 4, endOffset: 3 },
    { leaderEpoch: 6, endOffset: 4 },
    { leaderEpoch: -1, endOffset: -1 },
  ]
  t.same(answers(), expected)
  t.equal(fixture.files.read(`${fixture.dir}/leader-epoch-checkpoint`)?.toString(), '0\n3\n1 0\n4 2\n6 3\n')
  await fixture.log.close()
  for (const damage of [null, '', '0\n9\nx']) {
    if (damage !== null) fixture.files.write(`${fixture.dir}/leader-epoch-checkpoint`, damage)
    fixture.open({ cleanShutdown: true })
    t.same(answers(), expected, `after ${JSON.stringify(damage)}`)
    await fixture.log.close()
  }
  fixture.open({ cleanShutdown: true })
  fixture.log.truncateTo(3)
  t.equal(fixture.log.epochs.latest, 4)
  fixture.log.advanceLogStartOffset(2)
  t.same(fixture.log.epochs.entries, [{ leaderEpoch: 4, startOffset: 2 }])
})

t.test('messages of the old formats are stored as batches of today', async t => {
  const fixture = new LogFixture()
  const { downConvert } = await import('../../protocol/records/legacy.ts')
  for (const format of [0, 1]) {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4'] as const) {
      const old = downConvert(batchOf(['a', 'b'], { compression }), format, 0)
      t.match(fixture.append(old), {
        baseOffset: fixture.log.logEndOffset - 2,
        lastOffset: fixture.log.logEndOffset - 1,
      })
    }
  }
  fixture.turn()
  t.same(fixture.values(), Array(8).fill(['a', 'b']).flat())
  t.same(findings(fixture), [])
  const [records] = fixture.log.read(0, everything).records
  t.equal(records[16], 2)
  t.equal(readRecords(records, 0)[0].timestamp, -1, 'messages of magic 0 have no time')
})

t.test('a disk error takes the log offline, and only that', async t => {
  const files = new SimulatedFiles()
  const fixture = new LogFixture({}, files)
  fixture.fill(3)
  files.writesUntilFailure = 0
  fixture.append(batchOf(['lost']))
  t.equal(fixture.failures.length, 0)
  fixture.turn()
  t.match(fixture.failures, [{ code: 'ENOSPC' }])
  t.equal(fixture.log.writtenOffset, 3, 'what was not written is not acknowledged')
  t.equal(
    codeOf(() => fixture.append(batchOf(['x']))),
    codes.KAFKA_STORAGE_ERROR,
  )
  t.equal(
    codeOf(() => fixture.log.read(0, everything)),
    codes.KAFKA_STORAGE_ERROR,
  )
  await t.rejects(fixture.log.flush(), { code: codes.KAFKA_STORAGE_ERROR })
  await fixture.log.close()
  files.writesUntilFailure = Number.POSITIVE_INFINITY
  fixture.open({})
  t.equal(fixture.log.logEndOffset, 3, 'room and a restart bring all back')
  fixture.fill(1)
  t.equal(fixture.values().length, 4)
})

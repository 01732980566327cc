/** When a log is compacted, how far, and what may happen to it meanwhile. */
import t from 'tap'
import { batches, buildBatch, readRecords } from '../../../protocol/records/batch.ts'
import { checkCrc, hasDeleteHorizon, lastOffset, magic, recordCount } from '../../../protocol/records/header.ts'
import { buildMessages } from '../../../protocol/records/message.ts'
import { checkLog } from '../../../storage/check.ts'
import {
  type CleaningLimits,
  CompactionLoop,
  type CompactionResult,
  CompactionThread,
  compactLog,
  dirtinessOf,
  diskFiles,
  isDue,
} from '../../../storage/compaction/compaction.ts'
import { KeyOffsets, keySlotBytes } from '../../../storage/compaction/keys.ts'
import { CompactionMemory } from '../../../storage/compaction/memory.ts'
import { memoryFiles } from '../../../storage/files.ts'
import { LogFixture, startMs } from '../fixture.ts'

const limits: CleaningLimits = {
  keyBytesMax: 1_000_000,
  keyLoadFactor: 0.9,
  bufferBytes: 10_000,
  bytesPerSecondMax: Number.MAX_VALUE,
}

function keyed(records: readonly (readonly [string | null, string | null])[], timestamp = startMs): Buffer {
  return buildBatch({
    records: records.map(([key, value]) => ({
      timestamp,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    })),
  })
}

/** Appends a batch and ends the segment. */
function segment(fixture: LogFixture, batch: Buffer): void {
  fixture.coordinate(batch)
  fixture.turn()
  fixture.log.roll()
}

function loop({ log }: LogFixture, pause: () => Promise<void> = async () => undefined): CompactionLoop {
  return new CompactionLoop(log.files, () => 0, pause)
}

function dirtiness({ log, now }: LogFixture) {
  return dirtinessOf(log, log.lastStableOffset(log.writtenOffset), now)
}

async function clean(fixture: LogFixture, engine = loop(fixture)): Promise<CompactionResult | null> {
  const dirty = dirtiness(fixture)
  return dirty === null ? null : compactLog(fixture.log, dirty, limits, engine, fixture.now)
}

/** Keys and values of all records, by offset. */
function contentOf({ log }: LogFixture): string[] {
  const content: string[] = []
  for (let offset = log.logStartOffset; offset < log.writtenOffset; ) {
    const result = log.read(offset, { maxBytes: 1_000_000, maxOffset: log.writtenOffset, minOneMessage: true })
    if (result.sizeInBytes === 0) break
    for (const records of result.records) {
      for (const at of batches(records)) {
        for (const { offset, key, value } of readRecords(records, at)) content.push(`${offset} ${key}=${value}`)
        offset =
          magic(records, at) === 2 ? lastOffset(records, at) + 1 : Number(readRecords(records, at).at(-1)?.offset) + 1
      }
    }
    result.release()
  }
  return content
}

t.test('keys keep their greatest offsets in bounded memory', t => {
  const keys = new KeyOffsets(100 * keySlotBytes, 0.9)
  for (let index = 0; !keys.isFull; index++) keys.put(Buffer.from(`key-${index % 95}`), index)
  t.equal(keys.size, 90)
  keys.put(Buffer.from('key-7'), 1_000)
  t.equal(keys.size, 90)
  t.equal(keys.latestOffset, 1_000)
  t.equal(keys.get(Buffer.from('key-7')), 1_000)
  t.equal(keys.get(Buffer.from('key-8')), 8)
  t.equal(keys.get(Buffer.from('nobody')), -1)
  t.equal(keys.get(Buffer.alloc(0)), -1)
  const least = new KeyOffsets(0, 0)
  t.notOk(least.isFull)
  least.put(Buffer.from('a'), 3)
  t.ok(least.isFull)
  t.equal(least.get(Buffer.from('b')), -1)
  t.end()
})

t.test('however many keys there are, their map stays within its bytes, pass after pass', async t => {
  const fixture = new LogFixture({})
  const keyCount = 1_000
  for (let first = 0; first < 2 * keyCount; first += 50) {
    const records = Array.from({ length: 50 }, (_, index) => [`key-${(first + index) % keyCount}`, `${first}`] as const)
    if (first % 500 === 450) segment(fixture, keyed(records))
    else fixture.coordinate(keyed(records))
  }
  fixture.turn()
  fixture.log.roll()
  const keyBytesMax = 200 * keySlotBytes + 7
  const results: CompactionResult[] = []
  for (let dirty = dirtiness(fixture); dirty !== null; dirty = dirtiness(fixture)) {
    const result = await compactLog(fixture.log, dirty, { ...limits, keyBytesMax }, loop(fixture), fixture.now)
    results.push(result!)
  }
  // 180 keys a pass, and a batch that does not fit as a whole is left to the next.
  t.ok(results.length >= 10 && results.length <= 15, `${results.length} passes`)
  for (const { keyBytes, keyCount } of results) {
    t.ok(keyBytes <= keyBytesMax, `${keyBytes} bytes`)
    t.ok(keyCount * keySlotBytes <= keyBytes * limits.keyLoadFactor, `${keyCount} keys`)
  }
  t.equal(contentOf(fixture).length, keyCount)
  t.end()
})

t.test('all cleanings of a thread have one memory', t => {
  const memory = new CompactionMemory(10_000)
  const first = memory.keys(1_000)
  new Uint8Array(first, 0, 1_000).fill(1)
  t.equal(memory.keyBytes, 10_000)
  for (const bytes of [10_000, 500, 10_000]) {
    const again = memory.keys(bytes)
    t.equal(again, first)
    t.ok(
      new Uint8Array(again, 0, bytes).every(byte => byte === 0),
      'nothing of what was there before',
    )
    new Uint8Array(again, 0, bytes).fill(1)
  }
  t.equal(memory.reading(5_000), memory.reading(100))
  t.equal(memory.writing(5_000), memory.writing(100))
  t.not(memory.reading(100), memory.writing(100))
  const marks = memory.marks(100).fill(1)
  t.equal(memory.marks(100), marks)
  t.notOk(marks.subarray(0, 100).includes(1))
  const small = memory.batch(1_000)
  t.ok(memory.batch(1_001).length >= 1_500, 'batches that grow do not leave one behind each time')
  t.not(memory.batch(1_001), small)
  t.end()
})

t.test('a deleted key stays deleted, also where a crash takes the log start back', async t => {
  const fixture = new LogFixture({ deleteRetentionMs: 0 })
  for (const [key, value] of [
    ['a', '1'],
    ['b', '1'],
    ['a', null],
    ['c', '1'],
  ] as const)
    fixture.coordinate(keyed([[key, value]]))
  fixture.turn()
  fixture.log.roll()
  // Memory for one key: the tombstone gets its horizon, but what it deletes is left to the next cleaning.
  await compactLog(fixture.log, dirtiness(fixture)!, { ...limits, keyBytesMax: 0 }, loop(fixture), fixture.now)
  t.equal(fixture.log.cleanedOffset, 1)
  fixture.log.advanceLogStartOffset(3)
  await clean(fixture)
  fixture.open({})
  t.same(contentOf(fixture), ['1 b=1', '3 c=1'])
})

t.test('a crash takes nothing from a log that was compacted once and is no more', async t => {
  const fixture = new LogFixture({ cleanupPolicy: ['compact'] })
  segment(fixture, Buffer.concat([keyed([['a', '1']]), keyed([['b', '1']])]))
  segment(fixture, keyed([['b', '2']]))
  // Too small for neighbours to go together, so that the first ends with a gap.
  fixture.configure({ segmentBytes: 1 })
  await clean(fixture)
  t.same(contentOf(fixture), ['0 a=1', '2 b=2'])
  fixture.configure({ cleanupPolicy: ['delete'] })
  fixture.open({ cleanedOffset: fixture.log.cleanedOffset })
  t.same(contentOf(fixture), ['0 a=1', '2 b=2'])
  fixture.open({ cleanedOffset: 0 })
  t.same(contentOf(fixture), ['0 a=1'], 'without the note, the gap is taken for a loss')
})

t.test('the dirty share, the lags and open transactions say what is cleaned', async t => {
  const fixture = new LogFixture({ minCleanableDirtyRatio: 0.6 })
  fixture.coordinate(keyed([['a', '1']]))
  fixture.turn()
  t.equal(dirtiness(fixture), null, 'the last segment is never cleaned')
  fixture.log.roll()
  t.match(dirtiness(fixture), { firstDirtyOffset: 0, segmentCount: 1, ratio: 1, overdue: false })
  await clean(fixture)
  t.equal(fixture.log.cleanedOffset, 1)
  t.equal(dirtiness(fixture), null)

  fixture.now += 1_000
  segment(fixture, keyed([['a', '2']], fixture.now))
  const half = dirtiness(fixture)
  t.equal(half?.ratio, 0.5)
  t.notOk(isDue(fixture.log, half!), 'less than the ratio asked for is dirty')
  fixture.now += 500
  fixture.configure({ maxCompactionLagMs: 499 })
  t.ok(isDue(fixture.log, dirtiness(fixture)!), 'it has waited for too long')
  fixture.configure({ maxCompactionLagMs: Number.MAX_SAFE_INTEGER, minCompactionLagMs: 501 })
  t.equal(dirtiness(fixture), null, 'it is too young')
  fixture.now += 1
  t.equal(dirtiness(fixture)?.segmentCount, 2)

  const transaction = buildBatch({
    producerId: 1,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: true,
    records: [{ timestamp: 0, key: Buffer.from('a'), value: Buffer.from('3') }],
  })
  fixture.append(transaction)
  fixture.turn()
  fixture.log.roll()
  t.equal(dirtiness(fixture)?.segmentCount, 2, 'nobody knows yet what becomes of the open transaction')
})

t.test('records without a key go, the last offset stays, tombstones wait for their horizon', async t => {
  const fixture = new LogFixture({ deleteRetentionMs: 1_000 })
  segment(
    fixture,
    keyed([
      ['a', '1'],
      ['b', '2'],
      [null, 'x'],
    ]),
  )
  segment(
    fixture,
    keyed([
      ['a', null],
      ['b', '3'],
      [null, 'y'],
    ]),
  )
  await clean(fixture)
  t.same(contentOf(fixture), ['3 a=null', '4 b=3'])
  t.equal(fixture.log.segments.length, 2)
  const bytes = () => fixture.files.read(fixture.log.segments[0]!.file.path)!
  t.ok(hasDeleteHorizon(bytes(), 0))
  t.ok(checkCrc(bytes(), 0))

  fixture.now += 999
  segment(fixture, keyed([['c', '4']], fixture.now))
  await clean(fixture)
  t.same(contentOf(fixture), ['3 a=null', '4 b=3', '6 c=4'])
  fixture.now += 1
  segment(
    fixture,
    keyed(
      [
        ['c', '5'],
        ['d', null],
        [null, 'z'],
      ],
      fixture.now,
    ),
  )
  segment(
    fixture,
    keyed(
      [
        ['c', '6'],
        ['d', '7'],
        [null, 'z'],
      ],
      fixture.now,
    ),
  )
  segment(fixture, keyed([[null, 'end']], fixture.now))
  await clean(fixture)
  t.same(contentOf(fixture), ['4 b=3', '10 c=6', '11 d=7'])
  const last = [...batches(bytes())].at(-1)!
  t.equal(recordCount(bytes(), last), 0)
  t.equal(lastOffset(bytes(), last), 13, 'an empty batch says where the cleaned part ended')
  t.equal(fixture.log.cleanedOffset, 14)
  t.same(checkLog(fixture.files, fixture.dir, { dense: false, closed: false }).findings, [])

  fixture.open({})
  t.same(contentOf(fixture), ['4 b=3', '10 c=6', '11 d=7'])
  t.equal(fixture.log.logEndOffset, 14)
})

t.test('messages of the old formats are cleaned too', async t => {
  const record = (offset: number, key: string, value: string | null) => ({
    offset,
    timestamp: startMs + offset,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  })
  const files = memoryFiles()
  files.mkdir('/data/t-0')
  const path = '/data/t-0/00000000000000000000.log'
  const old = [
    buildMessages({ magic: 0, records: [record(0, 'a', '1'), record(1, 'b', '2')] }),
    buildMessages({
      magic: 1,
      compression: 'gzip',
      records: [record(2, 'a', '3'), record(3, 'c', '4'), record(4, 'c', '5')],
    }),
    buildMessages({ magic: 1, records: [record(5, 'd', '6'), record(6, 'd', null), record(7, 'e', '7')] }),
  ]
  files.write(path, Buffer.concat(old))
  const fixture = new LogFixture({ deleteRetentionMs: 1_000 }, files)
  fixture.log.roll()
  await clean(fixture)
  t.same(contentOf(fixture), ['1 b=2', '2 a=3', '4 c=5', '6 d=null', '7 e=7'])
  t.same(checkLog(files, fixture.dir, { dense: false, closed: false }).findings, [])
  fixture.now += 1_000
  segment(fixture, keyed([['f', '8']]))
  await clean(fixture)
  t.same(contentOf(fixture), ['1 b=2', '2 a=3', '4 c=5', '7 e=7', '8 f=8'])
})

t.test('a reader keeps what it has read, appends go on, and cut or deleted segments are not brought back', async t => {
  const fixture = new LogFixture()
  for (let index = 0; index < 6; index++) segment(fixture, keyed([['a', `${index}`]]))
  const read = fixture.log.read(2, { maxBytes: 1_000, maxOffset: 6, minOneMessage: true })
  const before = Buffer.from(read.records[0]!)
  const appending = loop(fixture, async () => fixture.fill(1))
  fixture.configure({ segmentBytes: 100 })
  t.ok(await clean(fixture, appending))
  t.same(read.records[0], before)
  read.release()
  t.equal(contentOf(fixture)[0], '5 a=5')

  // Room for one of the batches that follow, not for two.
  fixture.configure({ segmentBytes: 400 })
  for (const change of [
    () => fixture.log.truncateTo(fixture.log.logStartOffset + 2),
    () => fixture.log.advanceLogStartOffset(fixture.log.logEndOffset),
    () => fixture.log.truncateFullyAndStartAt(500),
    () => fixture.log.discard(),
  ]) {
    for (let index = 0; index < 4; index++) segment(fixture, keyed([['a', `${index}`.padEnd(200, '.')]]))
    const changing = loop(fixture, async () => change())
    const dirty = dirtiness(fixture)!
    const throttled = { ...limits, bytesPerSecondMax: 1 }
    t.equal(await compactLog(fixture.log, dirty, throttled, changing, fixture.now), null)
    t.same(
      fixture.files.list(fixture.dir).filter(({ name }) => /swap$/.test(name)),
      [],
    )
    if (!fixture.log.isOpen) break
    t.ok(fixture.log.cleanedOffset <= fixture.log.logEndOffset)
    t.same(checkLog(fixture.files, fixture.dir, { dense: false, closed: false }).findings, [])
  }
})

t.test('a thread cleans what is on a disk, in as many passes as the memory for keys makes of it', async t => {
  const fixture = new LogFixture({ segmentBytes: 50_000 }, diskFiles, `${t.testdir()}/t-0`)
  const latest = new Map<string, string>()
  const keyCount = 2_000
  for (let batch = 0; batch < 100; batch++) {
    const records = Array.from({ length: 100 }, (_, index) => {
      const key = `key-${(batch * 37 + index * 101) % keyCount}`
      latest.set(key, `${batch}/${index}`)
      return [key, `${batch}/${index}`] as const
    })
    fixture.append(keyed(records))
    fixture.turn()
  }
  fixture.log.roll()
  const thread = new CompactionThread()
  t.teardown(() => thread.stop())
  const small = { ...limits, keyBytesMax: 500 * keySlotBytes }
  let passes = 0
  for (let dirty = dirtiness(fixture); dirty !== null; dirty = dirtiness(fixture)) {
    const result = await compactLog(fixture.log, dirty, small, thread, fixture.now)
    t.ok(result!.keyCount <= 450)
    passes++
  }
  t.ok(passes >= 5, `${passes} passes`)
  const content = contentOf(fixture).map(text => text.split(' ')[1])
  t.same(content.sort(), [...latest].map(([key, value]) => `${key}=${value}`).sort())
  t.equal(fixture.log.logEndOffset, 10_000)
  await fixture.log.close()
  t.same(checkLog(diskFiles, fixture.dir, { dense: false, closed: true }).findings, [])
})

t.test('a thread that is slowed down or cannot read stops at once, and leaves nothing', async t => {
  const fixture = new LogFixture({}, diskFiles, `${t.testdir()}/t-0`)
  for (let index = 0; index < 4; index++) segment(fixture, keyed([['a', `${index}`.padEnd(1_000, '.')]]))
  const before = contentOf(fixture)
  const thread = new CompactionThread()
  t.teardown(() => thread.stop())
  const slow = compactLog(fixture.log, dirtiness(fixture)!, { ...limits, bytesPerSecondMax: 1 }, thread, fixture.now)
  await thread.stop()
  t.equal(await slow, null)
  t.same(contentOf(fixture), before)

  const path = fixture.log.segments[1]!.file.path
  const bytes = diskFiles.read(path)!
  bytes[100]! ^= 1
  diskFiles.write(path, bytes)
  await t.rejects(compactLog(fixture.log, dirtiness(fixture)!, limits, thread, fixture.now), {
    name: 'DamagedLogError',
    message: `${path} is damaged at byte 0`,
  })
  t.same(
    diskFiles.list(fixture.dir).filter(({ name }) => /cleaned|swap/.test(name)),
    [],
  )
  await fixture.log.close()
})

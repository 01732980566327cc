/** What a replica appends: batches as their leader gave them, or nothing. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import { setBaseOffset, setPartitionLeaderEpoch } from '../../protocol/records/header.ts'
import { buildMessages } from '../../protocol/records/message.ts'
import { checkLog } from '../../storage/check.ts'
import type { Log } from '../../storage/log.ts'
import { fileName } from '../../storage/names.ts'
import { type BatchChoice, batchOf, codeOf, LogFixture, startMs } from './fixture.ts'

/** A batch as a leader of an epoch has it at an offset. */
function at(offset: number, values: readonly string[], leaderEpoch = 0, choice: BatchChoice = {}): Buffer {
  const batch = batchOf(values, choice)
  setBaseOffset(batch, 0, offset)
  setPartitionLeaderEpoch(batch, 0, leaderEpoch)
  return batch
}

/** What a leader's log gives from an offset on. */
function readFrom(log: Log, offset: number, maxBytes: number): Buffer {
  const result = log.read(offset, { maxBytes, maxOffset: log.writtenOffset, minOneMessage: true })
  const records = Buffer.concat(result.records)
  result.release()
  return records
}

function filesOf(fixture: LogFixture, kind: 'log' | 'txnindex'): (string | undefined)[] {
  return fixture.log.segments.map(({ baseOffset }) =>
    fixture.files.read(fileName(fixture.dir, baseOffset, kind))?.toString('hex'),
  )
}

/** What is kept of a log besides its records. */
function keptOf({ log }: LogFixture): unknown {
  const aborted = log.abortedTransactions(log.logStartOffset, log.logEndOffset)
  return {
    epochs: log.epochs.entries,
    producers: [...log.activeProducers()],
    aborted,
    unstable: log.lastStableOffset(log.logEndOffset),
    end: log.logEndOffset,
  }
}

/** A log of several epochs, producers, codecs and transactions, of which one is open. */
function leaderLog(): LogFixture {
  const fixture = new LogFixture({ segmentBytes: 1_500 })
  let epoch = 0
  for (let round = 0; round < 30; round++) {
    if (round % 10 === 4) epoch += 2
    const producer = { producerId: 7 + (round % 2), producerEpoch: 0, baseSequence: 2 * (round >> 1) }
    fixture.append(batchOf([`a${round}`, `b${round}`], { ...producer, isTransactional: true }), epoch)
    fixture.append(
      batchOf([`${round}`.repeat(50)], { compression: (['gzip', 'lz4', 'zstd'] as const)[round % 3]! }),
      epoch,
    )
    if (round % 4 === 3 && round < 26) {
      const type = round % 8 === 3 ? 'ABORT' : 'COMMIT'
      const end = { producerEpoch: 0, coordinatorEpoch: 0, timestamp: startMs }
      for (const producerId of [7, 8]) fixture.coordinate(endTransactionMarker({ type, producerId, ...end }), epoch)
    }
    fixture.turn()
  }
  return fixture
}

t.test('a replica that takes what its leader gives has the same bytes, epochs, producers and transactions', async t => {
  const leader = leaderLog()
  for (const maxBytes of [1, 300, 2_000, 1_000_000]) {
    const follower = new LogFixture({ segmentBytes: 1_500 })
    while (follower.log.logEndOffset < leader.log.logEndOffset) {
      const records = readFrom(leader.log, follower.log.logEndOffset, maxBytes)
      follower.log.appendReceived(records, 6)
      follower.turn()
    }
    t.same(keptOf(follower), keptOf(leader))
    t.equal(filesOf(follower, 'log').join(''), filesOf(leader, 'log').join(''))
    t.ok(follower.log.segments.every(({ sizeInBytes }) => sizeInBytes <= 1_500))
    t.same(checkLog(follower.files, follower.dir, { dense: true, closed: false }).findings, [])
    follower.open({})
    t.same(keptOf(follower), keptOf(leader), 'also after a crash')
    await follower.log.close()
  }
})

t.test('what would damage the log is refused whole, and the log stays as it was', async t => {
  const fixture = new LogFixture()
  fixture.log.appendReceived(at(0, ['a', 'b'], 3), 3)
  fixture.turn()
  const before = keptOf(fixture)
  const good = at(2, ['c'], 3)
  const damaged = at(3, ['d'], 3)
  damaged.writeUInt8(damaged.readUInt8(66) ^ 1, 66)
  const refusals: [string, Buffer, number][] = [
    ['what is there already', at(0, ['a', 'b'], 3), codes.OFFSET_OUT_OF_RANGE],
    ['what overlaps', at(1, ['b', 'c'], 3), codes.OFFSET_OUT_OF_RANGE],
    ['damage', Buffer.concat([good, damaged]), codes.CORRUPT_MESSAGE],
    ['a batch that is cut off', Buffer.concat([good, at(3, ['d'], 3).subarray(0, 60)]), codes.CORRUPT_MESSAGE],
    ['rubbish', Buffer.alloc(100, 0xff), codes.CORRUPT_MESSAGE],
    ['offsets that go back', Buffer.concat([good, at(2, ['d'], 3)]), codes.INVALID_RECORD],
    ['an epoch that goes back', Buffer.concat([good, at(3, ['d'], 2)]), codes.INVALID_RECORD],
    ['an epoch below the last one', at(2, ['c'], 2), codes.INVALID_RECORD],
  ]
  for (const [what, records, code] of refusals) {
    t.equal(
      codeOf(() => fixture.log.appendReceived(records, 3)),
      code,
      what,
    )
    t.same(keptOf(fixture), before)
  }
  t.equal(fixture.log.appendReceived(good, 3), 3)
  fixture.turn()
  t.same(fixture.values(), ['a', 'b', 'c'])
})

t.test('gaps stay, as compaction leaves them', async t => {
  const fixture = new LogFixture()
  fixture.log.appendReceived(Buffer.concat([at(5, ['a']), at(9, ['b'])]), 0)
  t.equal(fixture.log.appendReceived(at(20, ['c']), 0), 21)
  fixture.turn()
  t.same(fixture.values(0), ['a', 'b', 'c'])
})

t.test('batches of a later epoch than the one that was asked in are left out, with all behind them', async t => {
  const fixture = new LogFixture()
  const records = Buffer.concat([at(0, ['a'], 1), at(1, ['b'], 2), at(2, ['c'], 1)])
  t.equal(fixture.log.appendReceived(records, 1), 1)
  t.equal(fixture.log.appendReceived(at(1, ['b'], 2), 1), 1)
  t.equal(fixture.log.appendReceived(at(1, ['b'], 2), 2), 2)
  fixture.turn()
  t.same(fixture.values(), ['a', 'b'])
})

t.test('offsets too far apart go to segments of their own, and a marker behind other batches is indexed', async t => {
  const fixture = new LogFixture()
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  const marker = endTransactionMarker({
    ...{ type: 'ABORT', producerId: 7, producerEpoch: 0, coordinatorEpoch: 0 },
    timestamp: startMs,
  } as const)
  setBaseOffset(marker, 0, 0x80000010)
  fixture.log.appendReceived(Buffer.concat([at(5, ['a'], 0, producer), marker]), 0)
  fixture.turn()
  t.same(
    fixture.log.segments.map(({ baseOffset }) => baseOffset),
    [0, 0x80000010],
  )
  t.same(fixture.log.abortedTransactions(0, 0x80000011), [{ producerId: 7, firstOffset: 5 }])
})

t.test('an epoch in which this broker led and wrote nothing leaves no trace in what others wrote', async t => {
  for (const forget of ['by what is received', 'by cutting the log where it ends'] as const) {
    const fixture = new LogFixture()
    fixture.log.appendReceived(Buffer.concat([at(0, ['a'], 2), at(1, ['b'], 4)]), 4)
    fixture.log.beginEpoch(5)
    t.equal(fixture.log.latestEpoch, 4)
    t.same(fixture.log.endOffsetForEpoch(5), { leaderEpoch: 5, endOffset: 2 })
    if (forget === 'by cutting the log where it ends') {
      fixture.log.truncateTo(2)
      t.same(fixture.log.endOffsetForEpoch(5), { leaderEpoch: -1, endOffset: -1 })
    }
    fixture.log.appendReceived(at(2, ['c'], 4), 6)
    t.same(fixture.log.epochs.entries, [
      { leaderEpoch: 2, startOffset: 0 },
      { leaderEpoch: 4, startOffset: 1 },
    ])
    fixture.turn()
  }
  const empty = new LogFixture()
  empty.log.beginEpoch(5)
  t.equal(empty.log.latestEpoch, -1)
  empty.log.appendReceived(at(0, ['a'], 3), 6)
  t.same(empty.log.epochs.entries, [{ leaderEpoch: 3, startOffset: 0 }])
})

t.test('messages of the old formats, which a leader may still have, are taken as they are', async t => {
  const fixture = new LogFixture()
  const messages = buildMessages({
    magic: 1,
    records: ['a', 'b'].map(value => ({ timestamp: startMs, key: null, value: Buffer.from(value) })),
  })
  t.equal(fixture.log.appendReceived(Buffer.concat([messages, at(2, ['c'], 1)]), 1), 3)
  fixture.turn()
  t.same(fixture.log.epochs.entries, [{ leaderEpoch: 1, startOffset: 2 }])
  fixture.open({})
  t.equal(fixture.log.logEndOffset, 3)
})

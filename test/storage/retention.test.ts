/** From when records count that have no timestamp of their own, and what becomes of indexes that would make them old. */
import t from 'tap'
import { dirtinessOf } from '../../storage/compaction/compaction.ts'
import { batchOf, LogFixture, startMs } from './fixture.ts'

const untimed = (value: string) => batchOf([value], { timestamp: -1 })

/** As a leader sent it. */
function received(value: string, baseOffset: number): Buffer {
  const records = untimed(value)
  records.writeBigInt64BE(BigInt(baseOffset), 0)
  records.writeInt32BE(0, 12)
  return records
}

t.test('records without timestamps are kept for retention.ms from the last write to their segment', t => {
  for (const append of [
    (fixture: LogFixture, value: string) => void fixture.append(untimed(value)),
    (fixture: LogFixture, value: string) =>
      void fixture.log.appendReceived(received(value, fixture.log.logEndOffset), 0),
  ]) {
    const fixture = new LogFixture({ retentionMs: 10_000 })
    append(fixture, 'first')
    fixture.turn()
    fixture.now += 9_000
    append(fixture, 'second')
    fixture.turn()
    fixture.now += 10_000
    t.equal(fixture.log.deleteOldSegments(2), 0)
    t.same(fixture.values(), ['first', 'second'])
    fixture.now += 1
    t.equal(fixture.log.deleteOldSegments(2), 1)
    t.same([fixture.log.logStartOffset, fixture.log.logEndOffset], [2, 2])
  }
  t.end()
})

t.test('records without timestamps are compacted min.compaction.lag.ms after the last write to their segment', t => {
  const fixture = new LogFixture({ cleanupPolicy: ['compact'], minCompactionLagMs: 10_000 })
  fixture.append(untimed('first'))
  fixture.now += 9_000
  fixture.append(untimed('second'))
  fixture.log.roll()
  fixture.now += 9_999
  t.equal(dirtinessOf(fixture.log, 2, fixture.now), null)
  fixture.now += 1
  t.equal(dirtinessOf(fixture.log, 2, fixture.now)?.segmentCount, 1)
  t.end()
})

t.test('a time index that Apache Kafka lengthened with zeros and did not cut makes no records old', async t => {
  const fixture = new LogFixture({ segmentBytes: 1_000, retentionMs: 60_000 })
  fixture.fill(30)
  const { segments } = fixture.log
  const index = segments[0].timeIndex.file.path
  await fixture.log.close()
  const whole = fixture.files.read(index)!
  for (const [what, content] of [
    ['nothing else', Buffer.alloc(12 * 100)],
    ['some entries', Buffer.concat([whole, Buffer.alloc(12 * 100)])],
  ] as const) {
    fixture.files.write(index, content)
    fixture.open({ cleanShutdown: true })
    t.equal(fixture.log.deleteOldSegments(30), 0, `behind ${what}`)
    t.equal(fixture.log.segments[0].maxTimestamp, startMs + segments[0].endOffset - 1)
    t.equal(fixture.log.offsetForTimestamp(startMs + 2)?.offset, 2)
    await fixture.log.close()
    t.same(fixture.files.read(index), whole, 'it is made anew')
  }
})

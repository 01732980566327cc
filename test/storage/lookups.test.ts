/** What is found in a log by time. */
import t from 'tap'
import { batchOf, LogFixture, startMs } from './fixture.ts'

t.test('records are found by time', async t => {
  const fixture = new LogFixture({ segmentBytes: 700, indexIntervalBytes: 150 })
  const times = [10, 20, 20, 15, 40, 30, 30, 60, 50, 90, 80, 70, 100, 100, 95]
  for (const time of times) {
    fixture.append(batchOf([`${time}`, `${time + 1}`], { timestamp: startMs + time }))
    fixture.turn()
  }
  const lookup = () => {
    for (let time = 0; time <= 101; time++) {
      const expected = times.findIndex(candidate => candidate >= time)
      const found = fixture.log.offsetForTimestamp(startMs + time)
      t.same(
        found,
        expected < 0 ? null : { timestamp: startMs + times[expected], offset: expected * 2, leaderEpoch: 0 },
        `${time}`,
      )
    }
    t.same(fixture.log.maxTimestampOffset(), { timestamp: startMs + 100, offset: 24, leaderEpoch: 0 })
  }
  lookup()
  await fixture.log.close()
  fixture.open({ cleanShutdown: true })
  lookup()
  fixture.log.advanceLogStartOffset(3)
  t.equal(fixture.log.offsetForTimestamp(startMs)?.offset, 3)
  t.equal(new LogFixture().log.maxTimestampOffset(), null)
})

t.test('the greatest timestamp is that of the segments that are there', t => {
  const fixture = new LogFixture({ segmentBytes: 200 })
  for (const time of [50, 90, 20, 90, 70]) {
    fixture.append(batchOf(['a', 'b'], { timestamp: startMs + time }))
    fixture.turn()
  }
  const greatest = () => {
    const found = fixture.log.maxTimestampOffset()
    return found && [found.timestamp - startMs, found.offset]
  }
  t.same(greatest(), [90, 2], 'the first of equals')
  for (const [offset, expected] of [
    [3, [90, 2]],
    [4, [90, 6]],
    [7, [90, 6]],
    [9, [70, 8]],
    [10, [70, 8]],
  ] as const) {
    fixture.log.advanceLogStartOffset(offset)
    t.same(greatest(), expected, `what was deleted up to ${offset}`)
  }
  t.end()
})

/** When a segment ends by its age, and what the end of one brings to the disk. */
import t from 'tap'
import { memoryFiles } from '../../storage/files.ts'
import { batchOf, LogFixture, startMs } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

t.test('segment.jitter.ms takes up to so much off segment.ms, another part for each segment', t => {
  /** The age at which the first segment of a log ends. */
  const ageAtRoll = (segmentJitterMs: number, partition: number) => {
    let low = 0
    let high = 1_001
    // The latest age that does not end it, by halves: each try is a log of its own.
    while (low + 1 < high) {
      const middle = (low + high) >>> 1
      const tried = new LogFixture({ segmentMs: 1_000, segmentJitterMs }, memoryFiles(), `/data/t-${partition}`)
      tried.append(batchOf(['a'], { timestamp: startMs }))
      tried.append(batchOf(['b'], { timestamp: startMs + middle }))
      if (tried.log.segments.length > 1) high = middle
      else low = middle
    }
    return high
  }
  t.equal(ageAtRoll(0, 0), 1_001)
  for (const [jitterMs, earliest] of [
    [100, 901],
    [1_000, 1],
    // More than segment.ms counts as that much.
    [5_000, 1],
  ] as const) {
    const ages = Array.from({ length: 40 }, (_, partition) => ageAtRoll(jitterMs, partition))
    t.ok(ages.every(age => age > earliest && age <= 1_001))
    t.ok(new Set(ages).size > 20, 'logs that were begun together do not roll together')
    t.equal(ageAtRoll(jitterMs, 7), ages[7], 'a segment keeps its own through restarts')
  }
  t.end()
})

t.test('the end of a segment brings it to the disk, and not the one that is written to', async t => {
  const fixture = new LogFixture({ segmentBytes: 1_000 }, new SimulatedFiles())
  const { log } = fixture
  const rolledTo = async (count: number) => {
    while (log.segments.length < count) fixture.fill(1)
    fixture.append(batchOf(['of the new one']))
    fixture.turn()
    const active = log.segments[count - 1]
    while (log.recoveryPoint < active.baseOffset) await null
    return active
  }
  for (const count of [2, 3]) {
    const active = await rolledTo(count)
    t.equal(log.recoveryPoint, active.baseOffset)
    t.notOk(log.segments[count - 2].needsSync)
    t.ok(active.writtenBytes > 0)
    t.equal(active.syncedBytes, 0)
  }
  log.roll()
  fixture.append(batchOf(['after']))
  fixture.turn()
  await log.flush()
  t.equal(log.recoveryPoint, log.logEndOffset, 'a flush during it goes over all')
  t.notOk(log.segments.some(segment => segment.needsSync))
  t.equal(log.nextFlushMs, Number.POSITIVE_INFINITY)
})

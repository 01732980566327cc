/** Single crashes that were once not survived, and the zeros of preallocated files. Histories by chance are in `test/simulation`. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { checkLog } from '../../storage/check.ts'
import { batchOf, LogFixture } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

const dir = '/data/t-0'

t.test('a segment that ended right at the recovery point gets its indexes anew after a power failure', async t => {
  const files = new SimulatedFiles()
  const log = new LogFixture({ indexIntervalBytes: 0 }, files)
  log.fill(5)
  await log.log.flush()
  const { recoveryPoint } = log.log
  t.equal(recoveryPoint, 5)
  files.syncsAreLost = true
  log.log.roll()
  log.fill(1)

  // Every name is there, and nothing that was not synced.
  const found = new LogFixture(
    {},
    files.lostPower(() => 0),
    dir,
    { recoveryPoint },
  )
  t.equal(found.log.logEndOffset, 5)
  t.equal(found.values().length, 5)
  t.same(checkLog(found.files, dir, { dense: true, closed: false }).findings, [])
})

t.test('segments that recovery removed do not come back behind what took their place', async t => {
  const files = new SimulatedFiles()
  const log = new LogFixture({ segmentBytes: 400 }, files)
  log.fill(9)
  await log.log.flush()
  t.ok(log.log.segments.length > 2)
  files.file(`${dir}/00000000000000000000.log`).truncate(250)

  const cut = new LogFixture({}, files.killed())
  const end = cut.log.logEndOffset
  t.equal(end, 1)
  cut.fill(1)

  // No change of names that was not synced is there, but all bytes are.
  const found = new LogFixture(
    {},
    (cut.files as SimulatedFiles).lostPower(() => 0.999),
  )
  t.equal(found.log.logEndOffset, end + 1)
  t.same(checkLog(found.files, dir, { dense: true, closed: false }).findings, [])
})

t.test('no segment is given up for the size of others that a killed process would take along', async t => {
  const files = new SimulatedFiles()
  const fixture = new LogFixture({ segmentBytes: 1_000, retentionMs: -1, retentionBytes: 3_000 }, files)
  while (fixture.log.sizeInBytes < 3_900) fixture.fill(1)
  for (let queued = 0; queued < 6; queued++) fixture.append(batchOf([''.padEnd(100, '.')]))
  t.ok(fixture.log.deleteOldSegments(fixture.log.logEndOffset) > 0)

  const found = new LogFixture({}, files.killed())
  t.ok(found.log.sizeInBytes >= 3_000, `${found.log.sizeInBytes} bytes`)
})

t.test('a file that is preallocated is cut when its segment or the log ends, and its zeros are no records', async t => {
  const files = new SimulatedFiles()
  const fixture = new LogFixture({ preallocate: true, segmentBytes: 5_000 }, files)
  const size = (offset: number) => files.file(`/data/t-0/${String(offset).padStart(20, '0')}.log`).size()
  t.equal(size(0), 0, 'nothing is taken for what may stay empty')
  fixture.fill(3, 1_000)
  t.equal(size(0), 5_000)
  t.ok(fixture.log.sizeInBytes < 4_000)
  t.equal(fixture.values().length, 3)
  fixture.fill(4, 1_000)
  const { baseOffset, sizeInBytes } = fixture.log.segments[0]
  t.equal(size(baseOffset), sizeInBytes, 'the first is cut')
  t.equal(size(fixture.log.segments[1].baseOffset), 5_000)
  fixture.open({})
  t.equal(fixture.log.logEndOffset, 7, 'as after a crash')
  t.equal(fixture.values().length, 7)
  fixture.fill(1, 100)
  await fixture.log.close()
  const last = fixture.log.segments[fixture.log.segments.length - 1]
  t.equal(size(last.baseOffset), last.sizeInBytes)
  files.file(last.file.path).truncate(5_000)
  fixture.open({ cleanShutdown: true })
  t.equal(fixture.log.logEndOffset, 8, 'zeros behind the last batch are cut even where all is said to be well')
  fixture.fill(1, 100)
  t.equal(fixture.values().length, 9)
})

t.test('a segment that goes as the log is opened does not come back without the log start that says so', async t => {
  const files = new SimulatedFiles()
  const log = new LogFixture({}, files)
  log.fill(2)
  log.log.roll()
  log.fill(2)
  await log.log.close()

  const opened = new LogFixture({}, files, dir, { cleanShutdown: true, logStartOffset: 2 })
  t.equal(opened.log.segments.length, 1)
  t.equal(opened.log.namesLast, false)
  await opened.log.flush()
  t.equal(opened.log.namesLast, true)
})

t.test('a producer snapshot that a power failure spoiled goes, also where a newer one is whole', async t => {
  const files = new SimulatedFiles()
  const log = new LogFixture({}, files)
  for (let round = 0; round < 3; round++) {
    log.fill(2)
    log.log.roll()
  }
  await log.log.flush()
  const { recoveryPoint } = log.log
  files.file(`${dir}/00000000000000000002.snapshot`).truncate(5)

  const found = new LogFixture({}, files.killed(), dir, { recoveryPoint })
  t.same(checkLog(found.files, dir, { dense: true, closed: false }).findings, [])
  t.equal(found.log.logEndOffset, 6)
})

for (const [how, segmentBytes] of [
  ['within a segment', 1_000_000],
  ['over several segments', 400],
] as const) {
  t.test(`what was cut off ${how} is not there again between the records that took its place`, async t => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed)
      const files = new SimulatedFiles()
      const before = new LogFixture({ segmentBytes }, files)
      fillWith(before, 8, 'old')
      await before.log.flush()
      before.log.truncateTo(3)
      fillWith(before, 5, 'new', 1)

      const found = new LogFixture(
        {},
        files.lostPower(() => random.next()),
      )
      const kinds = found.values(3).map(value => value.slice(0, 3))
      if (new Set(kinds).size > 1) t.fail(`seed ${seed}: ${kinds}`)
      const latest = kinds.includes('new') ? 1 : 0
      if (found.log.latestEpoch !== latest) t.fail(`seed ${seed}: ${kinds} in epoch ${found.log.latestEpoch}`)
    }
  })
}

for (const how of ['flush', 'close'] as const) {
  t.test(`a ${how} waits for a cut that the disk is being told of already`, async t => {
    const files = new SimulatedFiles()
    const { log } = new LogFixture({}, files)
    const waiting: (() => void)[] = []
    log.append(batchOf(['a']), { origin: 'client', leaderEpoch: 0 })
    log.append(batchOf(['b']), { origin: 'client', leaderEpoch: 0 })
    await log.flush()
    files.later = complete => new Promise(resolve => waiting.push(() => resolve(complete())))
    log.truncateTo(1)
    let isDone = false
    const done = log[how]().then(() => {
      isDone = true
    })
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    t.notOk(isDone)
    while (!isDone) {
      waiting.shift()?.()
      await new Promise(setImmediate)
    }
    await done
    t.equal(
      new LogFixture(
        {},
        files.killed().lostPower(() => 0.999),
      ).log.logEndOffset,
      1,
    )
  })
}

t.test('what recovery cut off is not there again behind the records that took its place', async t => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed)
    const files = new SimulatedFiles()
    const before = new LogFixture({}, files)
    fillWith(before, 8, 'old')
    await before.log.flush()
    const damaged = files.file(`${dir}/00000000000000000000.log`)
    damaged.writev([Buffer.from('???')], before.log.segments[0]!.positionOf(3) + 70)
    await damaged.sync()

    const cut = new LogFixture({}, files.killed())
    t.equal(cut.log.logEndOffset, 3)
    fillWith(cut, 2, 'new')
    const found = new LogFixture(
      {},
      (cut.files as SimulatedFiles).lostPower(() => random.next()),
    )
    const kinds = found.values(3).map(value => value.slice(0, 3))
    if (kinds.includes('old')) t.fail(`seed ${seed}: ${kinds}`)
  }
})

t.test(
  'no epoch is told that had a record only in what a loss of power took, where a cut before it came undone',
  async t => {
    let ahead = 0
    for (let seed = 1; seed <= 400; seed++) {
      const random = seededRandom(seed)
      const files = new SimulatedFiles()
      const before = new LogFixture({}, files)
      fillWith(before, 8, 'old')
      await before.log.flush()
      // The disk does not come to it any more.
      files.later = () => new Promise(() => {})
      before.log.truncateTo(3)
      before.append(batchOf(['new']), 1)
      const lost = files.lostPower(() => random.next())
      if (`${lost.read(`${dir}/leader-epoch-checkpoint`)}`.includes('1 3')) ahead++
      const { log } = new LogFixture({}, lost)
      t.equal(log.latestEpoch, 0)
      if (log.endOffsetForEpoch(0).endOffset !== log.logEndOffset)
        t.fail(`seed ${seed}: ${log.endOffsetForEpoch(0).endOffset} of ${log.logEndOffset}`)
    }
    t.ok(ahead > 0, 'the file of epochs was ahead of the log')
  },
)

/** Appends batches of one record each, all of one size. */
function fillWith(fixture: LogFixture, count: number, kind: string, leaderEpoch = 0): void {
  for (let index = 0; index < count; index++) {
    fixture.append(batchOf([`${kind}${'.'.repeat(97)}`]), leaderEpoch)
    fixture.turn()
  }
}

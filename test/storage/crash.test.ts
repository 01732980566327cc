/** Single crashes that were once not survived. Histories of them by chance are in `test/simulation`. */
import t from 'tap'
import { checkLog } from '../../storage/check.ts'
import { LogFixture } from './fixture.ts'
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

/** The small files beside the logs: what is left of one after a loss of power, and that none ever promises more than there is. */
import t from 'tap'
import { checkpointText } from '../../storage/checkpoints.ts'
import { memoryFiles } from '../../storage/files.ts'
import { LeaderEpochs } from '../../storage/leader-epochs.ts'
import { defaultLogConfig } from '../../storage/log.ts'
import { OffsetCheckpoint } from '../../storage/offset-checkpoint.ts'
import { batchOf, LogFixture, openDirectory } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

const path = '/data/leader-epoch-checkpoint'
const client = { origin: 'client', leaderEpoch: 0 } as const

/** Files whose disk is done with something when a test says so. */
class PatientFiles extends SimulatedFiles {
  readonly waiting: (() => void)[] = []

  override later(complete: () => void): Promise<void> {
    return new Promise(resolve => this.waiting.push(() => resolve(complete())))
  }

  /** Ends what the disk is at; false where that is nothing. */
  async proceed(): Promise<boolean> {
    const next = this.waiting.shift()
    next?.()
    await new Promise(setImmediate)
    return next !== undefined
  }
}

t.test('of a file that ends early, wherever it does, nothing is believed', async t => {
  const whole = checkpointText(['5 26', '16 72', '17 118'])
  for (let length = 0; length < whole.length; length++) {
    const files = new SimulatedFiles()
    files.mkdir('/data')
    files.write(path, whole.slice(0, length))
    const epochs = new LeaderEpochs(files, path)
    t.same([epochs.damaged, epochs.entries], [true, []], JSON.stringify(whole.slice(0, length)))
  }
  for (const odd of [
    `${whole}18 200\n`,
    whole.replace('3', '-3'),
    whole.replace('3', '3.0'),
    whole.replace('72', ''),
  ]) {
    const files = new SimulatedFiles()
    files.mkdir('/data')
    files.write(path, odd)
    t.ok(new LeaderEpochs(files, path).damaged, JSON.stringify(odd))
  }
})

t.test('an epoch whose records compaction took is known after any loss of power', t => {
  for (const next of [() => 0, () => 0.5, () => 0.999]) {
    const files = new SimulatedFiles()
    const fixture = new LogFixture({ cleanupPolicy: ['compact'] }, files)
    files.syncDirectoryNow('/')
    files.syncDirectoryNow('/data')
    for (const leaderEpoch of [1, 3, 5]) {
      fixture.append(batchOf(['a']), leaderEpoch)
      fixture.turn()
      const found = new LeaderEpochs(files.killed().lostPower(next), `${fixture.dir}/leader-epoch-checkpoint`)
      t.same([found.damaged, found.latest], [false, leaderEpoch])
    }
  }
  t.end()
})

t.test(
  'what is lowered while more is on its way to the file is never told again, not after a loss of power either',
  async t => {
    for (let steps = 0; steps < 8; steps++) {
      const files = new PatientFiles()
      files.mkdir('/data')
      files.syncDirectoryNow('/')
      const offsets = new OffsetCheckpoint(files, '/data/offsets', true, () => undefined)
      offsets.set('t', 0, 94)
      const written = offsets.write()
      offsets.set('u', 0, 7)
      for (let step = 0; step < steps; step++) await files.proceed()
      offsets.lower('t', 0, 84)
      for (;;) {
        for (const found of [
          files.killed(),
          files.killed().lostPower(() => 0),
          files.killed().lostPower(() => 0.999),
        ]) {
          t.equal(new OffsetCheckpoint(found, '/data/offsets', true, () => undefined).get('t', 0), 84)
        }
        await new Promise(setImmediate)
        if (!(await files.proceed())) break
      }
      await written
      const last = new OffsetCheckpoint(files, '/data/offsets', true, () => undefined)
      t.same([last.get('t', 0), last.get('u', 0)], [84, 7])
    }
  },
)

t.test('what is lowered or discarded between two pieces of a text is as it was put down then', async t => {
  const files = memoryFiles()
  files.mkdir('/data')
  const read = () => new OffsetCheckpoint(files, '/data/offsets', true, () => undefined)
  const offsets = read()
  for (let partition = 0; partition < 2_000; partition++) offsets.set('t', partition, 94)
  let pauses = 0
  await offsets.write(async () => {
    if (++pauses === 2) offsets.lower('t', 0, 84)
  })
  t.ok(pauses >= 3, `${pauses} pauses`)
  t.same([read().get('t', 0), read().get('t', 1_999)], [84, 94])
  offsets.set('t', 1, 95)
  offsets.set('t', 1_999, 95)
  await offsets.write(async () => offsets.set('t', 1_999, 96))
  t.same([read().get('t', 1), read().get('t', 1_999)], [95, 96], 'each is as it is when it is looked at')
  offsets.set('t', 2, 95)
  await offsets.write(async () => offsets.discard())
  t.equal(read().get('t', 2), 94)
})

t.test('a topic that is made again under the name of a deleted one inherits no promise of it', async t => {
  for (const isUnderWay of [false, true]) {
    const files = new PatientFiles()
    const settle = async () => {
      while (await files.proceed());
    }
    const directory = openDirectory(files)
    const first = directory.openLog('t', 0, 'AAAAAAAAAAAAAAAAAAAAAA', defaultLogConfig)
    for (let offset = 0; offset < 60; offset++) first.append(batchOf(['old']), client)
    await null
    first.advanceLogStartOffset(54)
    directory.setHighWatermark('t', 0, 60)
    const flushed = first.flush().then(() => directory.checkpoint())
    if (!isUnderWay) {
      await settle()
      await flushed
    } else
      while (files.waiting.length > 0 && !files.exists('/data/recovery-point-offset-checkpoint.later.tmp'))
        await files.proceed()
    directory.deleteLog('t', 0, 60_000)
    const second = directory.openLog('t', 0, 'BBBBBBBBBBBBBBBBBBBBBB', defaultLogConfig)
    for (let offset = 0; offset < 10; offset++) second.append(batchOf(['new']), client)
    await null
    const found = openDirectory(files.killed())
    const log = found.openLog('t', 0, 'BBBBBBBBBBBBBBBBBBBBBB', defaultLogConfig)
    t.same([log.logStartOffset, log.logEndOffset, log.recoveryPoint, found.highWatermark('t', 0)], [0, 10, 0, 0])
    await settle()
    await flushed.catch(() => undefined)
    const later = openDirectory(files.killed()).openLog('t', 0, 'BBBBBBBBBBBBBBBBBBBBBB', defaultLogConfig)
    t.same([later.logStartOffset, later.logEndOffset], [0, 10])
  }
})

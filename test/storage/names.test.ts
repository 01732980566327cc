/** The names of directories and files: that the disk has those of what was promised, and not those of what was given up. */
import t from 'tap'
import { defaultLogConfig, type Log } from '../../storage/log.ts'
import { recoverAhead } from '../../storage/recovery/ahead.ts'
import { batchOf, openDirectory } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

const ids = ['AAAAAAAAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBBBBBBBB'] as const

async function append(log: Log, value: string): Promise<void> {
  log.append(batchOf([value]), { origin: 'client', leaderEpoch: 0 })
  await null
}

/** What a process finds after a loss of power that takes all names that the disk need not have. */
function lost(files: SimulatedFiles): SimulatedFiles {
  return files.killed().lostPower(() => 0.999)
}

function endOffsetOf(files: SimulatedFiles, topicId: string = ids[0]): number {
  return openDirectory(files).openLog('t', 0, topicId, defaultLogConfig).logEndOffset
}

for (const close of ['letGoOfLog', 'releaseLog'] as const) {
  t.test(`a log that is new and was closed untouched is on the disk once it was flushed: ${close}`, async t => {
    const files = new SimulatedFiles()
    const directory = openDirectory(files)
    directory.openLog('t', 0, ids[0], defaultLogConfig)
    t.ok(directory[close]('t', 0))
    const log = directory.openLog('t', 0, ids[0], defaultLogConfig)
    await append(log, 'a')
    await log.flush()
    t.equal(endOffsetOf(lost(files)), 1)
  })
}

t.test('a log that a killed process made is on the disk once it was recovered and flushed', async t => {
  const files = new SimulatedFiles()
  openDirectory(files).openLog('t', 0, ids[0], defaultLogConfig)
  const next = files.killed()
  const directory = openDirectory(next)
  t.ok(directory.mustRecover('t', 0))
  await directory.recover([{ topic: 't', partition: 0, config: defaultLogConfig }], () => undefined, {
    threads: 1,
    pause: async () => undefined,
    progress: () => undefined,
    recoverOne: job => recoverAhead(job, next),
  })
  const log = directory.openLog('t', 0, ids[0], defaultLogConfig)
  await append(log, 'a')
  await log.flush()
  t.equal(endOffsetOf(lost(next)), 1)
})

t.test('the directory of a deleted topic is not back where one of its name has taken its place', async t => {
  for (const checkpoints of [false, true]) {
    const files = new SimulatedFiles()
    const directory = openDirectory(files)
    const first = directory.openLog('t', 0, ids[0], defaultLogConfig)
    await append(first, 'old')
    await first.flush()
    directory.deleteLog('t', 0, 60_000)
    if (checkpoints) await directory.checkpoint()
    await append(directory.openLog('t', 0, ids[1], defaultLogConfig), 'new')
    const found = openDirectory(lost(files))
    t.equal(found.holds('t', 0) && found.topicId('t', 0) === ids[0], false)
  }
})

t.test('an empty segment of which a loss of power left nothing but its file can be flushed', async t => {
  const files = new SimulatedFiles()
  const before = openDirectory(files)
  before.openLog('t', 0, ids[0], defaultLogConfig)
  await before.close()
  for (const kind of ['index', 'timeindex']) files.unlink(`/data/t-0/00000000000000000000.${kind}`)
  const directory = openDirectory(files)
  t.ok(directory.cleanShutdown)
  const log = directory.openLog('t', 0, ids[0], defaultLogConfig)
  await append(log, 'a')
  log.roll()
  await log.flush()
  t.equal(endOffsetOf(lost(files)), 1)
})

/** Data directories: their ids, their lock, their checkpoints, and what becomes of deleted logs. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import {
  DirectoryError,
  DirectoryLockedError,
  type DirectoryOptions,
  type LogDirectory,
} from '../../storage/directory.ts'
import { diskFiles, type Files, memoryFiles } from '../../storage/files.ts'
import { defaultLogConfig } from '../../storage/log.ts'
import { faultyFiles, outOfDescriptors } from './faulty-files.ts'
import { batchOf, LogFixture, openDirectory, startMs } from './fixture.ts'
import { SimulatedFiles } from './simulated-files.ts'

const topicId = 'Ix7fU4oaTj2qjobMGL43vQ'
const client = { origin: 'client', leaderEpoch: 0 } as const

function open(path: string, choice: Partial<DirectoryOptions> = {}): LogDirectory {
  return openDirectory(diskFiles, path, choice)
}

t.test('a new directory gets its ids, and keeps them', async t => {
  const path = t.testdir()
  const first = open(path, { clusterId: 'MkU3OEVBNTcwNTJENDM2Qk' })
  t.equal(first.cleanShutdown, false)
  t.equal(first.clusterId, 'MkU3OEVBNTcwNTJENDM2Qk')
  await first.close()
  t.match(
    readFileSync(`${path}/meta.properties`, 'utf8'),
    /version=1\ncluster.id=MkU3\w+\nnode.id=1\ndirectory.id=A{20}00\n/,
  )
  const second = open(path)
  t.equal(second.clusterId, first.clusterId)
  t.equal(second.directoryId, first.directoryId)
  t.equal(second.cleanShutdown, true)
  await second.close()
  t.throws(() => open(path, { nodeId: 2 }), DirectoryError)
  t.throws(() => open(path, { clusterId: 'AAAAAAAAAAAAAAAAAAAAAA' }), DirectoryError)
  await open(path).close()
})

t.test('a second broker is refused, in this process and in another; a dead one is not in the way', async t => {
  const path = t.testdir()
  const first = open(path)
  t.throws(() => open(path), DirectoryLockedError)
  await first.close()
  t.notOk(existsSync(`${path}/.lock`))

  // This test's parent is alive for sure; whoever had the number of this process before is dead.
  const bootId = readText('/proc/sys/kernel/random/boot_id').trim()
  const started = (pid: number) =>
    readText(`/proc/${pid}/stat`)
      .replace(/^.*\) /, '')
      .split(' ')[19] ?? ''
  const lock = (pid: number, start: string, boot = bootId) =>
    writeFileSync(`${path}/.lock`, `pid=${pid}\nstart=${start}\nboot=${boot}\n`)
  lock(process.ppid, started(process.ppid))
  t.throws(() => open(path), { name: 'DirectoryLockedError', message: new RegExp(`process ${process.ppid} has it`) })
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  for (const stale of [
    () => lock(pid, '12345'),
    () => lock(process.pid, '12345'),
    () => lock(process.ppid, '1'),
    () => lock(process.ppid, started(process.ppid), 'another-boot'),
    () => writeFileSync(`${path}/.lock`, ''),
  ]) {
    stale()
    await open(path).close()
  }
})

t.test('a process that has ended holds no directory, though its parent has not looked after it', async t => {
  for (const [state, isHeld] of [
    ['S', true],
    ['Z', false],
  ] as const) {
    const files = memoryFiles()
    for (const path of ['/data', '/proc/77']) files.mkdir(path)
    files.write(
      '/proc/77/stat',
      `77 (a (b) c) ${[state, ...Array.from({ length: 18 }, () => '0'), '4711'].join(' ')} 0`,
    )
    files.write('/data/.lock', 'pid=77\nstart=4711\nboot=\n')
    if (isHeld) t.throws(() => open('/data', { files }), DirectoryLockedError)
    else await open('/data', { files }).close()
  }
})

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

t.test('logs live in directories of their own, and their checkpoints survive', async t => {
  for (const files of [diskFiles, memoryFiles()]) {
    const path = files === diskFiles ? t.testdir() : '/data'
    const directory = open(path, { files })
    const log = directory.openLog('orders', 3, topicId, { ...defaultLogConfig, segmentBytes: 1_000 })
    t.equal(directory.openLog('orders', 3, topicId, defaultLogConfig), log)
    for (let index = 0; index < 30; index++) log.append(batchOf([`${index}`.padEnd(100)]), client)
    await null
    directory.openLog('empty', 0, null, defaultLogConfig)
    log.advanceLogStartOffset(7)
    directory.setHighWatermark('orders', 3, 30)
    await log.flush()
    await directory.checkpoint()
    t.equal(textOf(files, `${path}/recovery-point-offset-checkpoint`), '0\n2\norders 3 30\nempty 0 0\n')
    t.equal(textOf(files, `${path}/replication-offset-checkpoint`), '0\n1\norders 3 30\n')
    t.equal(textOf(files, `${path}/log-start-offset-checkpoint`), '0\n1\norders 3 7\n')
    t.equal(textOf(files, `${path}/orders-3/partition.metadata`), `version: 0\ntopic_id: ${topicId}`)
    await directory.close()

    const again = open(path, { files })
    t.same(
      again.partitions().sort((a, b) => (a.topic < b.topic ? -1 : 1)),
      [
        { topic: 'empty', partition: 0 },
        { topic: 'orders', partition: 3 },
      ],
    )
    t.equal(again.topicId('empty', 0), null)
    t.equal(again.topicId('orders', 3), topicId)
    t.equal(again.highWatermark('orders', 3), 30)
    t.throws(() => again.openLog('orders', 3, 'AAAAAAAAAAAAAAAAAAAAAQ', defaultLogConfig), DirectoryError)
    const reopened = again.openLog('orders', 3, topicId, defaultLogConfig)
    t.same([reopened.logStartOffset, reopened.logEndOffset, reopened.recoveryPoint], [7, 30, 30])
    t.ok(again.sizeInBytes('orders', 3) > 1_000)
    await again.close()
  }
})

function textOf(files: Files, path: string): string | undefined {
  return files.read(path)?.toString()
}

t.test('a deleted log makes room for another of its name at once, and its files go later', async t => {
  const path = t.testdir()
  const directory = open(path)
  directory.openLog('t', 0, topicId, defaultLogConfig).append(batchOf(['old']), client)
  directory.deleteLog('t', 0, 1_000)
  const log = directory.openLog('t', 0, 'AAAAAAAAAAAAAAAAAAAAAQ', defaultLogConfig)
  t.equal(log.logEndOffset, 0)
  const doomed = () => readdirSync(path).filter(name => /^t-0\.[0-9a-f]{32}-delete$/.test(name)).length
  t.equal(doomed(), 1)
  await directory.removeDeleted(startMs + 999)
  t.equal(doomed(), 1)
  await directory.removeDeleted(startMs + 1_000)
  t.equal(doomed(), 0)
  directory.deleteLog('t', 0, 60_000)
  await directory.close()

  const again = open(path)
  t.same(again.partitions(), [])
  await again.removeDeleted(startMs)
  t.equal(doomed(), 0, 'leftovers go at the next start')
  await again.close()
})

t.test('a damaged checkpoint is as good as none', async t => {
  const path = t.testdir()
  const directory = open(path)
  const log = directory.openLog('t', 0, topicId, defaultLogConfig)
  log.append(batchOf(['kept']), client)
  await directory.close()
  for (const damage of ['', '1\n0\n', '0\n5\nt 0 1\n', '0\n1\nt 0 x\n']) {
    writeFileSync(`${path}/recovery-point-offset-checkpoint`, damage)
    const warnings: string[] = []
    const warn = (message: string) => void warnings.push(message)
    const again = open(path, { logger: { info: warn, warn, error: warn } })
    t.match(warnings, [/recovery-point-offset-checkpoint cannot be read/])
    t.equal(again.openLog('t', 0, topicId, defaultLogConfig).logEndOffset, 1)
    await again.close()
  }
})

t.test('a log whose disk failed leaves no mark of a clean shutdown', async t => {
  const files = memoryFiles()
  const directory = open('/data', { files })
  const log = directory.openLog('t', 0, topicId, defaultLogConfig)
  log.append(batchOf(['a']), client)
  files.unlink('/data/t-0/00000000000000000000.log')
  log.segments[0].file.close()
  await files.removeTree('/data/t-0')
  await null
  t.ok(log.failure)
  await directory.close()
  t.equal(open('/data', { files }).cleanShutdown, false)
})

t.test('checkpoints that a crash may not have left on the disk are written again', async t => {
  const files = new SimulatedFiles()
  const first = open('/data', { files })
  const log = first.openLog('t', 0, topicId, defaultLogConfig)
  log.append(batchOf(['a', 'b']), client)
  await null
  await first.checkpoint()
  log.advanceLogStartOffset(1)
  files.syncsAreLost = true
  await first.checkpoint()

  const crashed = files.killed()
  const second = open('/data', { files: crashed })
  t.equal(second.openLog('t', 0, topicId, defaultLogConfig).logStartOffset, 1)
  await second.checkpoint()
  const third = open('/data', { files: crashed.lostPower(() => 0.999) })
  t.equal(third.openLog('t', 0, topicId, defaultLogConfig).logStartOffset, 1)
})

t.test(
  'what a killed process had written is on the disk before it is read, where flush.messages promises that',
  async t => {
    const config = { ...defaultLogConfig, flushMessages: 1 }
    const files = new SimulatedFiles()
    const first = open('/data', { files })
    const log = first.openLog('t', 0, topicId, config)
    log.append(batchOf(['a']), client)
    await log.flush()
    files.syncsAreLost = true
    log.append(batchOf(['b']), client)
    await null

    const crashed = files.killed()
    const second = open('/data', { files: crashed })
    const logs = [{ topic: 't', partition: 0, config }]
    await second.recover(logs, ({ topic, partition }) => second.openLog(topic, partition, topicId, config), {
      threads: 1,
      pause: async () => undefined,
      progress: () => undefined,
    })
    t.equal(second.openLog('t', 0, topicId, config).logEndOffset, 2)
    const third = open('/data', { files: crashed.lostPower(() => 0) })
    t.equal(third.openLog('t', 0, topicId, config).logEndOffset, 2)
  },
)

t.test('a directory that was let go of is not closed as if all were well', async t => {
  const files = memoryFiles()
  const directory = open('/data', { files })
  directory.openLog('t', 0, topicId, defaultLogConfig)
  directory.abandon()
  await directory.close()
  const next = open('/data', { files })
  t.equal(next.cleanShutdown, false)
  directory.abandon()
  t.throws(() => open('/data', { files }), DirectoryLockedError, 'it is held by the next one still')
  await next.close()
})

t.test('a log that could not be recovered leaves no mark of a clean shutdown', async t => {
  const files = new SimulatedFiles()
  const first = open('/data', { files })
  first.openLog('t', 0, topicId, defaultLogConfig).append(batchOf(['a']), client)
  await null
  const crashed = files.killed()
  const second = open('/data', { files: crashed })
  crashed.writesUntilFailure = 0
  t.throws(() => second.openLog('t', 0, topicId, defaultLogConfig), /ENOSPC/)
  crashed.writesUntilFailure = Number.POSITIVE_INFINITY
  await second.close()
  const third = open('/data', { files: crashed })
  t.equal(third.cleanShutdown, false)
  t.equal(third.openLog('t', 0, topicId, defaultLogConfig).logEndOffset, 1)
  await third.close()
  t.equal(open('/data', { files: crashed }).cleanShutdown, true)
})

t.test('a log that is deleted while it is flushed neither blames the disk nor says that it was flushed', async t => {
  const fixture = new LogFixture({ flushMessages: 1 }, diskFiles, `${t.testdir()}/t-0`)
  fixture.log.roll()
  fixture.append(batchOf(['a']))
  fixture.turn()
  const flushed = fixture.log.flush()
  fixture.log.discard()
  diskFiles.rename(fixture.dir, `${fixture.dir}.gone-delete`)
  await t.rejects(flushed, { code: codes.KAFKA_STORAGE_ERROR })
  t.same(fixture.failures, [])
  t.same(fixture.warnings, [])
})

t.test(
  'a log whose first opening failed after its directory was made is on the disk all the same once it was flushed',
  async t => {
    const disk = new SimulatedFiles()
    const before = open('/data', { files: disk })
    const gone = before.openLog('t', 0, topicId, defaultLogConfig)
    gone.append(batchOf(['gone']), client)
    await before.close()
    await disk.removeTree('/data/t-0')
    disk.syncDirectoryNow('/data')

    let isFull = true
    const synced: string[] = []
    const files = faultyFiles(disk, (call, path) => {
      if (call === 'syncDirectory') synced.push(path)
      return isFull && call === 'create' && path.endsWith('.timeindex') ? outOfDescriptors() : null
    })
    const directory = open('/data', { files })
    t.ok(directory.cleanShutdown)
    t.throws(() => directory.openLog('t', 0, topicId, defaultLogConfig), { code: 'EMFILE' })
    t.ok(disk.exists('/data/t-0'))
    isFull = false
    const log = directory.openLog('t', 0, topicId, defaultLogConfig)
    log.append(batchOf(['kept']), client)
    await log.flush()
    t.same(synced, ['/data/t-0', '/data/t-0/..'], 'its own name, too')
  },
)

t.test('whose a log is, is on the disk with the first that was flushed of it', async t => {
  const disk = new SimulatedFiles()
  const log = open('/data', { files: disk }).openLog('t', 0, topicId, defaultLogConfig)
  log.append(batchOf(['kept']), client)
  await log.flush()
  const after = open('/data', { files: disk.killed().lostPower(() => 0) })
  t.equal(after.topicId('t', 0), topicId)
})

t.test('a log of another topic under the name does not keep a directory from being called cleanly closed', async t => {
  const files = memoryFiles()
  const first = open('/data', { files })
  first.openLog('t', 0, topicId, defaultLogConfig)
  await first.close()
  const second = open('/data', { files })
  t.throws(() => second.openLog('t', 0, 'AAAAAAAAAAAAAAAAAAAAAQ', defaultLogConfig), DirectoryError)
  await second.close()
  t.ok(open('/data', { files }).cleanShutdown)
})

t.test('a process that ends before it knows which logs are in use proves none of them', async t => {
  const disk = new SimulatedFiles()
  const first = open('/data', { files: disk })
  first.openLog('t', 0, topicId, defaultLogConfig).append(batchOf(['a']), client)
  await null
  const files = disk.killed()
  await open('/data', { files }).close()
  const second = open('/data', { files })
  t.equal(second.cleanShutdown, false)
  second.allKnown()
  await second.close()
  t.equal(open('/data', { files }).cleanShutdown, true, 'what nobody asked for by then is not in use')
})

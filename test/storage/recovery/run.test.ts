/** The recovery of many logs at a start after a crash. */
import { appendFileSync } from 'node:fs'
import t from 'tap'
import { type DirectoryOptions, LogDirectory, type RecoveryAmount } from '../../../storage/directory.ts'
import { diskFiles } from '../../../storage/files.ts'
import { defaultLogConfig } from '../../../storage/log.ts'
import { batchOf, startMs } from '../fixture.ts'

const config = { ...defaultLogConfig, segmentBytes: 2_000 }
const client = { origin: 'client', leaderEpoch: 3 } as const
const logCount = 70

function open(path: string, choice: Partial<DirectoryOptions> = {}): LogDirectory {
  return LogDirectory.open(path, {
    files: diskFiles,
    nodeId: 1,
    uuid: () => 'AAAAAAAAAAAAAAAAAAAAAA',
    now: () => startMs,
    schedule: run => queueMicrotask(run),
    producerIdExpirationMs: () => 86_400_000,
    ...choice,
  })
}

/** A directory whose process died: of its logs the first is empty, the second has a torn end, the others hold thirty records. */
async function crashed(path: string): Promise<void> {
  const directory = open(path)
  for (let index = 0; index < logCount; index++) {
    const log = directory.openLog('t', index, null, config)
    for (let number = 0; index > 0 && number < 30; number++) {
      log.append(batchOf([`${index}-${number}`.padEnd(100)], { producerId: index, baseSequence: number }), client)
    }
  }
  await null
  await directory.log('t', 2)!.flush()
  await directory.checkpoint()
  appendFileSync(directory.log('t', 1)!.segments.at(-1)!.file.path, 'torn')
  directory.abandon()
}

const logs = Array.from({ length: logCount }, (_, partition) => ({ topic: 't', partition, config }))

t.test(
  'threads (num.recovery.threads.per.data.dir) recover what a crash left, and the logs are opened as they left them',
  async t => {
    const path = t.testdir()
    await crashed(path)
    const messages: string[] = []
    const say = (message: string) => void messages.push(message)
    const directory = open(path, { logger: { info: say, warn: say, error: say } })
    t.ok(logs.every(({ topic, partition }) => directory.mustRecover(topic, partition)))
    const progress: RecoveryAmount[] = []
    const done: number[] = []
    let pauses = 0
    await directory.recover(logs, ({ partition }) => void done.push(partition), {
      threads: 2,
      pause: async () => void pauses++,
      progress: (through, totals) => {
        t.equal(totals.logs, logCount)
        t.ok(through.bytes <= totals.bytes)
        progress.push(through)
      },
    })
    t.same(
      done.sort((a, b) => a - b),
      logs.map(({ partition }) => partition),
    )
    t.ok(pauses > 0)
    t.equal(progress.at(-1)!.logs, logCount)
    t.match(messages, [/cut damaged, torn/])
    for (const { topic, partition } of logs) {
      const log = directory.openLog(topic, partition, null, config)
      t.equal(log.logEndOffset, partition === 0 ? 0 : 30)
      t.equal(log.recoveryPoint < 30, true, 'the disk may lack the indexes that were made anew')
      if (partition === 0) continue
      t.equal(log.offsetForTimestamp(startMs)?.offset, 0)
      t.equal(log.epochs.latest, 3)
      t.throws(() => log.append(batchOf(['x'], { producerId: partition, baseSequence: 31 }), client))
      await log.flush()
      t.equal(log.recoveryPoint, 30)
    }
    await directory.close()
    const again = open(path)
    t.ok(again.cleanShutdown)
    t.notOk(again.mustRecover('t', 1))
    await again.close()
  },
)

t.test('a recovery that is called off leaves no mark of a clean shutdown, and can be begun again', async t => {
  const path = t.testdir()
  await crashed(path)
  const directory = open(path)
  for (const { topic, partition } of logs) directory.mustRecover(topic, partition)
  const calledOff = new AbortController()
  let done = 0
  await directory.recover(
    logs,
    () => {
      done++
      calledOff.abort()
    },
    { threads: 1, pause: async () => undefined, progress: () => undefined, signal: calledOff.signal },
  )
  t.equal(done, 1)
  await directory.close()
  const again = open(path)
  t.notOk(again.cleanShutdown)
  t.equal(again.openLog('t', 1, null, config).logEndOffset, 30)
  await again.close()
})

t.test('a log that no thread can read is left to its opening, which says why', async t => {
  const path = t.testdir()
  await crashed(path)
  diskFiles.unlink(`${path}/t-5/leader-epoch-checkpoint`)
  diskFiles.mkdir(`${path}/t-5/leader-epoch-checkpoint`)
  const directory = open(path)
  const failed: number[] = []
  await directory.recover(
    logs,
    ({ topic, partition }, mayWait) => {
      if (mayWait) return
      try {
        directory.openLog(topic, partition, null, config)
      } catch {
        failed.push(partition)
      }
    },
    { threads: 1, pause: async () => undefined, progress: () => undefined },
  )
  t.same(failed, [5])
  await directory.close()
  t.notOk(open(path).cleanShutdown)
})

t.test('a bug in a thread is told as one, and not taken for a log that cannot be read', async t => {
  const path = t.testdir()
  await crashed(path)
  const directory = open(path)
  const buggy = logs.map(log => ({ ...log, config: { ...config, cleanupPolicy: null as never } }))
  const choice = { threads: 2, pause: async () => undefined, progress: () => undefined }
  await t.rejects(
    directory.recover(buggy, () => undefined, choice),
    TypeError,
  )
  directory.abandon()
})

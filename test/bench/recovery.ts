/**
 * A start after a crash: `node scripts/run.mjs script test/bench/recovery.ts [--partitions 200] [--mb 20] [--threads 2] [--keep DIR]` fills
 * partitions, kills the broker, and starts it again, with and without its files in the machine's memory being warm.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { batchOf } from '../../conformance/cases/case.ts'
import { startOwnBroker } from '../../conformance/own-broker.ts'
import { Session, wholeRequest } from '../../conformance/session.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { usageOf } from './replay/process-usage.ts'

const { values } = parseArgs({
  options: {
    partitions: { type: 'string', default: '200' },
    mb: { type: 'string', default: '20' },
    threads: { type: 'string', default: '2' },
    keep: { type: 'string' },
  },
})
const partitions = Number(values.partitions)
const directory = values.keep ?? mkdtempSync(join(tmpdir(), 'ottla-recovery-'))
const broker = () =>
  startOwnBroker([
    ...['--data', directory, '--port', '0', '--log-level', 'info'],
    ...['--set', `num.recovery.threads.per.data.dir=${values.threads}`],
  ])

if (values.keep === undefined || readdirSync(directory).length === 0) {
  const first = await broker()
  const session = new Session(first.bootstrap, 'recovery')
  await session.topic('t', partitions)
  // Batches of about 16 KB, as producers send them.
  const batch = () => batchOf(Array.from({ length: 16 }, (_, index) => `${index}`.padEnd(1_000, '.')))
  const rounds = Math.ceil((Number(values.mb) * 2 ** 20) / batch().length)
  for (let round = 0; round < rounds; round++) {
    const partitionData = Array.from({ length: partitions }, (_, index) => ({ index, records: batch() }))
    await session.prepare(Produce, 9, {
      ...wholeRequest(Produce, { acks: 1, timeoutMs: 60_000, topicData: [{ name: 't', partitionData }] }),
    })
  }
  await session.close()
  await first.kill()
}
for (const round of ['first', 'second']) {
  const again = await broker()
  const { userSeconds, systemSeconds, residentBytes } = usageOf(again.pid)
  console.log(`${round} start after a kill: ${/\d+ ms since/.exec(again.readyLine)![0]} process start`)
  console.log(
    `  CPU ${(userSeconds + systemSeconds).toFixed(2)} s, resident ${(residentBytes / 2 ** 20).toFixed(0)} MB, ${values.threads} threads`,
  )
  console.log(again.errorOutput().trimEnd().replace(/^/gm, '  '))
  await again.kill()
}
if (values.keep === undefined) rmSync(directory, { recursive: true, force: true })

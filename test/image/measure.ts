/**
 * How soon a container serves, and what it takes: for BENCHMARKS.md. `npm run image -- --measure`
 *
 * The first record counts from the container's State.StartedAt until it is acknowledged to a client outside, who tries all the time.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from '../../lib/client/client.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { type Container, freePort } from './engine.ts'
import type { Subject } from './main.ts'

const runs = 10
/** What is measured is a container that nobody has used for so long. */
const idleMs = 5_000
const topic = 'first'
const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

export async function measure({ engine, image, base }: Subject): Promise<void> {
  const size = async (name: string) => Number(await engine.do('image', 'inspect', '--format', '{{.Size}}', name))
  console.log(`over its base: ${(((await size(image)) - (await size(base))) / 1e6).toFixed(1)} MB`)
  const firstMs: number[] = []
  for (let i = 0; i < runs; i++) {
    const port = await freePort()
    const broker = await engine.start(['--publish', `${port}:9092`], image)
    await acknowledged(port)
    firstMs.push(Date.now() - (await startedAt(broker)))
    if (i === runs - 1) await costs(broker)
    await broker.remove()
  }
  firstMs.sort((a, b) => a - b)
  console.log(
    `first record acknowledged: ${firstMs[0]} to ${firstMs.at(-1)} ms, half of ${runs} within ${firstMs[runs / 2]} ms`,
  )
}

async function startedAt(broker: Container): Promise<number> {
  const text = await broker.inspect('{{.State.StartedAt}}')
  // Podman prints it as Go does: 2026-01-31 12:00:00.123456789 +0000 UTC
  return Date.parse(text.replace(/^(\S+) (\S+?)(\.\d{3})\d* \+0000 UTC$/, '$1T$2$3Z'))
}

async function acknowledged(port: number): Promise<void> {
  for (;;) {
    try {
      const client = await Client.connect({ host: '127.0.0.1', port })
      await client.send(Metadata, 9, {
        ...{ topics: [{ name: topic, topicId: noId }], allowAutoTopicCreation: true },
        ...{ includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false },
      })
      const records = buildBatch({ records: [{ timestamp: Date.now(), key: null, value: Buffer.from('x') }] })
      const { responses } = await client.send(Produce, 9, {
        ...{ transactionalId: null, acks: -1, timeoutMs: 1_000 },
        topicData: [{ name: topic, topicId: noId, partitionData: [{ index: 0, records }] }],
      })
      if (responses[0]!.partitionResponses[0]!.errorCode === 0) {
        void client.close()
        return
      }
    } catch {
      // Nobody listens yet, or only the engine does.
    }
    await delay(2)
  }
}

/** Memory of an idle container, and the processor's time of a health check. */
async function costs(broker: Container): Promise<void> {
  await delay(idleMs)
  const { stdout: status } = await broker.exec(
    ...['bash', '-c', 'grep VmRSS "/proc/$(tr -d " " < /proc/1/task/1/children)/status"'],
  )
  const residentMb = Number(status.match(/\d+/)?.[0]) / 1024
  const counted = await broker.engine.do('stats', '--no-stream', '--format', '{{.MemUsage}}', broker.name)
  console.log(
    `idle: ${counted.split(' ')[0]} as the engine counts, ${residentMb.toFixed(0)} MB resident with Node's own code`,
  )
  const { stderr } = await broker.exec(
    'bash',
    '-c',
    'TIMEFORMAT="%R %U %S"; time for i in {1..10}; do ottla health; done',
  )
  const [real, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  console.log(
    `a health check: ${(real! * 100).toFixed(0)} ms, of which ${((user! + system!) * 100).toFixed(0)} ms of a processor, its client included`,
  )
}

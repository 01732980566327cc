/** From the start of the process to the first acknowledged record, on a new directory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../../../conformance/kafka.ts'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { Client } from '../../../lib/client/client.ts'
import { codes } from '../../../protocol/errors.ts'
import { Metadata } from '../../../protocol/messages/metadata.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { Figures, type Section } from '../measures.ts'
import { usageOf } from '../replay/process-usage.ts'
import { kafkaName } from '../rivals.ts'

const topic = 'first'
const noTopicId = 'A'.repeat(22)

function connect(address: string): Promise<Client> {
  const [host, port] = address.split(':') as [string, string]
  return Client.connect({ host, port: Number(port), clientId: 'first' })
}

/** Has the topic made by asking for it, and produces one record; resolves when that is acknowledged. */
export async function produceFirst(bootstrap: string): Promise<void> {
  let address = bootstrap.split(',')[0]!
  let client = await connect(address)
  const records = buildBatch({ records: [{ timestamp: Date.now(), key: null, value: Buffer.from('first') }] })
  for (;;) {
    const { brokers, topics } = await client.send(Metadata, 8, {
      topics: [{ name: topic, topicId: noTopicId }],
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    const leader = brokers.find(({ nodeId }) => nodeId === topics[0].partitions[0]?.leaderId)
    if (leader !== undefined && `${leader.host}:${leader.port}` !== address) {
      await client.close()
      address = `${leader.host}:${leader.port}`
      client = await connect(address)
    }
    if (topics[0].errorCode === codes.NONE) {
      const { responses } = await client.send(Produce, 9, {
        transactionalId: null,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: topic, topicId: noTopicId, partitionData: [{ index: 0, records }] }],
      })
      if (responses[0].partitionResponses[0].errorCode === codes.NONE) break
    }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await client.close()
}

interface Started {
  readonly bootstrap: string
  readonly pid: number
  /** From the start of the process until it was ready, in milliseconds. */
  readonly readyMs: number
  stop(): Promise<unknown>
}

/** Starts each in turns and stops it again. */
export async function start(rounds: number, withKafka: boolean): Promise<Section> {
  const figures = new Figures()
  const starters: ((directory: string) => Promise<Started>)[] = [
    async directory => {
      const begunMs = performance.now()
      const broker = await startOwnBroker(['--port', '0', '--data', directory])
      return { ...broker, readyMs: performance.now() - begunMs }
    },
    startKafka,
  ]
  for (let round = 0; round <= rounds; round++) {
    for (const [at, begin] of starters.entries()) {
      if (at === 1 && !withKafka) continue
      const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
      try {
        const broker = await begin(directory)
        const readyAtMs = performance.now()
        await produceFirst(broker.bootstrap)
        const elapsedMs = broker.readyMs + performance.now() - readyAtMs
        await new Promise(resolve => setTimeout(resolve, 1_000))
        const { residentBytes } = usageOf(broker.pid)
        await broker.stop()
        console.log(`round ${round}, start, ${at === 0 ? 'Ottla' : kafkaName}: ${elapsedMs.toFixed(0)} ms`)
        if (round === 0) continue
        const name = 'start to the first acknowledged record'
        figures.add(at, { name, unit: 'ms', digits: 0, better: 'lower' }, elapsedMs)
        figures.add(at, { name: 'idle after it', unit: 'MB', digits: 0, better: 'lower' }, residentBytes / 1024 / 1024)
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }
  }
  return {
    key: 'start',
    measures: figures.all(),
    setting: 'On new directories; the formatting that Apache Kafka needs before is not counted.',
  }
}

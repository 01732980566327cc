/** Three brokers in racks of their own: consumers read from the one in theirs (KIP-392), and who is eligible is told as by three nodes of Apache Kafka (KIP-966). */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describeTopics } from '../../lib/admin/topics.ts'
import { pythonProgram } from '../clients/python.ts'
import { Client } from '../kafkajs/kafka.ts'
import { type Scenario, until } from '../scenario.ts'
import { type ClusterOfProcesses, rackOf } from './brokers.ts'

const run = promisify(execFile)

const records = 2_000
const value = 'x'.repeat(1_000)
const total = records * value.length
const topic = 'nearby'
const [leader, follower, other] = [1, 2, 3]

export function nearbyScenarios(brokers: ClusterOfProcesses): Scenario[] {
  const program = pythonProgram(fileURLToPath(new URL('nearby.py', import.meta.url)))
  return [
    {
      name: 'kafkajs reads from the replica in its rack',
      run: () => byKafkajs(brokers),
    },
    {
      name: 'librdkafka reads from the replica in its rack, and from the leader when that is gone',
      ...(typeof program === 'string' ? { skipped: program } : {}),
      run: async () => {
        const { command, args } = (program as Exclude<typeof program, string>)([
          ...[brokers.bootstrap, topic, rackOf(follower), `${records}`],
        ])
        const read = async () => {
          const { stdout } = await run(command, args, { timeout: 120_000 })
          const received = JSON.parse(stdout) as Record<string, number>
          return [received[follower] ?? 0, received[leader] ?? 0] as const
        }
        const [near, far] = await read()
        assert.ok(near >= total && far < total / 2, `${near} bytes came from the rack, ${far} from the leader`)
        await brokers.kill(follower)
        const [none, all] = await read()
        assert.ok(none === 0 && all >= total, `without it, ${none} bytes came from the rack, ${all} from the leader`)
        await brokers.start(follower)
        await brokers.whole(topic)
        return `${near} bytes from the rack, ${far} from the leader; then ${all} from the leader`
      },
    },
    { name: 'who is eligible is told as by Apache Kafka', run: () => eligible(brokers) },
  ]
}

async function byKafkajs(brokers: ClusterOfProcesses): Promise<string> {
  await brokers.createTopic(topic, [[leader, follower, other]])
  const client = new Client(brokers.bootstrap, { brokers: brokers.bootstrap.split(',') })
  try {
    const producer = await client.producer()
    for (let at = 0; at < records; at += 100) {
      await producer.send({ topic, acks: -1, messages: Array.from({ length: 100 }, () => ({ value })) })
    }
    const consumer = await client.consumer('nearby-by-kafkajs', {
      rackId: rackOf(follower),
      maxBytesPerPartition: 50_000,
    })
    const bytes = new Map<string, number>()
    consumer.on(consumer.events.REQUEST, ({ payload: { apiName, broker, size } }) => {
      if (apiName === 'Fetch') bytes.set(broker, (bytes.get(broker) ?? 0) + size)
    })
    const from = (id: number) => bytes.get(brokers.bootstrap.split(',')[id - 1]!) ?? 0
    let seen = 0
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async () => {
        seen++
      },
    })
    await until('all records', () => seen >= records || undefined, 60_000)
    const [near, far] = [from(follower), from(leader)]
    assert.ok(near >= total, `bytes by broker: ${JSON.stringify([...bytes])}`)
    assert.ok(far < total / 2, `bytes by broker: ${JSON.stringify([...bytes])}`)
    return `${near} bytes from the rack, ${far} from the leader`
  } finally {
    await client.close()
  }
}

/** What three nodes of Apache Kafka tell when one is stopped well: topics and what they ask for, and what becomes of their first partitions. */
const stopped = 3
const told = [
  { name: 'all', replicas: [1, 2, 3], min: '3', leader: 1, isr: [1, 2], elr: [3], lastKnown: [] },
  { name: 'sole', replicas: [3], min: '1', leader: -1, isr: [], elr: [3], lastKnown: [3] },
  { name: 'led', replicas: [3, 1], min: '2', leader: 1, isr: [1], elr: [3], lastKnown: [] },
  { name: 'enough', replicas: [1, 2, 3], min: '2', leader: 1, isr: [1, 2], elr: [], lastKnown: [] },
] as const

async function eligible(brokers: ClusterOfProcesses): Promise<undefined> {
  const { admin } = brokers
  for (const { name, replicas, min } of told) {
    await brokers.createTopic(name, [replicas], { 'min.insync.replicas': min })
  }
  const names = told.map(({ name }) => name)
  await brokers.whole(...names)
  await brokers.stop(stopped)
  const described = async () =>
    (await describeTopics(admin, names)).map(({ name, partitions: [partition] }) => {
      const { leader, isr, eligibleLeaderReplicas, lastKnownElr } = partition!
      return { name, leader, isr: [...isr].sort(), elr: eligibleLeaderReplicas, lastKnown: lastKnownElr }
    })
  const wanted = told.map(({ name, leader, isr, elr, lastKnown }) => ({ name, leader, isr, elr, lastKnown }))
  const sorted = <T extends { name: string }>(all: readonly T[]) => [...all].sort((a, b) => (a.name < b.name ? -1 : 1))
  await until('the controller has seen it', async () => {
    const now = sorted(await described())
    return JSON.stringify(now) === JSON.stringify(sorted(wanted)) || undefined
  }).catch(async error => {
    assert.deepEqual(sorted(await described()), sorted(wanted))
    throw error
  })
  await brokers.start(stopped)
  await brokers.whole(...names)
}

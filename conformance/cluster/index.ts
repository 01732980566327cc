/**
 * A cluster of three processes and etcd, whose leaders are killed one after the other, and stopped as their users would, while clients of three
 * families produce and read: nothing that was acknowledged is lost, and nothing is there twice.
 */
import assert from 'node:assert/strict'
import { etcdMissing } from '../../test/metadata/etcd-server.ts'
import { kafkajsScenarios } from '../kafkajs/index.ts'
import { Client } from '../kafkajs/kafka.ts'
import { runScenarios, type Scenario, until } from '../scenario.ts'
import { ClusterOfProcesses, sessionMs } from './brokers.ts'
import { families, type Work } from './clients.ts'
import { nearbyScenarios } from './nearby.ts'

const ids = [1, 2, 3] as const
/** Each broker leads one of the partitions. */
const everywhere = [
  [1, 2, 3],
  [2, 3, 1],
  [3, 1, 2],
]
/**
 * From the end of a leader's lease until there is a next one and producers have found it, in ms. Of it etcd takes up to 500, as it looks for
 * leases that are over twice a second.
 */
const reactionMsMax = 1_000

const nothing: Scenario = { name: 'leaders are killed and stopped under load', run: async () => undefined }

/**
 * Answers how many scenarios failed. With `full` brokers are killed three times as often, and kafkajs does everything that it does to a broker
 * alone; of the words `racks` and `kafkajs` each has nothing else done.
 */
export async function cluster({
  full = false,
  rest = [],
}: {
  readonly full?: boolean
  readonly rest?: readonly string[]
} = {}): Promise<number> {
  if (etcdMissing) return runScenarios('three brokers', [{ ...nothing, skipped: etcdMissing }])
  const brokers = await ClusterOfProcesses.start()
  const works = new Map<string, Work>()
  const topicOf = (name: string) => `by-${name.toLowerCase().replace(/\W.*/, '')}`
  try {
    const [word] = rest
    const byKafkajs = async () => {
      const client = new Client(brokers.bootstrap, {}, ids.length)
      return runScenarios('kafkajs against three brokers', kafkajsScenarios(client))
    }
    if (word === 'kafkajs') return await byKafkajs()
    const nearby = await runScenarios('three brokers in racks', nearbyScenarios(brokers))
    if (word === 'racks') return nearby
    return (
      nearby +
      (full ? await byKafkajs() : 0) +
      (await runScenarios(`three brokers, whose lease is ${sessionMs} ms`, [
        ...families().map(
          (family): Scenario => ({
            name: `${family.name} produces and reads`,
            ...(family.missing === null ? {} : { skipped: family.missing }),
            run: async () => {
              const topic = topicOf(family.name)
              await brokers.createTopic(topic, everywhere)
              const work = await family.start(brokers.bootstrap, topic)
              works.set(topic, work)
              await until('records that were read', () => work.seen.size > 0 || undefined)
              return undefined
            },
          }),
        ),
        ...Array.from({ length: full ? 9 : 3 }, (_, i) => ids[i % ids.length]!).map(
          (id): Scenario => ({
            name: `the leader ${id} is killed, and comes back`,
            run: () => {
              const end = { by: () => brokers.kill(id), pauseMsMax: sessionMs + reactionMsMax, handsOver: false }
              return withoutBroker(brokers, works, id, end)
            },
          }),
        ),
        ...ids.map(
          (id): Scenario => ({
            name: `the leader ${id} is stopped, and comes back`,
            run: () => {
              const by = async () => assert.equal(await brokers.stop(id), 0)
              return withoutBroker(brokers, works, id, { by, pauseMsMax: sessionMs / 2, handsOver: true })
            },
          }),
        ),
        { name: 'a killed controller that leads nothing is not noticed', run: () => controllerDies(brokers) },
        {
          name: 'all that was acknowledged is there, once, and was read',
          run: async () => {
            let count = 0
            for (const [topic, work] of works) count += await judge(brokers, topic, work)
            return `${count} records`
          },
        },
      ]))
    )
  } finally {
    for (const work of works.values()) await work.end()
    await brokers.close()
  }
}

/** How a broker ends. */
interface End {
  by(): Promise<void>
  /** How long clients may wait, beside what the machine is late by. */
  readonly pauseMsMax: number
  /** Whether others lead what it led before it leaves the cluster: that is so however late the machine is. */
  readonly handsOver: boolean
}

/** What the clients notice of it; they go on while the broker is away. */
async function withoutBroker(
  brokers: ClusterOfProcesses,
  works: ReadonlyMap<string, Work>,
  id: number,
  { by, pauseMsMax, handsOver }: End,
): Promise<string> {
  const topics = [...works.keys()]
  brokers.timeline.begin(id)
  for (const work of works.values()) work.takeLongestPause()
  await by()
  await until(`other leaders than ${id}`, async () => {
    const all = (await Promise.all(topics.map(topic => brokers.partitions(topic)))).flat()
    return all.every(({ leader }) => leader >= 0 && leader !== id) || undefined
  })
  const before = [...works.values()].map(({ acknowledged }) => acknowledged.size)
  await until('further acknowledgements', () => {
    return [...works.values()].every(({ acknowledged }, i) => acknowledged.size > before[i]! + 20) || undefined
  })
  const pauses = [...works].map(([topic, work]) => [topic, Math.round(work.takeLongestPause())] as const)
  const { goneMs, ledMs, lateMs } = brokers.timeline.course
  await brokers.start(id)
  await brokers.whole(...topics)
  await brokers.preferLeaders()
  const course = [
    ...pauses.map(([topic, ms]) => `${topic} waited for ${ms} ms`),
    `its key was gone after ${Math.round(goneMs)} ms, others led after ${Math.round(ledMs)} ms`,
    `the machine was late by ${Math.round(lateMs)} ms`,
  ].join(', ')
  const longest = Math.max(...pauses.map(([, ms]) => ms))
  if (handsOver) assert.ok(ledMs <= goneMs, `it is to hand on what it leads before it goes: ${course}`)
  assert.ok(longest <= pauseMsMax + lateMs, `${pauseMsMax} ms are allowed: ${course}`)
  return course
}

/** Of a topic that two others hold. */
async function controllerDies(brokers: ClusterOfProcesses): Promise<string> {
  const id = await brokers.controller()
  const others = ids.filter(each => each !== id)
  await brokers.createTopic('elsewhere', [others, [...others].reverse()])
  const client = new Client(brokers.bootstrap, { retry: { retries: 0 } })
  try {
    const producer = await client.producer({ retry: { retries: 0 } })
    await producer.send({ topic: 'elsewhere', acks: -1, messages: [{ value: 'first' }] })
    await brokers.kill(id)
    const endMs = performance.now() + sessionMs + 2_000
    let longest = 0
    while (performance.now() < endMs) {
      const begun = performance.now()
      await producer.send({ topic: 'elsewhere', acks: -1, messages: [{ value: 'more' }] })
      longest = Math.max(longest, performance.now() - begun)
    }
    await until('another controller', async () => (await brokers.controller()) !== id || undefined)
    await brokers.start(id)
    assert.ok(longest < sessionMs / 2, `a producer waited for ${Math.round(longest)} ms`)
    return `a producer waited for ${Math.round(longest)} ms`
  } finally {
    await client.close()
  }
}

/** Reads the whole topic, and holds it against what was acknowledged. Returns how many records there are. */
async function judge(brokers: ClusterOfProcesses, topic: string, work: Work): Promise<number> {
  await work.endProducing()
  const client = new Client(brokers.bootstrap)
  try {
    const admin = await client.admin()
    const ends = await admin.fetchTopicOffsets(topic)
    const total = ends.reduce((sum, { high }) => sum + Number(high), 0)
    const consumer = await client.consumer(`judge-of-${topic}`)
    const values = new Map<string, string>()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        values.set(`${partition}/${message.offset}`, String(message.value))
      },
    })
    await until('the whole topic', () => values.size >= total || undefined, 60_000)
    const counts = new Map<string, number>()
    for (const value of values.values()) counts.set(value, (counts.get(value) ?? 0) + 1)
    const lost = [...work.acknowledged].filter(value => !counts.has(value))
    assert.deepEqual(lost, [], `${topic}: acknowledged and not there`)
    const doubled = [...counts].filter(([, count]) => count > 1)
    assert.deepEqual(doubled, [], `${topic}: there more than once`)
    await until('what the reader was given', () => [...counts.keys()].every(value => work.seen.has(value)) || undefined)
    return total
  } finally {
    await client.close()
  }
}

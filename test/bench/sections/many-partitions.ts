/** What records cost a broker that are spread over 1,000 partitions instead of one: Kafka's own producer and consumer at the same time. */
import { setTimeout as delay } from 'node:timers/promises'
import { kafkaTool } from '../../../conformance/kafka.ts'
import { type Figures, median } from '../measures.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { untilAtRest } from '../replay/process-usage.ts'
import { warmMegabytesFor, warmMemory } from '../replay/warm-memory.ts'
import { cpuSecondsOf, type Rival, type Rivals } from '../rivals.ts'

const tools = 'org.apache.kafka.tools'
const records = 500_000
const recordBytes = 1024
/** What the JVMs of both tools take of the machine's memory meanwhile, about. */
const clientMegabytes = 400
/** How long the consumer is given to start and to join its group before the first record. */
const joinMs = 3_000
/** How long a broker is given to come to rest after the topics were made. */
const restMsMax = 20_000
/** For each broker; of the rival, what it has not done by then is left out. */
const brokerMsMax = 240_000

const late = `more did not fit into ${brokerMsMax / 60_000} minutes`

const spreads = [
  { topic: 'one-partition', partitions: 1, name: 'producer and consumer, 1 partition' },
  { topic: 'thousand-partitions', partitions: 1_000, name: 'producer and consumer, 1,000 partitions' },
]

/** CPU microseconds of the broker for each record that comes in and goes out. */
async function costOf({ bootstrap, pid }: Rival, topic: string, msMax: number): Promise<number> {
  const consume = () =>
    kafkaTool(
      `${tools}.ConsumerPerformance`,
      [
        // The group has a name, so that each round goes on where the one before ended.
        ...['--bootstrap-server', bootstrap, '--topic', topic, '--group', `bench-${topic}`],
        ...['--num-records', `${records}`, '--timeout', '30000', '--hide-header'],
      ],
      msMax,
    )
  const produce = async () => {
    await delay(joinMs)
    return kafkaTool(
      `${tools}.ProducerPerformance`,
      [
        ...['--bootstrap-server', bootstrap, '--topic', topic, '--throughput', '-1', '--command-property', 'acks=all'],
        ...['--num-records', `${records}`, '--record-size', `${recordBytes}`],
      ],
      msMax,
    )
  }
  const { cpuSeconds, result } = await cpuSecondsOf(pid, () => Promise.allSettled([produce(), consume()]))
  const [produced, consumed] = result
  if (produced.status === 'rejected') throw produced.reason
  if (consumed.status === 'rejected') throw consumed.reason
  const count = Number(consumed.value.trim().split('\n').at(-1)!.split(',')[4])
  if (!(count >= records)) throw new Error(`${count} of ${records} records came back`)
  return (cpuSeconds / records) * 1e6
}

/** Fails when it takes longer; the work is then left to itself. */
async function within<T>(msMax: number, work: Promise<T>): Promise<T> {
  work.catch(() => {})
  const over = new AbortController()
  const end = async () => {
    await delay(msMax, undefined, { signal: over.signal })
    throw new Error(late)
  }
  try {
    return await Promise.race([work, end()])
  } finally {
    over.abort()
  }
}

/** The multiples of the rounds that a broker has done, and why they are not all. */
interface Rounds {
  readonly ratios: readonly number[]
  readonly missing: string | null
}

/** One broker's rounds, of which round 0 does not count. */
async function measure(rival: Rival, at: number, rounds: number, warm: boolean, figures: Figures): Promise<Rounds> {
  const endMs = performance.now() + brokerMsMax
  const ratios: number[] = []
  const cluster = await BenchCluster.connect(rival.host, rival.port)
  try {
    for (const { topic, partitions } of spreads) {
      await within(endMs - performance.now(), cluster.createTopic(topic, partitions))
    }
    await untilAtRest(rival.pid, restMsMax)
    for (let round = 0; round <= rounds; round++) {
      const costs = [0, 0]
      for (const spread of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const msLeft = Math.ceil(endMs - performance.now())
        if (at > 0 && msLeft <= 0) return { ratios, missing: late }
        if (warm) await warmMemory(warmMegabytesFor((records * recordBytes) / 1e6, clientMegabytes))
        costs[spread] = await costOf(rival, spreads[spread]!.topic, at > 0 ? msLeft : brokerMsMax)
      }
      const ratio = costs[1] / costs[0]
      console.log(
        `round ${round}, ${rival.name}: ${costs[0].toFixed(2)} µs of CPU a record with 1 partition, ${costs[1].toFixed(2)} with 1,000: ${ratio.toFixed(2)} ×`,
      )
      if (round === 0) continue
      for (const [spread, { name }] of spreads.entries()) {
        figures.add(at, { name, unit: 'CPU µs/record', digits: 2, better: 'lower' }, costs[spread])
      }
      ratios.push(ratio)
    }
  } catch (error) {
    if (at === 0) throw error
    const missing = performance.now() >= endMs ? late : (error as Error).message.split('\n')[0]!
    return { ratios, missing }
  } finally {
    for (const { topic } of spreads) await within(10_000, cluster.deleteTopic(topic)).catch(() => undefined)
    await cluster.close()
  }
  return { ratios, missing: null }
}

/** Gives a sentence on what was left out, empty where nothing was. */
export async function manyPartitions(rivals: Rivals, rounds: number, warm: boolean, figures: Figures): Promise<string> {
  let leftOut = ''
  for (const [at, rival] of rivals.entries()) {
    const { ratios, missing } = await measure(rival, at, rounds, warm, figures)
    const name = 'CPU per record with 1,000 partitions, as a multiple of one'
    for (const ratio of ratios) figures.add(at, { name, unit: '×', digits: 2, better: 'lower' }, ratio)
    if (ratios.length > 0) console.log(`1,000 partitions, ${rival.name}: ${median(ratios).toFixed(2)} × one`)
    if (missing !== null) {
      leftOut = ` Of ${rival.name} ${ratios.length} of ${rounds} rounds with 1,000 partitions are here: ${missing}.`
      console.log(leftOut.trim())
    }
  }
  return leftOut
}

/** What a test pays for the test-kit in its own process, once that is warm: a start, a reset, a copy, a virtual cluster. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Broker } from '../../../lib/broker.ts'
import { Client } from '../../../lib/client/client.ts'
import { TestKafka } from '../../../lib/testing.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { Figures, median, type Section } from '../measures.ts'
import { ranMsOf } from '../replay/process-usage.ts'

/** How often each thing is done in a round, of which the median counts; and virtual clusters whose memory is told. */
const [repeats, clusters] = [50, 100]
const [topics, records, bigRecords, bigBytes] = [100, 10_000, 1_000, 100_000]
/** Produce requests of one small record, so many of them at once, by which it is told what a kit adds to each. */
const [requests, atOnce] = [10_000, 50]
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'
const inMs = { unit: 'ms', digits: 1, better: 'lower' } as const

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

interface Taken {
  /** The median. */
  readonly elapsedMs: number
  /** The least, when others left it the machine. */
  readonly leastMs: number
  /** The median of what the main thread ran: what it takes where others leave the machine. */
  readonly threadMs: number
  readonly cpuMs: number
  /** The mean of what the process waited with nothing to do: for a timer, a thread, a file. */
  readonly idleMs: number
}

type Adding = (name: string, taken: Taken) => void

/** See the head of the file. */
export async function testKit(rounds: number): Promise<Section> {
  const figures = new Figures()
  for (let round = 0; round <= rounds; round++) {
    const add: Adding = (name, taken) => {
      const words = Object.entries(taken).map(([what, ms]) => `${what} ${ms.toFixed(2)}`)
      console.log(`round ${round}, ${name}: ${words.join(', ')}`)
      if (round === 0) return
      figures.add(0, { ...inMs, name }, taken.elapsedMs)
      figures.add(0, { ...inMs, name: `${name}, at its quickest` }, taken.leastMs)
      figures.add(0, { ...inMs, name: `${name}, of its thread` }, taken.threadMs)
      figures.add(0, { ...inMs, name: `${name}, of CPU` }, taken.cpuMs)
      figures.add(0, { ...inMs, name: `${name}, of waiting` }, taken.idleMs)
    }
    await requested((name, cpuUs) => {
      console.log(`round ${round}, ${name}: ${cpuUs.toFixed(1)} µs of CPU`)
      if (round > 0) figures.add(0, { unit: 'µs', digits: 1, better: 'lower', name }, cpuUs)
    })
    await starts(add)
    await resets(add)
    await copies(add)
    await virtualClusters(add, kilobytes => {
      if (round > 0) figures.add(0, { ...inMs, unit: 'KB', digits: 0, name: 'memory of a virtual cluster' }, kilobytes)
    })
  }
  const what = `${topics} topics and ${records} records; a copy is of ${(bigRecords * bigBytes) / 1e6} MB.`
  const each = `A request is a small Produce, of ${atOnce} at once, with its client in the same process, in turns.`
  const setting = `In a warm process; each figure is the median of ${repeats} times, CPU and waiting the mean. A reset is of ${what} ${each}`
  return { key: 'kit', rivals: [], measures: figures.all(), setting }
}

/** Does something again and again, and after it what makes the next time the same. */
async function timed(name: string, add: Adding, run: () => Promise<() => Promise<void>>): Promise<void> {
  const [elapsed, ran]: [number[], number[]] = [[], []]
  let [cpuMs, idleMs] = [0, 0]
  for (let i = 0; i < repeats; i++) {
    const [loop, ranBeforeMs] = [performance.eventLoopUtilization(), ranMsOf(process.pid)]
    const [begunMs, cpu] = [performance.now(), process.cpuUsage()]
    const undo = await run()
    elapsed.push(performance.now() - begunMs)
    const { user, system } = process.cpuUsage(cpu)
    ran.push(ranMsOf(process.pid) - ranBeforeMs)
    cpuMs += (user + system) / 1_000 / repeats
    idleMs += performance.eventLoopUtilization(loop).idle / repeats
    await undo()
  }
  add(name, { elapsedMs: median(elapsed), leastMs: Math.min(...elapsed), threadMs: median(ran), cpuMs, idleMs })
}

/** What a request costs, of CPU, in a broker, in a kit, and in one that is traced. */
async function requested(add: (name: string, cpuUs: number) => void): Promise<void> {
  const options = { topics: { orders: 1 } }
  const brokers = [
    ['request to a broker', () => Broker.start({ ...options, port: 0, ephemeral: true, dev: true })],
    ['request to a kit', () => TestKafka.start(options)],
    ['request to a kit that is traced', () => TestKafka.start({ ...options, trace: true })],
  ] as const
  const value = Buffer.alloc(100)
  const records = buildBatch({ records: [{ key: null, value, headers: [], timestamp: Date.now() }] })
  const topicData = [{ name: 'orders', topicId: noTopicId, partitionData: [{ index: 0, records }] }]
  const asked = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
  for (const [name, start] of brokers) {
    await using broker = await start()
    const [host, port] = broker.bootstrap.split(':') as [string, string]
    const client = await Client.connect({ host, port: Number(port) })
    const send = () => client.send(Produce, 9, asked)
    const cpu = process.cpuUsage()
    for (let i = 0; i < requests; i += atOnce) await Promise.all(Array.from({ length: atOnce }, send))
    const { user, system } = process.cpuUsage(cpu)
    add(name, (user + system) / requests)
    await client.close()
  }
}

const nothing = () => Promise.resolve()

async function starts(add: Adding): Promise<void> {
  await timed('start', add, async () => {
    const kit = await TestKafka.start()
    return () => kit.stop()
  })
  const started: TestKafka[] = []
  for (let i = 0; i < repeats; i++) started.push(await TestKafka.start())
  await timed('stop', add, async () => {
    await started.pop()!.stop()
    return nothing
  })
}

async function resets(add: Adding): Promise<void> {
  await using kit = await TestKafka.start({
    topics: Object.fromEntries(Array.from({ length: topics }, (_, i) => [`topic-${i}`, 1])),
    records: Array.from({ length: records }, (_, i) => ({ topic: `topic-${i % topics}`, value: `record ${i}` })),
  })
  await timed('reset', add, async () => {
    await kit.reset()
    return nothing
  })
}

async function copies(add: Adding): Promise<void> {
  const value = 'x'.repeat(bigBytes)
  await using kit = await TestKafka.start({
    records: Array.from({ length: bigRecords }, () => ({ topic: 'big', value })),
  })
  const snapshot = await kit.snapshot()
  await timed('copy', add, async () => {
    const copy = await kit.fork(snapshot)
    return () => copy.stop()
  })
}

async function virtualClusters(add: Adding, addKilobytes: (kilobytes: number) => void): Promise<void> {
  await using kit = await TestKafka.start({ topics: { orders: 3 } })
  let made = 0
  await timed('virtual cluster', add, async () => {
    await kit.cluster(`cluster-${made++}`)
    return nothing
  })
  collect()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < clusters; i++) await kit.cluster(`cluster-${made++}`)
  collect()
  addKilobytes((process.memoryUsage().heapUsed - before) / clusters / 1024)
}

/** Runs one case against one broker and measures it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Case } from './cases.ts'
import { BenchCluster } from './cluster.ts'
import { FetchLane } from './fetch-lane.ts'
import type { Percentiles } from './histogram.ts'
import { type Lane, Tally } from './lane.ts'
import { usageOf } from './process-usage.ts'
import { ProduceLane } from './produce-lane.ts'
import { warmMegabytesFor, warmMemory } from './warm-memory.ts'
import { Wire } from './wire.ts'

/** A broker to measure. */
export interface Target {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Its process, null where it is not on this machine. */
  readonly pid: number | null
  /** Whom to trust, as a PEM certificate, where it speaks TLS. */
  readonly authority?: string
}

export interface Result {
  readonly case: string
  readonly target: string
  readonly seconds: number
  readonly requestsPerSecond: number
  readonly recordsPerSecond: number
  readonly megabytesPerSecond: number
  /** Of the broker's CPU, in seconds. */
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  readonly cpuSecondsPerGigabyte: number
  readonly cpuMicrosecondsPerRequest: number
  readonly cpuSecondsPerMillionRecords: number
  /** Of the generator, to see whether it was the bottleneck: share of one core. */
  readonly generatorShare: number
  readonly residentMegabytes: number
  /** Milliseconds. */
  readonly requestLatency: Percentiles
  readonly endToEndLatency: Percentiles | null
  readonly errors: number
}

const megabyte = 1024 * 1024
/** Warming up ends with this share of the bytes that are counted, if not before. */
export const warmUpShare = 1 / 4
/** How often a run looks whether it is over, in milliseconds. */
const lookMs = 20
let topicsMade = 0

/** Measures one case. `filled` is called with the topic once it has what a fetching case reads. */
export async function runCase(test: Case, target: Target, filled?: (topic: string) => void): Promise<Result> {
  const cluster = await BenchCluster.connect(target.host, target.port, target.authority)
  const topic = `replay-${test.kind}-${process.pid}-${++topicsMade}`
  try {
    await cluster.createTopic(topic, test.partitions)
    const tally = new Tally()
    if (test.kind === 'fetch') await fill(test, topic, target, cluster)
    filled?.(topic)
    const lanes = await lanesOf(test, topic, target, cluster, tally)
    try {
      return await measure(test, target, tally, lanes)
    } finally {
      for (const lane of lanes) lane.close()
    }
  } finally {
    await cluster.deleteTopic(topic).catch(() => undefined)
    await cluster.close()
  }
}

async function measure(test: Case, target: Target, tally: Tally, lanes: readonly Lane[]): Promise<Result> {
  const lost = Promise.race(lanes.map(({ failed }) => failed))
  lost.catch(() => {})
  const until = async (done: () => boolean) => {
    while (!done()) await Promise.race([delay(lookMs), lost])
  }
  if (test.warmMemory) await warmMemory(warmMegabytesFor(test.megabytes * (1 + warmUpShare)))
  for (const lane of lanes) lane.start()
  const warmAt = performance.now() + test.warmUpSeconds * 1000
  await until(() => performance.now() >= warmAt || tally.bytes >= test.megabytes * megabyte * warmUpShare)
  tally.clear()
  const before = usageOf(target.pid)
  const own = process.cpuUsage()
  const startMs = performance.now()
  const endMs = startMs + test.seconds * 1000
  await until(() => performance.now() >= endMs || tally.bytes >= test.megabytes * megabyte)
  const after = usageOf(target.pid)
  const seconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(own)
  const { requests, records, bytes, errors } = tally
  const requestLatency = tally.requestLatency.percentiles()
  const endToEnd = tally.endToEndLatency.percentiles()
  await Promise.race([Promise.all(lanes.map(lane => lane.stop())), lost])
  if (errors > 0) throw new Error(`${errors} answers had errors; the last was code ${tally.errorCode}`)
  const cpuUserSeconds = after.userSeconds - before.userSeconds
  const cpuSystemSeconds = after.systemSeconds - before.systemSeconds
  const cpuSeconds = cpuUserSeconds + cpuSystemSeconds
  return {
    case: test.name,
    target: target.name,
    seconds,
    requestsPerSecond: requests / seconds,
    recordsPerSecond: records / seconds,
    megabytesPerSecond: bytes / megabyte / seconds,
    cpuUserSeconds,
    cpuSystemSeconds,
    cpuSecondsPerGigabyte: (cpuSeconds / bytes) * 1024 * megabyte,
    cpuMicrosecondsPerRequest: (cpuSeconds / requests) * 1e6,
    cpuSecondsPerMillionRecords: (cpuSeconds / records) * 1e6,
    generatorShare: (user + system) / 1e6 / seconds,
    residentMegabytes: after.residentBytes / megabyte,
    requestLatency,
    endToEndLatency: endToEnd.count > 0 ? endToEnd : null,
    errors,
  }
}

/** Writes what a fetching case reads. */
async function fill(test: Case, topic: string, target: Target, cluster: BenchCluster): Promise<void> {
  const tally = new Tally()
  const producing: Case = { ...test, kind: 'produce', connections: Math.min(test.partitions, 4) }
  const lanes = await lanesOf(producing, topic, target, cluster, tally)
  for (const lane of lanes) lane.start()
  while (tally.bytes < test.topicMegabytes * megabyte) {
    await Promise.race([delay(lookMs), ...lanes.map(({ failed }) => failed)])
  }
  await Promise.all(lanes.map(lane => lane.stop()))
  for (const lane of lanes) lane.close()
}

async function lanesOf(
  test: Case,
  topic: string,
  target: Target,
  cluster: BenchCluster,
  tally: Tally,
): Promise<Lane[]> {
  const open = () => Wire.open(target.host, target.port, target.authority)
  const lanes: Lane[] = []
  if (test.kind === 'fetch') {
    for (let index = 0; index < test.connections; index++)
      lanes.push(fetchLane(test, topic, index, 0, await open(), tally))
    return lanes
  }
  // What was sent to each partition and did not come in yet: one queue for each that reads it.
  const underWay = new Map<number, number[][]>()
  if (test.kind === 'tail') {
    for (let index = 0; index < test.consumers; index++) {
      const partition = index % test.partitions
      const sentMs: number[] = []
      underWay.set(partition, [...(underWay.get(partition) ?? []), sentMs])
      const offset = await cluster.endOffset(topic, partition)
      lanes.push(
        fetchLane(test, topic, partition, offset, await open(), new Tally(), (_, batches) => {
          const now = performance.now()
          for (const ms of sentMs.splice(0, batches)) tally.endToEndLatency.add(now - ms)
        }),
      )
    }
  }
  const sent =
    test.kind === 'tail'
      ? (partition: number, ms: number) => {
          for (const queue of underWay.get(partition) ?? []) queue.push(ms)
        }
      : null
  for (let index = 0; index < test.connections; index++) {
    // Each starts at another partition, so that they do not go over them in step.
    const first = Math.floor((index * test.partitions) / test.connections)
    const partitions = Array.from({ length: test.partitions }, (_, at) => (first + at) % test.partitions)
    const producerId = test.idempotent ? await cluster.newProducerId() : -1
    const shape = { ...test, topic, partitions, producerId, rate: test.rate / test.connections }
    lanes.push(new ProduceLane(await open(), shape, tally, sent))
  }
  return lanes
}

function fetchLane(
  test: Case,
  topic: string,
  index: number,
  fromOffset: number,
  wire: Wire,
  tally: Tally,
  came: ((partition: number, batches: number) => void) | null = null,
): FetchLane {
  const atTail = test.kind === 'tail'
  const shape = {
    topic,
    partition: index % test.partitions,
    bytesMax: test.fetchBytesMax,
    bytesMin: 1,
    waitMsMax: atTail ? 500 : 0,
    fromOffset,
    again: !atTail,
  }
  return new FetchLane(wire, shape, tally, came)
}

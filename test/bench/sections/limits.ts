/** What much of something costs: partitions, connections, bytes passed through. */
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Figures, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { coreShareOf, untilAtRest, usageOf } from '../replay/process-usage.ts'
import { runCase } from '../replay/run.ts'
import type { Rival, Rivals } from '../rivals.ts'
import { manyPartitions } from './many-partitions.ts'

const connectionCount = 5_000
const idlePartitionCount = 10_000
const partitionsPerTopic = 1_000
/** How long a broker is watched at rest, and how long it is given to come to rest before. */
const restMs = 10_000
const restMsMax = 60_000
/** Within a minute of its last work a runtime collects its garbage once more: that is of the work, not of the rest. */
const aftermathMs = 60_000
/** In so many runs each: what one run wrote is deleted before the next, so that its memory is found again. */
const passedMegabytes = 10 * 1024
const passingRuns = 10

function caseOf(name: string): Case {
  return cases.find(found => found.name === name)!
}

/** Bytes of memory for each connection that has asked once and is silent. */
async function manyConnections(rival: Rival, at: number, figures: Figures): Promise<void> {
  const before = usageOf(rival.pid).residentBytes
  const sockets: net.Socket[] = []
  // ApiVersions v0, correlation id 1, no client id.
  const request = Buffer.from('0000000a001200000000' + '0001' + 'ffff', 'hex')
  for (let count = 0; count < connectionCount; count++) {
    const socket = net.connect(rival.port, rival.host)
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('data', () => resolve())
      socket.write(request)
    })
    sockets.push(socket)
  }
  const bytes = usageOf(rival.pid).residentBytes - before
  for (const socket of sockets) socket.destroy()
  console.log(`${connectionCount} connections, ${rival.name}: ${(bytes / 1024 / 1024).toFixed(0)} MB`)
  const name = `each of ${connectionCount.toLocaleString('en')} connections`
  figures.add(at, { name, unit: 'KB', digits: 1, better: 'lower' }, bytes / 1024 / connectionCount)
}

/** What the broker uses while nobody asks it for anything. */
async function atRest(rival: Rival, at: number, name: string, figures: Figures): Promise<void> {
  await untilAtRest(rival.pid, restMsMax)
  await delay(aftermathMs)
  const percent = (await coreShareOf(rival.pid, restMs)) * 100
  console.log(`${name}, ${rival.name}: ${percent.toFixed(1)} % of a core`)
  figures.add(at, { name, unit: '% of a core', digits: 1, better: 'lower' }, percent)
}

/** CPU of partitions that nobody uses. */
async function idlePartitions(rival: Rival, at: number, figures: Figures): Promise<void> {
  const cluster = await BenchCluster.connect(rival.host, rival.port)
  for (let made = 0; made < idlePartitionCount; made += partitionsPerTopic) {
    await cluster.createTopic(`idle-${made}`, partitionsPerTopic)
  }
  await atRest(rival, at, `at rest, ${idlePartitionCount.toLocaleString('en')} idle partitions`, figures)
  for (let made = 0; made < idlePartitionCount; made += partitionsPerTopic) await cluster.deleteTopic(`idle-${made}`)
  await cluster.close()
}

/** Memory after many bytes went in, by requests of 16 KB and of 1 MB. */
async function passed(rival: Rival, at: number, warm: boolean, figures: Figures): Promise<void> {
  const megabytes = passedMegabytes / (2 * passingRuns)
  for (const name of ['produce-1k-16k', 'produce-1k-1m']) {
    for (let run = 0; run < passingRuns; run++) {
      await runCase({ ...caseOf(name), seconds: 300, megabytes, warmUpSeconds: 0, warmMemory: warm }, rival)
    }
  }
  const { residentBytes } = usageOf(rival.pid)
  console.log(`after 10 GB, ${rival.name}: ${(residentBytes / 1024 / 1024).toFixed(0)} MB`)
  const name = 'memory after 10 GB passed through'
  figures.add(at, { name, unit: 'MB', digits: 0, better: 'lower' }, residentBytes / 1024 / 1024)
}

export async function limits(rivals: Rivals, rounds: number, warm: boolean): Promise<Section> {
  const figures = new Figures()
  for (const [at, rival] of rivals.entries()) await manyConnections(rival, at, figures)
  const leftOut = await manyPartitions(rivals, rounds, warm, figures)
  for (const [at, rival] of rivals.entries()) {
    await passed(rival, at, warm, figures)
    await atRest(rival, at, 'at rest', figures)
    // Apache Kafka takes minutes to make so many.
    if (at === 0) await idlePartitions(rival, at, figures)
  }
  return {
    key: 'limits',
    measures: figures.all(),
    setting: `Memory of connections is what is resident beyond what was before; it, memory after 10 GB and rest are measured once.${leftOut}`,
  }
}

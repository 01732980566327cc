/** What much of something costs: partitions, connections, bytes passed through. */
import net from 'node:net'
import { Figures, type Measure, median, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { usageOf } from '../replay/process-usage.ts'
import { runCase } from '../replay/run.ts'
import type { Rival, Rivals } from '../rivals.ts'

const connectionCount = 5_000
const idlePartitionCount = 10_000
const partitionsPerTopic = 1_000
const restMs = 10_000
const passedMegabytes = 10 * 1024

const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

function caseOf(name: string): Case {
  return cases.find(found => found.name === name)!
}

/** CPU per record with 1,000 partitions, as a multiple of that with one. */
async function manyPartitions(rival: Rival, at: number, rounds: number, figures: Figures): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const one = await runCase({ ...caseOf('produce-1k-16k'), warmMegabytes: 4096 }, rival)
    const many = await runCase({ ...caseOf('produce-1k-16k-1000-partitions'), warmMegabytes: 4096 }, rival)
    const ratio = many.cpuSecondsPerMillionRecords / one.cpuSecondsPerMillionRecords
    console.log(`round ${round}, 1,000 partitions, ${rival.name}: ${ratio.toFixed(2)} times the CPU of one`)
    const name = 'CPU per record with 1,000 partitions, as a multiple of one'
    figures.add(at, { name, unit: '×', digits: 2, better: 'lower' }, ratio)
  }
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

/** CPU and memory of partitions that nobody uses. */
async function idlePartitions(rival: Rival, at: number, figures: Figures): Promise<void> {
  const cluster = await BenchCluster.connect(rival.host, rival.port)
  for (let made = 0; made < idlePartitionCount; made += partitionsPerTopic) {
    await cluster.createTopic(`idle-${made}`, partitionsPerTopic)
  }
  await wait(3_000)
  const before = usageOf(rival.pid)
  await wait(restMs)
  const after = usageOf(rival.pid)
  const share = (after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds) / (restMs / 1_000)
  console.log(`${idlePartitionCount} idle partitions, ${rival.name}: ${(share * 100).toFixed(1)} % of a core`)
  const name = `${idlePartitionCount.toLocaleString('en')} idle partitions`
  figures.add(at, { name, unit: '% of a core', digits: 1, better: 'lower' }, share * 100)
  for (let made = 0; made < idlePartitionCount; made += partitionsPerTopic) await cluster.deleteTopic(`idle-${made}`)
  await cluster.close()
}

/** Memory after many bytes went in, by requests of 16 KB and of 1 MB. */
async function passed(rival: Rival, at: number, figures: Figures): Promise<void> {
  for (const name of ['produce-1k-16k', 'produce-1k-1m']) {
    await runCase({ ...caseOf(name), seconds: 300, megabytes: passedMegabytes / 2, warmUpSeconds: 0 }, rival)
  }
  const { residentBytes } = usageOf(rival.pid)
  console.log(`after 10 GB, ${rival.name}: ${(residentBytes / 1024 / 1024).toFixed(0)} MB`)
  const name = 'memory after 10 GB passed through'
  figures.add(at, { name, unit: 'MB', digits: 0, better: 'lower' }, residentBytes / 1024 / 1024)
}

export async function limits(rivals: Rivals, rounds: number): Promise<Section> {
  const figures = new Figures()
  for (const [at, rival] of rivals.entries()) {
    await manyConnections(rival, at, figures)
    await manyPartitions(rival, at, rounds, figures)
    await passed(rival, at, figures)
    // Apache Kafka takes minutes to make so many, and hours to say so of its memory.
    if (at === 0) await idlePartitions(rival, at, figures)
  }
  const measures: readonly Measure[] = figures.all()
  const many = measures.find(({ unit }) => unit === '×')
  if (many) console.log(`1,000 partitions: ${median(many.ours).toFixed(2)} × one`)
  return { key: 'limits', measures, setting: 'Memory is what is resident beyond what was before.' }
}

/** librdkafka as the load, by way of kcat: batches and fetches of 1 MB. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Figures, type Section } from '../measures.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { warmMegabytesFor, warmMemory } from '../replay/warm-memory.ts'
import { cpuSecondsOf, inTurns, type Rivals } from '../rivals.ts'

/** Bytes of each load. */
const loadBytes = 512 * 1024 * 1024
/** Rounds before all that count: a JVM has not compiled what it runs after one. */
const warmUpRounds = 4
/** What kcat takes of the machine's memory meanwhile, about. */
const clientMegabytes = 200
const recordSizes = [
  { name: '1 KB', bytes: 1024 },
  { name: '10 KB', bytes: 10_240 },
] as const

const producerProperties = ['batch.size=1000000', 'linger.ms=50', 'queue.buffering.max.kbytes=262144', 'acks=all']
const consumerProperties = ['fetch.message.max.bytes=1048576', 'queued.max.messages.kbytes=65536']

/** Why there is no such load here, or null. */
export function missingLibrdkafka(): string | null {
  return spawnSync('kcat', ['-V']).status === 0 ? null : 'there is no kcat here'
}

function properties(names: readonly string[]): string[] {
  return names.flatMap(name => ['-X', name])
}

async function kcat(args: readonly string[]): Promise<void> {
  const child = spawn('kcat', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`kcat ended with ${code}`)
}

/** Lines of text in a file. */
function writeRecords(path: string, recordBytes: number): void {
  const line = Buffer.from(`${'{"user":4711,"event":"view"},'.repeat(recordBytes).slice(0, recordBytes - 1)}\n`)
  const lines = Math.ceil((8 * 1024 * 1024) / line.length)
  const block = Buffer.concat(Array.from({ length: lines }, () => line))
  const file = openSync(path, 'w')
  for (let written = 0; written < loadBytes; written += block.length) writeSync(file, block)
  closeSync(file)
}

export async function librdkafka(rivals: Rivals, rounds: number, warm: boolean): Promise<Section> {
  const figures = new Figures()
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  try {
    for (const [number, { name, bytes }] of recordSizes.entries()) {
      const file = join(directory, `${bytes}`)
      writeRecords(file, bytes)
      await inTurns(rivals, rounds, number === 0 ? warmUpRounds : 0, async (rival, at, round) => {
        const topic = `librdkafka-${bytes}-${round}`
        const cluster = await BenchCluster.connect(rival.host, rival.port)
        await cluster.createTopic(topic, 1)
        const common = ['-q', '-b', rival.bootstrap, '-t', topic]
        for (const what of ['produced', 'consumed'] as const) {
          const args =
            what === 'produced'
              ? ['-P', '-p', '0', ...properties(producerProperties), '-l', file]
              : ['-C', '-p', '0', '-o', 'beginning', '-e', ...properties(consumerProperties)]
          if (warm && what === 'produced') await warmMemory(warmMegabytesFor(loadBytes / 1024 / 1024, clientMegabytes))
          const begunMs = performance.now()
          let elapsedMs = 0
          const { cpuSeconds, systemSeconds } = await cpuSecondsOf(rival.pid, async () => {
            await kcat([...common, ...args])
            elapsedMs = performance.now() - begunMs
          })
          console.log(`round ${round}, ${name}, ${what}, ${rival.name}: ${cpuSeconds.toFixed(2)} s of CPU`)
          if (round <= 0) continue
          const label = `${what}: ${name}, 1 MB batches`
          figures.addCpu(at, label, loadBytes / 1e9, cpuSeconds, systemSeconds)
          figures.add(at, { name: label, unit: 'MB/s', digits: 0, better: 'higher' }, loadBytes / 1e3 / elapsedMs)
        }
        await cluster.deleteTopic(topic)
        await cluster.close()
      })
      rmSync(file)
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    key: 'librdkafka',
    measures: figures.all(),
    setting: 'kcat with batches and fetches of 1 MB, acks=all, one partition; kcat itself is part of the time.',
  }
}

/**
 * This broker and Apache Kafka under the same load, in turns: CPU seconds of the broker's process per million records of 100 bytes
 * and per gigabyte of records of 1 KB, produced and consumed by Kafka's own perf tools. `npm run bench [-- --rounds N]` prints a table
 * and writes it into BENCHMARKS.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fetchKafka, kafkaTool, kafkaVersion, startKafka } from '../../conformance/kafka.ts'
import { startOwnBroker } from '../../conformance/own-broker.ts'
import { usageOf } from './replay/process-usage.ts'

/** A broker that is measured. */
interface Rival {
  readonly name: string
  readonly bootstrap: string
  readonly pid: number
  readonly readyMs: number
  stop(): Promise<unknown>
}

interface Load {
  readonly name: string
  readonly recordBytes: number
  readonly records: number
  /** Over which amount the CPU is spread in the table. */
  readonly unit: string
  readonly units: number
  readonly producerProperties: readonly string[]
}

const loads: readonly Load[] = [
  {
    name: '100-byte records, 16 KB batches',
    recordBytes: 100,
    records: 1_000_000,
    unit: 'million records',
    units: 1,
    producerProperties: [],
  },
  {
    name: '100-byte records, 128 KB batches',
    recordBytes: 100,
    records: 1_000_000,
    unit: 'million records',
    units: 1,
    producerProperties: ['batch.size=131072', 'linger.ms=10'],
  },
  {
    name: '1 KB records, 16 KB batches',
    recordBytes: 1024,
    records: 500_000,
    unit: 'GB',
    units: (500_000 * 1024) / 1e9,
    producerProperties: [],
  },
  {
    name: '1 KB records, 128 KB batches',
    recordBytes: 1024,
    records: 500_000,
    unit: 'GB',
    units: (500_000 * 1024) / 1e9,
    producerProperties: ['batch.size=131072', 'linger.ms=10'],
  },
]

const tools = 'org.apache.kafka.tools'

/** CPU seconds that the broker spends while something runs, and a little after, for what it does later. */
async function cpuSecondsOf(pid: number, run: () => Promise<unknown>): Promise<number> {
  const before = usageOf(pid)
  await run()
  await new Promise(resolve => setTimeout(resolve, 500))
  const after = usageOf(pid)
  return after.userSeconds - before.userSeconds + after.systemSeconds - before.systemSeconds
}

async function produce({ bootstrap }: Rival, topic: string, load: Load): Promise<void> {
  // One option with all of them: of several the tool takes the last.
  const properties = ['--command-property', 'acks=all', ...load.producerProperties]
  const arguments_ = ['--bootstrap-server', bootstrap, '--topic', topic, '--throughput', '-1', ...properties]
  await kafkaTool(`${tools}.ProducerPerformance`, [
    ...arguments_,
    '--num-records',
    `${load.records}`,
    '--record-size',
    `${load.recordBytes}`,
  ])
}

async function consume({ bootstrap }: Rival, topic: string, load: Load): Promise<void> {
  const output = await kafkaTool(`${tools}.ConsumerPerformance`, [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--num-records',
    `${load.records}`,
    '--timeout',
    '60000',
    '--hide-header',
  ])
  const consumed = Number(output.trim().split('\n').at(-1)!.split(',')[4])
  if (!(consumed >= load.records)) throw new Error(`${consumed} of ${load.records} records came back`)
}

async function topics({ bootstrap }: Rival, verb: '--create' | '--delete', topic: string): Promise<void> {
  const partitions = verb === '--create' ? ['--partitions', '1', '--replication-factor', '1'] : []
  await kafkaTool(`${tools}.TopicCommand`, ['--bootstrap-server', bootstrap, verb, '--topic', topic, ...partitions])
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Rows as a Markdown table. */
function table(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head!), line(head!.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n')
}

async function measure(rivals: readonly Rival[], rounds: number): Promise<string> {
  const idle = rivals.map(({ pid }) => usageOf(pid).residentBytes)
  const seconds = new Map<string, number[][]>()
  // Round 0 warms both up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [number, load] of loads.entries()) {
      // Whoever comes first in one round comes last in the next.
      const order = round % 2 === 0 ? [0, 1] : [1, 0]
      for (const at of order) {
        const rival = rivals[at]!
        const topic = `bench-${round}-${number}`
        await topics(rival, '--create', topic)
        for (const [what, work] of [
          ['produced', produce],
          ['consumed', consume],
        ] as const) {
          const spent = await cpuSecondsOf(rival.pid, () => work(rival, topic, load))
          console.log(`round ${round}, ${load.name}, ${what}, ${rival.name}: ${spent.toFixed(2)} s`)
          if (round === 0) continue
          const key = `${what}: ${load.name}|${load.unit}`
          const lists = seconds.get(key) ?? [[], []]
          lists[at]!.push(spent / load.units)
          seconds.set(key, lists)
        }
        await topics(rival, '--delete', topic)
      }
    }
  }
  const [ours, theirs] = rivals as [Rival, Rival]
  const rows = [['CPU seconds of the broker', 'per', ours.name, theirs.name, 'ratio']]
  for (const [key, [a, b]] of seconds) {
    const [name, unit] = key.split('|') as [string, string]
    const [mine, other] = [median(a!), median(b!)]
    rows.push([name, unit, mine.toFixed(2), other.toFixed(2), (mine / other).toFixed(2)])
  }
  const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024)
  const pair = (name: string, unit: string, values: readonly [number, number]) =>
    rows.push([name, unit, `${values[0]}`, `${values[1]}`, (values[0] / values[1]).toFixed(2)])
  pair('start to ready', 'ms', [Math.round(ours.readyMs), Math.round(theirs.readyMs)])
  pair('resident when idle', 'MB', [megabytes(idle[0]!), megabytes(idle[1]!)])
  pair('resident at most, over the whole run', 'MB', [
    megabytes(usageOf(ours.pid).residentBytesMax),
    megabytes(usageOf(theirs.pid).residentBytesMax),
  ])
  return table(rows)
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, 'keep-file': { type: 'boolean' } },
})
const rounds = Number(values.rounds)
const missing = fetchKafka()
if (missing !== null) {
  console.error(`there is nothing to compare with: ${missing}`)
  process.exit(1)
}
const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
const rivals: Rival[] = []
try {
  const own = await startOwnBroker([
    '--port',
    '0',
    '--data',
    join(directory, 'ottla'),
    '--set',
    'group.initial.rebalance.delay.ms=0',
  ])
  rivals.push({ ...own, name: 'Ottla', readyMs: Number(/(\d+) ms since/.exec(own.readyLine)![1]) })
  rivals.push({ ...(await startKafka(join(directory, 'kafka'))), name: `Apache Kafka ${kafkaVersion}` })
  const result = await measure(rivals, rounds)
  const setting = `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]!.model}), medians of ${rounds} rounds, one partition, acks=all, idempotent.`
  console.log(`\n${result}\n\n${setting}`)
  if (!values['keep-file']) {
    const file = new URL('../../BENCHMARKS.md', import.meta.url)
    const text = readFileSync(file, 'utf8')
    const begin = '<!-- broker bench: written by npm run bench -->\n'
    const end = '<!-- end of broker bench -->'
    const [before, after] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
    if (before < begin.length || after < 0) throw new Error('BENCHMARKS.md has lost its marks for this table')
    writeFileSync(file, `${text.slice(0, before)}\n${result}\n\n${setting}\n\n${text.slice(after)}`)
  }
} finally {
  for (const rival of rivals) await rival.stop()
  rmSync(directory, { recursive: true, force: true })
}

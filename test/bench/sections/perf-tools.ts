/** `ottla perf` beside Kafka's perf tools: what both tell of the same work with the same settings, on the same broker. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeOf, kafkaVersion } from '../../../conformance/kafka.ts'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { Figures, type Measure, type Section } from '../measures.ts'

const ottla = fileURLToPath(new URL('../../../dist/ottla.cjs', import.meta.url))
const settings = ['acks=all', 'batch.size=16384', 'linger.ms=5']
/** So slow that a busy machine keeps to it, and so long that what a JVM needs to start is made up for. */
const [limitedRecords, warmupRecords, limitedBytes, throughput] = [10_000, 4_000, 1_000, 500]
const [records, recordBytes] = [1_000_000, 100]

/** Each of them with words of ours and of Kafka's. */
const tools = [
  (name: 'produce' | 'consume') => [process.execPath, ottla, 'perf', name],
  (name: 'produce' | 'consume') => [
    ...['java', '-Xmx512M', '-Dorg.apache.logging.log4j.level=OFF', '-cp', join(homeOf(kafkaVersion), 'jars', '*')],
    `org.apache.kafka.tools.${name === 'produce' ? 'ProducerPerformance' : 'ConsumerPerformance'}`,
  ],
] as const

interface Told {
  readonly lines: readonly string[]
  readonly cpuSeconds: number
}

function toldBy(words: readonly string[]): Told {
  const script = 'TIMEFORMAT="%U %S"; { time "$@" 2>&3; } 3>/dev/null'
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stdout}`)
  const [user, system] = stderr.trim().split(' ').map(Number)
  return { lines: stdout.trim().split('\n'), cpuSeconds: user! + system! }
}

/** The figures in a line of a perf producer: records and megabytes a second, and milliseconds. */
const producerLine =
  /, ([\d.]+) records\/sec \(([\d.]+) MB\/sec\), ([\d.]+) ms avg latency, ([\d.]+) ms max latency, (\d+) ms 50th, (\d+) ms 95th, (\d+) ms 99th/

type Tool = (typeof tools)[number]
type Add = (measure: Omit<Measure, 'rounds'>, value: number) => void

function higher(name: string, unit: string, digits: number): Omit<Measure, 'rounds'> {
  return { name, unit, digits, better: 'higher' }
}

function lower(name: string, unit: string, digits: number): Omit<Measure, 'rounds'> {
  return { name, unit, digits, better: 'lower' }
}

/** Both tools in turns on a broker of their own, one round before those that count. Gives their figures, and how busy the machine was. */
async function inTurns(
  rounds: number,
  run: (tool: Tool, to: readonly string[], round: number, add: Add) => void,
): Promise<{ readonly measures: Measure[]; readonly load: string }> {
  const figures = new Figures()
  const loads: number[] = []
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const broker = await startOwnBroker(['--dev', '--port', '0', '--data', join(directory, 'data')])
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const to = ['--bootstrap-server', broker.bootstrap, '--topic', `perf-${at}-${round}`]
        run(tools[at]!, to, round, (measure, value) => {
          if (round > 0) figures.add(at, measure, value)
        })
        loads.push(loadavg()[0]!)
      }
    }
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  const [least, most] = [Math.min(...loads), Math.max(...loads)]
  return {
    measures: figures.all(),
    load: `The machine's load average was ${least.toFixed(1)} to ${most.toFixed(1)} meanwhile.`,
  }
}

function produced(tool: Tool, to: readonly string[], count: number, bytes: number, more: readonly string[]): Told {
  const told = toldBy([
    ...[...tool('produce'), ...to, '--command-property', ...settings],
    ...['--num-records', `${count}`, '--record-size', `${bytes}`, ...more],
  ])
  console.log(told.lines.slice(-2).join('\n'))
  return told
}

const what =
  'What the tools tell of the same work on the same broker of ours, in turns, with the CPU of each from its start'
const rivals = [`perf tools of Kafka ${kafkaVersion}`]

/** With a limit: both have the same to do in the same time, however fast they could be. */
export async function perfTools(rounds: number): Promise<Section> {
  const { measures, load } = await inTurns(rounds, (tool, to, _round, add) => {
    const { lines, cpuSeconds } = produced(tool, to, limitedRecords, limitedBytes, [
      ...['--throughput', `${throughput}`, '--warmup-records', `${warmupRecords}`],
    ])
    const [all, steady] = lines.slice(-2).map(line => producerLine.exec(line)!.slice(1).map(Number))
    add(higher('all', 'records/s', 1), all![0]!)
    add(higher('all', 'MB/s', 2), all![1]!)
    add(higher('steady state', 'records/s', 1), steady![0]!)
    add(higher('steady state', 'MB/s', 2), steady![1]!)
    for (const [at, what] of ['on average', 'at most', '50th', '95th', '99th'].entries()) {
      add(lower('steady state: latency', `ms ${what}`, at === 0 ? 2 : 0), steady![2 + at]!)
    }
    add(lower('the tool', 's of CPU', 2), cpuSeconds)
  })
  const work = `${limitedRecords.toLocaleString('en')} records of ${limitedBytes} bytes with --throughput ${throughput}, steady after ${warmupRecords.toLocaleString('en')}`
  return { key: 'perf-tools', rivals, measures, setting: `${what}: ${work}; ${settings.join(', ')}. ${load}` }
}

/** Without a limit, where each tells of its own speed too. */
export async function perfToolsUnlimited(rounds: number): Promise<Section> {
  const { measures, load } = await inTurns(rounds, (tool, to, round, add) => {
    const count = round === 0 ? records / 10 : records
    const { lines, cpuSeconds } = produced(tool, to, count, recordBytes, ['--throughput', '-1'])
    add(higher('produce', 'MB/s', 2), Number(producerLine.exec(lines.at(-1)!)![2]))
    add(lower('produce', 's of CPU', 2), cpuSeconds)
    const consumed = toldBy([
      ...[...tool('consume'), ...to],
      ...['--num-records', `${count}`, '--timeout', '60000', '--hide-header'],
    ])
    const line = consumed.lines.at(-1)!
    console.log(line)
    const columns = line.split(', ').map(Number)
    if (!(columns[4]! >= count)) throw new Error(`${columns[4]} of ${count} records came back`)
    add(higher('consume, with joining', 'MB.sec', 2), columns[3]!)
    add(lower('consume: rebalance.time.ms', 'ms', 0), columns[6]!)
    add(higher('consume, without', 'fetch.MB.sec', 2), columns[8]!)
    add(lower('consume', 's of CPU', 2), consumed.cpuSeconds)
  })
  const work = `${records.toLocaleString('en')} records of ${recordBytes} bytes, which are then consumed`
  return { key: 'perf-tools-unlimited', rivals, measures, setting: `${what}: ${work}; ${settings.join(', ')}. ${load}` }
}

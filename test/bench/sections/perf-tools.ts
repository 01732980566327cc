/** `ottla perf` beside Kafka's perf tools: what both tell of the same work with the same settings, on the same broker. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeOf, kafkaVersion } from '../../../conformance/kafka.ts'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { Figures, type Measure, type Section } from '../measures.ts'

const ottla = fileURLToPath(new URL('../../../dist/ottla.js', import.meta.url))
const settings = ['acks=all', 'batch.size=16384', 'linger.ms=5']
const [limitedRecords, limitedBytes, throughput] = [10_000, 1_000, 2_000]
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
  /** The last line. */
  readonly line: string
  readonly cpuSeconds: number
}

function told(words: readonly string[]): Told {
  const script = 'TIMEFORMAT="%U %S"; { time "$@" 2>&3; } 3>/dev/null'
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stdout}`)
  const [user, system] = stderr.trim().split(' ').map(Number)
  return { line: stdout.trim().split('\n').at(-1)!, cpuSeconds: user! + system! }
}

/** The figures in a line of a perf producer: records and megabytes a second, and milliseconds. */
const producerLine =
  /, ([\d.]+) records\/sec \(([\d.]+) MB\/sec\), ([\d.]+) ms avg latency, ([\d.]+) ms max latency, (\d+) ms 50th, (\d+) ms 95th, (\d+) ms 99th/

export async function perfTools(rounds: number): Promise<Section> {
  const figures = new Figures()
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const broker = await startOwnBroker(['--dev', '--port', '0', '--data', join(directory, 'data')])
  const higher = (name: string, unit: string, digits: number): Omit<Measure, 'rounds'> => ({
    ...{ name, unit, digits, better: 'higher' },
  })
  const lower = (name: string, unit: string, digits: number): Omit<Measure, 'rounds'> => ({
    ...{ name, unit, digits, better: 'lower' },
  })
  try {
    // One round before those that count.
    for (let round = 0; round <= rounds; round++) {
      for (const [at, tool] of tools.entries()) {
        const to = (topic: string) => ['--bootstrap-server', broker.bootstrap, '--topic', `${topic}-${at}-${round}`]
        const produce = (topic: string, count: number, bytes: number, limit: number) =>
          told([
            ...[...tool('produce'), ...to(topic), '--command-property', ...settings],
            ...['--num-records', `${count}`, '--record-size', `${bytes}`, '--throughput', `${limit}`],
          ])
        const limited = produce('limited', limitedRecords, limitedBytes, throughput)
        const produced = produce('full', records, recordBytes, -1)
        const consumed = told([
          ...[...tool('consume'), ...to('full')],
          ...['--num-records', `${records}`, '--timeout', '60000', '--hide-header'],
        ])
        console.log([`round ${round}`, limited.line, produced.line, consumed.line].join('\n  '))
        if (round === 0) continue
        const [, rate, , average, , half, most, nearlyAll] = producerLine.exec(limited.line)!.map(Number)
        const slow = `produce, ${throughput.toLocaleString('en')} records/s of 1 KB`
        figures.add(at, higher(slow, 'records/s', 1), rate!)
        figures.add(at, lower(`${slow}: latency`, 'ms on average', 2), average!)
        figures.add(at, lower(`${slow}: latency`, 'ms 50th', 0), half!)
        figures.add(at, lower(`${slow}: latency`, 'ms 95th', 0), most!)
        figures.add(at, lower(`${slow}: latency`, 'ms 99th', 0), nearlyAll!)
        figures.add(at, lower(slow, 's of CPU', 2), limited.cpuSeconds)
        figures.add(at, higher('produce without a limit', 'MB/s', 2), Number(producerLine.exec(produced.line)![2]))
        figures.add(at, lower('produce without a limit', 's of CPU', 2), produced.cpuSeconds)
        const columns = consumed.line.split(', ').map(Number)
        if (!(columns[4]! >= records)) throw new Error(`${columns[4]} of ${records} records came back`)
        figures.add(at, higher('consume, with joining', 'MB.sec', 2), columns[3]!)
        figures.add(at, lower('consume: rebalance.time.ms', 'ms', 0), columns[6]!)
        figures.add(at, higher('consume, without', 'fetch.MB.sec', 2), columns[8]!)
        figures.add(at, lower('consume', 's of CPU', 2), consumed.cpuSeconds)
      }
    }
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    key: 'perf-tools',
    rivals: [`perf tools of Kafka ${kafkaVersion}`],
    measures: figures.all(),
    setting: `What the tools tell of the same work on the same broker of ours, in turns: with a limit ${limitedRecords.toLocaleString('en')} records, without one ${records.toLocaleString('en')} of ${recordBytes} bytes, which are then consumed; ${settings.join(', ')}. CPU is the tool's, its start included.`,
  }
}

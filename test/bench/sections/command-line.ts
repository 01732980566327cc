/** The command line: a million lines to records and back, beside kcat and Kafka's console tools, all against a broker of ours. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeOf, kafkaVersion } from '../../../conformance/kafka.ts'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { Figures, type Section } from '../measures.ts'

const ottla = fileURLToPath(new URL('../../../dist/ottla.cjs', import.meta.url))
const [lineCount, lineBytes] = [1_000_000, 100]
const partition = ['--partition', '0', '--offset', 'earliest', '--max-messages', String(lineCount)]

/** A way to produce lines from a file, and one to consume them into another. */
interface Pair {
  readonly produce: (bootstrap: string, topic: string) => readonly string[]
  readonly consume: (bootstrap: string, topic: string) => readonly string[]
}

const tool = (name: string) => [
  ...['java', '-Xmx512M', '-Dorg.apache.logging.log4j.level=ERROR', '-cp', join(homeOf(kafkaVersion), 'jars', '*')],
  `org.apache.kafka.tools.${name}`,
]

/** This command line first. */
const pairs: readonly Pair[] = [
  {
    produce: (bootstrap, topic) => [
      process.execPath,
      ottla,
      'produce',
      '--bootstrap-server',
      bootstrap,
      '--topic',
      topic,
    ],
    consume: (bootstrap, topic) => [
      ...[process.execPath, ottla, 'consume', '--bootstrap-server', bootstrap, '--topic', topic],
      ...partition,
    ],
  },
  {
    produce: (bootstrap, topic) => ['kcat', '-P', '-b', bootstrap, '-t', topic],
    consume: (bootstrap, topic) => ['kcat', '-C', '-q', '-e', '-b', bootstrap, '-t', topic, '-o', 'beginning'],
  },
  {
    produce: (bootstrap, topic) => [...tool('ConsoleProducer'), '--bootstrap-server', bootstrap, '--topic', topic],
    consume: (bootstrap, topic) => [
      ...tool('consumer.ConsoleConsumer'),
      ...['--bootstrap-server', bootstrap, '--topic', topic],
      ...partition,
    ],
  },
]

function writeLines(path: string): void {
  const file = openSync(path, 'w')
  const block = 10_000
  for (let from = 0; from < lineCount; from += block) {
    const lines = Array.from({ length: block }, (_, at) => `${from + at} `.padEnd(lineBytes - 1, 'payload-'))
    writeSync(file, `${lines.join('\n')}\n`)
  }
  closeSync(file)
}

/** Runs a command between two files: seconds of the clock, and of its own CPU, as bash has them. */
function timed(words: readonly string[], from: string, to: string): { wall: number; cpu: number } {
  const script = 'TIMEFORMAT="%R %U %S"; from=$1 to=$2; shift 2; time "$@" < "$from" > "$to" 2> "$to.errors"'
  const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', from, to, ...words], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`)
  const [wall, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { wall: wall!, cpu: user! + system! }
}

export async function consoleTools(rounds: number): Promise<Section> {
  const figures = new Figures()
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const broker = await startOwnBroker(['--dev', '--port', '0', '--data', join(directory, 'data')])
  try {
    const [lines, out] = [join(directory, 'lines'), join(directory, 'out')]
    writeLines(lines)
    // One round before those that count.
    for (let round = 0; round <= rounds; round++) {
      for (const [at, { produce, consume }] of pairs.entries()) {
        const topic = `console-${at}-${round}`
        for (const what of ['produce', 'consume'] as const) {
          const words = what === 'produce' ? produce(broker.bootstrap, topic) : consume(broker.bootstrap, topic)
          const { wall, cpu } = timed(words, what === 'produce' ? lines : '/dev/null', out)
          console.log(`round ${round}, ${what}, ${words[0]}: ${wall} s, ${cpu.toFixed(2)} s of CPU`)
          if (what === 'consume' && statSync(out).size !== statSync(lines).size)
            throw new Error(`${words.join(' ')} did not give back what was produced`)
          if (round === 0) continue
          figures.add(at, { name: what, unit: 's', digits: 2, better: 'lower' }, wall)
          figures.add(at, { name: what, unit: 's of CPU', digits: 2, better: 'lower' }, cpu)
        }
        spawnSync(process.execPath, [
          ...[ottla, 'topics', '--bootstrap-server', broker.bootstrap, '--delete', '--topic', topic],
        ])
      }
    }
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    key: 'command-line',
    rivals: ['kcat', `console tools of Kafka ${kafkaVersion}`],
    measures: figures.all(),
    setting: `${lineCount.toLocaleString('en')} lines of ${lineBytes} bytes from a file into one partition and back into a file, with the usual settings of each; time and CPU of the command, its start included.`,
  }
}

/** The generator's command line: replays ready-made requests against brokers in turns, and prints a table and JSON. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Case, cases } from './cases.ts'
import { type OwnBroker, startOwnBroker } from './own-broker.ts'
import { tableOf } from './report.ts'
import { type Result, runCase, type Target } from './run.ts'

const help = `Replays ready-made requests against brokers and measures them.

  npx tsx test/bench/replay/main.ts [CASE ...] [OPTIONS]

Brokers, measured in turns in the order given; ratios are to the last one:
  --ours                    the broker of this checkout (build it first), on a fresh directory; the default
  --build FILE              another build of it: its entry, such as dist/ottla.cjs
  --against HOST:PORT       a running broker
  --pid N                   the process of the --against before it, to read its CPU and memory from /proc
  --name NAME               what to call the broker before it

Runs:
  --rounds N                times that each case is run on each broker (1); medians are printed
  --seconds N --megabytes N a run ends at whichever comes first; --warm-up N seconds before it are not counted
  --warm-memory             makes free memory warm before each run, for virtual machines: see warm-memory.ts
  --json FILE               writes all results there; - for standard output
  --node-option OPTION      handed to node for --ours and --build, such as --cpu-prof

Changes to all cases that are run (see cases.ts):
  --record-bytes --records-per-batch --acks --codec --idempotent --partitions --connections --consumers --window
  --rate (produces a second) --fetch-bytes-max --topic-megabytes

Cases:
${cases.map(({ name }) => `  ${name}`).join('\n')}
`

const { values, positionals, tokens } = parseArgs({
  allowPositionals: true,
  tokens: true,
  options: {
    help: { type: 'boolean' },
    ours: { type: 'boolean', multiple: true },
    build: { type: 'string', multiple: true },
    against: { type: 'string', multiple: true },
    pid: { type: 'string', multiple: true },
    name: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '1' },
    json: { type: 'string' },
    'node-option': { type: 'string', multiple: true },
    seconds: { type: 'string' },
    megabytes: { type: 'string' },
    'warm-up': { type: 'string' },
    'warm-memory': { type: 'boolean', default: false },
    'record-bytes': { type: 'string' },
    'records-per-batch': { type: 'string' },
    acks: { type: 'string' },
    codec: { type: 'string' },
    idempotent: { type: 'boolean' },
    partitions: { type: 'string' },
    connections: { type: 'string' },
    consumers: { type: 'string' },
    window: { type: 'string' },
    rate: { type: 'string' },
    'fetch-bytes-max': { type: 'string' },
    'topic-megabytes': { type: 'string' },
  },
})

/** A broker as the command line names it. */
interface Wish {
  name: string
  /** HOST:PORT of a running one, null for one of ours. */
  against: string | null
  entry: string | undefined
  pid: number | null
}

function wishes(): Wish[] {
  const found: Wish[] = []
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const last = found[found.length - 1]
    if (token.name === 'ours') found.push({ name: 'ottla', against: null, entry: undefined, pid: null })
    if (token.name === 'build') found.push({ name: token.value!, against: null, entry: token.value, pid: null })
    if (token.name === 'against') found.push({ name: token.value!, against: token.value!, entry: undefined, pid: null })
    if (token.name === 'pid' && last) last.pid = Number(token.value)
    if (token.name === 'name' && last) last.name = token.value!
  }
  return found.length > 0 ? found : [{ name: 'ottla', against: null, entry: undefined, pid: null }]
}

function changed(test: Case): Case {
  const number = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number(text))
  return {
    ...test,
    recordBytes: number(values['record-bytes'], test.recordBytes),
    recordsPerBatch: number(values['records-per-batch'], test.recordsPerBatch),
    acks: number(values.acks, test.acks) as Case['acks'],
    codec: (values.codec ?? test.codec) as Case['codec'],
    idempotent: values.idempotent ?? test.idempotent,
    partitions: number(values.partitions, test.partitions),
    connections: number(values.connections, test.connections),
    consumers: number(values.consumers, test.consumers),
    window: number(values.window, test.window),
    rate: number(values.rate, test.rate),
    fetchBytesMax: number(values['fetch-bytes-max'], test.fetchBytesMax),
    seconds: number(values.seconds, test.seconds),
    megabytes: number(values.megabytes, test.megabytes),
    warmUpSeconds: number(values['warm-up'], test.warmUpSeconds),
    warmMemory: values['warm-memory'],
    topicMegabytes: number(values['topic-megabytes'], test.topicMegabytes),
  }
}

function chosen(): Case[] {
  const unknown = positionals.find(name => !cases.some(test => test.name === name))
  if (unknown !== undefined) throw new Error(`there is no case ${unknown}; --help lists them`)
  return cases.filter(({ name }) => positionals.length === 0 || positionals.includes(name)).map(changed)
}

async function main(): Promise<void> {
  const owned: OwnBroker[] = []
  const targets: Target[] = []
  const results: Result[] = []
  try {
    for (const { name, against, entry, pid } of wishes()) {
      if (against === null) {
        const broker = await startOwnBroker(name, entry, values['node-option'])
        owned.push(broker)
        targets.push(broker.target)
      } else {
        const [host, port] = against.split(':')
        targets.push({ name, host, port: Number(port), pid })
      }
    }
    for (const test of chosen()) {
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const target of targets) results.push(await runCase(test, target))
      }
      process.stderr.write(`${test.name} done\n`)
    }
  } finally {
    for (const broker of owned) await broker.stop()
  }
  if (values.json === '-') {
    process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
    return
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
  process.stdout.write(`${tableOf(results)}\n`)
}

if (values.help) process.stdout.write(help)
else await main()

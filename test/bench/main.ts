/** `npm run bench`: this broker and Apache Kafka on the same machine in turns; prints tables, and keeps them in BENCHMARKS.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fetchKafka } from '../../conformance/kafka.ts'
import { type Section, tableOf } from './measures.ts'
import { barsOf, pictureOf } from './picture.ts'
import { aroundTable, besideRivalsKeys, comparedKeys, sectionKeys } from './report.ts'
import { kafkaName, type Rivals, startOwn, startRivals } from './rivals.ts'
import { clusters } from './sections/cluster.ts'
import { consoleTools } from './sections/command-line.ts'
import { consolePage } from './sections/console.ts'
import { disk } from './sections/disk.ts'
import { floor } from './sections/floor.ts'
import { installed } from './sections/installed.ts'
import { java } from './sections/java.ts'
import { kfake, missingKfake } from './sections/kfake.ts'
import { testKit } from './sections/kit.ts'
import { librdkafka, missingLibrdkafka } from './sections/librdkafka.ts'
import { limits } from './sections/limits.ts'
import { perfTools, perfToolsUnlimited } from './sections/perf-tools.ts'
import { replay } from './sections/replay.ts'
import { start } from './sections/start.ts'
import { strangers } from './sections/strangers.ts'
import { tlsCost } from './sections/tls.ts'
import { transactions } from './sections/transactions.ts'

const help = `Measures this broker beside Apache Kafka, on fresh directories and in turns, and prints medians and ratios.

  npm run bench [-- SECTION ...] [OPTIONS]

Sections (all by default; together about an hour):
  start        process start to the first acknowledged record, idle memory
  installed    sizes of package and executable, the executable's start and idle memory
  kit          what tests pay for the test-kit
  kfake        the test-kit beside kfake, franz-go's Kafka for tests
  java         Kafka's own perf tools
  librdkafka   kcat with batches of 1 MB
  replay       ready-made requests, so that no client is what is measured; see test/bench/replay/main.ts for single runs
  transactions records in transactions of a thousand, beside the same of an idempotent producer
  limits       1,000 and 10,000 partitions, 5,000 connections, memory after 10 GB
  disk         fetches of what the page cache does not hold, beside cat
  cluster      elections, what others see of a change, 100,000 partitions, and a start of three brokers
  tls          what TLS adds, beside what it adds to a bare socket
  strangers    latencies of a client beside half-open handshakes and wrong passwords
  command-line ottla produce and ottla consume beside kcat and Kafka's console tools
  perf-tools   ottla perf beside Kafka's perf tools: what both tell of the same work at a limited rate
  perf-tools-unlimited   the same at the speed of each
  console      the console's first page in Chromium, its first answers, a search over records
  floor        the distance to a bare socket that writes to a file, in Node and in C; Apache Kafka where each request comes alone

Options:
  --rounds N              rounds that count (5)
  --case NAME             only this case of replay; may be given several times
  --cold-memory           leave free memory as it is; otherwise as much as a run writes is made warm before it, as virtual
                          machines that give free pages back to their host pay eight times as much for the first write to one
  --against HOST:PORT --pid N   a running broker to compare with instead of Apache Kafka, and its process
  --keep-file             leave BENCHMARKS.md as it is

Apache Kafka comes from Maven into a cache; Java 17 and Maven are needed for it, and Go for kfake.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean' },
    rounds: { type: 'string', default: '5' },
    case: { type: 'string', multiple: true, default: [] },
    'cold-memory': { type: 'boolean', default: false },
    against: { type: 'string' },
    pid: { type: 'string' },
    'keep-file': { type: 'boolean' },
  },
})

const reportFile = new URL('../../BENCHMARKS.md', import.meta.url)

function sectionOf(key: string, rivals: Rivals, rounds: number, warm: boolean): Promise<Section> {
  if (key === 'java') return java(rivals, rounds, warm)
  if (key === 'librdkafka') return librdkafka(rivals, rounds, warm)
  if (key === 'disk') return disk(rivals, rounds)
  if (key === 'replay') return replay(rivals, rounds, warm, values.case)
  if (key === 'transactions') return transactions(rivals, rounds, warm)
  return limits(rivals, rounds, warm)
}

/** Puts a table, or what is drawn of all, between its marks. */
function keep(section: Section, text: string): void {
  const report = readFileSync(reportFile, 'utf8')
  const [before, after] = aroundTable(report, section.key)
  writeFileSync(reportFile, `${before}\n${text}\n\n${after}`)
}

async function main(): Promise<void> {
  const unknown = positionals.find(key => !sectionKeys.includes(key))
  if (unknown !== undefined) throw new Error(`there is no section ${unknown}; --help lists them`)
  const rounds = Number(values.rounds)
  const warm = !values['cold-memory']
  const wanted = sectionKeys.filter(key => positionals.length === 0 || positionals.includes(key))
  const running = values.against === undefined ? null : { bootstrap: values.against, pid: Number(values.pid) }
  const machine = `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]!.model}), ${new Date().toISOString().slice(0, 10)}`
  const done = (section: Section, rival: string) => {
    const text = `${tableOf(section.measures, section.rivals ?? [rival])}\n\n${section.setting} Medians of ${rounds} rounds. ${machine}.`
    console.log(`\n${section.key}\n\n${text}\n`)
    if (!values['keep-file']) keep(section, text)
  }
  if (wanted.includes('start')) done(await start(rounds, running === null), kafkaName)
  if (wanted.includes('installed')) done(await installed(rounds), '')
  if (wanted.includes('kit')) done(await testKit(rounds), '')
  if (wanted.includes('kfake')) {
    const missing = missingKfake()
    if (missing !== null) console.log(`kfake: skipped, ${missing}`)
    else done(await kfake(rounds), '')
  }
  if (wanted.includes('cluster')) done(await clusters(rounds), '')
  if (wanted.includes('tls')) done(await tlsCost(rounds, warm), '')
  if (wanted.includes('strangers')) done(await strangers(rounds), '')
  if (wanted.includes('command-line')) {
    const missing = fetchKafka() ?? missingLibrdkafka()
    if (missing !== null) console.log(`command-line: skipped, ${missing}`)
    else done(await consoleTools(rounds), '')
  }
  if (wanted.includes('perf-tools')) {
    const missing = fetchKafka()
    if (missing !== null) console.log(`perf-tools: skipped, ${missing}`)
    else done(await perfTools(rounds), '')
  }
  if (wanted.includes('perf-tools-unlimited')) {
    const missing = fetchKafka()
    if (missing !== null) console.log(`perf-tools-unlimited: skipped, ${missing}`)
    else done(await perfToolsUnlimited(rounds), '')
  }
  if (wanted.includes('console')) done(await consolePage(rounds), '')
  const others = wanted.filter(key => besideRivalsKeys.includes(key))
  if (others.length > 0) {
    const rivals = await startRivals(running)
    try {
      for (const key of others) {
        const missing = key === 'librdkafka' ? missingLibrdkafka() : null
        if (missing !== null) console.log(`${key}: skipped, ${missing}`)
        else done(await sectionOf(key, rivals, rounds, warm), rivals[1].name)
      }
    } finally {
      for (const rival of rivals) await rival.stop()
    }
  }
  if (wanted.includes('floor')) {
    const missing = running === null ? fetchKafka() : null
    if (missing !== null) console.log(`floor: without Apache Kafka, ${missing}`)
    const [own, other] = missing === null ? await startRivals(running) : [await startOwn(), null]
    try {
      done(await floor(own, other, rounds, warm), '')
    } finally {
      await own.stop()
      await other?.stop()
    }
  }
  if (values['keep-file']) return
  const report = readFileSync(reportFile, 'utf8')
  const bars = barsOf(report, comparedKeys)
  writeFileSync(new URL('../../benchmarks.svg', import.meta.url), pictureOf(bars, 'Apache Kafka'))
}

if (values.help) process.stdout.write(help)
else await main()

/** Black-box checks of a broker: `npm run conformance [-- SUITE]`; `--help` says which there are and what they take. */
import { parseArgs } from 'node:util'

type Suite = (options: {
  bootstrap: string | undefined
  against: string | undefined
  record: boolean
  print: boolean
  java: boolean
  full: boolean
  seconds: number | undefined
  runs: number | undefined
  seed: number | undefined
  sabotage: string | undefined
  rest: readonly string[]
}) => Promise<number>

const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  kafkajs: async () => (await import('./kafkajs/index.ts')).kafkajs,
  clients: async () => (await import('./clients/index.ts')).clients,
  driver: async () => (await import('./driver.ts')).driver,
  authorization: async () => (await import('./authorization/index.ts')).authorization,
  epochs: async () => (await import('./epochs.ts')).epochs,
  tools: async () => (await import('./tools/index.ts')).tools,
  crash: async () => (await import('./crash.ts')).crash,
  compaction: async () => (await import('./compaction.ts')).compaction,
  dump: async () => (await import('./dump.ts')).dump,
  'disk-full': async () => (await import('./disk-full.ts')).diskFull,
  hostile: async () => (await import('./hostile/index.ts')).hostile,
  transactions: async () => (await import('./transactions/index.ts')).transactions,
  groups: async () => (await import('./groups/index.ts')).groups,
  mirror: async () => (await import('./mirror.ts')).mirror,
  'test-kit': async () => (await import('./test-kit/index.ts')).testKit,
  cluster: async () => (await import('./cluster/index.ts')).cluster,
  librdkafka: async () => (await import('./librdkafka/index.ts')).librdkafka,
  skipped: async () => (await import('./skipped.ts')).skipped,
}

const help = `npm run conformance -- [SUITE] [options]

  kafkajs               kafkajs against a broker (the suite where none is named)
  clients [WORD]        kcat, Python and Go clients, as far as they can be installed; admin: what admin clients of others are answered
  driver [WORD]         raw requests, all cases or those whose name holds the word: judged by what Apache Kafka answered
  driver ask API VERSION JSON
                        one request, in Kafka's JSON form
  authorization [WORD]  what users may do by access rules, each right missing at each API: judged by what Apache Kafka answered
  epochs                leader epochs over restarts, judged by what Apache Kafka answered
  tools [WORD]          our command line with the arguments of Kafka's tools, judged by what those print of Apache Kafka
  crash                 kill -9 at many moments of work, and what is left
  compaction [RECORDS]  the same keyed records into two brokers, cleaned by both
  dump                  Apache Kafka's kafka-dump-log reads our files
  disk-full             a data directory without room
  hostile               what no client should send
  transactions [WORD]   random transactions of several clients under kills and pauses, whose history is judged; then exactly-once copiers,
                        and faults put in on purpose that must be found
  groups [WORD]         groups of the consumer protocol, and on their way to it and back, with members of three families under load
  mirror [RECORDS]      ottla mirror from Apache Kafka to ours and back, killed on the way
  test-kit [WORD]       what Java's, librdkafka's and franz-go's clients do when a broker is broken, turned in time or set back on purpose
  cluster [racks|kafkajs]
                        three brokers and etcd, whose leaders are killed and stopped under clients of three families; with --full, kafkajs
                        against all three as well
  librdkafka [NUMBER]   librdkafka's own tests, all or by their numbers, against three brokers and etcd; with --full in an hour instead of half
                        of one. Ends with 77 where they cannot be had, and says why
  skipped               renews the lists of conformance/skipped.md

  --bootstrap HOST:PORT the broker that is checked; without, one of our own is started where the suite can take any
  --record              (driver, authorization, epochs, tools, groups) writes down anew what Apache Kafka answers, which is fetched and started;
                        (clients admin) what the one of --bootstrap answers
  --against HOST:PORT   (driver) another one whose answers are compared; kafka (also epochs, transactions) fetches and starts Apache Kafka
  --print               (driver, tools) prints the answers, and judges nothing
  --java                (tools) Kafka's own tools against our broker
  --seconds N           (transactions) how long clients work in each run
  --runs N              (transactions) how many runs there are
  --seed N              (transactions) of the first run; drawn by chance where none is given
  --full                (transactions, cluster, librdkafka) all of it, as .ci/run --full does
  --sabotage NAME       (transactions) puts a fault into a broker of our own
  --help                this
`

const { values, positionals } = parseArgs({
  options: {
    bootstrap: { type: 'string' },
    against: { type: 'string' },
    record: { type: 'boolean' },
    print: { type: 'boolean' },
    java: { type: 'boolean' },
    full: { type: 'boolean' },
    seconds: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string' },
    sabotage: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  allowPositionals: true,
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const [name = 'kafkajs', ...rest] = positionals
if (!Object.hasOwn(suites, name)) {
  console.error(`there is no suite ${name}; choose one of ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}
const suite = await suites[name]()
const { bootstrap, against, record = false, print = false, java = false, full = false, sabotage } = values
function count(text: string | undefined): number | undefined {
  if (text === undefined || /^\d+$/.test(text)) return text === undefined ? undefined : Number(text)
  console.error(`${text} is not a number`)
  process.exit(2)
}
const [seconds, runs, seed] = [count(values.seconds), count(values.runs), count(values.seed)]
const failed = await suite({ bootstrap, against, record, print, java, full, seconds, runs, seed, sabotage, rest })
process.exit(failed === 0 ? 0 : 1)

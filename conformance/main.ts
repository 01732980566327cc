/** Black-box checks of a broker: `npm run conformance [-- SUITE]`; `--help` says which there are and what they take. */
import { parseArgs } from 'node:util'

type Suite = (options: {
  bootstrap: string | undefined
  against: string | undefined
  record: boolean
  print: boolean
  rest: readonly string[]
}) => Promise<number>

const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  kafkajs: async () => (await import('./kafkajs/index.ts')).kafkajs,
  clients: async () => (await import('./clients/index.ts')).clients,
  driver: async () => (await import('./driver.ts')).driver,
  epochs: async () => (await import('./epochs.ts')).epochs,
  crash: async () => (await import('./crash.ts')).crash,
  compaction: async () => (await import('./compaction.ts')).compaction,
  dump: async () => (await import('./dump.ts')).dump,
  'disk-full': async () => (await import('./disk-full.ts')).diskFull,
  hostile: async () => (await import('./hostile/index.ts')).hostile,
  skipped: async () => (await import('./skipped.ts')).skipped,
}

const help = `npm run conformance -- [SUITE] [options]

  kafkajs               kafkajs against a broker (the suite where none is named)
  clients               kcat and Python clients, as far as they can be installed
  driver [WORD]         raw requests, all cases or those whose name holds the word: judged by what Apache Kafka answered
  driver ask API VERSION JSON
                        one request, in Kafka's JSON form
  epochs                leader epochs over restarts, judged by what Apache Kafka answered
  crash                 kill -9 at many moments of work, and what is left
  compaction [RECORDS]  the same keyed records into two brokers, cleaned by both
  dump                  Apache Kafka's kafka-dump-log reads our files
  disk-full             a data directory without room
  hostile               what no client should send
  skipped               renews the lists of conformance/skipped.md

  --bootstrap HOST:PORT the broker that is checked; without, one of our own is started where the suite can take any
  --record              (driver, epochs) writes down anew what Apache Kafka answers, which is fetched and started
  --against HOST:PORT   (driver) another one whose answers are compared; kafka (also epochs) fetches and starts Apache Kafka
  --print               (driver) prints the answers, and judges nothing
  --help                this
`

const { values, positionals } = parseArgs({
  options: {
    bootstrap: { type: 'string' },
    against: { type: 'string' },
    record: { type: 'boolean' },
    print: { type: 'boolean' },
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
const { bootstrap, against, record = false, print = false } = values
const failed = await suite({ bootstrap, against, record, print, rest })
process.exit(failed === 0 ? 0 : 1)

/**
 * Black-box checks of a broker: `npm run conformance [-- SUITE] [--bootstrap HOST:PORT]`. Without an address a broker of our own
 * is started. Suites: kafkajs (the default), clients, driver, crash, disk-full, hostile. `skipped` renews the lists of skipped.md.
 */
import { parseArgs } from 'node:util'

type Suite = (options: {
  bootstrap: string | undefined
  against: string | undefined
  quiet: boolean
  rest: readonly string[]
}) => Promise<number>

const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  kafkajs: async () => (await import('./kafkajs/index.ts')).kafkajs,
  clients: async () => (await import('./clients/index.ts')).clients,
  driver: async () => (await import('./driver.ts')).driver,
  crash: async () => (await import('./crash.ts')).crash,
  'disk-full': async () => (await import('./disk-full.ts')).diskFull,
  hostile: async () => (await import('./hostile/index.ts')).hostile,
  skipped: async () => (await import('./skipped.ts')).skipped,
}

const { values, positionals } = parseArgs({
  options: { bootstrap: { type: 'string' }, against: { type: 'string' }, quiet: { type: 'boolean' } },
  allowPositionals: true,
})
const [name = 'kafkajs', ...rest] = positionals
if (!Object.hasOwn(suites, name)) {
  console.error(`there is no suite ${name}; choose one of ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}
const suite = await suites[name]()
const failed = await suite({ bootstrap: values.bootstrap, against: values.against, quiet: values.quiet ?? false, rest })
process.exit(failed === 0 ? 0 : 1)

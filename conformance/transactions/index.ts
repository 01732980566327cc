/**
 * Transactions in the manner of Jepsen: several clients at work under kills and pauses, and a judge of what they saw. Quick, it is one short run; with
 * `--full` ten runs of a minute, copiers of which one is killed again and again, and faults put in on purpose that have to be found.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transactionSabotages } from '../../test/simulation/transactions/sabotage.ts'
import { fetchKafka } from '../kafka.ts'
import { runScenarios, type Scenario } from '../scenario.ts'
import { type BrokerUnderTest, foreignBroker, kafkaBroker, ownBroker } from './brokers.ts'
import { type CopierFamily, type Family, javaFamily, kafkajsFamily, streamsFamily } from './families.ts'
import { type FaultName, faultNames } from './faults.ts'
import { type RunOptions, type RunOutcome, run } from './run.ts'

interface SuiteOptions {
  readonly bootstrap: string | undefined
  readonly against: string | undefined
  readonly full: boolean
  readonly seconds: number | undefined
  readonly runs: number | undefined
  readonly seed: number | undefined
  readonly sabotage: string | undefined
  readonly rest: readonly string[]
}

const [secondsQuick, secondsFull] = [15, 60]
const [runsQuick, runsFull] = [1, 10]
/** How often somebody is killed while copiers copy. */
const killsMin = 20
/** Within so many seconds a fault that was put in shows, or it counts as not found. */
const sabotageSeconds = 25
/** For what comes before and after the work. */
const besidesMs = 300_000

/** Answers how many scenarios failed. A word as the rest of the command line runs only the scenarios that hold it. */
export async function transactions(options: SuiteOptions): Promise<number> {
  const java = javaFamily()
  const families: Family[] = typeof java === 'string' ? [kafkajsFamily] : [kafkajsFamily, java]
  const start = (sabotage = options.sabotage): Promise<BrokerUnderTest> => {
    if (options.bootstrap !== undefined) return Promise.resolve(foreignBroker(options.bootstrap))
    if (options.against === 'kafka') return kafkaBroker()
    return ownBroker(sabotage)
  }
  if (options.against !== undefined && options.against !== 'kafka') throw new Error('--against takes kafka alone here')
  if (options.against === 'kafka') assert.equal(fetchKafka(), null)
  const first = options.seed ?? randomInt(2 ** 31)
  const seconds = options.seconds ?? (options.full ? secondsFull : secondsQuick)
  const msMax = seconds * 1_000 + besidesMs

  const scenarios: Scenario[] = Array.from(
    { length: options.runs ?? (options.full ? runsFull : runsQuick) },
    (_, i) => {
      const seed = first + i
      const name = `${seconds} s of transactions by ${families.map(each => each.name).join(' and ')}, seed ${seed}`
      return {
        name,
        msMax,
        run: () => judged(start, { families, copiers: families, seed, seconds, faults: faultNames }),
      }
    },
  )
  if (typeof java === 'string') scenarios.push({ name: 'transactions by java', run: nothing, skipped: java })
  if (options.full) {
    const streams = streamsFamily()
    for (const [name, family] of [
      ['kafkajs', kafkajsFamily],
      ['java', java],
      ['Kafka Streams with exactly_once_v2', streams],
    ] as const) {
      const title = `a copier of ${name} copies each record once, ${killsMin} kills`
      if (typeof family === 'string') scenarios.push({ name: title, run: nothing, skipped: family })
      else
        scenarios.push({ name: title, msMax: besidesMs + 300_000, run: () => copies(start, families, family, first) })
    }
    const isOurs = options.bootstrap === undefined && options.against === undefined
    for (const sabotage of isOurs && options.sabotage === undefined ? Object.keys(transactionSabotages) : [])
      scenarios.push({
        name: `a broker told to ${sabotage} is found out`,
        msMax: besidesMs + 300_000,
        run: () => foundOut(() => start(sabotage), sabotage, families, first),
      })
  }
  const [word = ''] = options.rest
  const title = `transactions against ${options.bootstrap ?? (options.against === 'kafka' ? 'Apache Kafka' : 'Ottla')}`
  return runScenarios(
    title,
    scenarios.filter(({ name }) => name.includes(word)),
  )
}

const nothing = () => Promise.resolve(undefined)

type Start = () => Promise<BrokerUnderTest>
type Work = Omit<RunOptions, 'broker'>

async function outcomeOf(start: Start, work: Work): Promise<RunOutcome> {
  const broker = await start()
  try {
    return await run({ ...work, broker })
  } finally {
    await broker.stop()
  }
}

async function judged(start: Start, work: Work): Promise<string> {
  const { findings, history, summary } = await outcomeOf(start, work)
  if (findings.length === 0) return summary
  const file = join(tmpdir(), `ottla-transactions-history-${work.seed}.json`)
  writeFileSync(file, JSON.stringify({ findings, ...history, readings: history.readings.map(readable) }, null, 1))
  throw new Error(`${findings.length} findings, see ${file}: ${findings.slice(0, 5).join('; ')}`)
}

function readable({ reader, partitions }: RunOutcome['history']['readings'][number]) {
  return { reader, partitions: Object.fromEntries(partitions) }
}

function copies(start: Start, families: readonly Family[], copier: CopierFamily, seed: number): Promise<string> {
  const faults = ['kill the broker', 'kill a copier'] as const
  return judged(start, { families: families.slice(0, 1), copiers: [copier], seed, seconds: 20, killsMin, faults })
}

/** What has to be done to a broker for a fault in it to show; whatever there is where nothing is said. */
const provocations: Readonly<Record<string, readonly FaultName[]>> = {
  'ignore epochs': ['replace a paused writer'],
  'take what was sent twice': ['pause the broker'],
}

/** Runs until the fault shows: that needs the moment for which it was made. */
async function foundOut(start: Start, sabotage: string, families: readonly Family[], seed: number): Promise<string> {
  const faults = provocations[sabotage] ?? faultNames
  const runsMax = 8
  for (let i = 0; i < runsMax; i++) {
    const work: Work = { families, copiers: [], seed: seed + i, seconds: sabotageSeconds, faults }
    const found = await outcomeOf(start, work).then(
      ({ findings }) => findings,
      error => [(error as Error).message],
    )
    if (found.length > 0) return `${found.length} findings in run ${i + 1}, first: ${found[0]}`
  }
  throw new Error(`nothing was found in ${runsMax} runs`)
}

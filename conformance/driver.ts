/**
 * Sends raw requests to a broker and judges its answers by those of Apache Kafka:
 *
 *     npm run conformance -- driver [WORD]                    all cases, or those whose name holds the word, by the recorded answers
 *     npm run conformance -- driver [WORD] --record           records them anew: Apache Kafka is fetched and started for it
 *     npm run conformance -- driver [WORD] --against B        by the answers of another broker, or with `kafka` of Kafka itself
 *     npm run conformance -- driver [WORD] --print            prints the answers, and judges nothing
 *     npm run conformance -- driver ask API VERSION JSON      one request, in Kafka's JSON form
 *
 * Without --bootstrap a broker of our own is started.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromJson, toJson } from '../protocol/json.ts'
import { parseExact, stringifyExact } from '../protocol/json-text.ts'
import { apis } from '../protocol/messages/index.ts'
import type { Api } from '../protocol/schema.ts'
import { Brokers } from './brokers.ts'
import type { Case, Difference } from './cases/case.ts'
import { caseGroups } from './cases/index.ts'
import { answersOf, inCommon, judged, judgedByRecord, type Pass, passesOf } from './judge.ts'
import {
  fetchKafka,
  type KafkaSettings,
  kafkaVersion,
  oldKafkaVersion,
  type RunningKafka,
  startKafka,
} from './kafka.ts'
import { startOwnBroker } from './own-broker.ts'
import { record } from './record.ts'
import { type CaseRecord, type GroupRecord, readGroup, readOffered } from './recorded.ts'
import { runScenarios, type Scenario } from './scenario.ts'
import { Session } from './session.ts'

/** Lines of a failure that are printed. */
const linesMax = 40

export async function driver(options: {
  bootstrap: string | undefined
  against: string | undefined
  record: boolean
  print: boolean
  rest: readonly string[]
}): Promise<number> {
  const word = options.rest[0] ?? ''
  if (options.record) return record(word)
  const { bootstrap: given } = options
  const own = new Brokers(startOwn)
  // A broker that somebody else started may have seen these cases before, and has the settings that it has.
  const salt = given === undefined ? '' : `${process.pid} ${performance.timeOrigin}`
  const bootstrapOf = (each: Pick<Case, 'settings'>) => (given === undefined ? own.of(each) : Promise.resolve(given))
  const kafka = new Brokers(startedKafka)
  const { against } = options
  const againstOf = (each: Pick<Case, 'settings'>) =>
    against === 'kafka' ? kafka.of(each) : Promise.resolve(against ?? '')
  const isPlayed = (each: Case) =>
    each.settings === undefined || (given === undefined && (against === undefined || against === 'kafka'))
  try {
    if (word === 'ask') {
      await ask(await bootstrapOf({}), options.rest.slice(1))
      if (against !== undefined) await ask(await againstOf({}), options.rest.slice(1))
      return 0
    }
    if (against === undefined) return await compareWithRecords(bootstrapOf, isPlayed, word, salt, options.print)
    return await compareDirectly(bootstrapOf, againstOf, isPlayed, word, `${process.pid} ${performance.timeOrigin}`)
  } finally {
    await own.stop()
    await kafka.stop()
  }
}

/** Without our shortcuts for laptops. */
async function startOwn(settings: KafkaSettings): Promise<{ bootstrap: string; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-'))
  const sets = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const remove = () => rmSync(directory, { recursive: true, force: true })
  try {
    const broker = await startOwnBroker(['--data', directory, '--port', '0', '--set', ...sets])
    const stop = async () => {
      await broker.stop()
      remove()
    }
    return { bootstrap: broker.bootstrap, stop }
  } catch (error) {
    remove()
    throw error
  }
}

async function startedKafka(settings: KafkaSettings): Promise<RunningKafka> {
  const missing = fetchKafka()
  if (missing !== null) throw new Error(`there is no Apache Kafka to compare with: ${missing}`)
  return startKafka(mkdtempSync(join(tmpdir(), 'kafka-')), settings)
}

/** Where a case finds its broker. */
type BootstrapOf = (each: Pick<Case, 'settings'>) => Promise<string>
type Chosen = (each: Case) => boolean

async function ask(bootstrap: string, [name, version, json = '{}']: readonly string[]): Promise<void> {
  const api = apis.find(each => each.name === name) as Api | undefined
  if (api === undefined) throw new Error(`there is no API ${name}; they are ${apis.map(each => each.name).join(', ')}`)
  const at = version === undefined ? api.latestStable : Number(version)
  const session = new Session(bootstrap, '')
  const client = await session.connect()
  const request = fromJson(api.request, at, parseExact(json))
  const response = await client.send(api, at, request as never)
  console.log(`${bootstrap} answers ${name} v${at}:\n${stringifyExact(toJson(api.response, at, response))}`)
  await client.close()
}

async function compareWithRecords(
  bootstrapOf: BootstrapOf,
  isPlayed: Chosen,
  word: string,
  salt: string,
  print: boolean,
): Promise<number> {
  const offered = readOffered()
  const { now, dropped } = passesOf(offered[kafkaVersion] ?? {}, offered[oldKafkaVersion] ?? {})
  const scenarios = Object.entries(caseGroups).flatMap(([group, cases]) => {
    const recorded = readGroup(group)
    const chosen = cases.filter(each => each.name.includes(word) && isPlayed(each))
    return [
      ...chosen.map(each => ({
        name: each.name,
        run: async () => {
          const ours = await answersOfBoth(each, await bootstrapOf(each), now, dropped, salt)
          return print ? printed(ours) : outcome(each, ours, recorded[each.name])
        },
      })),
      ...(word === '' && !print ? abandoned(group, cases, recorded) : []),
    ]
  })
  const title = `requests to ${await bootstrapOf({})}, judged by the recorded answers of Apache Kafka`
  return runScenarios(title, scenarios)
}

async function answersOfBoth(
  each: Case,
  bootstrap: string,
  now: Pass,
  dropped: Pass,
  salt: string,
): Promise<CaseRecord> {
  const { answers, enumerated } = await answersOf(each, bootstrap, now, salt)
  if (![...enumerated].some(api => api in dropped.asked)) return { [now.kafka]: answers }
  return { [now.kafka]: answers, [dropped.kafka]: (await answersOf(each, bootstrap, dropped, salt)).answers }
}

function countOf(record: CaseRecord): number {
  return Object.values(record).reduce((sum, answers) => sum + Object.keys(answers).length, 0)
}

function outcome({ name, differs = [] }: Case, ours: CaseRecord, recorded: CaseRecord | undefined): string {
  if (recorded === undefined)
    throw new Error(`nothing is recorded: npm run conformance -- driver ${JSON.stringify(name)} --record`)
  failOn(judgedByRecord(differs, ours, recorded))
  return `${countOf(ours)} answers${differs.length === 0 ? '' : `, ${differs.length} declared differences`}`
}

function failOn(lines: readonly string[]): void {
  if (lines.length === 0) return
  const more = lines.length > linesMax ? `\n    and ${lines.length - linesMax} more` : ''
  throw new Error(`${lines.length} differences\n    ${lines.slice(0, linesMax).join('\n    ')}${more}`)
}

/** Recorded answers to a case that is there no more. */
function abandoned(group: string, cases: readonly Case[], recorded: GroupRecord): Scenario[] {
  const names = Object.keys(recorded).filter(name => !cases.some(each => each.name === name))
  return names.map(name => ({
    name,
    run: async () => {
      throw new Error(`there is no such case in ${group}: npm run conformance -- driver --record drops its answers`)
    },
  }))
}

function printed(ours: CaseRecord): string {
  for (const answers of Object.values(ours))
    for (const [title, answer] of Object.entries(answers)) console.log(`  ${title}: ${stringifyExact(answer)}`)
  return `${countOf(ours)} answers`
}

/** Two brokers that run, by the versions that both speak. */
async function compareDirectly(
  bootstrapOf: BootstrapOf,
  againstOf: BootstrapOf,
  isPlayed: Chosen,
  word: string,
  salt: string,
): Promise<number> {
  const [bootstrap, against] = [await bootstrapOf({}), await againstOf({})]
  const [ours, theirs] = [await offeredBy(bootstrap), await offeredBy(against)]
  const { spoken } = passesOf(inCommon(ours, theirs), {}).now
  const pass: Pass = { kafka: kafkaVersion, spoken, asked: spoken }
  const chosen = Object.values(caseGroups).flatMap(cases =>
    cases.filter(each => each.name.includes(word) && isPlayed(each)),
  )
  return runScenarios(
    `requests to ${bootstrap} and ${against}`,
    chosen.map(each => ({
      name: each.name,
      run: async () => {
        const { answers } = await answersOf(each, await bootstrapOf(each), pass, salt)
        const other = await answersOf(each, await againstOf(each), pass, salt)
        const used = new Set<Difference>()
        failOn(judged(each.differs ?? [], answers, other.answers, used))
        return `${Object.keys(answers).length} answers${used.size === 0 ? '' : `, ${used.size} declared differences`}`
      },
    })),
  )
}

async function offeredBy(bootstrap: string) {
  const session = new Session(bootstrap, '')
  try {
    return await session.offered()
  } finally {
    await session.close()
  }
}

/**
 * Access rules: each API is asked by users who have one right, all but one, or are denied one, and what they are told is judged by what
 * Apache Kafka answers with its StandardAuthorizer.
 *
 *     npm run conformance -- authorization [WORD]            by the recorded answers; WORD chooses questions
 *     npm run conformance -- authorization [WORD] --record   records them anew: Apache Kafka is fetched and started for it
 */
import { isDeepStrictEqual } from 'node:util'
import { apis } from '../../protocol/messages/index.ts'
import { kafkaVersion } from '../kafka.ts'
import { readOffered, readTables, writeTables } from '../recorded.ts'
import { runScenarios, type Scenario } from '../scenario.ts'
import { type Population, populations } from './askers.ts'
import { startOurs, startTheirs } from './brokers.ts'
import { differencesIn } from './judge.ts'
import { Players } from './play.ts'
import { questions, titleOf } from './questions/index.ts'
import { columns, type Table, tableOf } from './table.ts'

/** Lines of a failure that are printed. */
const linesMax = 20

interface Recorded {
  readonly columns: readonly string[]
  readonly tables: Readonly<Record<string, Table>>
}

/** Answers how many questions failed. */
export async function authorization(options: { record: boolean; rest: readonly string[] }): Promise<number> {
  let failed = 0
  for (const population of populations) failed += await asked(population, options.record, options.rest[0] ?? '')
  return failed
}

async function asked(population: Population, isRecorded: boolean, word: string): Promise<number> {
  const { file, title, askers, rowNames } = population
  const chosen = questions.filter(question => titleOf(question).includes(word))
  const recorded = readTables(file) as Recorded | undefined
  const tables = new Map(Object.entries(recorded?.tables ?? {}))
  const broker = await (isRecorded ? startTheirs(population) : startOurs(population))
  try {
    const players = await Players.begin(broker.bootstrap, population)
    const scenarios = chosen.map(question => {
      const name = titleOf(question)
      const known = tables.get(name)
      const run = async () => {
        const answers = await players.answersTo(question)
        if (!isRecorded) {
          const table = known ?? tableOf([], rowNames)
          return judged(differencesIn(answers, table, population, question.differs ?? []), answers.length)
        }
        tables.set(name, tableOf(answers, rowNames))
        return isDeepStrictEqual(known, tables.get(name)) ? 'as before' : 'changed'
      }
      return { name, run }
    })
    const whole = word === '' && !isRecorded ? [everyApi(players), nothingElse(tables)] : []
    const told = `${title}: ${askers.length} users ask ${broker.bootstrap} ${chosen.length} questions`
    const failed = await runScenarios(told, [...whole, ...scenarios])
    await players.end()
    if (isRecorded) writeTables(file, { columns, tables: ofQuestions(tables) })
    return failed
  } finally {
    await broker.stop()
  }
}

function judged(lines: readonly string[], count: number): string {
  if (lines.length === 0) return `${count} answers`
  const more = lines.length > linesMax ? `\n    and ${lines.length - linesMax} more` : ''
  throw new Error(`${lines.length} differences\n    ${lines.slice(0, linesMax).join('\n    ')}${more}`)
}

/** In the order of the questions. */
function ofQuestions(tables: ReadonlyMap<string, Table>): Readonly<Record<string, Table>> {
  return Object.fromEntries(
    questions.flatMap(question => {
      const table = tables.get(titleOf(question))
      return table === undefined ? [] : [[titleOf(question), table] as const]
    }),
  )
}

function everyApi(players: Players): Scenario {
  return {
    name: 'every API that both brokers offer is asked',
    run: async () => {
      const asked = new Set(questions.map(({ api }) => api.key))
      // What only brokers of ours ask each other has nothing to be judged by.
      const judges = readOffered()[kafkaVersion] ?? {}
      const judged = new Set(apis.filter(({ name }) => name in judges).map(({ key }) => key as number))
      const offered = (await players.offered()).filter(key => judged.has(key))
      const missing = offered.filter(key => !asked.has(key))
      if (missing.length > 0) throw new Error(`nobody asks the APIs of the keys ${missing.join(', ')}`)
      return `${offered.length} APIs`
    },
  }
}

function nothingElse(tables: ReadonlyMap<string, Table>): Scenario {
  return {
    name: 'nothing is recorded that nobody asks',
    run: async () => {
      const titles = questions.map(titleOf)
      const left = [...tables.keys()].filter(title => !titles.includes(title))
      if (left.length > 0) throw new Error(left.join(', '))
      if (new Set(titles).size < titles.length) throw new Error('two questions have the same title')
      return undefined
    },
  }
}

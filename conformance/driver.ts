/**
 * Sends the same requests to one or two brokers and shows where their answers differ:
 *
 *     npm run conformance -- driver [WORD] --bootstrap A [--against B]   all cases, or those whose name holds the word
 *     npm run conformance -- driver --against kafka                      with Apache Kafka, fetched and started for it
 *     npm run conformance -- driver ask API VERSION JSON --bootstrap A   one request, in Kafka's JSON form
 *
 * Without a second broker the answers are printed, or with --quiet only counted.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromJson, toJson } from '../protocol/json.ts'
import { stringifyExact } from '../protocol/json-text.ts'
import { apis } from '../protocol/messages/index.ts'
import type { Api } from '../protocol/schema.ts'
import { cases } from './cases/index.ts'
import { comparable, differences } from './compare.ts'
import { fetchKafka, type RunningKafka, startKafka } from './kafka.ts'
import { startOwnBroker } from './own-broker.ts'
import { runScenarios } from './scenario.ts'
import { Session } from './session.ts'

export async function driver(options: {
  bootstrap: string | undefined
  against: string | undefined
  quiet: boolean
  rest: readonly string[]
}): Promise<number> {
  // Whoever asks about both wants neither of our shortcuts for laptops, only a group that forms at once.
  const own =
    options.bootstrap === undefined
      ? await startOwnBroker(['--ephemeral', '--port', '0', '--set', 'group.initial.rebalance.delay.ms=0'])
      : undefined
  const kafka = options.against === 'kafka' ? await startedKafka() : undefined
  const against = kafka?.bootstrap ?? options.against
  const bootstraps = [options.bootstrap ?? own!.bootstrap, ...(against === undefined ? [] : [against])]
  try {
    if (options.rest[0] === 'ask') {
      for (const bootstrap of bootstraps) await ask(bootstrap, options.rest.slice(1))
      return 0
    }
    return await compareAll(bootstraps, options.rest[0] ?? '', options.quiet)
  } finally {
    await own?.stop()
    await kafka?.stop()
  }
}

async function startedKafka(): Promise<RunningKafka> {
  const missing = fetchKafka()
  if (missing !== null) throw new Error(`there is no Apache Kafka to compare with: ${missing}`)
  return startKafka(mkdtempSync(join(tmpdir(), 'kafka-')))
}

async function ask(bootstrap: string, [name, version, json = '{}']: readonly string[]): Promise<void> {
  const api = apis.find(each => each.name === name) as Api | undefined
  if (api === undefined) throw new Error(`there is no API ${name}; they are ${apis.map(each => each.name).join(', ')}`)
  const at = version === undefined ? api.latestStable : Number(version)
  const session = new Session(bootstrap, '')
  const client = await session.connect()
  const request = fromJson(api.request, at, JSON.parse(json))
  const response = await client.send(api, at, request as never)
  console.log(`${bootstrap} answers ${name} v${at}:\n${stringifyExact(toJson(api.response, at, response))}`)
  await client.close()
}

async function compareAll(bootstraps: readonly string[], word: string, quiet: boolean): Promise<number> {
  const chosen = cases.filter(({ name }) => name.includes(word))
  const run = `${process.pid.toString(36)}${Math.floor(performance.timeOrigin).toString(36)}`
  let number = 0
  return runScenarios(
    `requests to ${bootstraps.join(' and ')}`,
    chosen.map(each => ({
      name: each.name,
      run: async () => {
        number++
        const sessions = bootstraps.map((bootstrap, i) => new Session(bootstrap, `${run}-${number}-${i}`))
        try {
          for (const session of sessions) await session.open()
          if (sessions.length === 2) sessions[0]!.restrictTo(sessions[1]!)
          for (const session of sessions) await each.run(session)
        } finally {
          for (const session of sessions) await session.close()
        }
        return sessions.length === 1 ? printed(sessions[0]!, quiet) : compared(sessions[0]!, sessions[1]!)
      },
    })),
  )
}

function printed({ exchanges }: Session, quiet: boolean): string {
  if (quiet) return `${exchanges.length} answers`
  for (const { api, version, label, answer } of exchanges)
    console.log(`  ${api} v${version} ${label}: ${stringifyExact(answer)}`)
  return `${exchanges.length} answers`
}

function compared(a: Session, b: Session): string {
  const answersA = comparable(
    a.exchanges.map(({ answer }) => answer),
    a.run,
  )
  const answersB = comparable(
    b.exchanges.map(({ answer }) => answer),
    b.run,
  )
  const titles = (session: Session) => session.exchanges.map(({ api, version, label }) => `${api} v${version} ${label}`)
  const [titlesA, titlesB] = [titles(a), titles(b)]
  // Where a case asks about each thing that a broker has, one broker may have more of them.
  const lines = titlesB.flatMap((title, j) => {
    const i = titlesA[j] === title ? j : titlesA.indexOf(title)
    if (i < 0) return [`${title}: no answer of the first broker`]
    return differences(answersA[i]!, answersB[j]!).map(line => `${title} ${line}`)
  })
  if (lines.length > 0) throw new Error(`${lines.length} differences\n    ${lines.slice(0, 40).join('\n    ')}`)
  return `${a.exchanges.length} answers alike`
}

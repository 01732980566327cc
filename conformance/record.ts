/** Records the answers of Apache Kafka to the driver's cases: each Kafka is fetched and started on a new directory, and asked. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringifyExact } from '../protocol/json-text.ts'
import { Brokers } from './brokers.ts'
import type { Case } from './cases/case.ts'
import { caseGroups } from './cases/index.ts'
import { answersOf, type Pass, passesOf } from './judge.ts'
import { fetchKafka, type KafkaVersion, kafkaVersion, oldKafkaVersion, startKafka } from './kafka.ts'
import { type CaseRecord, readGroup, readOffered, writeGroup, writeOffered } from './recorded.ts'
import { runScenarios } from './scenario.ts'
import { type Offered, Session } from './session.ts'

/** Enough for small requests. */
const heapMb = 512

/** Nodes that are started when they are first needed. */
class Nodes {
  readonly #versions = new Map<KafkaVersion, Brokers>()

  async of(version: KafkaVersion, each: Pick<Case, 'settings'> = {}): Promise<string> {
    let brokers = this.#versions.get(version)
    if (brokers === undefined) {
      const missing = fetchKafka(version)
      if (missing !== null)
        throw new Error(`there is no Apache Kafka ${version} whose answers could be recorded: ${missing}`)
      brokers = new Brokers(settings =>
        startKafka(mkdtempSync(join(tmpdir(), 'kafka-')), settings, { version, heapMb }),
      )
      this.#versions.set(version, brokers)
    }
    return brokers.of(each)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#versions.values()].map(brokers => brokers.stop()))
  }
}

/** Records the cases whose name holds the word; others keep what is recorded of them, and answers to cases that are gone are dropped. */
export async function record(word: string): Promise<number> {
  const nodes = new Nodes()
  try {
    const offered = await offeredBy(nodes, word === '')
    const { now, dropped } = passesOf(offered[kafkaVersion], offered[oldKafkaVersion])
    let failed = 0
    for (const [group, cases] of Object.entries(caseGroups)) {
      const chosen = cases.filter(({ name }) => name.includes(word))
      if (chosen.length === 0) continue
      const before = readGroup(group)
      const after = new Map(Object.entries(before))
      const scenarios = chosen.map(each => ({
        name: each.name,
        run: async () => {
          const answers = await recordCase(each, nodes, now, dropped)
          after.set(each.name, answers)
          return changesBetween(before[each.name], answers)
        },
      }))
      failed += await runScenarios(`recorded/${group}.json`, scenarios)
      const kept = cases.flatMap(({ name }) => (after.has(name) ? [[name, after.get(name)!] as const] : []))
      writeGroup(group, Object.fromEntries(kept))
    }
    return failed
  } finally {
    await nodes.stop()
  }
}

async function offeredBy(
  nodes: Nodes,
  anew: boolean,
): Promise<Record<typeof kafkaVersion | typeof oldKafkaVersion, Offered>> {
  const known = readOffered()
  const ask = async (version: KafkaVersion) => {
    const session = new Session(await nodes.of(version), '')
    try {
      return await session.offered()
    } finally {
      await session.close()
    }
  }
  const of = async (version: KafkaVersion) => (anew ? undefined : known[version]) ?? (await ask(version))
  const offered = { [kafkaVersion]: await of(kafkaVersion), [oldKafkaVersion]: await of(oldKafkaVersion) }
  writeOffered(offered)
  return offered
}

async function recordCase(each: Case, nodes: Nodes, now: Pass, dropped: Pass): Promise<CaseRecord> {
  const { answers, enumerated } = await answersOf(each, await nodes.of(now.kafka, each), now, '')
  if (![...enumerated].some(api => api in dropped.asked)) return { [now.kafka]: answers }
  const old = await answersOf(each, await nodes.of(dropped.kafka, each), dropped, '')
  return { [now.kafka]: answers, [dropped.kafka]: old.answers }
}

function changesBetween(before: CaseRecord | undefined, after: CaseRecord): string {
  const versions = Object.keys(after) as KafkaVersion[]
  const count = versions.reduce((sum, version) => sum + Object.keys(after[version]!).length, 0)
  const by = versions.join(' and ')
  if (before === undefined) return `${count} answers of ${by}, new`
  const changed = versions.flatMap(version =>
    Object.entries(after[version]!).filter(
      ([title, answer]) => stringifyExact(before[version]?.[title]) !== stringifyExact(answer),
    ),
  )
  return `${count} answers of ${by}, ${changed.length === 0 ? 'as before' : `${changed.length} changed`}`
}

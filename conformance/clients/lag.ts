/** The lag of groups as others count it, beside what the broker tells at /metrics. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { startOwnBroker } from '../own-broker.ts'
import { type Scenario, until } from '../scenario.ts'
import { burrowScenario } from './burrow.ts'
import { franzLag } from './franz.ts'

/** By group, topic and partition. */
type Lags = Record<string, Record<string, Record<string, number>>>

/** What each group has committed, by partition of a topic with ten records in each; it never read the others. */
const committed: Readonly<Record<string, readonly number[]>> = {
  'up-to-date': [10, 10, 10],
  behind: [3, 7, 10],
  beginning: [0, 0, 0],
  'in-part': [5],
  'beyond what there is': [10, 25],
}

/** The scenarios of franz-go's kadm and Burrow; brokers of their own tell their figures. */
export function lagScenarios(isChosen: (name: string) => boolean): Scenario[] {
  const burrow = isChosen('burrow') ? [burrowScenario] : []
  if (!isChosen('franz-go')) return burrow
  const program = franzLag()
  return [
    {
      name: 'franz-go: the lag of groups is what /metrics tells',
      run: () => (typeof program === 'string' ? Promise.resolve(program) : byFranz(program.command)),
      ...(typeof program === 'string' ? { skipped: program } : {}),
    },
    ...burrow,
  ]
}

async function byFranz(command: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-lag-'))
  const readyFile = join(directory, 'ready.json')
  const broker = await startOwnBroker([
    '--dev',
    '--ephemeral',
    '--port',
    '0',
    '--topic',
    'orders:3',
    '--http',
    '0',
    '--ready-file',
    readyFile,
  ])
  try {
    const { http } = JSON.parse(readFileSync(readyFile, 'utf8')) as { http: string }
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
    const live = await load(kafka)
    const groups = [...Object.keys(committed), live.groupId]
    // A live group commits now and then, and one may come between two looks.
    const lags = await until('the same lags', async () => {
      const theirs = JSON.parse(execFileSync(command, [broker.bootstrap, ...groups], { encoding: 'utf8' })) as Lags
      const ours = await told(http)
      return JSON.stringify(sorted(ours)) === JSON.stringify(sorted(theirs)) ? theirs : undefined
    })
    await live.end()
    assert.deepEqual(lags.behind, { orders: { 0: 7, 1: 3, 2: 0 } })
    assert.deepEqual(lags['in-part'], { orders: { 0: 5 } })
    const partitions = Object.values(lags).flatMap(topics => Object.values(topics).flatMap(Object.keys))
    return `${groups.length} groups, ${partitions.length} partitions`
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true })
  }
}

async function load(kafka: Kafka) {
  const producer = kafka.producer()
  await producer.connect()
  for (const partition of [0, 1, 2]) {
    const messages = Array.from({ length: 10 }, (_, i) => ({ partition, value: `${i}` }))
    await producer.send({ topic: 'orders', messages })
  }
  await producer.disconnect()
  const admin = kafka.admin()
  await admin.connect()
  for (const [groupId, offsets] of Object.entries(committed)) {
    const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }))
    await admin.setOffsets({ groupId, topic: 'orders', partitions })
  }
  await admin.disconnect()
  const groupId = 'live'
  const consumer = kafka.consumer({ groupId })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  let seen = 0
  await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => void seen++ })
  await until('a group that has read all', async () => (seen >= 30 ? true : undefined))
  return { groupId, end: () => consumer.disconnect() }
}

/** The lag by partition, out of the broker's text. */
async function told(http: string): Promise<Lags> {
  const text = await (await fetch(`http://${http}/metrics?detail=partition`)).text()
  const lags: Lags = {}
  for (const [, group, topic, partition, value] of text.matchAll(
    /^ottla_group_lag\{group="([^"]*)",topic="([^"]*)",partition="(\d+)"\} (\d+)$/gm,
  )) {
    lags[group!] ??= {}
    lags[group!]![topic!] ??= {}
    lags[group!]![topic!]![partition!] = Number(value)
  }
  return lags
}

function sorted(lags: Lags): unknown {
  const entries = Object.entries(lags).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([group, topics]) => [group, topics])
}

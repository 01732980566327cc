/**
 * Many partitions that nobody uses: how long a broker takes to make them, to stop and to start with them, and what they cost it at rest.
 * `node scripts/run.mjs script test/bench/partitions.ts [--topics 10] [--partitions 1000] [--sparse-gb 100] [--keep DIR]`.
 */
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { batchOf } from '../../conformance/cases/case.ts'
import { type OwnBroker, startOwnBroker } from '../../conformance/own-broker.ts'
import { wholeRequest } from '../../conformance/session.ts'
import { Client } from '../../lib/client/client.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { usageOf } from './replay/process-usage.ts'

const { values } = parseArgs({
  options: {
    topics: { type: 'string', default: '10' },
    partitions: { type: 'string', default: '1000' },
    'sparse-gb': { type: 'string', default: '0' },
    'rest-s': { type: 'string', default: '10' },
    keep: { type: 'string' },
  },
})
const topics = Number(values.topics)
const partitions = Number(values.partitions)
const directory = values.keep ?? mkdtempSync(join(tmpdir(), 'ottla-partitions-'))

function say(what: string, figure: string): void {
  console.log(`${what.padEnd(44)} ${figure}`)
}

const ms = (value: number) => `${Math.round(value)} ms`
const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`
const pause = (delayMs: number) => new Promise(resolve => setTimeout(resolve, delayMs))

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const begin = performance.now()
  return [await work(), performance.now() - begin]
}

async function start(label: string): Promise<OwnBroker> {
  const [broker, wallMs] = await timed(() => startOwnBroker(['--data', directory, '--port', '0']))
  const own = /(\d+) ms since/.exec(broker.readyLine)![1]
  const { userSeconds, systemSeconds } = usageOf(broker.pid)
  say(
    `${label}: ready`,
    `${own} ms (${ms(wallMs)} with the process), CPU ${(userSeconds + systemSeconds).toFixed(2)} s`,
  )
  return broker
}

async function connect(broker: OwnBroker): Promise<Client> {
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  return Client.connect({ host, port: Number(port), timeoutMs: 300_000 })
}

/** The longest that others had to wait for an answer while some work was under way. */
async function longestWait(broker: OwnBroker, work: () => Promise<unknown>): Promise<[number, number]> {
  const other = await connect(broker)
  let over = false
  let longest = 0
  const watch = (async () => {
    while (!over) {
      const [, tookMs] = await timed(() => other.send(ApiVersions, 0, {} as never))
      longest = Math.max(longest, tookMs)
      await pause(1)
    }
  })()
  const [, tookMs] = await timed(work)
  over = true
  await watch
  await other.close()
  return [tookMs, longest]
}

async function createTopic(client: Client, name: string): Promise<void> {
  const { topics: made } = await client.send(
    CreateTopics,
    5,
    wholeRequest(CreateTopics, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1 }],
      timeoutMs: 300_000,
    }),
  )
  if (made[0]!.errorCode !== 0) throw new Error(`${name}: ${made[0]!.errorMessage}`)
}

async function fill(client: Client, name: string): Promise<void> {
  const partitionData = Array.from({ length: partitions }, (_, index) => ({
    index,
    records: batchOf([`${name} ${index}`.padEnd(200, '.')], { timestamp: Date.now() }),
  }))
  const request = wholeRequest(Produce, { acks: -1, timeoutMs: 300_000, topicData: [{ name, partitionData }] })
  const { responses } = await client.send(Produce, 9, request)
  for (const { errorCode } of responses[0]!.partitionResponses)
    if (errorCode !== 0) throw new Error(`error ${errorCode}`)
}

async function atRest(label: string, { pid }: OwnBroker): Promise<void> {
  const before = usageOf(pid)
  await pause(Number(values['rest-s']) * 1_000)
  const after = usageOf(pid)
  const handles = readdirSync(`/proc/${pid}/fd`).length
  const cpu = after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds
  say(`${label}: resident`, `${mb(before.residentBytes)}, after ${values['rest-s']} s ${mb(after.residentBytes)}`)
  say(`${label}: file handles`, `${handles}`)
  say(`${label}: CPU in ${values['rest-s']} s`, `${(cpu * 1_000).toFixed(0)} ms`)
}

async function stop(label: string, broker: OwnBroker): Promise<void> {
  const [code, tookMs] = await timed(() => broker.stop())
  say(
    `${label}: stop`,
    `${ms(tookMs)}, exit code ${code}${broker.errorOutput() === '' ? '' : `\n${broker.errorOutput()}`}`,
  )
}

const isNew =
  values.keep === undefined ||
  !readdirSync(directory, { withFileTypes: true }).some(entry => entry.name === 'meta.properties')
if (isNew) {
  const first = await start('new directory')
  const client = await connect(first)
  for (let index = 0; index < topics; index++) {
    const [tookMs, waitMs] = await longestWait(first, () => createTopic(client, `topic-${index}`))
    const [fillMs, fillWaitMs] = await longestWait(first, () => fill(client, `topic-${index}`))
    if (index === 0 || index === topics - 1) {
      say(`topic ${index}: ${partitions} partitions made`, `${ms(tookMs)}, others waited ${ms(waitMs)}`)
      say(`topic ${index}: a record into each`, `${ms(fillMs)}, others waited ${ms(fillWaitMs)}`)
    }
  }
  await client.close()
  await atRest('after filling', first)
  await stop('after filling', first)
}
const sparseBytes = Math.floor((Number(values['sparse-gb']) * 2 ** 30) / (topics * partitions))
if (sparseBytes > 0) {
  for (const name of readdirSync(directory)) {
    if (/^topic-\d+-\d+$/.test(name)) truncateSync(join(directory, name, `${'0'.repeat(20)}.log`), sparseBytes)
  }
}
for (const round of ['first', 'second']) {
  const again = await start(`${round} clean start`)
  await atRest(`${round} clean start`, again)
  if (round === 'second' && isNew && sparseBytes === 0) {
    const client = await connect(again)
    const [tookMs, waitMs] = await longestWait(again, () => createTopic(client, 'one-more'))
    say(`one more topic made`, `${ms(tookMs)}, others waited ${ms(waitMs)}`)
    const [deleteMs, deleteWaitMs] = await longestWait(again, () =>
      client.send(DeleteTopics, 5, wholeRequest(DeleteTopics, { topicNames: ['one-more'], timeoutMs: 300_000 })),
    )
    say(`and deleted`, `${ms(deleteMs)}, others waited ${ms(deleteWaitMs)}`)
    await client.close()
  }
  await stop(`${round} clean start`, again)
}
if (values.keep === undefined) rmSync(directory, { recursive: true, force: true })

/**
 * `kill -9` fifty times while segments are rolled, given up and compacted as fast as a broker can be made to. The next one must
 * start, have all that was acknowledged and not deleted or replaced since, and end with files that fit together.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '../lib/client/client.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { buildBatch } from '../protocol/records/batch.ts'
import { checkLogDirectory } from './check-directory.ts'
import { CompactedLedger, firstAnswer, type Ledger, RetainedLedger, type Sent } from './crash-ledgers.ts'
import { type OwnBroker, startOwnBroker } from './own-broker.ts'
import { runScenarios } from './scenario.ts'
import { Session, wholeRequest } from './session.ts'

const kills = 50
const killsInRound = 5
/** From its first acknowledgement on the broker writes for so long, and up to so much longer, before it is killed. */
const livesMs = 120
const livesLongerMs = 230
/** On a machine that is busy with other things a cleaning hardly begins in that time: so many more rounds then, each with longer lives. */
const moreRoundsMax = 8
const pipelined = 3

const retentionMs = 200
const retentionBytes = 400_000

/** Beside what a topic is for: segments so short that there are always some to roll, to delete and to compact. */
const shortLived = { 'segment.ms': '30', 'index.interval.bytes': '1024', 'file.delete.delay.ms': '10' }

const topics: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  compacted: {
    ...shortLived,
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '100',
    'retention.ms': '-1',
  },
  'by-time': { ...shortLived, 'retention.ms': `${retentionMs}` },
  'by-size': { ...shortLived, 'retention.ms': '-1', 'retention.bytes': `${retentionBytes}` },
}

/** Nothing waits for its turn. */
const busy = [
  'log.retention.check.interval.ms=5',
  'log.initial.task.delay.ms=0',
  'log.cleaner.backoff.ms=1',
  'log.flush.offset.checkpoint.interval.ms=20',
  'log.flush.start.offset.checkpoint.interval.ms=20',
]

/** Nothing changes while it is looked at. */
const calm = ['log.retention.check.interval.ms=1000000', 'log.cleaner.enable=false']

/** How often something was under way when the broker was killed. */
interface Caught {
  cleaning: number
  deleting: number
}

/** Answers how many rounds failed. */
export async function crashUpkeep(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-crash-'))
  const ledgers: Ledger[] = [0, 1].flatMap(partition => [
    new CompactedLedger('compacted', partition),
    new RetainedLedger('by-time', partition, { retentionMs, retentionBytes: Number.POSITIVE_INFINITY }),
    new RetainedLedger('by-size', partition, { retentionMs: Number.POSITIVE_INFINITY, retentionBytes }),
  ])
  const caught: Caught = { cleaning: 0, deleting: 0 }
  const failed = await runScenarios('kill -9 while compacting, rolling and deleting', [
    ...Array.from({ length: kills / killsInRound }, (_, round) => ({
      name: `kills ${round * killsInRound + 1} to ${(round + 1) * killsInRound}`,
      run: () => oneRound(directory, round, ledgers, caught),
    })),
    {
      name: 'some of the kills met a cleaning, and some a deletion',
      run: async () => {
        let more = 0
        for (; more < moreRoundsMax && (caught.cleaning === 0 || caught.deleting === 0); more++) {
          await oneRound(directory, kills / killsInRound + more, ledgers, caught, 2 + more)
        }
        assert.ok(caught.cleaning > 0 && caught.deleting > 0, JSON.stringify(caught))
        return `${caught.cleaning} and ${caught.deleting} of ${kills + more * killsInRound}`
      },
    },
  ])
  if (failed === 0) rmSync(directory, { recursive: true, force: true })
  else console.log(`the data directory is kept: ${directory}`)
  return failed
}

async function oneRound(
  directory: string,
  round: number,
  ledgers: readonly Ledger[],
  caught: Caught,
  longer = 1,
): Promise<string> {
  let found = 0
  for (let kill = round * killsInRound; kill < (round + 1) * killsInRound; kill++) {
    // Every other cleaning takes its time, so that it is met in the middle; the others are done many times in a life.
    const settings = kill % 2 === 0 ? [...busy, 'log.cleaner.io.max.bytes.per.second=4000000'] : busy
    const doomed = await start(directory, settings)
    if (kill === 0) await makeTopics(doomed)
    const first = firstAnswer(doomed)
    const writers = ledgers.map(ledger => write(doomed, ledger, kill, first.came))
    await first.wait
    await new Promise(resolve => setTimeout(resolve, longer * (livesMs + ((kill * 37) % livesLongerMs))))
    await doomed.kill()
    const killedMs = Date.now()
    const acknowledged = (await Promise.all(writers)).reduce((sum, count) => sum + count, 0)
    assert.ok(acknowledged > 0, `kill ${kill + 1}: something was acknowledged before it`)
    noteCaught(directory, caught)
    found = await verify(directory, ledgers, killedMs).catch(error => {
      throw new Error(`kill ${kill + 1}: ${(error as Error).message}`, { cause: error })
    })
  }
  return `${found} records are left`
}

function start(directory: string, settings: readonly string[]): Promise<OwnBroker> {
  return startOwnBroker(['--dev', '--data', directory, '--port', '0', ...settings.flatMap(each => ['--set', each])])
}

async function makeTopics({ bootstrap }: OwnBroker): Promise<void> {
  const session = new Session(bootstrap, 'crash')
  for (const [name, configs] of Object.entries(topics)) await session.topic(name, 2, configs)
  await session.close()
}

async function connect({ bootstrap }: OwnBroker): Promise<Client> {
  const [host, port] = bootstrap.split(':') as [string, string]
  return Client.connect({ host, port: Number(port) })
}

/** Produces until the connection breaks, and gives how many records were acknowledged. */
async function write(broker: OwnBroker, ledger: Ledger, kill: number, came: () => void): Promise<number> {
  const client = await connect(broker)
  const { topic, partition } = ledger
  let number = 0
  let acknowledged = 0
  const lane = async () => {
    for (;;) {
      const records = Array.from({ length: 1 + (number % 20) }, () => recordOf(kill, number++))
      const batch = buildBatch({
        records: records.map(({ key, value, timestamp }) => ({
          timestamp,
          key: key === null ? null : Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
        })),
      })
      const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }]
      const request = wholeRequest(Produce, { acks: -1, timeoutMs: 10_000, topicData })
      const { responses } = await client.send(Produce, 9, request)
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      assert.equal(errorCode, 0)
      ledger.acknowledged(baseOffset, records)
      acknowledged += records.length
      came()
    }
  }
  // Each lane ends with the connection.
  const ends = await Promise.allSettled(Array.from({ length: pipelined }, lane))
  await client.close()
  for (const end of ends) {
    if (end.status === 'rejected' && end.reason instanceof assert.AssertionError) throw end.reason
  }
  return acknowledged
}

/** Some keys come again and again, some hardly ever; one value in ten deletes. */
function recordOf(kill: number, number: number): Sent {
  const key = number % 3 === 0 ? `often-${number % 50}` : `seldom-${(number * 7919 + kill * 31) % 5_000}`
  const value = number % 10 === 7 ? null : `${kill}-${number}-${'.'.repeat(number % 300)}`
  return { key, value, timestamp: Date.now() }
}

function noteCaught(directory: string, caught: Caught): void {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  if (names.some(name => /\.(cleaned|swap)$/.test(name))) caught.cleaning++
  if (names.some(name => name.endsWith('.deleted'))) caught.deleting++
}

/** Starts a broker that leaves the files as they are, looks at all of it, and gives how many records there are. */
async function verify(directory: string, ledgers: readonly Ledger[], killedMs: number): Promise<number> {
  const revived = await start(directory, calm)
  try {
    const client = await connect(revived)
    let found = 0
    for (const ledger of ledgers) found += await ledger.verify(client, killedMs)
    await client.close()
    assert.equal(await revived.stop(), 0, 'it ends cleanly')
    const findings = checkLogDirectory(directory, true, name => !/^(__|compacted-)/.test(name))
    assert.deepEqual(findings, [], `the files do not fit together: ${findings.slice(0, 3).join('; ')}`)
    return found
  } finally {
    await revived.kill()
  }
}

/**
 * `kill -9` in the middle of a produce run, ten times with different timing. After each restart every acknowledged record must be
 * there under the offset that was acknowledged, offsets must be dense, and the indexes must agree with the log.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '../lib/client/client.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { batches, readRecords } from '../protocol/records/batch.ts'
import { sizeInBytes } from '../protocol/records/header.ts'
import { batchOf } from './cases/case.ts'
import { checkLogDirectory } from './check-directory.ts'
import { firstAnswer } from './crash-ledgers.ts'
import { crashUpkeep } from './crash-upkeep.ts'
import { type OwnBroker, startOwnBroker } from './own-broker.ts'
import { runScenarios } from './scenario.ts'
import { Session, wholeRequest } from './session.ts'

const rounds = 10
const partitions = 3
const topic = 'crash'
/** Requests under way at once on each partition's connection. */
const pipelined = 8

/** What was acknowledged: per partition, offset to value. */
type Acknowledged = Map<number, string>[]

/** Answers how many rounds failed, of these and of those that meet the broker at its upkeep. */
export async function crash(): Promise<number> {
  return (await crashProducing()) + (await crashUpkeep())
}

async function crashProducing(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-crash-'))
  const acknowledged: Acknowledged = Array.from({ length: partitions }, () => new Map())
  try {
    const failed = await runScenarios(
      'kill -9 while producing',
      Array.from({ length: rounds }, (_, round) => ({
        name: `round ${round + 1}`,
        // Early ones meet the first segment, late ones several of them, each at another point of the writing.
        run: () => oneRound(directory, round, 60 + round * 97, acknowledged),
      })),
    )
    if (failed === 0) rmSync(directory, { recursive: true, force: true })
    else console.log(`the data directory is kept: ${directory}`)
    return failed
  } catch (error) {
    console.log(`the data directory is kept: ${directory}`)
    throw error
  }
}

async function start(directory: string): Promise<OwnBroker> {
  return startOwnBroker(['--dev', '--data', directory, '--port', '0', '--set', 'log.segment.bytes=4194304'])
}

async function oneRound(
  directory: string,
  round: number,
  killAfterMs: number,
  acknowledged: Acknowledged,
): Promise<string> {
  const doomed = await start(directory)
  if (round === 0) {
    const session = new Session(doomed.bootstrap, 'crash')
    await session.topic(topic, partitions)
    await session.close()
  }
  const before = acknowledged.reduce((sum, each) => sum + each.size, 0)
  const first = firstAnswer(doomed)
  const writers = acknowledged.map((each, partition) => write(doomed, partition, round, each, first.came))
  await first.wait
  await new Promise(resolve => setTimeout(resolve, killAfterMs))
  await doomed.kill()
  await Promise.all(writers)
  const count = acknowledged.reduce((sum, each) => sum + each.size, 0) - before
  assert.ok(count > 0, 'something was acknowledged before the kill')

  const revived = await start(directory)
  try {
    let kept = 0
    for (const [partition, each] of acknowledged.entries()) kept += await verify(revived, partition, each)
    sound(directory, false)
    const code = await revived.stop()
    assert.equal(code, 0, 'it ends cleanly')
    sound(directory, true)
    return `killed after ${killAfterMs} ms, ${count} acknowledged, ${kept} records in all; ${/(\d+) ms/.exec(revived.readyLine)![0]} to recover`
  } finally {
    await revived.kill()
  }
}

function sound(directory: string, closed: boolean): void {
  const findings = checkLogDirectory(directory, closed)
  assert.deepEqual(findings, [], `the indexes do not agree with the log: ${findings.slice(0, 3).join('; ')}`)
}

async function connect(broker: OwnBroker): Promise<Client> {
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  return Client.connect({ host, port: Number(port) })
}

/** Produces numbered batches until the connection breaks. */
async function write(
  broker: OwnBroker,
  partition: number,
  round: number,
  acknowledged: Map<number, string>,
  came: () => void,
): Promise<void> {
  const client = await connect(broker)
  let number = 0
  const lane = async () => {
    for (;;) {
      const values = Array.from(
        { length: 1 + (number % 20) },
        (_, i) => `${round}-${partition}-${number}-${i}-${'.'.repeat(number % 500)}`,
      )
      number++
      const request = wholeRequest(Produce, {
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records: batchOf(values) }] }],
      })
      const { responses } = await client.send(Produce, 9, request)
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      assert.equal(errorCode, 0)
      values.forEach((value, i) => {
        acknowledged.set(baseOffset + i, value)
      })
      came()
    }
  }
  // Each lane ends with the connection.
  await Promise.allSettled(Array.from({ length: pipelined }, lane))
  await client.close()
}

/** Reads a partition from its beginning, and answers how many records there are. */
async function verify(
  broker: OwnBroker,
  partition: number,
  acknowledged: ReadonlyMap<number, string>,
): Promise<number> {
  const client = await connect(broker)
  let next = 0
  let found = 0
  for (;;) {
    const topics = [{ topic, partitions: [{ partition, fetchOffset: next, partitionMaxBytes: 1 << 20 }] }]
    const fetched = await client.send(Fetch, 11, wholeRequest(Fetch, { maxWaitMs: 0, minBytes: 0, topics }))
    const { errorCode, records, highWatermark } = fetched.responses[0]!.partitions[0]!
    assert.equal(errorCode, 0)
    if (records === null || records.length === 0) {
      assert.equal(next, highWatermark, `partition ${partition} ends at its high watermark`)
      break
    }
    for (const at of batches(records)) {
      assert.ok(sizeInBytes(records, at) > 0)
      for (const { offset, value } of readRecords(records, at)) {
        assert.equal(offset, next, `partition ${partition}: offsets are dense`)
        const expected = acknowledged.get(offset)
        if (expected !== undefined) {
          assert.equal(value?.toString(), expected, `partition ${partition}, offset ${offset}: what was acknowledged`)
          found++
        }
        next++
      }
    }
  }
  await client.close()
  assert.equal(
    found,
    acknowledged.size,
    `partition ${partition}: ${acknowledged.size - found} acknowledged records are gone`,
  )
  return next
}

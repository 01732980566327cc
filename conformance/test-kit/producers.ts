/** What an idempotent, transactional producer must do where one fault is put into a broker. */
import assert from 'node:assert/strict'
import type { TestKafka } from '../../lib/testing.ts'
import { until } from '../scenario.ts'
import { ask, type Play, type Producing, topic } from './stage.ts'
import { advance } from './times.ts'

/** A record and the marker behind it. */
const [record, marker] = [1, 1]

export const producerPlays: readonly Play<Producing>[] = [
  ['sends again after NOT_LEADER_OR_FOLLOWER, and writes once', writesOnce({ error: 'NOT_LEADER_OR_FOLLOWER' })],
  ['sends again after NOT_ENOUGH_REPLICAS, and writes once', writesOnce({ error: 'NOT_ENOUGH_REPLICAS' })],
  ['sends again after KAFKA_STORAGE_ERROR, and writes once', writesOnce({ error: 'KAFKA_STORAGE_ERROR' })],
  ['is told of TOPIC_AUTHORIZATION_FAILED, and goes on', isTold('TOPIC_AUTHORIZATION_FAILED')],
  ['is told of INVALID_RECORD, and goes on', isTold('INVALID_RECORD')],
  ['sends again where its request was lost, and writes once', writesOnce({ lose: 'request' })],
  ['sends again where the answer was lost, and writes once', writesOnce({ lose: 'answer' })],
  ['writes once where the network repeats its request', writesOnce({ duplicate: true })],
  ['writes once where half an answer comes', writesOnce({ truncate: 10 })],
  ['waits until its coordinator has loaded', initsAfter('COORDINATOR_LOAD_IN_PROGRESS')],
  ['waits until the transaction before is over', initsAfter('CONCURRENT_TRANSACTIONS')],
  ['looks for its coordinator anew when that has moved', findsAnew],
  ['aborts a transaction whose record is too large, and goes on', refusesTheRecord],
  ['is shut out when another has its transactional id', isShutOut],
  ['cannot commit when the clock has passed its time, and begins anew', runsOutOfTime],
  ['goes on with its transaction when its connections were cut', isCutOff],
]

/** One transaction with one record, before which something may be done. */
async function commitOne(stage: Producing, value: string, before: () => unknown = () => {}): Promise<void> {
  await ask(stage, 'begin')
  before()
  await ask(stage, `send ${topic} 0=${value}`)
  await ask(stage, 'commit')
}

function writesOnce(action: Parameters<TestKafka['fault']>[1]): (stage: Producing) => Promise<void> {
  return async stage => {
    const { kit } = stage
    await ask(stage, 'init tx 60000')
    await commitOne(stage, 'first')
    await kit.topic(topic).offset(0, record + marker)
    const fault = kit.fault({ api: 'Produce', topic, times: 1 }, action)
    await commitOne(stage, 'second')
    assert.equal(fault.hits, 1)
    assert.equal(await kit.topic(topic).offset(0, 2 * (record + marker)), 2 * (record + marker))
    kit.verify()
  }
}

/** One send, without transactions, fails by its first answer. */
function isTold(error: 'TOPIC_AUTHORIZATION_FAILED' | 'INVALID_RECORD'): (stage: Producing) => Promise<void> {
  return async stage => {
    const { kit } = stage
    await ask(stage, 'init - 0')
    const fault = kit.fault({ api: 'Produce', topic }, { error })
    assert.match(await stage.client.ask(`send ${topic} 0=refused`), /^error/)
    assert.equal(fault.hits, 1)
    fault.remove()
    // librdkafka takes it from what it knows of the topic until it asks anew.
    await until('a record to be taken', async () =>
      (await stage.client.ask(`send ${topic} 0=taken`)) === 'ok' ? true : undefined,
    )
    assert.deepEqual(
      (await kit.topic(topic).records()).map(({ value }) => value),
      ['taken'],
    )
  }
}

function initsAfter(
  error: 'COORDINATOR_LOAD_IN_PROGRESS' | 'CONCURRENT_TRANSACTIONS',
): (stage: Producing) => Promise<void> {
  return async stage => {
    const fault = stage.kit.fault({ api: 'InitProducerId', transactionalId: 'tx', times: 2 }, { error })
    await ask(stage, 'init tx 60000')
    assert.equal(fault.hits, 2)
    await commitOne(stage, 'first')
  }
}

async function findsAnew(stage: Producing): Promise<void> {
  const { kit } = stage
  await ask(stage, 'init tx 60000')
  await ask(stage, 'begin')
  await ask(stage, `send ${topic} 0=a`)
  const since = kit.mark()
  kit.fault({ api: 'EndTxn', transactionalId: 'tx', times: 1 }, { error: 'NOT_COORDINATOR' })
  await ask(stage, 'commit')
  await kit.request({ api: 'FindCoordinator', transactionalId: 'tx', since })
  await kit.topic(topic).offset(0, record + marker)
}

async function refusesTheRecord(stage: Producing): Promise<void> {
  const { kit } = stage
  await ask(stage, 'init tx 60000')
  await ask(stage, 'begin')
  const fault = kit.fault({ api: 'Produce', topic, partition: 0, times: 1 }, { error: 'MESSAGE_TOO_LARGE' })
  assert.match(await stage.client.ask(`send ${topic} 0=large`), /^error/)
  assert.equal(fault.hits, 1)
  await ask(stage, 'abort')
  // librdkafka tells of what it purged with the next record.
  await until('a transaction with a record that is not too large', async () => {
    await ask(stage, 'begin')
    if ((await stage.client.ask(`send ${topic} 0=small`)) === 'ok') return true
    await ask(stage, 'abort')
    return undefined
  })
  await ask(stage, 'commit')
  await kit.topic(topic).offset(0, record + marker)
}

async function isShutOut(stage: Producing): Promise<void> {
  const { kit } = stage
  await ask(stage, 'init tx 60000')
  await ask(stage, 'begin')
  await ask(stage, `send ${topic} 0=a`)
  kit.fault({ api: 'EndTxn', transactionalId: 'tx', times: 1 }, { error: 'PRODUCER_FENCED' })
  assert.match(await stage.client.ask('commit'), /^error/)
  kit.verify()
}

async function runsOutOfTime(stage: Producing): Promise<string> {
  const { kit } = stage
  await ask(stage, 'init tx 60000')
  await ask(stage, 'begin')
  await ask(stage, `send ${topic} 0=late`)
  const tookMs = await advance(kit, '2m')
  await kit.topic(topic).offset(0, record + marker)
  assert.match(await stage.client.ask('commit'), /^error/)
  await ask(stage, 'init tx 60000')
  await commitOne(stage, 'in-time')
  return `${tookMs} ms`
}

async function isCutOff(stage: Producing): Promise<void> {
  const { kit } = stage
  await ask(stage, 'init tx 60000')
  await ask(stage, 'begin')
  await ask(stage, `send ${topic} 0=a`)
  assert.ok(kit.network.cut() >= 1)
  await ask(stage, `send ${topic} 0=b`)
  assert.ok(kit.network.cut() >= 1)
  await ask(stage, 'commit')
  await kit.topic(topic).offset(0, 2 * record + marker)
}

/** Transactions of kafkajs: commit, abort, offsets of a group, fencing, a time-out. */
import assert from 'node:assert/strict'
import type { Producer } from 'kafkajs'
import { type Scenario, until } from '../scenario.ts'
import { type Client, readAll } from './kafka.ts'

export function transactionScenarios(client: Client): Scenario[] {
  return [
    { name: 'a transaction is read once it is committed, and not where it aborts', run: () => commitAndAbort(client) },
    { name: 'offsets that are sent with a transaction count where it commits', run: () => sentOffsets(client) },
    { name: 'the second producer of a transactional id shuts out the first', run: () => fenced(client) },
    { name: 'a transaction whose time is over is aborted, and its producer shut out', run: () => timedOut(client) },
  ]
}

function transactional(client: Client, transactionalId: string, transactionTimeout = 60_000): Promise<Producer> {
  const options = { transactionalId, transactionTimeout, maxInFlightRequests: 1, retry: { retries: 5 } }
  return client.producer(options)
}

function values(topic: string, texts: readonly string[]) {
  return { topic, messages: texts.map((value, i) => ({ value, partition: i % 2 })) }
}

async function commitAndAbort(client: Client): Promise<undefined> {
  const topic = await client.topic('transactions', 2)
  const producer = await transactional(client, client.name('id'))
  for (let round = 0; round < 6; round++) {
    const transaction = await producer.transaction()
    // One partition at a time: where one broker refuses, kafkajs sends again what is on its way to another, as if it were new.
    for (const [i, letter] of ['a', 'b', 'c', 'd'].entries()) {
      await transaction.send({ topic, messages: [{ value: `${round} ${letter}`, partition: i % 2 }] })
    }
    if (round % 2 === 0) await transaction.commit()
    else await transaction.abort()
  }
  // What aborted is not read, however often one looks.
  const seen = await readAll(client, topic, 12)
  assert.deepEqual(
    seen.map(({ value }) => value).sort(),
    [0, 2, 4].flatMap(round => ['a', 'b', 'c', 'd'].map(letter => `${round} ${letter}`)),
  )
  return undefined
}

async function committedOffset(client: Client, groupId: string, topic: string): Promise<string> {
  const [fetched] = await (await client.admin()).fetchOffsets({ groupId, topics: [topic] })
  return fetched!.partitions.find(({ partition }) => partition === 0)!.offset
}

async function sentOffsets(client: Client): Promise<undefined> {
  const topic = await client.topic('sent-offsets', 2)
  const groupId = client.name('group')
  const producer = await transactional(client, client.name('id'))
  for (const [offset, commits] of [
    ['5', true],
    ['9', false],
  ] as const) {
    const transaction = await producer.transaction()
    await transaction.send(values(topic, [offset]))
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic, partitions: [{ partition: 0, offset }] }],
    })
    if (commits) await transaction.commit()
    else await transaction.abort()
    await until('the offset of the committed transaction', async () =>
      (await committedOffset(client, groupId, topic)) === '5' ? true : undefined,
    )
  }
  return undefined
}

async function fenced(client: Client): Promise<string> {
  const topic = await client.topic('fenced', 2)
  const id = client.name('id')
  const first = await transactional(client, id)
  const open = await first.transaction()
  await open.send(values(topic, ['of the first']))
  const second = await transactional(client, id)
  const transaction = await second.transaction()
  await transaction.send(values(topic, ['of the second']))
  const refusal = await open.commit().then(
    () => 'none',
    error => (error as { type?: string }).type ?? String(error),
  )
  assert.match(refusal, /^(INVALID_PRODUCER_EPOCH|PRODUCER_FENCED)$/, 'the first cannot commit')
  await transaction.commit()
  const seen = await readAll(client, topic, 1)
  assert.deepEqual(
    seen.map(({ value }) => value),
    ['of the second'],
  )
  return refusal
}

/** The broker looks for them every ten seconds. */
async function timedOut(client: Client): Promise<string> {
  const topic = await client.topic('timed-out', 2)
  const id = client.name('id')
  const producer = await transactional(client, id, 500)
  const open = await producer.transaction()
  await open.send(values(topic, ['late']))
  const behind = await client.producer()
  await behind.send(values(topic, ['behind']))
  // Whoever reads what is committed waits for the transaction to be over.
  const begin = performance.now()
  const seen = await readAll(client, topic, 1)
  const waitedMs = performance.now() - begin
  assert.deepEqual(
    seen.map(({ value }) => value),
    ['behind'],
  )
  const refusal = await open.commit().then(
    () => 'none',
    error => (error as { type?: string }).type ?? String(error),
  )
  assert.notEqual(refusal, 'none', 'what was aborted cannot be committed')
  return `${refusal}, read after ${(waitedMs / 1000).toFixed(1)} s`
}

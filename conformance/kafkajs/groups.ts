/** Groups of kafkajs consumers: joins, leaves, a member that dies, pauses, seeks, commits. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Consumer } from 'kafkajs'
import { type Scenario, until } from '../scenario.ts'
import { type Client, collect, type Seen, seenAtLeast } from './kafka.ts'

export function groupScenarios(client: Client): Scenario[] {
  return [
    {
      name: 'a group shares partitions; members join and leave; every record is seen',
      run: () => joinsAndLeaves(client),
    },
    { name: 'a member that is killed is replaced when its session ends', run: () => killedMember(client) },
    { name: 'a group resumes at its committed offsets', run: () => commitAndResume(client) },
    { name: 'pause, resume and seek', run: () => pauseAndSeek(client) },
    { name: 'offsets can be committed by hand, with metadata', run: () => manualCommit(client) },
    { name: 'two groups read the same topic apart', run: () => twoGroups(client) },
    { name: 'a new group may begin at the end', run: () => fromTheEnd(client) },
    { name: 'groups are listed, described and deleted', run: () => describeAndDelete(client) },
  ]
}

/** Sends numbered records to all partitions, and answers how many there are by now. */
async function produceNumbers(client: Client, topic: string, from: number, count: number): Promise<number> {
  const producer = await client.producer()
  const messages = Array.from({ length: count }, (_, i) => ({ key: `${from + i}`, value: `${from + i}` }))
  for (let at = 0; at < count; at += 500) await producer.send({ topic, messages: messages.slice(at, at + 500) })
  await producer.disconnect()
  return from + count
}

function distinct(seen: readonly Seen[]): number {
  return new Set(seen.map(record => record.value)).size
}

async function allSeen(seen: readonly Seen[], count: number): Promise<void> {
  await until(`all ${count} records`, () => (distinct(seen) >= count ? true : undefined), 60_000)
  assert.equal(distinct(seen), count)
}

async function partitionsOf(consumer: Consumer, join: () => Promise<void>): Promise<number[]> {
  const joined = new Promise<number[]>(resolve => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(Object.values(payload.memberAssignment).flat()))
  })
  await join()
  return joined
}

async function joinsAndLeaves(client: Client): Promise<string> {
  const topic = await client.topic('shared', 6)
  const group = client.name('group')
  const seen: Seen[] = []
  let count = await produceNumbers(client, topic, 0, 600)
  const first = await client.consumer(group)
  const alone = await partitionsOf(first, () => collect(first, [topic], seen))
  assert.equal(alone.length, 6, 'the first member has all partitions')
  await allSeen(seen, count)
  const second = await client.consumer(group)
  const half = await partitionsOf(second, () => collect(second, [topic], seen))
  assert.equal(half.length, 3, 'the second has half of them')
  const third = await client.consumer(group)
  const part = await partitionsOf(third, () => collect(third, [topic], seen))
  assert.equal(part.length, 2, 'the third has a third of them')
  count = await produceNumbers(client, topic, count, 600)
  await allSeen(seen, count)
  await first.disconnect()
  count = await produceNumbers(client, topic, count, 600)
  await allSeen(seen, count)
  await second.disconnect()
  count = await produceNumbers(client, topic, count, 600)
  await allSeen(seen, count)
  await third.disconnect()
  return `${seen.length - count} seen twice`
}

/** Another process in the group; it prints a line when it has joined, and is then killed without a word to the broker. */
async function killedMember(client: Client): Promise<string> {
  const topic = await client.topic('killed', 4)
  const group = client.name('group')
  const seen: Seen[] = []
  const survivor = await client.consumer(group)
  await collect(survivor, [topic], seen)
  const victim = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL('victim.ts', import.meta.url)), client.bootstrap, topic, group],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    await new Promise<void>((resolve, reject) => {
      victim.stdout.on('data', () => resolve())
      victim.on('exit', () => reject(new Error('the second member ended before it joined')))
    })
    const count = await produceNumbers(client, topic, 0, 400)
    victim.kill('SIGKILL')
    const killedAt = performance.now()
    const total = await produceNumbers(client, topic, count, 400)
    // What the victim had read but not committed comes again; what it committed was printed by it and is not asked for.
    await until(
      'the records after the death',
      () => (seen.filter(record => Number(record.value) >= count).length >= total - count ? true : undefined),
      60_000,
    )
    return `taken over after ${((performance.now() - killedAt) / 1000).toFixed(1)} s`
  } finally {
    victim.kill('SIGKILL')
    await survivor.disconnect()
  }
}

async function commitAndResume(client: Client): Promise<undefined> {
  const topic = await client.topic('resume', 3)
  const group = client.name('group')
  const count = await produceNumbers(client, topic, 0, 300)
  const seen: Seen[] = []
  const first = await client.consumer(group)
  await collect(first, [topic], seen)
  await seenAtLeast(seen, count)
  await first.disconnect()
  const total = await produceNumbers(client, topic, count, 30)
  const after: Seen[] = []
  const second = await client.consumer(group)
  await collect(second, [topic], after)
  await seenAtLeast(after, total - count)
  await second.disconnect()
  assert.equal(after.length, total - count, 'nothing comes twice')
  assert.ok(after.every(record => Number(record.value) >= count))
  return undefined
}

async function pauseAndSeek(client: Client): Promise<undefined> {
  const topic = await client.topic('seek')
  await produceNumbers(client, topic, 0, 50)
  const seen: Seen[] = []
  const consumer = await client.consumer(client.name('group'))
  await collect(consumer, [topic], seen)
  await seenAtLeast(seen, 50)
  consumer.pause([{ topic }])
  await produceNumbers(client, topic, 50, 10)
  consumer.seek({ topic, partition: 0, offset: '40' })
  assert.equal(seen.length, 50, 'nothing is read while paused')
  consumer.resume([{ topic }])
  await seenAtLeast(seen, 70)
  await consumer.disconnect()
  assert.deepEqual(
    seen.slice(50).map(record => record.offset),
    Array.from({ length: 20 }, (_, i) => 40 + i),
  )
  return undefined
}

async function manualCommit(client: Client): Promise<undefined> {
  const topic = await client.topic('manual', 2)
  const group = client.name('group')
  await produceNumbers(client, topic, 0, 20)
  const admin = await client.admin()
  await admin.setOffsets({
    groupId: group,
    topic,
    partitions: [
      { partition: 0, offset: '3' },
      { partition: 1, offset: '0' },
    ],
  })
  const [fetched] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  assert.deepEqual(
    new Map(fetched!.partitions.map(({ partition, offset }) => [partition, offset])),
    new Map([
      [0, '3'],
      [1, '0'],
    ]),
  )
  const seen: Seen[] = []
  const consumer = await client.consumer(group)
  await consumer.subscribe({ topics: [topic] })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      seen.push({ topic, partition, offset: Number(message.offset), timestamp: 0, key: null, value: null, headers: {} })
    },
  })
  await until('the first record of partition 0', () => seen.find(record => record.partition === 0))
  assert.equal(seen.find(record => record.partition === 0)!.offset, 3)
  await consumer.commitOffsets([{ topic, partition: 0, offset: '5', metadata: 'by hand' }])
  await consumer.disconnect()
  const [after] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  const first = after!.partitions.find(({ partition }) => partition === 0)!
  assert.equal(first.offset, '5')
  assert.equal(first.metadata, 'by hand')
  return undefined
}

async function twoGroups(client: Client): Promise<undefined> {
  const topic = await client.topic('apart', 2)
  const count = await produceNumbers(client, topic, 0, 100)
  const lists: Seen[][] = [[], []]
  for (const seen of lists) await collect(await client.consumer(client.name('group')), [topic], seen)
  for (const seen of lists) await allSeen(seen, count)
  return undefined
}

async function fromTheEnd(client: Client): Promise<undefined> {
  const topic = await client.topic('end')
  await produceNumbers(client, topic, 0, 10)
  const seen: Seen[] = []
  const consumer = await client.consumer(client.name('group'))
  const fetched = new Promise<void>(resolve => consumer.on(consumer.events.FETCH, () => resolve()))
  await collect(consumer, [topic], seen, false)
  await fetched
  await produceNumbers(client, topic, 10, 10)
  await seenAtLeast(seen, 10)
  assert.deepEqual(
    seen.map(record => record.offset),
    Array.from({ length: 10 }, (_, i) => 10 + i),
  )
  return undefined
}

async function describeAndDelete(client: Client): Promise<undefined> {
  const topic = await client.topic('described', 2)
  const group = client.name('group')
  await produceNumbers(client, topic, 0, 10)
  const admin = await client.admin()
  const seen: Seen[] = []
  const consumer = await client.consumer(group)
  await collect(consumer, [topic], seen)
  await seenAtLeast(seen, 10)
  const described = (await admin.describeGroups([group])).groups[0]!
  assert.equal(described.state, 'Stable')
  assert.equal(described.protocolType, 'consumer')
  assert.equal(described.members.length, 1)
  const listed = (await admin.listGroups()).groups.find(({ groupId }) => groupId === group)
  assert.equal(listed?.protocolType, 'consumer')
  await assert.rejects(admin.deleteGroups([group]), 'a group with members is not deleted')
  await consumer.disconnect()
  assert.equal((await admin.describeGroups([group])).groups[0]!.state, 'Empty')
  await admin.deleteGroups([group])
  assert.equal(
    (await admin.listGroups()).groups.find(({ groupId }) => groupId === group),
    undefined,
  )
  return undefined
}

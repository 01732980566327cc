/** Partitions that several brokers hold: what is copied, when it is committed, who is in sync, and what becomes of a log that has parted. */
import t, { type Test } from 'tap'
import type { MetadataStore } from '../../lib/metadata/store.ts'
import { codes } from '../../protocol/errors.ts'
import { DeleteRecords } from '../../protocol/messages/delete-records.ts'
import { Fetch, type FetchRequest } from '../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'
import { batchOf } from '../partitions/fixture.ts'
import { Brokers } from './brokers.ts'

async function three(t: Test, properties: Record<string, string> = {}): Promise<Brokers> {
  const brokers = new Brokers({ 'min.insync.replicas': '2', ...properties })
  t.teardown(() => brokers.close())
  await brokers.start(1, 2, 3)
  return brokers
}

t.test('what acks=all acknowledges is in all logs, byte for byte', async t => {
  const brokers = await three(t)
  await brokers.create('a', [[1, 2, 3]])
  const begun = brokers.clock.now()
  for (let i = 0; i < 10; i++) {
    t.match(await brokers.produced(1, 'a', [`${i}`, `${i}`]), { errorCode: codes.NONE, baseOffset: 2 * i })
    t.equal(brokers.bytes(2, 'a'), brokers.bytes(1, 'a'))
    t.equal(brokers.bytes(3, 'a'), brokers.bytes(1, 'a'))
  }
  t.equal(brokers.clock.now() - begun, 0, 'nothing waits for time to pass')
  await brokers.settle()
  for (const id of [1, 2, 3]) t.equal(brokers.partition(id, 'a').highWatermark, 20)
  t.equal((await brokers.fetched(1, 'a')).highWatermark, 20)
})

t.test('a leader that parted from the others comes back, and drops what it alone had', async t => {
  const brokers = await three(t)
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['both'])
  for (const id of [2, 3]) brokers.part(1, id)
  // To the leader alone: nobody is told that it is committed.
  t.equal((await brokers.produced(1, 'a', ['lost', 'lost'], 1)).errorCode, codes.NONE)
  await brokers.become('a', { leader: 2, leaderEpoch: 5, isr: [2, 3] })
  t.equal((await brokers.produced(2, 'a', ['kept'])).errorCode, codes.NONE)
  for (const id of [2, 3]) brokers.join(1, id)
  await brokers.pass(2_000)
  for (const id of [1, 3]) t.equal(brokers.bytes(id, 'a'), brokers.bytes(2, 'a'), `${id} has what the leader has`)
  t.same(
    brokers.epochs(1, 'a').map(([offset]) => offset),
    [0, 1],
  )
  t.same(brokers.isr(2, 'a'), [1, 2, 3], 'it is in sync again')
  t.equal(brokers.partition(1, 'a').highWatermark, 2)
})

t.test('who asks a follower, or a leader that was, is told who leads', async t => {
  const brokers = await three(t)
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['x'])
  t.match(await brokers.produced(2, 'a', ['y']), {
    errorCode: codes.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: 1, leaderEpoch: 0 },
  })
  t.equal((await brokers.fetched(3, 'a', 0, { version: 10 })).errorCode, codes.NOT_LEADER_OR_FOLLOWER)
  for (const id of [2, 3]) brokers.part(1, id)
  const { client, answer } = await brokers.produce(1, 'a', ['z'])
  await brokers.settle()
  await brokers.become('a', { leader: 2, leaderEpoch: 5 })
  t.match(await brokers.passing(answer), {
    errorCode: codes.NOT_LEADER_OR_FOLLOWER,
    currentLeader: { leaderId: 2, leaderEpoch: 5 },
  })
  await client.close()
  for (const id of [2, 3]) brokers.join(1, id)
})

t.test('a follower that cannot be heard leaves the in-sync replicas, and joins them when it has caught up', async t => {
  const brokers = await three(t, { 'replica.lag.time.max.ms': '10000' })
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0'])
  for (const id of [1, 2]) brokers.part(3, id)
  const { client, answer } = await brokers.produce(1, 'a', ['1'])
  let isAnswered = false
  void answer.then(() => {
    isAnswered = true
  })
  await brokers.pass(8_000)
  t.equal(isAnswered, false)
  await brokers.pass(9_000)
  t.same(brokers.isr(1, 'a'), [1, 2])
  t.match(await brokers.passing(answer), { errorCode: codes.NONE })
  await client.close()
  await brokers.produced(1, 'a', ['2'])
  for (const id of [1, 2]) brokers.join(3, id)
  await brokers.pass(3_000)
  t.same(brokers.isr(1, 'a'), [1, 2, 3])
  t.equal(brokers.bytes(3, 'a'), brokers.bytes(1, 'a'))
  t.equal(brokers.partition(1, 'a').leading.isProposing, false)
})

t.test('too few in sync are told before and after an append', async t => {
  const brokers = await three(t, { 'replica.lag.time.max.ms': '10000' })
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0'])
  for (const id of [2, 3]) brokers.part(1, id)
  const { client, answer } = await brokers.produce(1, 'a', ['1'], -1, 100_000)
  await brokers.pass(30_000)
  t.same(brokers.isr(1, 'a'), [1])
  t.equal(brokers.partition(1, 'a').highWatermark, 1, 'nothing is committed by one alone')
  t.same(brokers.services(1).cluster.image.topics.get('a')!.partitions[0]!.elr.toSorted(), [2, 3])
  t.match(await brokers.produced(1, 'a', ['2']), { errorCode: codes.NOT_ENOUGH_REPLICAS })
  for (const id of [2, 3]) brokers.join(1, id)
  await brokers.pass(3_000)
  t.match(await brokers.passing(answer), { errorCode: codes.NONE })
  await client.close()
  t.same(brokers.isr(1, 'a'), [1, 2, 3])
  t.same(brokers.services(1).cluster.image.topics.get('a')!.partitions[0]!.elr, [])
})

t.test(
  'while nobody knows whether the in-sync replicas were written, both count, and the same is asked again',
  async t => {
    const brokers = new Brokers({ 'min.insync.replicas': '2', 'replica.lag.time.max.ms': '10000' })
    t.teardown(() => brokers.close())
    let isLost = false
    let writes = 0
    brokers.storeOf = (id, store) => ({
      ...bound(store),
      transact: async transaction => {
        const isOfPartition = transaction.changes.some(
          change => 'key' in change && change.key.startsWith('partitions/'),
        )
        if (id !== 1 || !isLost || !isOfPartition) return store.transact(transaction)
        writes++
        throw new Error('the connection to the store was cut')
      },
    })
    await brokers.start(1, 2, 3)
    await brokers.create('a', [[1, 2, 3]])
    await brokers.produced(1, 'a', ['0'])
    isLost = true
    for (const id of [1, 2]) brokers.part(3, id)
    const { client, answer } = await brokers.produce(1, 'a', ['1'])
    await brokers.pass(25_000)
    t.ok(writes > 2)
    t.equal(brokers.partition(1, 'a').leading.isProposing, true)
    t.equal(brokers.partition(1, 'a').highWatermark, 1, 'whoever may be elected has it')
    isLost = false
    await brokers.pass(6_000)
    t.same(brokers.isr(1, 'a'), [1, 2])
    t.match(await brokers.passing(answer), { errorCode: codes.NONE })
    await client.close()
    for (const id of [1, 2]) brokers.join(3, id)
  },
)

t.test('a follower whose log ends before that of its leader begins starts there', async t => {
  const brokers = await three(t, { 'replica.lag.time.max.ms': '10000' })
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0'])
  for (const id of [1, 2]) brokers.part(3, id)
  await brokers.pass(20_000)
  for (const value of ['1', '2', '3']) await brokers.produced(1, 'a', [value])
  brokers.partition(1, 'a').deleteRecordsBefore(3)
  for (const id of [1, 2]) brokers.join(3, id)
  await brokers.pass(3_000)
  t.equal(brokers.partition(3, 'a').logStartOffset, 3)
  t.equal(brokers.bytes(3, 'a'), brokers.bytes(1, 'a'))
  t.equal(brokers.partition(2, 'a').logStartOffset, 3, 'one that has it all lets go of the same')
  t.same(brokers.isr(1, 'a'), [1, 2, 3])
})

t.test('DeleteRecords is answered once all followers have deleted', async t => {
  const brokers = await three(t)
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0', '1'])
  await brokers.produced(1, 'a', ['2'])
  brokers.part(1, 3)
  const client = await brokers.client(1)
  const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, offset: 2 }] }]
  const answer = client.send(DeleteRecords, 2, { topics, timeoutMs: 20_000 })
  await brokers.pass(5_000)
  t.same(
    [1, 2, 3].map(id => brokers.partition(id, 'a').logStartOffset),
    [2, 2, 0],
  )
  brokers.join(1, 3)
  const begun = brokers.clock.now()
  t.match((await brokers.passing(answer)).topics[0]!.partitions[0], { errorCode: codes.NONE, lowWatermark: 2 })
  t.ok(brokers.clock.now() - begun < 15_000)
  t.equal(brokers.partition(3, 'a').logStartOffset, 2)
  await client.close()
})

t.test('a new leader does not tell where its log ends before it knows how much of it is committed', async t => {
  const brokers = await three(t)
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0'])
  for (const id of [2, 3]) brokers.part(1, id)
  brokers.part(2, 3)
  // Its followers cannot be heard: it has one record of which it does not know.
  brokers.partition(2, 'a').log.appendReceived(stamped(batchOf(['1']), 1, 0), 0)
  await brokers.settle()
  await brokers.become('a', { leader: 2, leaderEpoch: 5 })
  const list = async () => {
    const client = await brokers.client(2)
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: -1 }] }]
    const { topics: told } = await brokers.passing(
      client.send(ListOffsets, 7, wholeRequest(ListOffsets, { replicaId: -1, topics })),
    )
    await client.close()
    return told[0]!.partitions[0]!
  }
  t.match(await list(), { errorCode: codes.OFFSET_NOT_AVAILABLE })
  for (const [a, b] of [
    [1, 2],
    [1, 3],
    [2, 3],
  ] as const)
    brokers.join(a, b)
  await brokers.pass(2_000)
  t.match(await list(), { errorCode: codes.NONE, offset: 2 })
})

t.test('what does not fit is said, and asked for again', async t => {
  const brokers = await three(t)
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0'])
  let isBroken = true
  const { log } = brokers.partition(1, 'a')
  const read = log.read.bind(log)
  log.read = ((offset: number, limits: Parameters<typeof log.read>[1]) => {
    const found = read(offset, limits)
    if (!isBroken) return found
    const records = found.records.map(part => Buffer.from(part as Buffer))
    if (records.length > 0) records[0]![20]! ^= 1
    return { ...found, records, release: () => found.release() }
  }) as typeof log.read
  const { client, answer } = await brokers.produce(1, 'a', ['1'])
  await brokers.pass(3_000)
  t.equal(brokers.partition(2, 'a').logEndOffset, 1)
  t.ok(
    brokers.lines.some(line => line.startsWith('2') && line.includes('cannot be taken over') && line.includes('a-0')),
  )
  isBroken = false
  t.match(await brokers.passing(answer), { errorCode: codes.NONE })
  t.equal(brokers.bytes(2, 'a'), brokers.bytes(1, 'a'))
  await client.close()
})

t.test('at rest there is one waiting fetch for each leader, whatever the number of partitions', async t => {
  const brokers = new Brokers()
  t.teardown(() => brokers.close())
  const fetches: number[] = []
  brokers.interceptors = () => [
    { before: ({ api, request }) => void (api.key === Fetch.key && fetches.push(sizeOf(request as FetchRequest))) },
  ]
  await brokers.start(1, 2)
  await brokers.create('many', new Array(50).fill([1, 2]))
  await brokers.pass(1_000)
  t.same(brokers.services(2).partitions.get('many', 49)?.logEndOffset, 0)
  fetches.length = 0
  await brokers.pass(10_000)
  t.same(fetches, new Array(fetches.length).fill(0), 'they name no partition')
  t.ok(fetches.length >= 19 && fetches.length <= 21, `${fetches.length} in 10 s`)
})

t.test(
  'a partition that comes does not wait for the fetch that waits, nor one that moves to another fetcher',
  async t => {
    const brokers = new Brokers({ 'num.replica.fetchers': '3' })
    t.teardown(() => brokers.close())
    await brokers.start(1, 2)
    await brokers.create('a', [[1, 2]])
    await brokers.pass(50)
    for (const name of ['bb', 'ccc', 'dddd', 'eeeee']) {
      const begun = brokers.clock.now()
      await brokers.create(name, [[1, 2]])
      t.equal((await brokers.produced(1, name, ['x'])).errorCode, codes.NONE)
      t.ok(brokers.clock.now() - begun <= 20, name)
    }
    brokers.services(2).config.applyDynamic(new Map([['num.replica.fetchers', '1']]), new Map())
    t.equal((await brokers.produced(1, 'a', ['x'])).errorCode, codes.NONE)
    t.equal(brokers.bytes(2, 'a'), brokers.bytes(1, 'a'))
  },
)

t.test('a follower finds its leader again after cuts, and when the leader forgot its session', async t => {
  const brokers = await three(t, { 'max.incremental.fetch.session.cache.slots': '1' })
  await brokers.create('a', [[1, 2, 3]])
  for (let i = 0; i < 5; i++) {
    t.equal((await brokers.produced(1, 'a', [`${i}`])).errorCode, codes.NONE)
    brokers.cut(1, 2)
    brokers.cut(1, 3)
  }
  await brokers.pass(1_000)
  for (const id of [2, 3]) t.equal(brokers.bytes(id, 'a'), brokers.bytes(1, 'a'))
})

t.test('partitions of a topic that is deleted are not fetched any more', async t => {
  const brokers = await three(t)
  const topicId = await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0'])
  await brokers.passing(
    brokers.store.transact({
      changes: [
        { key: 'topics/a', value: null },
        { key: `partitions/${topicId}/0`, value: null },
      ],
    }),
  )
  await brokers.settle()
  t.equal(brokers.partition(2, 'a'), undefined)
  await brokers.create('bb', [[1, 2, 3]])
  t.equal((await brokers.produced(1, 'bb', ['0'])).errorCode, codes.NONE)
})

/** A store whose methods can be spread. */
function bound(store: MetadataStore): MetadataStore {
  const methods = ['get', 'list', 'watch', 'transact', 'openSession', 'compact', 'close'] as const
  const known = methods.filter(name => typeof (store as unknown as Record<string, unknown>)[name] === 'function')
  return Object.fromEntries(
    known.map(name => [name, (store as unknown as Record<string, () => unknown>)[name]!.bind(store)]),
  ) as unknown as MetadataStore
}

/** A batch as a leader would have stored it at an offset. */
function stamped(batch: Buffer, offset: number, epoch: number): Buffer {
  batch.writeBigInt64BE(BigInt(offset), 0)
  batch.writeInt32BE(epoch, 12)
  return batch
}

function sizeOf({ topics }: FetchRequest): number {
  return topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
}

t.test('a leader whose lease is over, and that was not told so yet, looks at nothing that it led', async t => {
  const brokers = new Brokers({ 'min.insync.replicas': '2', 'replica.lag.time.max.ms': '3000' })
  t.teardown(() => brokers.close())
  let isOver = false
  brokers.storeOf = (id, store) => ({
    ...bound(store),
    openSession: async ttlMs => {
      const session = await store.openSession(ttlMs)
      let ended = false
      Object.defineProperty(session, 'ended', {
        get: () => ended || (id === 1 && isOver),
        set: to => {
          ended = to
        },
      })
      return session
    },
  })
  await brokers.start(1, 2, 3)
  await brokers.create('a', [[1, 2, 3]])
  await brokers.produced(1, 'a', ['0'])
  isOver = true
  // Its timers go on; a bug that they met would end the process.
  await brokers.pass(10_000)
  t.equal((await brokers.produced(1, 'a', ['1'])).errorCode, codes.NOT_LEADER_OR_FOLLOWER)
  isOver = false
  t.equal((await brokers.produced(1, 'a', ['2'])).errorCode, codes.NONE)
})

t.test('records that the leader gave twice, as requests crossed with its answers, are taken over once', async t => {
  const brokers = new Brokers({ 'min.insync.replicas': '2' })
  t.teardown(() => brokers.close())
  await brokers.start(1, 2)
  await brokers.create('a', [[1, 2]])
  await brokers.settle()
  // The answer to the waiting request, and one that names another partition, are on their way at the same time.
  brokers.part(1, 2)
  await brokers.create('other', [[1, 2]])
  const { client, answer } = await brokers.produce(1, 'a', ['0', '1'])
  await brokers.settle()
  const begun = brokers.clock.now()
  brokers.join(1, 2)
  t.match(await brokers.passing(answer), { errorCode: codes.NONE, baseOffset: 0 })
  await client.close()
  await brokers.settle()
  t.equal(brokers.clock.now() - begun, 0, 'the producer waits for no other try')
  t.equal(brokers.bytes(2, 'a'), brokers.bytes(1, 'a'))
  t.equal(brokers.partition(2, 'a').highWatermark, 2, 'and the follower knows that it is committed')
  t.same(
    brokers.lines.filter(line => line.includes('cannot be taken over')),
    [],
  )
})

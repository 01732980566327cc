/** The requests about where records are, and who wrote them: ListOffsets, OffsetForLeaderEpoch, DeleteRecords, and the like. */
import t from 'tap'
import { Deferred } from '../../lib/base/deferred.ts'
import { deleteRecords } from '../../lib/handlers/delete-records.ts'
import { describeLogDirs } from '../../lib/handlers/describe-log-dirs.ts'
import { describeProducers } from '../../lib/handlers/describe-producers.ts'
import { initProducerId } from '../../lib/handlers/init-producer-id.ts'
import { listOffsets } from '../../lib/handlers/list-offsets.ts'
import { offsetForLeaderEpoch } from '../../lib/handlers/offset-for-leader-epoch.ts'
import { ProducerIds } from '../../lib/partitions/producer-ids.ts'
import { codes } from '../../protocol/errors.ts'
import type { DeleteRecordsResponse } from '../../protocol/messages/delete-records.ts'
import { batchOf, PartitionsFixture, topicImage } from '../partitions/fixture.ts'

interface ListOptions {
  version?: number
  isolation?: number
  topic?: string
  epoch?: number
  count?: number
}

function list(fixture: PartitionsFixture, wishes: readonly (readonly [number, number])[], options: ListOptions = {}) {
  const { version = 10, isolation = 0, topic = 'a', epoch = -1, count = 1 } = options
  const partitions = wishes.map(([partitionIndex, timestamp]) => ({
    partitionIndex,
    timestamp,
    currentLeaderEpoch: epoch,
    maxNumOffsets: count,
  }))
  const request = { replicaId: -1, isolationLevel: isolation, topics: [{ name: topic, partitions }], timeoutMs: 0 }
  return listOffsets(request, fixture.context(version)).topics[0]!.partitions
}

/** [error, timestamp, offset, leader epoch] of one partition. */
function found(fixture: PartitionsFixture, timestamp: number, options: ListOptions = {}, index = 0) {
  const [answer] = list(fixture, [[index, timestamp]], options)
  return [answer!.errorCode, answer!.timestamp, answer!.offset, answer!.leaderEpoch]
}

function timed(timestamps: readonly number[]): Buffer {
  return batchOf([], { records: timestamps.map(timestamp => ({ timestamp, key: null, value: Buffer.from('x') })) })
}

/** A topic with records of the times 1000, 1005 and 2000, and an empty partition. */
function fixtureWithTimes(): PartitionsFixture {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  for (const times of [[1000, 1005], [2000]]) {
    fixture.partition('a').append(timed(times), { origin: 'client', requiredAcks: 1 })
  }
  fixture.turn()
  return fixture
}

t.test('offsets are found at both ends and by time', t => {
  const fixture = fixtureWithTimes()
  t.same(found(fixture, -2), [0, -1, 0, 0])
  t.same(found(fixture, -1), [0, -1, 3, 0])
  t.same(found(fixture, -3), [0, 2000, 2, 0])
  t.same(found(fixture, -4), [0, -1, 0, 0])
  t.same(found(fixture, -5), [0, -1, -1, -1])
  t.same(found(fixture, -6, { version: 11 }), [0, -1, -1, -1])
  t.same(found(fixture, 0), [0, 1000, 0, 0])
  t.same(found(fixture, 1001), [0, 1005, 1, 0])
  t.same(found(fixture, 1006), [0, 2000, 2, 0])
  t.same(found(fixture, 2001), [0, -1, -1, -1])
  for (const timestamp of [-3, 5]) t.same(found(fixture, timestamp, {}, 1), [0, -1, -1, -1], 'an empty partition')
  fixture.partition('a').deleteRecordsBefore(1)
  t.same(found(fixture, -2), [0, -1, 1, 0])
  t.same(found(fixture, 0), [0, 1005, 1, 0])
  t.end()
})

t.test('the greatest timestamp is that of the segments, as long as they are there, whatever was deleted of them', t => {
  const fixture = fixtureWithTimes()
  for (const times of [[1500], [1999, 1800]]) {
    fixture.partition('a').append(timed(times), { origin: 'client', requiredAcks: 1 })
  }
  fixture.turn()
  for (const offset of [1, 2, 3, 4, 5, 6]) {
    fixture.partition('a').deleteRecordsBefore(offset)
    for (const isolation of [0, 1])
      t.same(found(fixture, -3, { isolation }), [0, 2000, 2, 0], `deleted up to ${offset}`)
  }
  t.end()
})

t.test('without timestamps the first record has the greatest, and is found by no time', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  for (const times of [[-1, -1], [-1]]) {
    fixture.partition('a').append(timed(times), { origin: 'client', requiredAcks: 1 })
  }
  fixture.partition('a', 1).append(timed([-5, -7]), { origin: 'client', requiredAcks: 1 })
  fixture.turn()
  t.same(found(fixture, -3), [0, -1, 0, 0])
  t.same(found(fixture, 0), [0, -1, -1, -1])
  fixture.partition('a').deleteRecordsBefore(2)
  t.same(found(fixture, -3), [0, -1, 0, 0])
  t.same(found(fixture, -3, {}, 1), [0, -1, -1, -1], 'times before that of no timestamp')
  fixture.partition('a').append(timed([-1, 7]), { origin: 'client', requiredAcks: 1 })
  fixture.turn()
  t.same(found(fixture, -3), [0, 7, 4, 0])
  t.same(found(fixture, 0), [0, 7, 4, 0])
  t.end()
})

t.test('places are known to the versions that came with them', t => {
  const fixture = fixtureWithTimes()
  const unsupported = [codes.UNSUPPORTED_VERSION, undefined, undefined, undefined]
  for (const [timestamp, since] of [
    [-3, 7],
    [-4, 8],
    [-5, 9],
    [-6, 11],
  ] as const) {
    t.same(found(fixture, timestamp, { version: since - 1 }), unsupported)
    t.equal(found(fixture, timestamp, { version: since })[0], codes.NONE)
  }
  t.same(found(fixture, -7, { version: 11 }), unsupported)
  t.end()
})

t.test('ListOffsets tells what is wrong with a partition', t => {
  const fixture = fixtureWithTimes()
  t.equal(found(fixture, -1, {}, 9)[0], codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(found(fixture, -1, { topic: 'nowhere' })[0], codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(found(fixture, -1, { epoch: 5 })[0], codes.UNKNOWN_LEADER_EPOCH)
  t.equal(found(fixture, -1, { epoch: -3 })[0], codes.FENCED_LEADER_EPOCH)
  const twice = list(fixture, [
    [0, -1],
    [1, -1],
    [0, -2],
  ])
  t.same(
    twice.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    [
      [1, codes.NONE],
      [0, codes.INVALID_REQUEST],
    ],
    'a partition that is asked for twice is answered once',
  )
  fixture.forbidden.add('a')
  t.equal(found(fixture, -1)[0], codes.TOPIC_AUTHORIZATION_FAILED)
  t.end()
})

t.test('for readers of committed records the end is the last stable offset', t => {
  const fixture = fixtureWithTimes()
  fixture.write('a', ['x'], 0, { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  t.same(found(fixture, -1), [0, -1, 4, 0])
  t.same(found(fixture, -1, { isolation: 1 }), [0, -1, 3, 0])
  t.equal(found(fixture, -3)[2], 3)
  t.same(found(fixture, -3, { isolation: 1 }), [0, -1, -1, -1])
  t.end()
})

t.test('version 0 lists where segments begin, newest first', t => {
  const fixture = fixtureWithTimes()
  fixture.partition('a').log.roll()
  fixture.partition('a').append(timed([3000]), { origin: 'client', requiredAcks: 1 })
  fixture.turn()
  const offsets = (timestamp: number, count: number, index = 0) =>
    list(fixture, [[index, timestamp]], { version: 0, count })[0]!.oldStyleOffsets
  t.same(offsets(-1, 1), [4])
  t.same(offsets(-1, 10), [4, 3, 0])
  t.same(offsets(-2, 10), [0])
  t.same(offsets(2500, 10), [0])
  t.same(offsets(3000, 2), [4, 3])
  t.same(offsets(5, 10), [])
  t.same(offsets(-1, 0), [])
  t.same(offsets(-1, 5, 1), [0])
  t.end()
})

t.test('version 0 knows the ends of a partition, and refuses what later versions made of negative timestamps', t => {
  const fixture = fixtureWithTimes()
  const error = (timestamp: number) => list(fixture, [[0, timestamp]], { version: 0 })[0]!.errorCode
  t.same([-1, -2].map(error), [codes.NONE, codes.NONE])
  t.same([-3, -4, -5, -6, -9].map(error), Array(5).fill(codes.UNSUPPORTED_VERSION))
  t.end()
})

t.test('the end of a leader epoch is told, where the epoch is known', t => {
  const fixture = fixtureWithTimes()
  const ask = (partition: number, currentLeaderEpoch: number, leaderEpoch: number) => {
    const topics = [{ topic: 'a', partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }]
    const [answer] = offsetForLeaderEpoch({ replicaId: -1, topics }, fixture.context(4)).topics[0]!.partitions
    return [answer!.errorCode, answer!.leaderEpoch, answer!.endOffset]
  }
  t.same(ask(0, -1, 0), [0, 0, 3])
  t.same(ask(0, 0, 5), [0, -1, -1])
  t.same(ask(0, -1, -1), [0, -1, -1])
  t.same(ask(1, -1, 0), [0, 0, 0])
  t.same(ask(0, 9, 0), [codes.UNKNOWN_LEADER_EPOCH, -1, -1])
  t.same(ask(9, -1, 0), [codes.UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
  fixture.forbidden.add('a').add('kafka-cluster')
  t.same(ask(0, -1, 0), [codes.TOPIC_AUTHORIZATION_FAILED, -1, -1])
  t.end()
})

t.test('records are deleted up to an offset, from topics that may lose them', t => {
  const fixture = new PartitionsFixture({
    topics: [
      topicImage('a'),
      topicImage('compacted', { configs: { 'cleanup.policy': 'compact' } }),
      topicImage('both', { configs: { 'cleanup.policy': 'compact,delete' } }),
      topicImage('neither', { configs: { 'cleanup.policy': '' } }),
      topicImage('__consumer_offsets'),
      topicImage('secret'),
    ],
  })
  fixture.forbidden.add('secret')
  fixture.write('a', ['x', 'y', 'z'])
  const ask = (name: string, partitionIndex: number, offset: number) => {
    const request = { topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 0 }
    const [answer] = (deleteRecords(request, fixture.context(2)) as DeleteRecordsResponse).topics[0]!.partitions
    return [answer!.errorCode, answer!.lowWatermark]
  }
  t.same(ask('a', 0, 50), [codes.OFFSET_OUT_OF_RANGE, -1])
  t.same(ask('a', 0, -5), [codes.OFFSET_OUT_OF_RANGE, -1])
  t.same(ask('a', 0, 2), [0, 2])
  t.same(ask('a', 0, 1), [0, 2])
  t.same(ask('a', 0, -1), [0, 3])
  t.same(ask('a', 9, 1), [codes.UNKNOWN_TOPIC_OR_PARTITION, -1])
  t.same(ask('compacted', 0, -1), [codes.POLICY_VIOLATION, -1])
  t.same(ask('both', 0, -1), [0, 0])
  t.same(ask('neither', 0, -1), [0, 0])
  t.same(ask('__consumer_offsets', 0, -1), [codes.INVALID_TOPIC_EXCEPTION, -1])
  t.same(ask('secret', 0, -1), [codes.TOPIC_AUTHORIZATION_FAILED, -1])
  t.end()
})

t.test('a deletion is answered once all replicas have followed, or when its time is over', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { replicas: [1, 2] }), topicImage('b')] })
  const partition = fixture.partition('a')
  const follow = (logStartOffset: number) => partition.fetchedBy(2, { fetchOffset: 3, logStartOffset, brokerEpoch: -1 })
  for (const name of ['a', 'b']) fixture.write(name, ['x', 'y', 'z'])
  follow(0)
  const ask = (offset: number): { answer: unknown } => {
    const told: { answer: unknown } = { answer: null }
    const topics = ['a', 'b'].map(name => ({ name, partitions: [{ partitionIndex: 0, offset }] }))
    const answer = deleteRecords({ topics, timeoutMs: 500 }, fixture.context(2))
    if (!(answer instanceof Deferred)) throw new Error('it did not wait')
    answer.whenSettled({
      resolved: ({ topics }) => {
        told.answer = topics.map(({ partitions }) => [partitions[0]!.errorCode, partitions[0]!.lowWatermark])
      },
      rejected: error => {
        throw error
      },
    })
    fixture.turn()
    return told
  }
  const first = ask(2)
  t.equal(first.answer, null)
  follow(2)
  t.same(first.answer, [
    [codes.NONE, 2],
    [codes.NONE, 2],
  ])
  const second = ask(3)
  fixture.clock.advance(500)
  t.same(second.answer, [
    [codes.REQUEST_TIMED_OUT, 2],
    [codes.NONE, 3],
  ])
  const third = ask(3)
  fixture.become('a', { leader: 2, leaderEpoch: 1 })
  t.same(third.answer, [
    [codes.NOT_LEADER_OR_FOLLOWER, -1],
    [codes.NONE, 3],
  ])
})

t.test('no end is told while what earlier leaders committed may not be known to be committed', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { replicas: [1, 2] })] })
  fixture.write('a', ['x', 'y'])
  fixture.become('a', { leaderEpoch: 1 })
  const ask = (timestamp: number, version: number) => {
    const [answer] = list(fixture, [[0, timestamp]], { version })
    return [answer!.errorCode, answer!.offset ?? -1]
  }
  t.same(ask(-1, 10), [codes.OFFSET_NOT_AVAILABLE, -1])
  t.same(ask(-1, 4), [codes.LEADER_NOT_AVAILABLE, -1])
  t.same(ask(0, 10), [codes.OFFSET_NOT_AVAILABLE, -1])
  t.same(ask(-2, 10), [codes.NONE, 0])
  t.same(ask(9e15, 10), [codes.NONE, -1])
  fixture.partition('a').fetchedBy(2, { fetchOffset: 2, logStartOffset: 0, brokerEpoch: -1 })
  t.same(ask(-1, 10), [codes.NONE, 2])
  t.same(ask(0, 10), [codes.NONE, 0])
  t.end()
})

t.test('data directories are described with what lies in them', t => {
  const topics = [topicImage('a', { partitions: 2 }), topicImage('b')]
  const fixture = new PartitionsFixture({ topics, paths: ['/one', '/two'], missing: ['/two'] })
  fixture.apply({ created: [topicImage('c', { partitions: 2 })] })
  const describe = (topics: { topic: string; partitions: number[] }[] | null) =>
    describeLogDirs({ topics }, fixture.context(4)).results
  fixture.write('c', ['x'])
  const size = batchOf(['x']).length
  const [one, two] = describe(null)
  t.same(
    one!.topics.map(({ name, partitions }) => [name, partitions]),
    [
      [
        'c',
        [
          { partitionIndex: 0, partitionSize: size, offsetLag: 0, isFutureKey: false },
          { partitionIndex: 1, partitionSize: 0, offsetLag: 0, isFutureKey: false },
        ],
      ],
    ],
  )
  t.same([one!.errorCode, one!.logDir], [0, '/one'])
  t.same([two!.errorCode, two!.logDir, two!.topics], [codes.KAFKA_STORAGE_ERROR, '/two', []])
  t.same(describe([])[0]!.topics, [])
  const [some] = describe([
    { topic: 'c', partitions: [1, 7] },
    { topic: 'nowhere', partitions: [0] },
  ])
  t.same(
    some!.topics.map(({ name, partitions }) => [name, partitions.map(each => each.partitionIndex)]),
    [['c', [1]]],
  )
  fixture.forbidden.add('kafka-cluster')
  const refused = describeLogDirs({ topics: null }, fixture.context(4))
  t.same([refused.errorCode, refused.results], [codes.CLUSTER_AUTHORIZATION_FAILED, []])
  t.end()
})

t.test('producers are described as the partition knows them', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  fixture.write('a', ['x', 'y'], 0, { producerId: 5, producerEpoch: 2, baseSequence: 0 })
  const describe = (name: string, index = 0) => {
    const request = { topics: [{ name, partitionIndexes: [index] }] }
    return describeProducers(request, fixture.context(0)).topics[0]!.partitions[0]!
  }
  t.same(describe('a').activeProducers, [
    {
      producerId: 5,
      producerEpoch: 2,
      lastSequence: 1,
      lastTimestamp: fixture.clock.now(),
      coordinatorEpoch: -1,
      currentTxnStartOffset: -1,
    },
  ])
  t.equal(describe('a', 9).errorCode, codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(describe('no name').errorCode, codes.INVALID_TOPIC_EXCEPTION)
  fixture.forbidden.add('a')
  t.equal(describe('a').errorCode, codes.TOPIC_AUTHORIZATION_FAILED)
  t.end()
})

t.test('every idempotent producer gets an id of its own', async t => {
  const fixture = new PartitionsFixture()
  const ask = (transactionalId: string | null, producerId = -1, producerEpoch = -1) => {
    const request = { transactionalId, transactionTimeoutMs: 1, producerId, producerEpoch }
    return initProducerId({ ...request, enable2Pc: false, keepPreparedTxn: false }, fixture.context(4))
  }
  const first = await ask(null)
  t.same([first.errorCode, first.producerId, first.producerEpoch], [0, 2000, 0])
  const second = ask(null)
  t.notOk(second instanceof Promise, 'an id of the block at hand is given at once')
  t.equal((await second).producerId, 2001)
  t.equal((await ask(null, 2001, 5)).producerId, 2002, 'who has an id gets another one')
  for (const [id, epoch] of [
    [5, -1],
    [-1, 3],
    [-7, -1],
  ] as const) {
    t.equal((await ask(null, id, epoch)).errorCode, codes.INVALID_REQUEST)
  }
  t.equal((await ask('')).errorCode, codes.INVALID_REQUEST)
  fixture.forbidden.add('kafka-cluster')
  t.equal((await ask(null)).errorCode, codes.NONE, 'it may write to some topic')
  fixture.forbidden.add('any topic')
  t.equal((await ask(null)).errorCode, codes.CLUSTER_AUTHORIZATION_FAILED)
})

t.test('producer ids come from blocks, and the next is there before one is used up', async t => {
  let blocks = 0
  let failing = true
  const ids = new ProducerIds(async () => {
    if (failing) throw new Error('no store')
    return { first: 10 * blocks++, count: 10 }
  })
  await t.rejects(Promise.resolve(ids.next()), { message: 'no store' })
  failing = false
  const given = await Promise.all([ids.next(), ids.next(), ids.next()])
  t.same(given, [0, 1, 2])
  t.equal(blocks, 1, 'one block for all who wait')
  for (let id = 3; id < 10; id++) t.equal(ids.next(), id)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(blocks, 2)
  failing = true
  for (let id = 10; id < 20; id++) t.equal(ids.next(), id)
  await t.rejects(Promise.resolve(ids.next()), { message: 'no store' })
})

/** Fetch as followers send it: what they may read, what their fetches tell the leader, and when they are answered. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import { PartitionsFixture, topicImage, valuesOf, whenCommitted } from '../partitions/fixture.ts'
import { type Answered, ask, type Options, only, start, type Wish, watched } from './fetch-requests.ts'

const replicated = () => topicImage('a', { replicas: [1, 2, 3], configs: { 'min.insync.replicas': '2' } })

/** A leader, and fetches of node 2 at version 15 or what the options say. */
function leader(topic = replicated()) {
  const fixture = new PartitionsFixture({ topics: [topic] })
  const by = (wish: Wish, options: Options = {}) =>
    only(ask(fixture, { [topic.topicId]: [wish] }, { version: 15, replicaId: 2, brokerEpoch: 7, ...options }))
  return { fixture, topicId: topic.topicId, by, partition: fixture.partition('a') }
}

t.test('a follower reads to the end of the log, and what all in-sync replicas fetched is committed', t => {
  const { fixture, by, partition } = leader()
  fixture.write('a', ['x', 'y'])
  const told: number[] = []
  whenCommitted(partition, 1, code => told.push(code))
  const first = by([0, 0, 1000, 0])
  t.same(valuesOf(first.records as Buffer[]), ['x', 'y'])
  t.match(first, { highWatermark: 0, lastStableOffset: -1, logStartOffset: 0, abortedTransactions: null })
  by([0, 2, 1000, 0])
  t.equal(partition.highWatermark, 0, 'node 3 has nothing yet')
  t.equal(by([0, 2, 1000, 0, 0], { replicaId: 3 }).highWatermark, 2, 'it hears of what it has brought about')
  t.same(told, [codes.NONE])
  const consumer = only(ask(fixture, { a: [[0, 0]] }))
  t.same([valuesOf(consumer.records as Buffer[]), consumer.lastStableOffset], [['x', 'y'], 2])
  t.end()
})

t.test('a fetch that is refused or parts from the log says nothing of its follower', t => {
  const { fixture, by, partition } = leader()
  fixture.write('a', ['x', 'y'])
  fixture.become('a', { leaderEpoch: 3 })
  const { leading } = partition
  const cases: [Wish, Options, number][] = [
    [[0, 2, 1000, 2], {}, codes.FENCED_LEADER_EPOCH],
    [[0, 2, 1000, 4], {}, codes.UNKNOWN_LEADER_EPOCH],
    [[0, 3, 1000, 3], {}, codes.OFFSET_OUT_OF_RANGE],
    [[0, -1, 1000, 3], {}, codes.OFFSET_OUT_OF_RANGE],
    [[0, 2, 1000, 3], { replicaId: 5 }, codes.UNKNOWN_LEADER_EPOCH],
    [[0, 2, 1000], { replicaId: 5 }, codes.NOT_LEADER_OR_FOLLOWER],
    [[0, 2, 1000], { replicaId: 1 }, codes.NOT_LEADER_OR_FOLLOWER],
  ]
  for (const [wish, options, code] of cases) t.equal(by(wish, options).errorCode, code, `${wish}`)
  t.match(by([0, 2, 1000, 3, 2]), { errorCode: codes.NONE, divergingEpoch: { epoch: 0, endOffset: 2 } })
  t.equal(leading.follower(2)!.logEndOffset, -1)
  by([0, 2, 1000, 3, 0])
  t.equal(leading.follower(2)!.logEndOffset, 2)
  t.equal(by([0, 2, 1000, 3], { brokerEpoch: 6 }).errorCode, codes.NOT_LEADER_OR_FOLLOWER, 'of an earlier run')
  fixture.become('a', { leader: 3, leaderEpoch: 4 })
  t.equal(by([0, 2, 1000, 3]).errorCode, codes.FENCED_LEADER_EPOCH, 'as Apache Kafka, of the epoch first')
  t.equal(by([0, 2, 1000, 4]).errorCode, codes.NOT_LEADER_OR_FOLLOWER)
  t.end()
})

t.test('replicas need the right to act for the cluster, and none to read topics', t => {
  const { fixture, by } = leader()
  fixture.write('a', ['x'])
  fixture.forbidden.add('a')
  t.equal(by([0, 0, 1000, 0]).errorCode, codes.NONE)
  fixture.forbidden.add('kafka-cluster')
  t.equal(by([0, 0, 1000, 0]).errorCode, codes.TOPIC_AUTHORIZATION_FAILED)
  t.end()
})

t.test(
  'a follower that waits in a session hears of records, and of a high watermark that it does not know',
  async t => {
    const { fixture, topicId, partition } = leader()
    const options: Options = { version: 15, replicaId: 2, brokerEpoch: 7, waitMs: 500 }
    const { sessionId } = ask(fixture, { [topicId]: [[0, 0, 1000, 0]] }, { ...options, session: [0, 0], waitMs: 0 })
    let waiting = watched(start(fixture, {}, { ...options, session: [sessionId, 1] }))
    const answered = async () => {
      fixture.turn()
      await fixture.settle()
      return waiting.done ? ((await waiting.response) as Answered) : null
    }
    t.equal(await answered(), null)
    fixture.write('a', ['x'])
    const first = only((await answered())!)
    t.same([valuesOf(first.records as Buffer[]), first.highWatermark], [['x'], 0])
    const next = (epoch: number, wishes: Wish[]) =>
      watched(start(fixture, { [topicId]: wishes }, { ...options, session: [sessionId, epoch] }))
    waiting = next(2, [[0, 1, 1000, 0]])
    t.equal(await answered(), null, 'node 3 does not have it')
    ask(fixture, { [topicId]: [[0, 1, 1000, 0]] }, { ...options, replicaId: 3, waitMs: 0 })
    t.equal(only((await answered())!).highWatermark, 1)
    waiting = next(3, [])
    t.equal(await answered(), null, 'it knows by now')
    partition.deleteRecordsBefore(1)
    t.equal(only((await answered())!).logStartOffset, 1)
    waiting = next(4, [])
    t.equal(await answered(), null)
    const later = next(5, [])
    t.equal((await answered())!.errorCode, codes.INVALID_FETCH_SESSION_EPOCH, 'another request takes its place at once')
    waiting = later
    t.equal(await answered(), null)
    fixture.clock.advance(500)
    t.same((await answered())!.responses, [])
  },
)

t.test('a follower that says nothing new has caught up until there is something new', t => {
  const { fixture, topicId, partition } = leader()
  const options: Options = { version: 15, replicaId: 2, brokerEpoch: 7 }
  const { sessionId } = ask(fixture, { [topicId]: [[0, 0, 1000, 0]] }, { ...options, session: [0, 0] })
  for (let epoch = 1; epoch < 400; epoch++) {
    fixture.clock.advance(500)
    ask(fixture, {}, { ...options, session: [sessionId, epoch] })
  }
  fixture.write('a', ['x'])
  t.same(partition.leading.lagging(partition.view), [3], 'the other has not fetched')
  fixture.clock.advance(30_001)
  t.same(partition.leading.lagging(partition.view), [2, 3])
  t.end()
})

t.test('a session of a replica takes the place of one of a consumer, and is not a consumer of it', t => {
  const topic = replicated()
  const fixture = new PartitionsFixture({
    topics: [topic],
    properties: { 'max.incremental.fetch.session.cache.slots': '1' },
  })
  const open = (replicaId: number) =>
    ask(fixture, { [topic.topicId]: [[0, 0, 1000, 0]] }, { version: 15, replicaId, session: [0, 0] }).sessionId
  const consumer = open(-1)
  const replica = open(2)
  t.ok(consumer > 0)
  t.ok(replica > 0)
  t.equal(open(3), 0, 'no room beside another replica')
  t.equal(open(-1), 0)
  const stranger = ask(fixture, {}, { version: 15, session: [replica, 1] })
  t.equal(stranger.errorCode, codes.INVALID_FETCH_SESSION_EPOCH)
  t.end()
})

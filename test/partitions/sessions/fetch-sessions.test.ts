/** Fetch sessions: answers that carry only what is new, and how many sessions there may be. */
import t from 'tap'
import { codes } from '../../../protocol/errors.ts'
import { ask, type Options, type Summary, start, summary, type Wish, watched } from '../../handlers/fetch-requests.ts'
import { batchOf, PartitionsFixture, topicImage } from '../fixture.ts'

t.test('a session answers what is new, and nothing else', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })] })
  fixture.write('a', ['x', 'y'])
  const full = ask(
    fixture,
    {
      a: [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    },
    { session: [0, 0] },
  )
  t.equal(summary(full).length, 3)
  t.ok(full.sessionId > 0)
  const next = (epoch: number, topics: Record<string, readonly Wish[]> = {}, options: Options = {}) =>
    summary(ask(fixture, topics, { session: [full.sessionId, epoch], ...options }))
  t.same(next(1), [['a', 0, 0, ['x', 'y']]], 'what the client did not move past comes again')
  t.same(next(2, { a: [[0, 2]] }), [])
  t.same(next(3), [])
  fixture.write('a', ['z'], 1)
  t.same(next(4), [['a', 1, 0, ['z']]])
  t.same(next(5, { a: [[1, 1]] }), [])
  t.same(next(6, { a: [[8, 0]] }), [['a', 8, codes.UNKNOWN_TOPIC_OR_PARTITION, []]])
  t.same(next(7), [['a', 8, codes.UNKNOWN_TOPIC_OR_PARTITION, []]], 'errors are repeated')
  const { topicId } = fixture.topic('a')
  fixture.apply({ changed: [topicImage('a', { partitions: 9, topicId })] })
  t.same(next(8), [['a', 8, 0, []]], 'until they are over')
  t.same(next(9), [])
  fixture.partition('a').deleteRecordsBefore(1)
  const [moved] = ask(fixture, {}, { session: [full.sessionId, 10] }).responses
  t.equal(moved!.partitions[0]!.logStartOffset, 1)
  t.same(next(11, {}, { forget: { a: [0, 1] } }), [])
  fixture.write('a', ['nobody cares'], 1)
  t.same(next(12), [])
  t.end()
})

t.test('a session waits without being told of all its partitions again', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 1000 })] })
  const wishes = Array.from({ length: 1000 }, (_, index) => [index, 0] as const)
  const { sessionId } = ask(fixture, { a: wishes }, { session: [0, 0] })
  const waiting = watched(start(fixture, {}, { session: [sessionId, 1], waitMs: 500 }))
  await fixture.settle()
  t.notOk(waiting.done)
  fixture.write('a', ['x'], 777)
  t.same(summary(await waiting.response), [['a', 777, 0, ['x']]])
  const idle = watched(start(fixture, { a: [[777, 1]] }, { session: [sessionId, 2], waitMs: 500 }))
  fixture.clock.advance(500)
  t.same((await idle.response).responses, [])
})

t.test('partitions of a session take turns where the answer has no room for all', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })] })
  for (const index of [0, 1, 2]) for (const n of [1, 2]) fixture.write('a', [`${index}:${n}`], index)
  const size = batchOf(['0:1']).length
  const offsets = [0, 0, 0]
  const served: string[] = []
  let { sessionId } = ask(
    fixture,
    {
      a: [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    },
    { session: [0, 0], maxBytes: 0, version: 4 },
  )
  sessionId = ask(
    fixture,
    {
      a: [
        [0, 0, size],
        [1, 0, size],
        [2, 0, size],
      ],
    },
    { session: [0, 0], maxBytes: size },
  ).sessionId
  for (let epoch = 1; epoch <= 6; epoch++) {
    const response = ask(fixture, {}, { session: [sessionId, epoch], maxBytes: size })
    const [[, index, , values]] = summary(response).filter(([, , , values]) => values.length > 0) as [Summary[number]]
    served.push(String(index))
    offsets[index]! += values.length
  }
  t.same(served, ['1', '2', '0', '1', '2', '0'])
  t.end()
})

t.test('a session that is not there, or is somewhere else, is an error', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const { sessionId } = ask(fixture, { a: [[0, 0]] }, { session: [0, 0] })
  const code = (session: [number, number], options: Options = {}) => {
    const { errorCode, sessionId, responses } = ask(fixture, {}, { session, ...options })
    t.same([sessionId, responses], errorCode === 0 ? [session[0], []] : [0, []])
    return errorCode
  }
  t.equal(code([sessionId + 1, 1]), codes.FETCH_SESSION_ID_NOT_FOUND)
  t.equal(code([sessionId, 2]), codes.INVALID_FETCH_SESSION_EPOCH)
  t.equal(code([sessionId, 1], { version: 13 }), codes.FETCH_SESSION_TOPIC_ID_ERROR)
  t.equal(code([sessionId, 1]), codes.NONE)
  const closed = ask(fixture, { a: [[0, 0]] }, { session: [sessionId, -1] })
  t.same([closed.sessionId, summary(closed).length], [0, 1])
  t.equal(code([sessionId, 2]), codes.FETCH_SESSION_ID_NOT_FOUND)
  const second = ask(fixture, { a: [[0, 0]] }, { session: [0, 0] }).sessionId
  const emptied = ask(fixture, {}, { session: [second, 1], forget: { a: [0] } })
  t.same([emptied.sessionId, emptied.responses], [0, []])
  t.equal(code([second, 2]), codes.FETCH_SESSION_ID_NOT_FOUND)
  t.end()
})

t.test('a request that comes on a session makes the one that waits on it void', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const { sessionId } = ask(fixture, { a: [[0, 0]] }, { session: [0, 0] })
  const first = watched(start(fixture, {}, { session: [sessionId, 1], waitMs: 500 }))
  const second = watched(start(fixture, {}, { session: [sessionId, 2], waitMs: 900 }))
  fixture.clock.advance(500)
  t.equal((await first.response).errorCode, codes.INVALID_FETCH_SESSION_EPOCH)
  fixture.write('a', ['x'])
  t.same(summary(await second.response), [['a', 0, 0, ['x']]])
})

t.test('sessions are bounded: the idle make room at once, the small for larger ones after a while', t => {
  const fixture = new PartitionsFixture({
    topics: [topicImage('a', { partitions: 5 })],
    properties: { 'max.incremental.fetch.session.cache.slots': '2' },
  })
  const open = (partitions: number) =>
    ask(fixture, { a: Array.from({ length: partitions }, (_, i) => [i, 0] as const) }, { session: [0, 0] }).sessionId
  const lives = (id: number, epoch: number) => ask(fixture, {}, { session: [id, epoch] }).errorCode === 0
  const small = open(1)
  const large = open(3)
  t.equal(open(2), 0, 'no room')
  fixture.clock.advance(121_000)
  t.ok(lives(large, 1))
  t.ok(lives(small, 1))
  const middle = open(2)
  t.ok(middle > 0)
  t.notOk(lives(small, 2))
  t.equal(open(1), 0)
  t.equal(open(2), 0)
  t.ok(lives(large, 2))
  fixture.clock.advance(121_000)
  t.ok(open(1) > 0)
  t.notOk(lives(middle, 1), 'the one that was used longest ago')
  t.end()
})

/** Fetch: what is read, what is waited for, and what older versions are given. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import type { FetchResponse } from '../../protocol/messages/fetch.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import { magic } from '../../protocol/records/header.ts'
import { memoryFiles } from '../../storage/files.ts'
import { batchOf, breakableFiles, PartitionsFixture, topicImage, valuesOf } from '../partitions/fixture.ts'
import { ask, type Options, only, start, summary, type Wish, watched } from './fetch-requests.ts'

t.test('what is there is given at once, without a promise', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })] })
  fixture.write('a', ['x', 'y'])
  fixture.write('a', ['z'], 1)
  const response = ask(
    fixture,
    {
      a: [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    },
    { waitMs: 1000 },
  )
  t.same(summary(response), [
    ['a', 0, 0, ['x', 'y']],
    ['a', 1, 0, ['z']],
    ['a', 2, 0, []],
  ])
  t.equal(response.sessionId, 0)
  const first = only(response)
  t.same([first.highWatermark, first.lastStableOffset, first.logStartOffset], [2, 2, 0])
  t.equal(first.abortedTransactions, null)
  t.equal(fixture.sent.length, 1, 'the buffers are given back when the answer has left')
  for (const run of fixture.sent) run()
  t.end()
})

t.test('a partition that is named twice is read once, as it is named last, where it is named first', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  fixture.write('a', ['x'])
  fixture.write('a', ['y'])
  fixture.write('a', ['z'], 1)
  const wishes: Wish[] = [
    [0, 0],
    [1, 0],
    [0, 1],
  ]
  t.same(summary(ask(fixture, { a: wishes })), [
    ['a', 0, 0, ['y']],
    ['a', 1, 0, ['z']],
  ])
  t.end()
})

t.test('every kind of failure has its code, and no watermarks', t => {
  let broken = false
  const files = breakableFiles(memoryFiles(), path => broken && path.includes('bad'))
  const fixture = new PartitionsFixture({ topics: [topicImage('a'), topicImage('secret'), topicImage('bad')], files })
  fixture.forbidden.add('secret').add('secret-none')
  fixture.write('a', ['x', 'y'])
  fixture.write('bad', ['x'])
  broken = true
  const id = fixture.topic('a').topicId
  const unknown = 'abcdefghijklmnopqrstuA'
  const cases: [string, Wish, Options, number][] = [
    ['nowhere', [0, 0], {}, codes.UNKNOWN_TOPIC_OR_PARTITION],
    ['a', [9, 0], {}, codes.UNKNOWN_TOPIC_OR_PARTITION],
    [unknown, [0, 0], { version: 13 }, codes.UNKNOWN_TOPIC_ID],
    [id, [9, 0], { version: 13 }, codes.UNKNOWN_TOPIC_OR_PARTITION],
    ['secret', [0, 0], {}, codes.TOPIC_AUTHORIZATION_FAILED],
    ['secret-none', [0, 0], {}, codes.TOPIC_AUTHORIZATION_FAILED],
    [fixture.topic('secret').topicId, [9, 0], { version: 13 }, codes.TOPIC_AUTHORIZATION_FAILED],
    ['a', [0, 3], {}, codes.OFFSET_OUT_OF_RANGE],
    ['a', [0, -1], {}, codes.OFFSET_OUT_OF_RANGE],
    ['a', [0, 0, 1000, 4], {}, codes.UNKNOWN_LEADER_EPOCH],
    ['a', [0, 0, 1000, 0, 3], {}, codes.OFFSET_OUT_OF_RANGE],
    ['a', [0, 0], { replicaId: 5 }, codes.NOT_LEADER_OR_FOLLOWER],
    ['bad', [0, 0], { version: 5 }, codes.NOT_LEADER_OR_FOLLOWER],
    ['bad', [0, 0], {}, codes.KAFKA_STORAGE_ERROR],
  ]
  const diverging = only(ask(fixture, { a: [[0, 7, 1000, 0, 0]] }, { waitMs: 1000 }))
  t.equal(diverging.errorCode, codes.NONE)
  t.same(diverging.divergingEpoch, { epoch: 0, endOffset: 2 })
  for (const [topic, wish, options, code] of cases) {
    const answer = only(ask(fixture, { [topic]: [wish] }, { ...options, waitMs: 1000 }))
    t.same([answer.errorCode, answer.highWatermark], [code, -1], `${topic} ${wish}`)
  }
  t.end()
})

t.test('a reader whose offset is gone is told so, not where its log parts from this one', t => {
  const a = topicImage('a')
  const fixture = new PartitionsFixture({ topics: [a] })
  fixture.write('a', ['x', 'y', 'z'])
  fixture.apply({ changed: [{ ...a, partitions: [{ ...a.partitions[0]!, leaderEpoch: 2 }] }] })
  fixture.write('a', ['u'])
  fixture.partition('a').deleteRecordsBefore(2)
  const at = (offset: number) => only(ask(fixture, { a: [[0, offset, 1000, 2, 1]] }, {}))
  t.same(at(2).divergingEpoch, { epoch: 0, endOffset: 3 })
  t.match(at(1), { errorCode: codes.OFFSET_OUT_OF_RANGE, divergingEpoch: undefined })
  t.end()
})

t.test('who asks in an old epoch, or of another broker, is told the leader from version 16 on', t => {
  const a = topicImage('a', { partitions: 2 })
  const elsewhere = topicImage('b', { replicas: [2] })
  const fixture = new PartitionsFixture({ topics: [a, elsewhere] })
  const partitions = a.partitions.map(partition => ({ ...partition, leaderEpoch: 4 }))
  fixture.apply({ changed: [{ ...a, partitions }] })
  const endpoint = { host: 'here', port: 9, rack: null }
  fixture.services.endpointFor = () => endpoint
  const told = (topicId: string, wish: Wish, version: number, replicaId = -1) => {
    const response = ask(fixture, { [topicId]: [wish] }, { version, replicaId }) as FetchResponse
    const { errorCode, currentLeader } = only(response)
    return [errorCode, currentLeader, response.nodeEndpoints]
  }
  const here = { leaderId: 1, leaderEpoch: 4 }
  const there = { leaderId: 2, leaderEpoch: 0 }
  const endpoints = [{ nodeId: 1, ...endpoint }]
  const { FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER } = codes
  t.same(told(a.topicId, [1, 0, 1000, 3], 16), [FENCED_LEADER_EPOCH, here, endpoints])
  t.same(told(a.topicId, [1, 0, 1000, 3], 15), [FENCED_LEADER_EPOCH, undefined, undefined])
  t.same(told(a.topicId, [1, 0, 1000, 5], 16), [UNKNOWN_LEADER_EPOCH, undefined, undefined])
  t.same(told(a.topicId, [1, 0, 1000], 16, 5), [NOT_LEADER_OR_FOLLOWER, here, []], 'a broker finds others itself')
  t.same(told(a.topicId, [1, 0, 1000, 4], 16, 5), [UNKNOWN_LEADER_EPOCH, undefined, undefined], 'it may know more')
  t.same(told(elsewhere.topicId, [0, 0], 16), [NOT_LEADER_OR_FOLLOWER, there, []], 'its address is not known here')
  t.end()
})

t.test('limits bound the answer, but the first records come all the same', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })] })
  for (const index of [0, 1, 2]) for (const value of ['1', '2']) fixture.write('a', [value], index)
  const size = batchOf(['1']).length
  const values = (wishes: Wish[], options: Options) =>
    summary(ask(fixture, { a: wishes }, options)).map(([, , , values]) => values.join())
  t.same(
    values(
      [
        [0, 0, 1],
        [1, 0, 1],
      ],
      {},
    ),
    ['1', ''],
  )
  t.same(
    values(
      [
        [0, 0, 2 * size],
        [1, 0, size],
        [2, 0, 0],
      ],
      {},
    ),
    ['1,2', '1', ''],
  )
  t.same(
    values(
      [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
      { maxBytes: 3 * size },
    ),
    ['1,2', '1', ''],
  )
  t.same(
    values(
      [
        [0, 2],
        [1, 0],
        [2, 0],
      ],
      { maxBytes: 0 },
    ),
    ['', '1', ''],
  )
  t.same(
    values(
      [
        [0, 0],
        [1, 0],
      ],
      { maxBytes: 1, version: 4 },
    ),
    ['1', ''],
  )
  t.end()
})

t.test('fetch.max.bytes bounds what a client asks for', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')], properties: { 'fetch.max.bytes': '1024' } })
  for (let i = 0; i < 40; i++) fixture.write('a', ['x'.repeat(100)])
  t.ok(summary(ask(fixture, { a: [[0, 0]] }))[0]![3].length < 10)
  t.equal(ask(fixture, { a: [[0, 0]] }, { minBytes: 2000, waitMs: 1000 }).errorCode, codes.NONE)
  t.end()
})

t.test('a fetch waits for records, and all of a turn wake it at once', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3 })] })
  const fetch = watched(
    start(
      fixture,
      {
        a: [
          [0, 0],
          [1, 0],
          [2, 0],
        ],
      },
      { waitMs: 500 },
    ),
  )
  fixture.clock.advance(100)
  await fixture.settle()
  t.notOk(fetch.done)
  for (const index of [0, 2]) {
    fixture.partition('a', index).append(batchOf([`v${index}`]), { origin: 'client', requiredAcks: 1 })
  }
  fixture.turn()
  t.same(summary(await fetch.response), [
    ['a', 0, 0, ['v0']],
    ['a', 1, 0, []],
    ['a', 2, 0, ['v2']],
  ])
  const { size } = fixture.partitions.timetable
  fixture.write('a', ['later'])
  t.ok(fixture.partitions.timetable.size <= size + 1, 'nobody waits any more')
})

t.test('a fetch whose time is over is answered with what there is', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const fetch = watched(start(fixture, { a: [[0, 0]] }, { waitMs: 500, minBytes: 10_000 }))
  fixture.write('a', ['x'])
  fixture.clock.advance(499)
  await fixture.settle()
  t.notOk(fetch.done)
  fixture.clock.advance(1)
  t.same(summary(await fetch.response), [['a', 0, 0, ['x']]])
})

t.test('a fetch whose client is gone waits no longer', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const fetch = watched(start(fixture, { a: [[0, 0]] }, { waitMs: 2 ** 31 - 1 }))
  t.equal(fixture.partitions.waiting.size, 1)
  for (const run of fixture.sent) run()
  t.equal(fixture.partitions.waiting.size, 0)
  t.equal(fixture.partitions.timetable.size, new PartitionsFixture({ topics: [] }).partitions.timetable.size)
  fixture.write('a', ['x'])
  t.equal(await fetch.response, null, 'what it had of memory is given back by an answer that is none')
})

t.test('when the broker stops, who waits is answered with what there is', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const fetch = watched(start(fixture, { a: [[0, 0]] }, { waitMs: 60_000, minBytes: 10_000 }))
  fixture.write('a', ['x'])
  await fixture.settle()
  t.notOk(fetch.done)
  fixture.partitions.endWaits()
  t.same(summary(await fetch.response), [['a', 0, 0, ['x']]])
})

t.test('a fetch waits until there are so many bytes', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })] })
  fixture.write('a', ['0'])
  const size = batchOf(['0']).length
  const fetch = watched(
    start(
      fixture,
      {
        a: [
          [0, 0],
          [1, 0],
        ],
      },
      { waitMs: 500, minBytes: 3 * size },
    ),
  )
  fixture.write('a', ['1'])
  await fixture.settle()
  t.notOk(fetch.done)
  fixture.write('a', ['2'], 1)
  t.same(summary(await fetch.response), [
    ['a', 0, 0, ['0', '1']],
    ['a', 1, 0, ['2']],
  ])
})

t.test('a fetch does not wait for nothing', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  t.same(ask(fixture, {}, { waitMs: 1000 }).responses, [])
  t.equal(only(ask(fixture, { nowhere: [[0, 0]] }, { waitMs: 1000 })).errorCode, codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.type(start(fixture, { nowhere: [[0, 0]], a: [[0, 0]] }, { waitMs: 1000 }), Promise)
  t.end()
})

t.test('who waits at a partition is told when it is deleted, cut or broken', async t => {
  let broken = false
  const files = breakableFiles(memoryFiles(), path => broken && path.startsWith('/two'))
  const fixture = new PartitionsFixture({
    topics: [topicImage('gone', { partitions: 1 }), topicImage('bad'), topicImage('cut')],
    paths: ['/one', '/two'],
    files,
  })
  fixture.write('cut', ['x', 'y'])
  const [gone, bad, cut] = [
    watched(start(fixture, { gone: [[0, 0]], cut: [[0, 2]] }, { waitMs: 5000 })),
    watched(start(fixture, { bad: [[0, 0]] }, { waitMs: 5000 })),
    watched(start(fixture, { cut: [[0, 2]] }, { waitMs: 5000 })),
  ]
  t.equal(fixture.partitions.logDirectories.pathOf(fixture.partition('bad')), '/two')
  fixture.apply({ deleted: ['gone'] })
  fixture.turn()
  t.same(summary(await gone.response), [
    ['gone', 0, codes.UNKNOWN_TOPIC_OR_PARTITION, []],
    ['cut', 0, 0, []],
  ])
  broken = true
  fixture.partition('bad').append(batchOf(['x']), { origin: 'client', requiredAcks: 1 })
  fixture.turn()
  t.equal(only(await bad.response).errorCode, codes.KAFKA_STORAGE_ERROR)
  fixture.partition('cut').deleteRecordsBefore(2)
  fixture.turn()
  await fixture.settle()
  t.notOk(cut.done, 'its offset is still there')
  fixture.write('cut', ['z'])
  t.same(summary(await cut.response), [['cut', 0, 0, ['z']]])
})

t.test(
  'who waits at a partition is told when another broker leads it, or when this one does in a new epoch',
  async t => {
    const fixture = new PartitionsFixture({ topics: [topicImage('a', { replicas: [1, 2] })] })
    const led = (leader: number, leaderEpoch: number) => {
      const before = fixture.topic('a')
      fixture.apply({ changed: [{ ...before, partitions: [{ ...before.partitions[0]!, leader, leaderEpoch }] }] })
      fixture.turn()
    }
    const fenced = watched(start(fixture, { a: [[0, 0, 1e6, 0]] }, { waitMs: 5000 }))
    const lost = watched(start(fixture, { a: [[0, 0]] }, { waitMs: 5000, version: 10 }))
    const stays = watched(start(fixture, { a: [[0, 0]] }, { waitMs: 5000, version: 11 }))
    led(1, 1)
    t.equal(only(await fenced.response).errorCode, codes.FENCED_LEADER_EPOCH)
    t.notOk(lost.done, 'who named no epoch goes on waiting')
    led(2, 2)
    t.equal(only(await lost.response).errorCode, codes.NOT_LEADER_OR_FOLLOWER)
    t.notOk(stays.done, 'who may read from followers goes on waiting here')
    led(1, 3)
    fixture.write('a', ['x'])
    fixture.turn()
    await fixture.settle()
    t.notOk(stays.done, 'the other replica does not have it')
    ask(fixture, { a: [[0, 1]] }, { replicaId: 2 })
    fixture.turn()
    await fixture.settle()
    t.same(summary(await stays.response), [['a', 0, 0, ['x']]])
  },
)

t.test('readers of committed records stop at open transactions, and learn which were aborted', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const partition = fixture.partition('a')
  const transactional = { producerId: 5, producerEpoch: 0, isTransactional: true }
  fixture.write('a', ['plain'])
  fixture.write('a', ['aborted'], 0, { ...transactional, baseSequence: 0 })
  const open = ask(fixture, { a: [[0, 0]] }, { isolation: 1 })
  t.same(summary(open), [['a', 0, 0, ['plain']]])
  t.same([only(open).highWatermark, only(open).lastStableOffset], [2, 1])
  t.same(only(open).abortedTransactions, [])
  t.same(summary(ask(fixture, { a: [[0, 0]] })), [['a', 0, 0, ['plain', 'aborted']]])

  const waiting = watched(start(fixture, { a: [[0, 1]] }, { isolation: 1, waitMs: 500 }))
  fixture.write('a', ['behind'])
  await fixture.settle()
  t.notOk(waiting.done, 'what is behind the open transaction wakes nobody')
  partition.append(
    endTransactionMarker({ type: 'ABORT', ...transactional, coordinatorEpoch: 0, timestamp: fixture.clock.now() }),
    { origin: 'coordinator', requiredAcks: -1 },
  )
  fixture.turn()
  const [answer] = (await waiting.response).responses[0]!.partitions
  t.same(answer!.abortedTransactions, [{ producerId: 5, firstOffset: 1 }])
  t.equal(answer!.lastStableOffset, 4)
})

t.test('old consumers are given messages of the format that they know', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  fixture.write('a', ['x', 'y'])
  fixture.write('a', ['z'])
  for (const [version, format] of [
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 2],
  ] as const) {
    const { records } = only(ask(fixture, { a: [[0, 1]] }, { version }))
    const bytes = Buffer.isBuffer(records) ? records : Buffer.concat(records as Buffer[])
    t.equal(magic(bytes, 0), format, `version ${version}`)
    t.same(valuesOf(bytes), format === 2 ? ['x', 'y', 'z'] : ['y', 'z'])
  }
  t.end()
})

t.test('below version 3 a message that is too large is cut off, so that the client asks for more', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  fixture.write('a', ['x'.repeat(500)])
  const records = (bytesMax: number, version: number) =>
    only(ask(fixture, { a: [[0, 0, bytesMax]] }, { version })).records as Buffer
  t.equal(records(100, 2).length, 100)
  t.equal(records(100, 0).length, 100)
  t.same(valuesOf(records(100, 3)), ['x'.repeat(500)])
  t.end()
})

t.test('zstd is for version 10 and above', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a'), topicImage('mixed')] })
  fixture.write('a', ['x'], 0, { compression: 'zstd' })
  fixture.write('mixed', ['plain'])
  fixture.write('mixed', ['x'], 0, { compression: 'zstd' })
  for (const version of [2, 4, 9]) {
    const answer = only(ask(fixture, { a: [[0, 0]] }, { version, waitMs: 1000 }))
    t.equal(answer.errorCode, codes.UNSUPPORTED_COMPRESSION_TYPE)
    t.same(summary(ask(fixture, { mixed: [[0, 0]] }, { version })), [['mixed', 0, 0, ['plain']]])
  }
  t.same(summary(ask(fixture, { a: [[0, 0]] }, { version: 10 })), [['a', 0, 0, ['x']]])
  t.end()
})

t.test('old consumers never see markers, nor stop at them', t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const transactional = { producerId: 5, producerEpoch: 0, isTransactional: true }
  fixture.write('a', ['x'], 0, { ...transactional, baseSequence: 0 })
  const marker = endTransactionMarker({ type: 'COMMIT', ...transactional, coordinatorEpoch: 0, timestamp: 1 })
  fixture.partition('a').append(marker, { origin: 'coordinator', requiredAcks: -1 })
  fixture.turn()
  fixture.write('a', ['y'])
  const bytesMax = marker.length
  t.same(valuesOf(only(ask(fixture, { a: [[0, 1, bytesMax]] }, { version: 3 })).records as Buffer), ['y'])
  t.same(valuesOf(only(ask(fixture, { a: [[0, 1, bytesMax]] }, { version: 2 })).records as Buffer), ['y'])
  t.end()
})

/** Produce: what is acknowledged and when, and what is refused with which error. */
import t from 'tap'
import { produce } from '../../lib/handlers/produce.ts'
import { codes } from '../../protocol/errors.ts'
import type { ProduceRequest, ProduceResponse } from '../../protocol/messages/produce.ts'
import { buildMessages } from '../../protocol/records/message.ts'
import { memoryFiles } from '../../storage/files.ts'
import { batchOf, breakableFiles, PartitionsFixture, topicImage, valuesOf } from '../partitions/fixture.ts'
import { promised } from './promised.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
type Data = Record<string, Record<number, Buffer | null>>

interface Options {
  acks?: number
  version?: number
  clientId?: string
  transactionalId?: string
  timeoutMs?: number
}

function requestOf(data: Data, { acks = -1, transactionalId, timeoutMs = 1000, version = 9 }: Options): ProduceRequest {
  return {
    transactionalId: transactionalId ?? null,
    acks,
    timeoutMs,
    topicData: Object.entries(data).map(([topic, partitions]) => ({
      name: version >= 13 ? '' : topic,
      topicId: version >= 13 ? topic : zeroId,
      partitionData: Object.entries(partitions).map(([index, records]) => ({ index: Number(index), records })),
    })),
  }
}

/** Produces; the answer is to come with the end of the turn. */
function begin(fixture: PartitionsFixture, data: Data, options: Options = {}) {
  return promised(produce(requestOf(data, options), fixture.context(options.version ?? 9, options.clientId ?? 'test')))
}

/** Produces and ends the turn. */
async function ask(fixture: PartitionsFixture, data: Data, options: Options = {}): Promise<ProduceResponse | null> {
  const answer = begin(fixture, data, options)
  fixture.turn()
  return answer
}

type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]

/** The answer of the first partition of the first topic. */
function only(response: ProduceResponse | null): PartitionAnswer {
  return response!.responses[0]!.partitionResponses[0]!
}

t.test('records are acknowledged once they are written, with the offset of the first', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 }), topicImage('b')] })
  let deadlines = -1
  for (const acks of [-1, 1]) {
    const before = fixture.partition('a').logEndOffset
    const answer = begin(
      fixture,
      { a: { 0: batchOf(['x', 'y']), 1: batchOf(['z']) }, b: { 0: batchOf(['w']) } },
      { acks },
    )
    t.type(answer, Promise)
    t.equal(fixture.partition('a').logEndOffset, before + 2, 'the offsets are given already')
    fixture.turn()
    const { responses } = (await answer)!
    t.same(
      responses.map(({ name, partitionResponses }) => [
        name,
        partitionResponses.map(({ index, errorCode, baseOffset }) => [index, errorCode, baseOffset]),
      ]),
      [
        [
          'a',
          [
            [0, 0, before],
            [1, 0, before / 2],
          ],
        ],
        ['b', [[0, 0, before / 2]]],
      ],
    )
    const [first] = responses[0]!.partitionResponses
    t.equal(first!.logAppendTimeMs, -1)
    t.equal(first!.logStartOffset, 0)
    const { size } = fixture.partitions.timetable
    if (deadlines >= 0) t.equal(size, deadlines, 'what was written within its turn never had a deadline')
    deadlines = size
  }
})

t.test(
  'acks=0 sends no answer, its bytes are needed until they are written, and an error closes the connection',
  async t => {
    const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
    const send = (topic: string, records: Buffer) => begin(fixture, { [topic]: { 0: records } }, { acks: 0 })
    const answer = send('a', batchOf(['x']))
    t.ok(answer instanceof Promise, 'it is not done with before the end of the turn')
    fixture.turn()
    t.equal(fixture.partition('a').highWatermark, 1)
    t.equal(await answer, null)
    t.throws(() => send('nowhere', batchOf(['x'])), { code: codes.UNKNOWN_TOPIC_OR_PARTITION })
    const bad = batchOf(['x'])
    bad[bad.length - 1]! ^= 1
    t.throws(() => send('a', bad), { code: codes.CORRUPT_MESSAGE })
  },
)

t.test('each partition has its own error, and the others are written', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a'), topicImage('secret')] })
  fixture.forbidden.add('secret')
  const response = await ask(fixture, {
    a: { 0: batchOf(['x']), 7: batchOf(['x']) },
    nowhere: { 0: batchOf(['x']) },
    secret: { 0: batchOf(['x']) },
  })
  const found = response!.responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, baseOffset }) => [name, index, errorCode, baseOffset]),
  )
  t.same(found, [
    ['a', 0, codes.NONE, 0],
    ['a', 7, codes.UNKNOWN_TOPIC_OR_PARTITION, -1],
    ['nowhere', 0, codes.UNKNOWN_TOPIC_OR_PARTITION, -1],
    ['secret', 0, codes.TOPIC_AUTHORIZATION_FAILED, -1],
  ])
})

t.test('acks that do not exist are refused', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const response = await ask(fixture, { a: { 0: batchOf(['x']) } }, { acks: 5 })
  t.equal(only(response).errorCode, codes.INVALID_REQUIRED_ACKS)
  t.equal(only(response).baseOffset, -1)
  t.equal(only(response).logStartOffset, -1)
  t.equal(fixture.partition('a').logEndOffset, 0)
})

t.test('from version 13 on topics go by their ids', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const { topicId } = fixture.topic('a')
  const unknown = 'abcdefghijklmnopqrstuA'
  const response = await ask(
    fixture,
    { [topicId]: { 0: batchOf(['x']), 3: batchOf(['x']) }, [unknown]: { 0: batchOf(['x']) } },
    { version: 13 },
  )
  t.same(
    response!.responses.map(({ topicId, partitionResponses }) => [topicId, partitionResponses.map(p => p.errorCode)]),
    [
      [topicId, [codes.NONE, codes.UNKNOWN_TOPIC_OR_PARTITION]],
      [unknown, [codes.UNKNOWN_TOPIC_ID]],
    ],
  )
})

t.test('records that a version does not carry are refused', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const old = buildMessages({
    magic: 1,
    records: [{ offset: 0, timestamp: fixture.clock.now(), key: null, value: Buffer.from('old') }],
  })
  const zstd = batchOf(['x'], { compression: 'zstd' })
  const errorCode = async (records: Buffer | null, version: number) =>
    only(await ask(fixture, { a: { 0: records } }, { version })).errorCode
  t.equal(await errorCode(null, 9), codes.INVALID_RECORD)
  t.equal(await errorCode(Buffer.alloc(0), 3), codes.INVALID_RECORD)
  t.equal(await errorCode(Buffer.from(old), 3), codes.INVALID_RECORD)
  t.equal(await errorCode(Buffer.from(zstd), 6), codes.UNSUPPORTED_COMPRESSION_TYPE)
  t.equal(await errorCode(Buffer.concat([batchOf(['x']), batchOf(['y'])]), 9), codes.INVALID_RECORD)
  t.equal(fixture.partition('a').logEndOffset, 0)
  t.equal(await errorCode(Buffer.from(zstd), 7), codes.NONE)
  t.equal(await errorCode(Buffer.from(old), 2), codes.NONE)
  const { records } = fixture
    .partition('a')
    .read(0, { bytesMax: 10_000, isolation: 'readUncommitted', minOneMessage: true })
  t.same(valuesOf(records), ['x', 'old'])
})

t.test('a refused batch says which records are at fault, from where the log begins', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { configs: { 'cleanup.policy': 'compact' } })] })
  const answer = only(await ask(fixture, { a: { 0: batchOf(['x', 'y']) } }))
  t.equal(answer.errorCode, codes.INVALID_RECORD)
  t.same(
    answer.recordErrors.map(({ batchIndex }) => batchIndex),
    [0, 1],
  )
  t.type(answer.errorMessage, 'string')
  t.equal(answer.logStartOffset, 0)
})

t.test('a refused batch names every record at fault, and only them', async t => {
  const configs = { 'cleanup.policy': 'compact', 'message.timestamp.after.max.ms': '1000' }
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { configs })] })
  const now = fixture.clock.now()
  const refused = async (fault: (index: number) => { late?: boolean; keyless?: boolean }) => {
    const records = Array.from({ length: 20 }, (_, index) => ({
      timestamp: fault(index).late ? now + 1_001 : now,
      key: fault(index).keyless ? null : Buffer.from('k'),
      value: Buffer.from('v'),
    }))
    const { errorCode, recordErrors } = only(await ask(fixture, { a: { 0: batchOf([], { records }) } }))
    return [errorCode, recordErrors.map(({ batchIndex }) => batchIndex)]
  }
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
  t.same(await refused(() => ({ keyless: true })), [codes.INVALID_RECORD, upTo(20)])
  t.same(await refused(() => ({ late: true })), [codes.INVALID_TIMESTAMP, upTo(20)])
  t.same(await refused(index => ({ keyless: index % 2 === 0, late: index % 3 === 0 })), [
    codes.INVALID_TIMESTAMP,
    upTo(20).filter(index => index % 2 === 0 || index % 3 === 0),
  ])
  t.same(await refused(() => ({ keyless: true, late: true })), [codes.INVALID_RECORD, upTo(20)], 'the key counts first')
  t.same(await refused(index => ({ keyless: index === 17 })), [codes.INVALID_RECORD, [17]])
})

t.test('one answer names 100,000 records at fault, whatever a hostile request holds', async t => {
  const configs = { 'cleanup.policy': 'compact' }
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 3, configs })] })
  const keyless = (count: number) => batchOf(new Array(count).fill(''), { compression: 'gzip' })
  const data = { a: { 0: keyless(60_000), 1: keyless(60_000), 2: keyless(10) } }
  const response = await ask(fixture, data)
  t.same(
    response!.responses[0]!.partitionResponses.map(({ errorCode, recordErrors }) => [errorCode, recordErrors.length]),
    [
      [codes.INVALID_RECORD, 60_000],
      [codes.INVALID_RECORD, 40_000],
      [codes.INVALID_RECORD, 0],
    ],
  )
  t.match(response!.responses[0]!.partitionResponses[1]!.errorMessage, '60000 of 60000 records')
  const older = await ask(fixture, data, { version: 7 })
  t.same(only(older).recordErrors, [], 'nothing is gathered for versions that cannot tell it')
  const alone = only(await ask(fixture, { a: { 0: keyless(120_000) } }))
  t.equal(alone.recordErrors.length, 100_000)
})

t.test('a batch that a producer says was stamped by the broker is refused where the broker stamps', async t => {
  const fixture = new PartitionsFixture({
    topics: [topicImage('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } }), topicImage('a')],
  })
  const batch = (timestamp: number) =>
    batchOf(['x', 'y'], { timestampType: 'LogAppendTime', maxTimestamp: timestamp, now: timestamp })
  const now = fixture.clock.now()
  const stamped = only(await ask(fixture, { stamped: { 0: batch(now) } }))
  t.equal(stamped.errorCode, codes.INVALID_TIMESTAMP)
  t.same(
    stamped.recordErrors.map(({ batchIndex }) => batchIndex),
    [0, 1],
  )
  t.equal(only(await ask(fixture, { a: { 0: batch(now) } })).errorCode, codes.NONE)
  t.equal(only(await ask(fixture, { a: { 0: batch(-1) } })).errorCode, codes.INVALID_TIMESTAMP)
})

t.test('a batch that is sent twice is answered with the offset that it has', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const send = async (baseSequence: number, values = ['x', 'y']) =>
    only(await ask(fixture, { a: { 0: batchOf(values, { producerId: 9, producerEpoch: 0, baseSequence }) } }))
  t.equal((await send(0)).baseOffset, 0)
  t.equal((await send(2)).baseOffset, 2)
  const again = await send(0)
  t.equal(again.errorCode, codes.NONE)
  t.equal(again.baseOffset, 0)
  const gap = await send(9)
  t.equal(gap.errorCode, codes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  t.equal(fixture.partition('a').logEndOffset, 4)
})

t.test('transactional records need a transactional id, others do not mind one', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a')] })
  const batch = () => batchOf(['x'], { producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  const without = only(await ask(fixture, { a: { 0: batch() } }))
  t.equal(without.errorCode, codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  const plain = only(await ask(fixture, { a: { 0: batchOf(['x']) } }, { transactionalId: 't' }))
  t.equal(plain.errorCode, codes.NONE)
})

t.test("topics of the broker's own are written by admin tools only", async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('__consumer_offsets')] })
  const send = async (clientId: string) =>
    only(await ask(fixture, { __consumer_offsets: { 0: batchOf(['x']) } }, { clientId })).errorCode
  t.equal(await send('anybody'), codes.INVALID_TOPIC_EXCEPTION)
  t.equal(await send('__admin_client'), codes.NONE)
})

t.test('with log append time the answer says when', async t => {
  const topics = [topicImage('a', { configs: { 'message.timestamp.type': 'LogAppendTime' } })]
  const fixture = new PartitionsFixture({ topics })
  fixture.clock.advance(1234)
  t.equal(only(await ask(fixture, { a: { 0: batchOf(['x']) } })).logAppendTimeMs, fixture.clock.now())
})

t.test('what is not replicated in time is answered with a timeout, and counts as appended', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { replicas: [1, 2] }), topicImage('b')] })
  const answer = begin(fixture, { a: { 0: batchOf(['x']) }, b: { 0: batchOf(['x']) } }, { timeoutMs: 500 })
  fixture.turn()
  fixture.clock.advance(499)
  let done = false
  const response = Promise.resolve(answer).then(value => {
    done = true
    return value
  })
  await fixture.settle()
  t.notOk(done)
  fixture.clock.advance(1)
  const errors = (await response)!.responses.map(({ partitionResponses }) => partitionResponses[0]!.errorCode)
  t.same(errors, [codes.REQUEST_TIMED_OUT, codes.NONE])
  fixture.partition('a').advanceHighWatermark(1)
  t.same(errors, [codes.REQUEST_TIMED_OUT, codes.NONE])

  const inTime = begin(fixture, { a: { 0: batchOf(['x']) } }, {})
  fixture.turn()
  fixture.partition('a').advanceHighWatermark(2)
  t.equal(only(await inTime).errorCode, codes.NONE)
  t.equal(only(await ask(fixture, { a: { 0: batchOf(['x']) } }, { acks: 1 })).errorCode, codes.NONE)
})

t.test('a produce that waits for all replicas is told when another broker leads', async t => {
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { replicas: [1, 2] })] })
  const all = begin(fixture, { a: { 0: batchOf(['x']) } }, {})
  const one = begin(fixture, { a: { 0: batchOf(['y']) } }, { acks: 1 })
  const before = fixture.topic('a')
  fixture.apply({ changed: [{ ...before, partitions: [{ ...before.partitions[0]!, leader: 2, leaderEpoch: 1 }] }] })
  fixture.turn()
  t.equal(only(await all).errorCode, codes.NOT_LEADER_OR_FOLLOWER)
  t.equal(only(await one).errorCode, codes.NONE, 'who asked for this broker alone has what was asked for')
})

t.test(
  'who produces to another broker, or waits while it takes over, is told the leader from version 10 on',
  async t => {
    for (const version of [9, 10]) {
      const fixture = new PartitionsFixture({
        topics: [topicImage('a', { replicas: [1, 2] }), topicImage('b', { replicas: [2] })],
      })
      const waiting = begin(fixture, { a: { 0: batchOf(['x']) } }, { version })
      const before = fixture.topic('a')
      fixture.apply({ changed: [{ ...before, partitions: [{ ...before.partitions[0]!, leader: 2, leaderEpoch: 1 }] }] })
      fixture.turn()
      const answers = [await waiting, await ask(fixture, { b: { 0: batchOf(['y']) } }, { version })]
      t.same(
        answers.map(answer => [only(answer).errorCode, only(answer).currentLeader]),
        [1, 0].map(leaderEpoch => [
          codes.NOT_LEADER_OR_FOLLOWER,
          version < 10 ? undefined : { leaderId: 2, leaderEpoch },
        ]),
      )
    }
  },
)

t.test('a disk error is told to those who wait; old clients are told to look elsewhere', async t => {
  for (const [version, code] of [
    [9, codes.KAFKA_STORAGE_ERROR],
    [3, codes.NOT_LEADER_OR_FOLLOWER],
  ] as const) {
    let broken = false
    const files = breakableFiles(memoryFiles(), () => broken)
    const fixture = new PartitionsFixture({ topics: [topicImage('a')], files })
    broken = true
    t.equal(only(await ask(fixture, { a: { 0: batchOf(['x']) } }, { version })).errorCode, code)
    t.equal(only(await ask(fixture, { a: { 0: batchOf(['x']) } }, { version })).errorCode, code)
  }

  let broken = false
  const files = breakableFiles(memoryFiles(), () => broken)
  const fixture = new PartitionsFixture({ topics: [topicImage('a')], files })
  broken = true
  const unanswered = begin(fixture, { a: { 0: batchOf(['x']) } }, { acks: 0 })
  fixture.turn()
  await t.rejects(
    Promise.resolve(unanswered),
    { code: codes.KAFKA_STORAGE_ERROR },
    'with acks=0 by a closed connection',
  )
})

t.test(
  'records that a thread packs in the codec of the topic keep their order, and whoever comes behind them waits',
  async t => {
    const fixture = new PartitionsFixture({
      topics: [topicImage('a', { partitions: 2, configs: { 'compression.type': 'zstd' } }), topicImage('b')],
    })
    const large = (first: string) => batchOf([first, ...Array.from({ length: 200 }, () => 'x'.repeat(200))])
    const sent = [
      begin(fixture, { a: { 0: large('1'), 1: large('other') } }, {}),
      begin(fixture, { a: { 0: batchOf(['2']) } }, { acks: 1 }),
      begin(fixture, { a: { 0: large('3') } }, { acks: 0 }),
      begin(fixture, { a: { 0: batchOf(['4'], { compression: 'zstd' }) }, b: { 0: batchOf(['b']) } }, {}),
    ]
    t.equal(fixture.partition('a').logEndOffset, 0)
    t.equal(fixture.partition('b').logEndOffset, 1, 'other topics do not wait')
    let answers: (ProduceResponse | null)[] | null = null
    void Promise.all(sent).then(all => {
      answers = all
    })
    while (answers === null) {
      await fixture.settle()
      fixture.turn()
    }
    t.same(
      (answers as (ProduceResponse | null)[]).map(answer => answer && only(answer).baseOffset),
      [0, 201, null, 403],
    )
    const { records } = fixture
      .partition('a')
      .read(0, { bytesMax: 1e6, isolation: 'readUncommitted', minOneMessage: true })
    const first = valuesOf(records).filter(value => value.length === 1)
    t.same(first, ['1', '2', '3', '4'])
    t.equal(fixture.partition('a', 1).logEndOffset, 201)
    const damaged = large('5')
    damaged[100]! ^= 1
    const refused = begin(fixture, { a: { 0: damaged } }, { acks: 0 })
    await t.rejects(refused as Promise<unknown>, { code: codes.CORRUPT_MESSAGE })
    await fixture.close()
  },
)

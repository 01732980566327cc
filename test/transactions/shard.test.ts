/** The transaction coordinator as a state machine: both protocols, fencing, time-outs, expiry, and what a successor finds. */
import t from 'tap'
import { epochMax } from '../../lib/transactions/transaction.ts'
import { codes } from '../../protocol/errors.ts'
import { partitionsOf, ShardFixture } from './fixture.ts'

t.test('a new transactional id is given a producer id, and the next epoch each time that it begins anew', async t => {
  const fixture = new ShardFixture()
  t.match(fixture.init('t'), { errorCode: 0, producerId: 100, producerEpoch: 0 })
  t.match(fixture.init('t'), { errorCode: 0, producerId: 100, producerEpoch: 1 })
  t.match(fixture.init('u'), { errorCode: 0, producerId: 101, producerEpoch: 0 })
  t.equal(fixture.init('').errorCode, codes.INVALID_REQUEST)
  for (const timeoutMs of [0, -1, 900_001])
    t.equal(fixture.init('t', { timeoutMs }).errorCode, codes.INVALID_TRANSACTION_TIMEOUT)
})

t.test('a producer that says who it is keeps its id, may ask twice, and is fenced where it is not the one', async t => {
  const fixture = new ShardFixture()
  const { producerId } = fixture.init('t')
  const asks = (producerEpoch: number, id = producerId) => fixture.init('t', { producerId: id, producerEpoch })
  t.match(asks(0), { errorCode: 0, producerId, producerEpoch: 1 })
  t.match(asks(0), { errorCode: 0, producerId, producerEpoch: 1 }, 'the answer was lost')
  t.match(asks(1), { errorCode: 0, producerEpoch: 2 })
  t.equal(asks(0).errorCode, codes.PRODUCER_FENCED)
  t.equal(asks(2, 999).errorCode, codes.PRODUCER_FENCED)
  t.equal(asks(0, -2).errorCode, codes.PRODUCER_FENCED, 'only −1 stands for nobody')
  t.equal(asks(-2).errorCode, codes.PRODUCER_FENCED)
})

for (const version of [1, 2] as const) {
  t.test(
    `protocol ${version}: partitions are added, the end is decided, and all of it is over with the markers`,
    async t => {
      const fixture = new ShardFixture()
      const producer = fixture.producer('t')
      t.equal(fixture.add(producer, ['a-0', 'a-1'], version), 0)
      t.equal(fixture.add(producer, ['b-0'], version), 0)
      const written = fixture.log.length
      t.equal(fixture.add(producer, ['a-1'], version), 0)
      t.equal(fixture.log.length, written, 'what is in the transaction is not written again')
      t.equal(fixture.state('t'), 'Ongoing')
      const answer = fixture.end(producer, true, version)
      t.match(answer, { errorCode: 0, producerId: 100, producerEpoch: version === 2 ? 1 : 0 })
      t.equal(fixture.state('t'), 'PrepareCommit')
      t.equal(fixture.add(producer, ['c-0'], version), codes.CONCURRENT_TRANSACTIONS)
      const [markers] = fixture.settle()
      t.match(markers, { transactionalId: 't', producerId: 100, committed: true, producerEpoch: version === 2 ? 1 : 0 })
      t.same(markers!.partitions, partitionsOf('a-0', 'a-1', 'b-0'))
      t.equal(fixture.state('t'), 'CompleteCommit')
      t.same(fixture.settle(), [], 'markers are told of once')
    },
  )

  t.test(
    `protocol ${version}: an end that is asked for again is answered as before, another one is refused`,
    async t => {
      const fixture = new ShardFixture()
      const producer = fixture.producer('t')
      fixture.add(producer, ['a-0'], version)
      fixture.end(producer, true, version)
      for (const committed of [true, false])
        t.equal(fixture.end(producer, committed, version).errorCode, codes.CONCURRENT_TRANSACTIONS)
      fixture.settle()
      t.match(fixture.end(producer, true, version), { errorCode: 0, producerEpoch: version === 2 ? 1 : 0 })
      t.equal(fixture.end(producer, false, version).errorCode, codes.INVALID_TXN_STATE)
    },
  )

  t.test(
    `protocol ${version}: a producer that begins anew aborts the transaction that its predecessor left open`,
    async t => {
      const fixture = new ShardFixture()
      const zombie = fixture.producer('t')
      fixture.add(zombie, ['a-0'], version)
      t.equal(fixture.init('t').errorCode, codes.CONCURRENT_TRANSACTIONS)
      t.equal(fixture.state('t'), 'PrepareAbort')
      t.equal(fixture.init('t').errorCode, codes.CONCURRENT_TRANSACTIONS, 'until the markers are written')
      const [markers] = fixture.settle()
      t.match(markers, { committed: false, producerEpoch: 1 })
      t.match(fixture.init('t'), { errorCode: 0, producerEpoch: 2 })
      t.equal(fixture.add(zombie, ['a-0'], version), codes.PRODUCER_FENCED)
      t.equal(fixture.end(zombie, true, version).errorCode, codes.PRODUCER_FENCED)
    },
  )
}

t.test(
  'protocol 2: until the markers are written, whoever asks is told to come again, with whatever epoch and end',
  async t => {
    for (const committed of [true, false]) {
      const fixture = new ShardFixture()
      const before = fixture.producer('t')
      fixture.add(before, ['a-0'])
      const { producerId, producerEpoch } = fixture.end(before, committed)
      const producer = { transactionalId: 't', producerId, producerEpoch }
      const others = [producer, before, { ...before, producerEpoch: 9 }, { ...before, producerId: 5 }]
      for (const each of others) {
        for (const commits of [true, false])
          t.equal(fixture.end(each, commits).errorCode, codes.CONCURRENT_TRANSACTIONS, 'an end')
        t.equal(fixture.add(each, ['a-0']), codes.CONCURRENT_TRANSACTIONS, 'a partition')
        t.equal(fixture.init('t', each).errorCode, codes.CONCURRENT_TRANSACTIONS, 'an id')
      }
      fixture.settle()
      t.match(fixture.end(producer, false), { errorCode: 0, producerEpoch: 2 }, 'nothing was written, and is aborted')
    }
  },
)

t.test('protocol 2: a producer with the id that follows an exhausted one is told to come again, too', async t => {
  const fixture = new ShardFixture()
  let producer = fixture.producer('t')
  while (producer.producerEpoch < epochMax - 1) {
    producer = { ...producer, ...fixture.init('t', producer) }
  }
  fixture.add(producer, ['a-0'])
  const { producerId, producerEpoch } = fixture.end(producer, true)
  t.equal(producerEpoch, 0)
  const next = { transactionalId: 't', producerId, producerEpoch }
  t.not(producerId, producer.producerId)
  t.equal(fixture.end(next, false).errorCode, codes.CONCURRENT_TRANSACTIONS)
  t.equal(fixture.add(next, ['a-0']), codes.CONCURRENT_TRANSACTIONS)
  t.equal(fixture.init('t', next).errorCode, codes.CONCURRENT_TRANSACTIONS)
  fixture.settle()
  t.equal(fixture.add(next, ['a-0']), 0)
})

t.test('protocol 1: until the markers are written, each end of its producer is told to come again', async t => {
  const fixture = new ShardFixture()
  const producer = fixture.producer('t')
  fixture.add(producer, ['a-0'], 1)
  fixture.end(producer, true, 1)
  for (const committed of [true, false])
    t.equal(fixture.end(producer, committed, 1).errorCode, codes.CONCURRENT_TRANSACTIONS)
  t.equal(fixture.end({ ...producer, producerEpoch: 9 }, true, 1).errorCode, codes.PRODUCER_FENCED)
  t.equal(fixture.end({ ...producer, producerId: 5 }, true, 1).errorCode, codes.INVALID_PRODUCER_ID_MAPPING)
})

t.test('protocol 2: a transaction without partitions can be aborted, and not committed', async t => {
  const fixture = new ShardFixture()
  const producer = fixture.producer('t')
  t.equal(fixture.end(producer, true).errorCode, codes.INVALID_TXN_STATE)
  t.match(fixture.end(producer, false), { errorCode: 0, producerEpoch: 1 })
  t.equal(fixture.settle()[0]!.partitions.size, 0)
  t.equal(fixture.state('t'), 'CompleteAbort')
  t.match(fixture.end({ ...producer, producerEpoch: 1 }, false), { errorCode: 0, producerEpoch: 2 }, 'and again')
})

t.test('a producer of protocol 2 is not given the epoch of the one of protocol 1 that replaced it', async t => {
  const fixture = new ShardFixture()
  const zombie = fixture.producer('t')
  const successor = fixture.producer('t')
  fixture.add(successor, ['a-0'], 0)
  fixture.end(successor, false, 0)
  fixture.settle()
  t.equal(fixture.end(zombie, false).errorCode, codes.PRODUCER_FENCED)
  t.equal(fixture.end(successor, false, 0).errorCode, 0)
})

t.test('protocol 1: without partitions there is nothing to end', async t => {
  const fixture = new ShardFixture()
  const producer = fixture.producer('t')
  for (const committed of [true, false]) t.equal(fixture.end(producer, committed, 1).errorCode, codes.INVALID_TXN_STATE)
})

t.test('who is not in the transaction is told why', async t => {
  const fixture = new ShardFixture()
  const producer = fixture.producer('t')
  const others: [Partial<typeof producer>, number][] = [
    [{ transactionalId: '' }, codes.INVALID_REQUEST],
    [{ transactionalId: 'unknown' }, codes.INVALID_PRODUCER_ID_MAPPING],
    [{ producerId: 5 }, codes.INVALID_PRODUCER_ID_MAPPING],
    [{ producerEpoch: 5 }, codes.PRODUCER_FENCED],
  ]
  for (const [claim, errorCode] of others) {
    t.equal(fixture.add({ ...producer, ...claim }, ['a-0']), errorCode)
    t.equal(fixture.end({ ...producer, ...claim }, true).errorCode, errorCode)
    t.equal(fixture.shard.verifyPartition({ ...producer, ...claim }, 'a', 0, 1), errorCode)
  }
  fixture.add(producer, ['a-0'])
  t.equal(fixture.shard.verifyPartition(producer, 'a', 0, codes.TRANSACTION_ABORTABLE), 0)
  t.equal(fixture.shard.verifyPartition(producer, 'a', 1, codes.TRANSACTION_ABORTABLE), codes.TRANSACTION_ABORTABLE)
})

t.test(
  'protocol 2: when the epochs run out the producer goes on under another id, also where the answer was lost',
  async t => {
    const fixture = new ShardFixture()
    let producer = fixture.producer('t')
    fixture.add(producer, ['a-0'])
    const transaction = fixture.shard.get('t')!
    fixture.run({
      records: [{ transactionalId: 't', transaction: { ...transaction, producerEpoch: epochMax - 1 } }],
      response: null,
    })
    producer = { ...producer, producerEpoch: epochMax - 1 }
    const answer = fixture.end(producer, true)
    t.match(answer, { errorCode: 0, producerId: 101, producerEpoch: 0 })
    const [markers] = fixture.settle()
    t.match(markers, { producerId: 100, producerEpoch: epochMax }, 'the markers bear the old id')
    t.match(
      fixture.end(producer, true),
      { errorCode: 0, producerId: 101, producerEpoch: 0 },
      'the end is asked for again',
    )
    t.equal(fixture.add({ ...producer, producerId: 101, producerEpoch: 0 }, ['a-0']), 0)
  },
)

t.test('protocol 1: InitProducerId gives another id when the epochs run out', async t => {
  const fixture = new ShardFixture()
  const producer = fixture.producer('t')
  const transaction = { ...fixture.shard.get('t')!, producerEpoch: epochMax - 1 }
  fixture.run({ records: [{ transactionalId: 't', transaction }], response: null })
  const claim = { producerId: producer.producerId, producerEpoch: epochMax - 1 }
  t.match(fixture.init('t', claim), { errorCode: 0, producerId: 101, producerEpoch: 0 })
  t.match(fixture.init('t', claim), { errorCode: 0, producerId: 101, producerEpoch: 0 }, 'the answer was lost')
})

for (const version of [1, 2] as const) {
  t.test(`protocol ${version}: a transaction whose time is over is aborted, and its producer shut out`, async t => {
    const fixture = new ShardFixture()
    const producer = fixture.producer('t', { timeoutMs: 30_000 })
    fixture.add(producer, ['a-0'], version)
    fixture.pass(29_000)
    t.equal(fixture.state('t'), 'Ongoing')
    fixture.pass(12_000)
    t.equal(fixture.state('t'), 'PrepareAbort')
    t.equal(fixture.told, 1)
    t.match(fixture.settle(), [{ producerEpoch: 1, committed: false }], 'the epoch is raised once')
    const commitError = version === 2 ? codes.INVALID_TXN_STATE : codes.PRODUCER_FENCED
    t.equal(fixture.end(producer, true, version).errorCode, commitError)
    t.equal(fixture.end(producer, false, version).errorCode, version === 2 ? 0 : codes.PRODUCER_FENCED)
    t.equal(fixture.add(producer, ['a-0'], version), codes.PRODUCER_FENCED)
    t.match(fixture.init('t', producer), { errorCode: 0, producerEpoch: 1 }, 'it may go on with the raised epoch')
  })
}

t.test('a transaction that somebody else decides has no time-out', async t => {
  const fixture = new ShardFixture()
  const request = {
    transactionalId: 't',
    timeoutMs: 2_147_483_647,
    isTwoPhase: true,
    producerId: -1,
    producerEpoch: -1,
  }
  const { producerId, producerEpoch } = fixture.run(fixture.shard.initProducerId(request, 7, fixture.now))
  fixture.add({ transactionalId: 't', producerId, producerEpoch }, ['a-0'])
  fixture.pass(30 * 24 * 3_600_000)
  t.equal(fixture.state('t'), 'Ongoing')
})

t.test('ids that nobody uses are forgotten, those with an open transaction are not', async t => {
  const fixture = new ShardFixture()
  fixture.producer('unused')
  const open = fixture.producer('open', { timeoutMs: 900_000 })
  fixture.pass(604_800_000 - 3_600_000)
  fixture.add(open, ['a-0'])
  t.equal(fixture.state('unused'), 'Empty')
  fixture.pass(2 * 3_600_000)
  t.equal(fixture.state('unused'), 'none')
  t.not(fixture.state('open'), 'none')
  t.same(fixture.log.at(-1), { transactionalId: 'unused', transaction: null })
})

t.test('a successor finds decided transactions, and writes their markers', async t => {
  const fixture = new ShardFixture()
  const producer = fixture.producer('t')
  fixture.add(producer, ['a-0', 'b-3'])
  fixture.end(producer, true)
  fixture.shard.markersDue()
  fixture.restart()
  const [markers] = fixture.settle()
  t.match(markers, { transactionalId: 't', producerId: 100, producerEpoch: 1, committed: true })
  t.same(markers!.partitions, partitionsOf('a-0', 'b-3'))
  t.match(fixture.end(producer, true), { errorCode: 0, producerEpoch: 1 })
})

t.test('what was completed late changes nothing in the next transaction', async t => {
  const fixture = new ShardFixture()
  const producer = fixture.producer('t')
  fixture.add(producer, ['a-0'])
  fixture.end(producer, true)
  const [markers] = fixture.settle()
  fixture.add({ ...producer, producerEpoch: 1 }, ['a-0'])
  fixture.run(fixture.shard.completed(markers!, fixture.now))
  t.equal(fixture.state('t'), 'Ongoing')
})

t.test('transactions are listed by state, producer, duration and id', async t => {
  const fixture = new ShardFixture()
  const open = fixture.producer('open')
  fixture.producer('empty')
  fixture.add(open, ['a-0'])
  fixture.ms += 5_000
  const all = { states: new Set<string>(), producerIds: new Set<number>(), durationMs: -1, matches: () => true }
  const ids = (filter: Partial<typeof all>) =>
    fixture.shard.list({ ...all, ...filter }, fixture.now).map(({ transactionalId }) => transactionalId)
  t.same(ids({}), ['open', 'empty'])
  t.same(ids({ states: new Set(['Empty']) }), ['empty'])
  t.same(ids({ producerIds: new Set([open.producerId]) }), ['open'])
  t.same(ids({ durationMs: 4_999 }), ['open', 'empty'])
  t.same(ids({ durationMs: 5_000 }), ['empty'], 'what has not begun is of any age')
})

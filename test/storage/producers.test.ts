/** What a log knows of producers: repeated batches, sequence numbers, epochs, transactions, snapshots. */
import t from 'tap'
import { codes } from '../../protocol/errors.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import { checkLog } from '../../storage/check.ts'
import { decodeSnapshot, encodeSnapshot } from '../../storage/producer-snapshots.ts'
import { batchOf, codeOf, LogFixture, startMs } from './fixture.ts'

/** A batch of a producer: its sequence number, so many records, its epoch. */
function sent(baseSequence: number, count = 1, producerEpoch = 0, isTransactional = false, producerId = 7): Buffer {
  const values = Array.from({ length: count }, (_, index) => `${baseSequence + index}`)
  return batchOf(values, { producerId, producerEpoch, baseSequence, isTransactional })
}

function marker(
  type: 'COMMIT' | 'ABORT',
  choice: { epoch?: number; id?: number; coordinatorEpoch?: number } = {},
): Buffer {
  const { epoch: producerEpoch = 0, id: producerId = 7, coordinatorEpoch = 0 } = choice
  return endTransactionMarker({ type, producerId, producerEpoch, coordinatorEpoch, timestamp: startMs })
}

t.test('a batch that comes twice is appended once and answered with its first offsets', async t => {
  const fixture = new LogFixture()
  fixture.append(batchOf(['before']))
  for (let sequence = 0; sequence < 12; sequence += 2) fixture.append(sent(sequence, 2))
  t.equal(fixture.log.logEndOffset, 13)
  for (let sequence = 2; sequence < 12; sequence += 2) {
    t.match(fixture.append(sent(sequence, 2)), { duplicate: true, baseOffset: 1 + sequence, lastOffset: 2 + sequence })
  }
  t.equal(
    codeOf(() => fixture.append(sent(0, 2))),
    codes.OUT_OF_ORDER_SEQUENCE_NUMBER,
    'only the last five are known',
  )
  t.equal(
    codeOf(() => fixture.append(sent(10, 1))),
    codes.OUT_OF_ORDER_SEQUENCE_NUMBER,
    'a part of one is not the same',
  )
  t.equal(fixture.log.logEndOffset, 13)
})

t.test('a transaction begins no later than its producer has tried to, and in an epoch of its own with 0', t => {
  const fixture = new LogFixture()
  const begin = (batch: Buffer, sequenceMax: number, isFirstOfEpoch = false) =>
    codeOf(() =>
      fixture.log.append(batch, { origin: 'client', leaderEpoch: 0, beginning: { sequenceMax, isFirstOfEpoch } }),
    )
  const refused = codes.OUT_OF_ORDER_SEQUENCE_NUMBER
  t.equal(begin(sent(5, 1, 0, true), 4), refused)
  t.equal(begin(sent(5, 1, 0, true), 5, true), refused, 'nothing is known of the producer')
  t.equal(begin(sent(5, 1, 0, true), 5), codes.NONE)
  t.equal(begin(sent(5, 1, 0, true), 4, true), codes.NONE, 'what is there already is answered as such')
  fixture.coordinate(marker('COMMIT'))
  t.equal(begin(sent(6, 1, 0, true), 0), refused)
  t.equal(begin(sent(6, 1, 0, true), 6, true), codes.NONE)
  fixture.coordinate(marker('COMMIT', { epoch: 1 }))
  t.equal(begin(sent(3, 1, 1, true), 3, true), refused)
  t.equal(begin(sent(0, 1, 1, true), 3, true), codes.NONE)
  t.equal(fixture.log.logEndOffset, 5)
  t.end()
})

t.test('sequence numbers must follow one another, and begin anew with each epoch', async t => {
  const fixture = new LogFixture()
  const refusal = (batch: Buffer) => codeOf(() => fixture.append(batch))
  t.equal(refusal(sent(40)), codes.NONE, 'a producer that is not known may begin anywhere: its past may be deleted')
  t.equal(refusal(sent(42)), codes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  t.equal(refusal(sent(41)), codes.NONE)
  t.equal(refusal(sent(5, 1, 1)), codes.OUT_OF_ORDER_SEQUENCE_NUMBER)
  t.equal(refusal(sent(0, 1, 1)), codes.NONE)
  t.equal(refusal(sent(42, 1, 0)), codes.INVALID_PRODUCER_EPOCH)
})

t.test('sequence numbers go on at 0 behind the greatest', async t => {
  const fixture = new LogFixture()
  fixture.append(sent(0x7fffffff - 1, 1))
  fixture.append(sent(0x7fffffff, 3))
  t.equal(fixture.append(sent(2)).baseOffset, 4)
  t.ok(fixture.append(sent(0x7fffffff, 3)).duplicate)
  fixture.turn()
  await fixture.log.close()
  fixture.open({ cleanShutdown: true })
  t.ok(fixture.append(sent(2)).duplicate)
})

t.test('producers are remembered over restarts, clean or not', async t => {
  for (const clean of [true, false]) {
    const fixture = new LogFixture({ segmentBytes: 400 })
    for (let sequence = 0; sequence < 20; sequence++) fixture.append(sent(sequence))
    fixture.append(sent(0, 1, 3, false, 8))
    fixture.turn()
    if (clean) await fixture.log.close()
    fixture.open({ cleanShutdown: clean })
    t.match(fixture.append(sent(19)), { duplicate: true, baseOffset: 19 })
    t.match(fixture.append(sent(0, 1, 3, false, 8)), { duplicate: true, baseOffset: 20 })
    t.equal(fixture.append(sent(20)).baseOffset, 21)
    t.equal(
      codeOf(() => fixture.append(sent(0, 1, 2, false, 8))),
      codes.INVALID_PRODUCER_EPOCH,
    )
  }
})

t.test('a damaged snapshot is passed over for an older one', async t => {
  const fixture = new LogFixture({ segmentBytes: 400 })
  for (let sequence = 0; sequence < 20; sequence++) fixture.append(sent(sequence))
  fixture.turn()
  await fixture.log.close()
  const snapshots = fixture.files.list(fixture.dir).filter(entry => entry.name.endsWith('.snapshot'))
  t.ok(snapshots.length > 2)
  for (const { name } of snapshots.slice(1)) {
    const path = `${fixture.dir}/${name}`
    const bytes = fixture.files.read(path) as Buffer
    bytes[12] ^= 1
    fixture.files.write(path, bytes)
  }
  fixture.open({ cleanShutdown: true })
  t.ok(fixture.append(sent(19)).duplicate)
  t.equal(fixture.append(sent(20)).baseOffset, 20)
})

t.test('producers that were silent for too long are forgotten, unless their transaction is open', async t => {
  const fixture = new LogFixture()
  fixture.append(sent(5))
  fixture.append(sent(0, 1, 0, true, 8))
  fixture.log.expireProducers(startMs + 86_399_999)
  t.equal([...fixture.log.activeProducers()].length, 2)
  fixture.log.expireProducers(startMs + 86_400_000)
  t.same(
    [...fixture.log.activeProducers()].map(state => state.producerId),
    [8],
  )
  t.equal(
    codeOf(() => fixture.append(sent(99))),
    codes.NONE,
  )
})

t.test('open transactions hold the last stable offset back until their marker is committed', async t => {
  const fixture = new LogFixture()
  fixture.append(batchOf(['plain']))
  fixture.append(sent(0, 2, 0, true, 7))
  fixture.append(sent(0, 1, 0, true, 8))
  fixture.append(batchOf(['plain']))
  t.equal(fixture.log.lastStableOffset(5), 1)
  fixture.coordinate(marker('COMMIT', { id: 7 }))
  t.equal(fixture.log.lastStableOffset(5), 1, 'its marker at 5 is not committed yet')
  t.equal(fixture.log.lastStableOffset(6), 3)
  fixture.coordinate(marker('ABORT', { id: 8 }))
  t.equal(fixture.log.lastStableOffset(7), 7)
  t.same(fixture.log.abortedTransactions(0, 7), [{ producerId: 8, firstOffset: 3 }])
  t.same(fixture.log.abortedTransactions(0, 3), [])
  t.equal(
    codeOf(() => fixture.append(sent(2, 1, 0, true))),
    codes.NONE,
  )
  t.equal(
    codeOf(() => fixture.append(sent(3, 1, 0, false))),
    codes.INVALID_TXN_STATE,
  )
})

t.test('markers of coordinators and producers that are over are refused', async t => {
  const fixture = new LogFixture()
  fixture.append(sent(0, 1, 5, true))
  fixture.coordinate(marker('COMMIT', { epoch: 5, coordinatorEpoch: 3 }))
  t.equal(
    codeOf(() => fixture.coordinate(marker('ABORT', { epoch: 4, coordinatorEpoch: 3 }))),
    codes.INVALID_PRODUCER_EPOCH,
  )
  t.equal(
    codeOf(() => fixture.coordinate(marker('ABORT', { epoch: 5, coordinatorEpoch: 2 }))),
    codes.TRANSACTION_COORDINATOR_FENCED,
  )
  t.equal(fixture.log.logEndOffset, 2)
})

t.test('aborted transactions are found over segments, after restarts and truncation', async t => {
  const fixture = new LogFixture({ segmentBytes: 700 })
  const expected: { producerId: number; firstOffset: number; end: number }[] = []
  for (let round = 0; round < 12; round++) {
    for (const id of [7, 8]) fixture.append(sent(round * 2, 2, 0, true, id))
    for (const id of [8, 7]) {
      const aborts = (round + id) % 3 === 0
      fixture.coordinate(marker(aborts ? 'ABORT' : 'COMMIT', { id }))
      const firstOffset = round * 6 + (id === 7 ? 0 : 2)
      if (aborts) expected.push({ producerId: id, firstOffset, end: fixture.log.logEndOffset })
    }
  }
  fixture.turn()
  t.ok(fixture.log.segments.length > 3)
  const verify = (end: number) => {
    for (let from = 0; from < end; from += 5) {
      const wanted = expected.filter(entry => entry.end > from && entry.firstOffset < end)
      t.same(
        fixture.log.abortedTransactions(from, end),
        wanted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })),
      )
    }
    t.same(checkLog(fixture.files, fixture.dir, { dense: true, closed: false }).findings, [])
  }
  verify(72)
  fixture.open({})
  verify(72)
  await fixture.log.close()
  fixture.open({ cleanShutdown: true })
  verify(72)
  fixture.log.truncateTo(30)
  expected.splice(0, expected.length, ...expected.filter(entry => entry.end <= 30))
  verify(30)
  t.equal(fixture.log.lastStableOffset(30), 30)
  fixture.log.truncateTo(28)
  t.equal(fixture.log.lastStableOffset(28), 24, 'a transaction whose marker was cut off is open again')
})

t.test('snapshots are in the format of Apache Kafka', async t => {
  // As Apache Kafka 4.3.1 wrote it for a topic with transactions.
  const bytes = Buffer.from(
    '0001457cbbc10000000300000000000000020002000000050000000000000' +
      '02c00000005000001a1fc07b8c600000000ffffffffffffffff00000000000000030002000000080000000000000036' +
      '00000008000001a1fc07b93800000000ffffffffffffffff0000000000000004000100000004000000000000002500' +
      '000004000001a1fc07b69c00000000ffffffffffffffff',
    'hex',
  )
  const states = decodeSnapshot(bytes)
  t.match(states, [
    {
      producerId: 2,
      epoch: 2,
      coordinatorEpoch: 0,
      currentTxnFirstOffset: -1,
      batches: [{ lastSequence: 5, lastOffset: 44 }],
    },
    { producerId: 3, epoch: 2, batches: [{ lastSequence: 8, lastOffset: 54, offsetDelta: 8 }] },
    { producerId: 4, epoch: 1, batches: [{ lastSequence: 4, lastOffset: 37, offsetDelta: 4 }] },
  ])
  t.same(encodeSnapshot(states ?? []), bytes)
  t.equal(decodeSnapshot(bytes.subarray(0, 100)), null)
  t.equal(decodeSnapshot(Buffer.alloc(0)), null)
})

t.test('asking for the last stable offset changes nothing, and what is committed is forgotten when that is told', t => {
  const fixture = new LogFixture()
  const { log } = fixture
  fixture.append(batchOf(['a'], { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
  fixture.coordinate(
    endTransactionMarker({ type: 'COMMIT', producerId: 5, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 0 }),
  )
  t.same([log.lastStableOffset(2), log.lastStableOffset(1), log.lastStableOffset(2)], [2, 0, 2], 'in any order')
  t.equal(log.producers.uncommittedCount, 1)
  log.producers.forgetCommitted(1)
  t.equal(log.producers.uncommittedCount, 1)
  log.producers.forgetCommitted(2)
  t.equal(log.producers.uncommittedCount, 0)
  t.end()
})

/** Verifications of transactions: what voids them, and that nothing is kept of those that are over. */
import t from 'tap'
import { Verifications } from '../../lib/partitions/verifications.ts'
import { codes } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'

const marker = (producerId: number, producerEpoch: number) =>
  endTransactionMarker({ type: 'COMMIT', producerId, producerEpoch, coordinatorEpoch: 0, timestamp: 0 })
const voided = { code: codes.INVALID_TXN_STATE }

t.test('a marker of the transaction voids what is asked about it, in either protocol', t => {
  const verifications = new Verifications()
  for (const [epoch, raisesEpoch] of [
    [3, false],
    [4, true],
  ] as const) {
    const [first, second] = [verifications.begin(7, 3), verifications.begin(7, 3)]
    const other = verifications.begin(8, 3)
    verifications.ended(marker(7, epoch), raisesEpoch)
    t.throws(() => verifications.redeem(first, 'a-0'), voided)
    t.throws(() => verifications.redeem(second, 'a-0'), voided)
    verifications.redeem(other, 'a-0')
    t.throws(() => verifications.redeem(other, 'a-0'), voided, 'it is good for one batch')
  }
  t.equal(verifications.size, 0)
  t.end()
})

t.test('protocol 2: a marker of the transaction before leaves the next one alone', t => {
  const verifications = new Verifications()
  const next = verifications.begin(7, 4)
  verifications.ended(marker(7, 4), true)
  verifications.ended(marker(7, 3), true)
  verifications.ended(buildBatch({ producerId: 7, producerEpoch: 9, baseSequence: 0, records: [] }), true)
  verifications.redeem(next, 'a-0')
  t.equal(verifications.size, 0)
  t.end()
})

t.test('nothing is kept of what was refused', t => {
  const verifications = new Verifications()
  const [one, another] = [verifications.begin(7, 0), verifications.begin(7, 1)]
  t.equal(verifications.release(one), true)
  t.equal(verifications.release(one), false)
  verifications.redeem(another, 'a-0')
  t.equal(verifications.size, 0)
  t.end()
})

t.test('it is known with which sequence a producer tried to begin, until it has', t => {
  const verifications = new Verifications()
  const asked = (epoch: number, sequenceMax: number) => {
    const verification = verifications.begin(7, epoch, { sequenceMax, isFirstOfEpoch: false })
    return verifications.redeem(verification, 'a-0')?.sequenceMax
  }
  t.equal(asked(3, 5), 5)
  t.equal(asked(3, 9), 5, 'what was refused first is still to come')
  t.equal(asked(3, 2), 2)
  t.equal(asked(4, 8), 8, 'a later epoch begins anew')
  t.equal(asked(3, 0), undefined, 'of an epoch that is over nothing is known')
  t.equal(verifications.redeem(verifications.begin(7, 4), 'a-0')?.sequenceMax, 8)
  const records = buildBatch({ producerId: 7, producerEpoch: 4, baseSequence: 8, records: [] })
  verifications.appended(records, { origin: 'client', verification: { producerId: 7, producerEpoch: 4 } })
  t.equal(verifications.attempted, 0)
  t.end()
})

t.test('a marker ends what a producer tried to begin before it, in either protocol', t => {
  const verifications = new Verifications()
  const attempt = () => verifications.release(verifications.begin(7, 3, { sequenceMax: 0, isFirstOfEpoch: true }))
  for (const [epoch, raisesEpoch, left] of [
    [3, false, 0],
    [4, true, 0],
    [3, true, 1],
    [2, false, 1],
  ] as const) {
    attempt()
    verifications.appended(marker(7, epoch), { origin: 'coordinator', raisesEpoch })
    t.equal(verifications.attempted, left, `epoch ${epoch}, ${raisesEpoch ? 'raised' : 'kept'}`)
  }
  t.equal(verifications.size, 0)
  t.end()
})

t.test('of many producers that tried and failed the oldest are forgotten', t => {
  const verifications = new Verifications()
  const attempt = (id: number) => verifications.begin(id, 0, { sequenceMax: 5, isFirstOfEpoch: false })
  for (let id = 0; id < 1_001; id++) verifications.release(attempt(id))
  t.equal(verifications.attempted, 1_000)
  const again = (id: number) => verifications.redeem(verifications.begin(id, 0), 'a-0')?.sequenceMax
  t.equal(again(0), undefined)
  t.equal(again(1), 5)
  t.equal(verifications.size, 0)
  t.end()
})

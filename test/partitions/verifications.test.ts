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

/** What becomes of errors that handlers throw. */
import t from 'tap'
import { faultOf } from '../../lib/handlers/faults.ts'
import { SessionEnded, StoreClosed, StoreUnavailable, TransactionTooLarge } from '../../lib/metadata/store.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'

t.test('faults have a code, bugs have none', t => {
  const refusal = new KafkaError(codes.INVALID_REQUEST, 'so it is')
  t.equal(faultOf(refusal), refusal)
  t.match(faultOf(new StoreClosed()), { code: codes.NOT_CONTROLLER })
  t.match(faultOf(new SessionEnded()), { code: codes.NOT_CONTROLLER })
  t.match(faultOf(new StoreUnavailable('no answer')), { code: codes.REQUEST_TIMED_OUT })
  t.match(faultOf(new TransactionTooLarge('too much')), { code: codes.POLICY_VIOLATION })
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  t.match(faultOf(full), { code: codes.KAFKA_STORAGE_ERROR, message: /ENOSPC/ })
  for (const bug of [new TypeError('a bug'), new RangeError('a bug'), new Error('a bug'), undefined]) {
    t.equal(faultOf(bug), null)
  }
  const outOfRange = Object.assign(new RangeError('a bug'), { code: 'ERR_OUT_OF_RANGE' })
  t.equal(faultOf(outOfRange), null)
  t.end()
})

/** What the project says about what it lacks must be true. */
import t from 'tap'
import { skippedLists, writtenLists } from '../../conformance/skipped.ts'

t.test('skipped.md lists every API without a handler and every property without effect', async t => {
  t.equal(writtenLists(), skippedLists().trim(), 'renew the lists: npm run conformance -- skipped')
})

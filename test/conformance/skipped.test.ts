/** What the project says about what it lacks must be true. */
import t from 'tap'
import { listNames, listNow, listWritten } from '../../conformance/skipped.ts'

t.test(
  'skipped.md lists every API without a handler, every property without effect, and every declared difference',
  async t => {
    for (const name of listNames) {
      t.equal(listWritten(name).trim(), listNow(name).trim(), 'renew the lists: npm run conformance -- skipped')
    }
  },
)

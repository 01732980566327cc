/** Who leads, where answers of the store are lost. */
import t from 'tap'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { campaign } from '../../lib/metadata/leadership.ts'
import { sharedStore } from '../../lib/metadata/shared.ts'
import { type MetadataStore, StoreUnavailable } from '../../lib/metadata/store.ts'

t.test('a candidate that leads without having heard of it finds out when it tries again', async t => {
  const engine = new EmbeddedStore(memoryJournal())
  const inner = sharedStore(engine)
  let isLost = true
  const store = new Proxy(inner, {
    get(target, name) {
      if (name !== 'transact') return (Reflect.get(target, name) as () => unknown).bind(target)
      return async (...given: Parameters<MetadataStore['transact']>) => {
        const result = await target.transact(...given)
        if (isLost) throw new StoreUnavailable('the answer is lost')
        return result
      }
    },
  })
  const session = await store.openSession(1_000)
  const candidacy = { epoch: null }
  await t.rejects(campaign(store, 'controller', '1', session, candidacy), { name: 'StoreUnavailable' })
  isLost = false
  const { epoch, condition } = await campaign(store, 'controller', '1', session, candidacy)
  t.equal(epoch, 1)
  t.match(await store.transact({ conditions: [condition], changes: [{ key: 'x', value: '1' }] }), { applied: true })
  await engine.close()
})

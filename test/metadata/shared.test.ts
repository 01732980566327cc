/** Several store objects over one store: as a broker is stopped or killed, and others of the same process go on. */
import t from 'tap'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { sharedStore } from '../../lib/metadata/shared.ts'
import { SessionEnded, StoreClosed } from '../../lib/metadata/store.ts'
import { storeContract, writeMuch } from './contract.ts'

t.test('an object over a store does what a store does', async t => {
  storeContract(t, {
    make: async () => sharedStore(new EmbeddedStore(memoryJournal())),
    expire: session => session.close(),
    forget: writeMuch,
  })
})

t.test('closing one ends its sessions and watches, and the others go on', async t => {
  const store = new EmbeddedStore(memoryJournal())
  const [one, two] = [sharedStore(store), sharedStore(store)]
  const [first, second] = [await one.openSession(5_000), await two.openSession(5_000)]
  await one.transact({ changes: [{ key: 'brokers/1', value: '1', session: first }] })
  const { revision } = await two.transact({ changes: [{ key: 'brokers/2', value: '2', session: second }] })
  const told: Record<string, string[]> = { one: [], two: [] }
  for (const [name, object] of Object.entries({ one, two })) {
    await object.watch(
      '',
      revision,
      ({ changes }) => told[name]!.push(...changes.map(({ key }) => key)),
      () => t.fail('nothing is forgotten'),
    )
  }
  await one.close()
  t.ok(first.ended)
  t.notOk(second.ended)
  await two.transact({ changes: [{ key: 'a', value: '1' }] })
  t.same(told, { one: [], two: ['brokers/1', 'a'] })
  t.equal(await two.get('brokers/1'), null)
  await t.rejects(one.transact({ changes: [{ key: 'a', value: '2' }] }), StoreClosed)
  await two.close()
  t.equal(await store.get('brokers/2'), null)
  await store.close()
})

t.test('a session belongs to all objects of the store, and none may write with one that has ended', async t => {
  const store = new EmbeddedStore(memoryJournal())
  const [one, two] = [sharedStore(store), sharedStore(store)]
  const session = await one.openSession(5_000)
  await one.close()
  await t.rejects(two.transact({ changes: [{ key: 'a', value: '1', session }] }), SessionEnded)
  await two.close()
  await store.close()
})

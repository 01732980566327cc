/** Following a store: what is told where history was forgotten is the difference, and nothing else. */
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { silentLogger } from '../../lib/base/logger.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { Following } from '../../lib/metadata/following.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { HistoryGone, type MetadataStore } from '../../lib/metadata/store.ts'

/** A store whose watches can be told that history is forgotten, and that refuses so many watches for the same reason. */
function forgetful(store: MetadataStore, refusals: { left: number }) {
  let cut = () => {}
  let gone = () => {}
  const watch: MetadataStore['watch'] = async (prefix, revision, listener, onGone) => {
    if (refusals.left-- > 0) throw new HistoryGone(revision)
    const inner = await store.watch(prefix, revision, listener, onGone)
    cut = () => inner.close()
    gone = onGone
    return inner
  }
  const proxy = new Proxy(store, {
    get(target, name) {
      if (name === 'watch') return watch
      const member = target[name as keyof MetadataStore]
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { store: proxy, cut: () => cut(), forget: () => gone() }
}

t.test('what changed while history was forgotten is told as the difference', async t => {
  const inner = new EmbeddedStore(memoryJournal())
  await inner.transact({ changes: ['a', 'b', 'c'].map(key => ({ key, value: '1' })) })
  const refusals = { left: 1 }
  const { store, cut, forget } = forgetful(inner, refusals)
  const told: string[][] = []
  const take = (changes: readonly { key: string; value: string | null }[]) =>
    void told.push(changes.map(({ key, value }) => `${key}=${value}`))
  const following = new Following(store, take, { clock: systemClock, logger: silentLogger })
  await following.open()
  t.same(told.splice(0), [['a=1', 'b=1', 'c=1'], []], 'listed again where the first watch came too late')
  await inner.transact({ changes: [{ key: 'd', value: '1' }] })
  t.same(told.splice(0), [['d=1']])

  cut()
  const { revision } = await inner.transact({
    changes: [
      { key: 'a', value: null },
      { key: 'b', value: '2' },
      { key: 'e', value: '1' },
    ],
  })
  forget()
  while (told.length === 0) await new Promise(resolve => setImmediate(resolve))
  t.same(told.splice(0), [['a=null', 'b=2', 'e=1']])
  t.equal(following.revisionOf('a'), 0)
  t.equal(following.revisionOf('b'), revision)
  await inner.transact({ changes: [{ key: 'f', value: '1' }] })
  t.same(told.splice(0), [['f=1']])

  following.close()
  await inner.transact({ changes: [{ key: 'g', value: '1' }] })
  t.same(told, [])
  await inner.close()
})

/** Transactions that go to etcd together, and what their answers say; and that etcd takes as much at once as is said. */
import t from 'tap'
import { batchLength, batchMax, batchRequest, batchResults, resultBy } from '../../lib/metadata/etcd/batch.ts'
import { decoded, rangeOf } from '../../lib/metadata/etcd/messages.ts'
import { operationsMax, type Transaction, TransactionTooLarge, transactionBytesMax } from '../../lib/metadata/store.ts'
import { EtcdCluster, etcdMissing } from './etcd-server.ts'
import { storeAt } from './etcd-store.ts'

const put = (key: string, ...conditions: [string, number][]): Transaction => ({
  conditions: conditions.map(([key, revision]) => ({ key, revision })),
  changes: [{ key, value: '1' }],
})

t.test('transactions go together as long as none rests on, or writes, what another writes', t => {
  t.equal(batchLength([put('a'), put('b'), put('c')]), 3)
  t.equal(batchLength([put('a'), put('b'), put('a'), put('c')]), 2, 'the same key twice')
  t.equal(batchLength([put('a'), put('b', ['a', 0]), put('c')]), 1, 'a condition on what was written')
  t.equal(batchLength([put('a', ['b', 0]), put('b')]), 1, 'a write of what was read')
  t.equal(batchLength([put('a', ['c', 1]), put('b', ['c', 1])]), 2, 'both read the same')
  const deletion: Transaction = { changes: [{ prefix: 'p/', value: null }] }
  t.equal(batchLength([put('a'), deletion]), 1)
  t.equal(batchLength([deletion, put('a')]), 1)
  t.end()
})

t.test('a batch is bounded by number, operations and bytes', t => {
  const many = Array.from({ length: 100 }, (_, i) => put(`k${i}`))
  t.equal(batchLength(many), batchMax)
  const wide = (name: string): Transaction => ({
    changes: Array.from({ length: operationsMax }, (_, i) => ({ key: `${name}/${i}`, value: '1' })),
  })
  const length = batchLength(Array.from({ length: 20 }, (_, i) => wide(`w${i}`)))
  t.ok(length + 1 + operationsMax <= 128 && length > 1, `${length}`)
  const large = (key: string): Transaction => ({ changes: [{ key, value: 'x'.repeat(800_000) }] })
  t.equal(batchLength([large('a'), large('b')]), 1)
  t.equal(batchLength([large('a')]), 1)
  t.end()
})

t.test('a request rests on the mark, and writes it whatever becomes of the rest', t => {
  const request = batchRequest([put('a', ['b', 7])], 'p/', { key: 'p/.store/x', lease: '5', revision: 9 }, 3)
  t.match(request.compare, [{ target: 'MOD', mod_revision: '9' }])
  t.equal(decoded(request.compare[0]!.key), 'p/.store/x')
  t.match(request.success.at(-1), { request_put: { lease: '5' } })
  t.equal(request.success.length, 2)
  t.end()
})

t.test('results are those of each by itself', t => {
  const transactions = [put('a'), put('b', ['c', 1], ['d', 2])]
  const kv = (mod_revision: string) => ({ key: '', mod_revision })
  const answer = {
    header: { revision: '12' },
    succeeded: true,
    responses: [
      { response_txn: { succeeded: true, responses: [{ response_put: {} }] } },
      { response_txn: { responses: [{ response_range: { kvs: [kv('4')] } }, { response_range: {} }] } },
    ],
  }
  const deletion: Transaction = { conditions: [{ key: 'c', revision: 3 }], changes: [{ key: 'x', value: null }] }
  const nothing = { response_txn: { succeeded: true, responses: [{ response_delete_range: {} }] } }
  t.same(batchResults([deletion], { header: { revision: '12' }, succeeded: true, responses: [nothing] }), [
    { applied: true, revision: 3 },
  ])
  t.same(batchResults(transactions, answer), [
    { applied: true, revision: 12 },
    { applied: false, revision: 4 },
  ])
  t.equal(batchResults(transactions, { header: { revision: '12' } }), null)
  t.end()
})

t.test('what became of a transaction is told by its conditions just before', t => {
  const before = new Map([['c', { key: '', mod_revision: '5' }]])
  t.same(resultBy(put('a', ['c', 5], ['d', 0]), before, 9), { applied: true, revision: 9 })
  t.same(resultBy(put('a', ['c', 4]), before, 9), { applied: false, revision: 5 })
  t.same(resultBy(put('a', ['d', 4]), before, 9), { applied: false, revision: 0 })
  const gone = (change: Transaction['changes'][number]) => ({ changes: [change] })
  t.same(resultBy(gone({ key: 'c', value: null }), before, 9), { applied: true, revision: 9 }, 'it deleted something')
  t.same(resultBy(gone({ key: 'd', value: null }), before, 9), { applied: true, revision: 0 })
  t.same(resultBy(gone({ prefix: 'p', value: null }), before, 9, new Set(['p'])), { applied: true, revision: 9 })
  t.same(resultBy(gone({ prefix: 'q', value: null }), before, 9, new Set(['p'])), { applied: true, revision: 0 })
  t.end()
})

t.test('a range ends behind all keys with the prefix', t => {
  const { key, range_end } = rangeOf('ottla/é')
  const [from, to] = [Buffer.from(key, 'base64'), Buffer.from(range_end, 'base64')]
  for (const inside of ['ottla/é', 'ottla/é\u{10ffff}']) {
    const bytes = Buffer.from(inside)
    t.ok(Buffer.compare(from, bytes) <= 0 && Buffer.compare(bytes, to) < 0)
  }
  t.ok(Buffer.compare(Buffer.from('ottla/ê'), to) >= 0)
  t.end()
})

t.test(
  'etcd takes as much at once as a transaction may have, and more is refused before',
  { skip: etcdMissing },
  async t => {
    const etcd = await EtcdCluster.start(t)
    const store = storeAt(etcd.address('limits'))
    const keys = Array.from({ length: operationsMax }, (_, i) => `k/${i}`)
    const wide: Transaction = {
      conditions: keys.map(key => ({ key, revision: 0 })),
      changes: keys.map(key => ({ key, value: '1' })),
    }
    const others = Array.from({ length: 20 }, (_, n) => ({
      changes: keys.map(key => ({ key: `${n}/${key}`, value: '1' })),
    }))
    const results = await Promise.all([wide, ...others].map(transaction => store.transact(transaction)))
    t.ok(results.every(({ applied }) => applied))
    t.equal((await store.list('')).entries.length, 21 * operationsMax)
    const large = 'x'.repeat(transactionBytesMax - 1_000)
    t.ok((await store.transact({ changes: [{ key: 'large', value: large }] })).applied)
    t.equal((await store.get('large'))?.value.length, large.length)
    await t.rejects(store.transact({ changes: [{ key: 'large', value: `${large}${large}` }] }), TransactionTooLarge)
    const more = [...keys, 'one more'].map(key => ({ key, value: '1' }))
    await t.rejects(store.transact({ changes: more }), TransactionTooLarge)
    await store.close()
  },
)

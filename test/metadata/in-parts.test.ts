/** Cutting changes into transactions that every store takes. */
import t from 'tap'
import { inParts } from '../../lib/metadata/in-parts.ts'
import { type Change, operationsMax, transactionBytesMax } from '../../lib/metadata/store.ts'

function put(key: string, bytes = 1): Change {
  return { key, value: 'x'.repeat(bytes) }
}

t.test('nothing is no part', t => {
  t.same(
    inParts([], () => []),
    [],
  )
  t.end()
})

t.test('as many changes go together as a store takes, in their order, and those of an item stay together', t => {
  const items = Array.from({ length: 100 }, (_, i) => [put(`a/${i}`), put(`b/${i}`), put(`c/${i}`)])
  const parts = inParts(items, item => item)
  t.same(parts.flat(), items)
  for (const part of parts) t.ok(part.flat().length <= operationsMax)
  t.equal(parts.length, Math.ceil(300 / operationsMax))
  t.end()
})

t.test('what is large goes by itself', t => {
  const parts = inParts([put('a'), put('b', transactionBytesMax - 500), put('c', 1_000)], change => [change])
  t.same(
    parts.map(part => part.length),
    [2, 1],
  )
  t.end()
})

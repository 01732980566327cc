/** On a network in memory, with a clock that stands still and one client, a seed says all that a broker answers. */
import t from 'tap'
import { handlers } from '../../lib/handlers/index.ts'
import type { Api } from '../../protocol/schema.ts'
import { askEverything } from './every-request.ts'
import { type Answer, answersOf, plainly, reset, virtually, watched } from './seeded-broker.ts'

const served = (handlers as readonly { readonly api: Api }[]).flatMap(({ api: { name, versions, latestStable } }) =>
  Array.from({ length: latestStable - versions[0] + 1 }, (_, i) => `${name} v${versions[0] + i}`),
)

/** The names of those that are not the same. */
function differing(some: readonly Answer[], others: readonly Answer[]): string[] {
  return some.flatMap(({ name, hex }, i) => (others[i]?.name === name && others[i].hex === hex ? [] : [name]))
}

// It runs through some hundred requests to each of eight brokers.
t.setTimeout(600_000)

const first = await answersOf(plainly, 7, askEverything)

t.test('the same seed gives the same bytes, of every API at every version', async t => {
  const names = new Set(first.map(({ name }) => name))
  t.same(
    served.filter(name => !names.has(name)),
    [],
  )
  t.same(differing(first, await answersOf(plainly, 7, askEverything)), [])
})

t.test('another seed gives other bytes wherever something is drawn', async t => {
  const others = differing(first, await answersOf(plainly, 8, askEverything)).map(name => name.split(' ')[0])
  const drawing = [
    ...['CreateTopics', 'Metadata', 'DescribeCluster', 'Fetch', 'JoinGroup', 'ConsumerGroupHeartbeat'],
    ...['CreateDelegationToken', 'GetTelemetrySubscriptions'],
  ]
  t.same(
    drawing.filter(name => !others.includes(name)),
    [],
  )
})

t.test('what the test-kit puts around a broker changes no byte', async t => {
  t.same(differing(first, await answersOf(watched, 7, askEverything)), [])
})

for (const [name, serve] of [
  ['a broker of the test-kit that was reset', reset],
  ['a virtual cluster', virtually],
] as const) {
  t.test(`${name} gives the same bytes for the same seed`, async t => {
    const once = await answersOf(serve, 7, askEverything)
    t.equal(once.length, first.length)
    t.same(differing(once, await answersOf(serve, 7, askEverything)), [])
  })
}

/** Answers that etcd would not give: a broker may lose its store by them, and nothing else. */
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import type { Clock } from '../../lib/base/clock.ts'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { SessionEnded, StoreUnavailable, TransactionTooLarge } from '../../lib/metadata/store.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { storeAt } from './etcd-store.ts'

const seeds = Array.from({ length: 60 }, (_, seed) => seed)

const names = [
  'header',
  'revision',
  'kvs',
  'key',
  'value',
  'mod_revision',
  'more',
  'succeeded',
  'responses',
  'ID',
  'result',
]
const moreNames = [
  'TTL',
  'events',
  'kv',
  'created',
  'canceled',
  'compact_revision',
  'response_txn',
  'response_range',
  'error',
  'code',
]

function anything(random: Random, depth: number): unknown {
  const kinds = depth > 4 ? 6 : 9
  switch (random.int(kinds)) {
    case 0:
      return null
    case 1:
      return random.int(20)
    case 2:
      return String(random.int(20))
    case 3:
      return random.int(2) === 0
    case 4:
      return random.bytes(random.int(12)).toString('base64')
    case 5:
      return -1.5
    case 6:
      return Array.from({ length: random.int(3) }, () => anything(random, depth + 1))
    default: {
      const all = [...names, ...moreNames]
      const entries = Array.from({ length: 1 + random.int(6) }, () => [
        all[random.int(all.length)]!,
        anything(random, depth + 1),
      ])
      return Object.fromEntries(entries)
    }
  }
}

/** A server that answers at random, now and then no JSON at all. */
async function babbler(t: Test, random: Random): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    const answer = random.int(10) === 0 ? 'no { JSON' : JSON.stringify(anything(random, 0))
    response.statusCode = random.int(4) === 0 ? 500 : 200
    response.end(
      request.url === '/v3/watch' ? `${JSON.stringify({ result: anything(random, 0) })}\n${answer}\n` : answer,
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `etcd://127.0.0.1:${(server.address() as { port: number }).port}/x`
}

/** A clock that is turned while it is waited for, so that no time passes. */
function hurried(t: Test): Clock {
  const clock = new ManualClock({ immediates: 'real' })
  const timer = setInterval(() => void clock.advance(500), 1)
  t.teardown(() => clearInterval(timer))
  return clock
}

t.test('whatever is answered, what was asked for rejects or resolves, and nothing is thrown beside it', async t => {
  for (const seed of seeds) {
    await t.test(`seed ${seed}`, async t => {
      const random = seededRandom(seed)
      const store = storeAt(await babbler(t, random), { clock: hurried(t) })
      const settled = await Promise.allSettled([
        store.get('a'),
        store.list(''),
        store.transact({ conditions: [{ key: 'a', revision: 0 }], changes: [{ key: 'b', value: '1' }] }),
        store
          .watch(
            '',
            0,
            () => {},
            () => {},
          )
          .then(watch => watch.close()),
        store.openSession(2_000).then(session => session.close()),
      ])
      for (const outcome of settled) {
        if (outcome.status === 'fulfilled') continue
        const { reason } = outcome
        const isExpected = [StoreUnavailable, SessionEnded, TransactionTooLarge].some(kind => reason instanceof kind)
        if (!isExpected && reason.name !== 'HistoryGone') t.fail(`${reason.stack}`)
      }
      await store.close()
    })
  }
})

/** Which quota a client is held to. */
import t from 'tap'
import { type QuotaEntity, type Quotas, withQuota } from '../../lib/cluster/quotas.ts'
import { boundOf, boundOfAddress } from '../../lib/quotas/bounds.ts'

/** In the order in which they win. */
const entities: readonly QuotaEntity[] = [
  [
    ['client-id', 'app'],
    ['user', 'alice'],
  ],
  [
    ['client-id', null],
    ['user', 'alice'],
  ],
  [['user', 'alice']],
  [
    ['client-id', 'app'],
    ['user', null],
  ],
  [
    ['client-id', null],
    ['user', null],
  ],
  [['user', null]],
  [['client-id', 'app']],
  [['client-id', null]],
]

function quotasOf(from: number): Quotas {
  return entities
    .slice(from)
    .reduce<Quotas>(
      (quotas, entity, index) => withQuota(quotas, `quotas/${JSON.stringify(entity)}`, { rate: from + index + 1 }),
      new Map(),
    )
}

t.test('the nearest quota wins, in the order of Kafka', async t => {
  for (const from of entities.keys()) t.equal(boundOf(quotasOf(from), 'rate', 'alice', 'app')?.perSecond, from + 1)
  t.equal(boundOf(quotasOf(0), 'rate', 'bob', 'app')?.perSecond, 4)
  t.equal(boundOf(quotasOf(0), 'rate', 'bob', 'other')?.perSecond, 5)
  t.equal(boundOf(quotasOf(6), 'rate', 'bob', 'other')?.perSecond, 8)
  t.equal(boundOf(quotasOf(0), 'another', 'alice', 'app'), null)
})

t.test('it is shared by those whom its entity names alike, and defaults are for each', async t => {
  const sharedBy = (from: number, user: string, client: string) =>
    boundOf(quotasOf(from), 'rate', user, client)?.sharedBy
  t.equal(sharedBy(2, 'alice', 'a'), sharedBy(2, 'alice', 'b'), 'all clients of a user')
  t.not(sharedBy(5, 'x', 'a'), sharedBy(5, 'y', 'a'), 'each user has the default for itself')
  t.equal(sharedBy(6, 'x', 'app'), sharedBy(6, 'y', 'app'), 'a client of all users')
  t.not(sharedBy(7, 'x', 'a'), sharedBy(7, 'x', 'b'))
  t.not(sharedBy(5, 'app', 'c'), sharedBy(6, 'c', 'app'), 'a user is no client of its name')
})

t.test('addresses have their own, or the default', async t => {
  const of = (name: string | null, quotas: Quotas, rate: number) =>
    withQuota(quotas, `quotas/${JSON.stringify([['ip', name]])}`, { rate })
  const quotas = of('10.0.0.1', of(null, new Map(), 1), 2)
  t.equal(boundOfAddress(quotas, 'rate', '10.0.0.1')?.perSecond, 2)
  t.equal(boundOfAddress(quotas, 'rate', '10.0.0.2')?.perSecond, 1)
  t.equal(boundOfAddress(of('localhost', quotas, 3), 'rate', '127.0.0.1')?.perSecond, 3)
  t.equal(boundOfAddress(new Map(), 'rate', '10.0.0.2'), null)
})

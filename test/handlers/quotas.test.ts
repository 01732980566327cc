/** Quotas are set, kept and found; filters and values that cannot be are refused. */
import t from 'tap'
import { storedQuota, withQuota } from '../../lib/cluster/quotas.ts'
import { alterClientQuotas } from '../../lib/handlers/alter-client-quotas.ts'
import { describeClientQuotas } from '../../lib/handlers/describe-client-quotas.ts'
import { codes } from '../../protocol/errors.ts'
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { DescribeClientQuotas } from '../../protocol/messages/describe-client-quotas.ts'
import { clusterContext, encodable } from './cluster-context.ts'

type Component = readonly [entityType: string, matchType: number, match: string | null]

const filter = (...components: readonly Component[]) => ({
  components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })),
  strict: false,
})

t.test('at first there are no quotas', async t => {
  const { at } = await clusterContext(t)
  for (const asked of [filter(), filter(['user', 0, 'a'], ['client-id', 1, null]), filter(['ip', 2, null])]) {
    const answer = describeClientQuotas(asked, at(1))
    t.match(answer, { errorCode: codes.NONE, entries: [] })
    encodable(t, DescribeClientQuotas, answer)
  }
})

t.test('a filter that can match nothing is refused', async t => {
  const { at } = await clusterContext(t)
  const { INVALID_REQUEST, UNSUPPORTED_VERSION } = codes
  for (const [code, ...components] of [
    [INVALID_REQUEST, ['', 0, 'a']],
    [UNSUPPORTED_VERSION, ['User', 0, 'a']],
    [UNSUPPORTED_VERSION, ['nobody', 0, 'a'], ['', 0, 'a']],
    [INVALID_REQUEST, ['user', 0, null]],
    [INVALID_REQUEST, ['user', 1, 'a']],
    [INVALID_REQUEST, ['user', 2, 'a']],
    [INVALID_REQUEST, ['user', 3, null]],
    [INVALID_REQUEST, ['user', 1, null], ['user', 2, null]],
    [INVALID_REQUEST, ['ip', 1, null], ['user', 2, null]],
  ] as readonly (readonly [number, ...Component[]])[]) {
    t.throws(() => describeClientQuotas(filter(...components), at(1)), { code }, JSON.stringify(components))
  }
})

t.test('quotas are for those who may describe the configs of the cluster', async t => {
  const { at } = await clusterContext(t, { deny: operation => operation === 'describeConfigs' })
  t.throws(() => describeClientQuotas(filter(), at(1)), { code: codes.CLUSTER_AUTHORIZATION_FAILED })
})

type Entity = Readonly<Record<string, string | null>>
type Values = Readonly<Record<string, number | null>>

/** A request that sets values, or removes those of null. */
function altering(validateOnly: boolean, ...entries: readonly (readonly [Entity, Values])[]) {
  return {
    validateOnly,
    entries: entries.map(([entity, values]) => ({
      entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
      ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
    })),
  }
}

t.test('quotas are set, found by filters and taken away', async t => {
  const { at, cluster } = await clusterContext(t)
  const set = await alterClientQuotas(
    altering(
      false,
      [{ user: 'alice' }, { producer_byte_rate: 1024, request_percentage: 50.5 }],
      [{ 'client-id': null, user: 'alice' }, { consumer_byte_rate: 10 }],
      [{ ip: '::1' }, { connection_creation_rate: 3 }],
    ),
    at(1),
  )
  encodable(t, AlterClientQuotas, set)
  t.same(
    set.entries.map(({ errorCode }) => errorCode),
    [0, 0, 0],
  )
  const found = (strict: boolean, ...components: readonly Component[]) =>
    describeClientQuotas({ ...filter(...components), strict }, at(1)).entries!.map(({ values }) => values[0]?.key)
  t.equal(found(false).length, 3)
  t.same(found(false, ['user', 0, 'alice']), ['producer_byte_rate', 'consumer_byte_rate'])
  t.same(found(true, ['user', 0, 'alice']), ['producer_byte_rate'])
  t.same(found(true, ['user', 2, null], ['client-id', 1, null]), ['consumer_byte_rate'])
  t.same(found(false, ['client-id', 0, 'app']), [])
  const before = cluster.image.quotas
  await alterClientQuotas(altering(true, [{ user: 'alice' }, { producer_byte_rate: null }]), at(1))
  t.equal(cluster.image.quotas, before, 'what is only validated changes nothing')
  await alterClientQuotas(
    altering(false, [{ user: 'alice' }, { producer_byte_rate: null, request_percentage: null }]),
    at(1),
  )
  t.same(found(true, ['user', 0, 'alice']), [], 'an entity without quotas is gone')
  t.equal(before.size, 3, 'an image never changes')
})

t.test('an entity with a quota that cannot be keeps what it has, and others are changed', async t => {
  const { at, cluster } = await clusterContext(t)
  const { entries } = await alterClientQuotas(
    altering(
      false,
      ...([
        [{ user: 'a' }, { producer_byte_rate: 1, nonsense: 1 }],
        [{ user: 'b' }, { producer_byte_rate: 1.5 }],
        [{ user: 'c' }, { producer_byte_rate: Number.NaN }],
        [{ user: 'd' }, { connection_creation_rate: 1 }],
        [{ ip: '300.1.1.1' }, { connection_creation_rate: 1 }],
        [{ ip: '1.1.1.1', user: 'e' }, { connection_creation_rate: 1 }],
        [{ group: 'f' }, { producer_byte_rate: 1 }],
        [{ user: '' }, { producer_byte_rate: 1 }],
        [{}, { producer_byte_rate: 1 }],
        [{ user: 'g' }, { producer_byte_rate: 1 }],
        [{ user: 'h' }, { producer_byte_rate: 1 }],
        [{ user: 'h' }, { producer_byte_rate: 2 }],
      ] as const),
    ),
    at(1),
  )
  const refused = entries.filter(({ errorCode }) => errorCode === codes.INVALID_REQUEST)
  t.equal(refused.length, 10)
  t.ok(refused.every(({ errorMessage }) => errorMessage))
  t.same(
    [...cluster.image.quotas.values()].map(({ entity }) => entity),
    [[['user', 'g']]],
  )
})

t.test('a quota is a finite number, and no greater than its type', async t => {
  const { at, cluster } = await clusterContext(t)
  const set = async (entity: Entity, values: Values) => {
    const [entry] = (await alterClientQuotas(altering(false, [entity, values]), at(1))).entries
    return entry!.errorMessage
  }
  const user = { user: 'a' }
  for (const key of ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate']) {
    for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      t.equal(await set(user, { [key]: value }), `Quota ${key} must be a finite number`)
    }
  }
  t.equal(
    await set(user, { producer_byte_rate: 1e19 }),
    'Proposed value for producer_byte_rate is too large for a LONG.',
  )
  const rate = 'connection_creation_rate'
  t.equal(await set({ ip: null }, { [rate]: 2 ** 31 }), `Proposed value for ${rate} is too large for an INT.`)
  t.equal(cluster.image.quotas.size, 0)
  t.equal(await set(user, { producer_byte_rate: 2 ** 63, request_percentage: 1e300 }), null)
  t.equal(await set({ ip: null }, { [rate]: 2 ** 31 - 1 }), null)
})

t.test('a quota without end is taken over from Apache Kafka as one that nobody reaches', t => {
  const values = new Map([
    ['request_percentage', Number.POSITIVE_INFINITY],
    ['producer_byte_rate', 5],
  ])
  const { key, value } = storedQuota([['user', 'a']], values)
  const quota = withQuota(new Map(), key, JSON.parse(value!)).get(key)!
  t.same(Object.fromEntries(quota.values), { request_percentage: Number.MAX_VALUE, producer_byte_rate: 5 })
  t.end()
})

t.test('quotas are kept over a restart', async t => {
  const { at, cluster } = await clusterContext(t)
  await alterClientQuotas(altering(false, [{ user: 'alice', 'client-id': null }, { producer_byte_rate: 7 }]), at(1))
  const [key, quota] = [...cluster.image.quotas][0]!
  t.equal(key, 'quotas/[["client-id",null],["user","alice"]]')
  const read = withQuota(new Map(), key, { producer_byte_rate: 7 })
  t.same(read.get(key), quota)
})

t.test('quotas are set by those who may alter the configs of the cluster', async t => {
  const { at } = await clusterContext(t, { deny: operation => operation === 'alterConfigs' })
  await t.rejects(alterClientQuotas(altering(false), at(1)), { code: codes.CLUSTER_AUTHORIZATION_FAILED })
})

/** DescribeClientQuotas: filters are checked, and match nothing. */
import t from 'tap'
import { describeClientQuotas } from '../../lib/handlers/describe-client-quotas.ts'
import { codes } from '../../protocol/errors.ts'
import { DescribeClientQuotas } from '../../protocol/messages/describe-client-quotas.ts'
import { clusterContext, encodable } from './cluster-context.ts'

type Component = readonly [entityType: string, matchType: number, match: string | null]

const filter = (...components: readonly Component[]) => ({
  components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })),
  strict: false,
})

t.test('there are no quotas', async t => {
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

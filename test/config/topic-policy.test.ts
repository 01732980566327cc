/** What new topics have to keep to, as it is set. */
import t from 'tap'
import { BrokerConfig } from '../../lib/config/config.ts'
import { nameAdvice } from '../../lib/config/names.ts'
import { topicPolicy, topicPolicyProperties } from '../../lib/config/topic-policy.ts'
import { ConfigError } from '../../lib/config/values.ts'

const prefix = 'create.topic.policy.'

function parsed(settings: Record<string, string>) {
  return BrokerConfig.parse(Object.fromEntries(Object.entries(settings).map(([name, text]) => [prefix + name, text])))
}

t.test('without a policy every topic is allowed', t => {
  t.same(topicPolicy(BrokerConfig.parse({})), {
    namePattern: null,
    partitionsMax: Number.POSITIVE_INFINITY,
    replicationFactorMin: 1,
    replicationFactorMax: Number.POSITIVE_INFINITY,
    requiredConfigs: new Map(),
  })
  t.end()
})

t.test('a policy is read from the properties that a broker starts with', t => {
  const policy = topicPolicy(
    parsed({
      'name.pattern': '[a-z]+|team-.*',
      'partitions.max': ' 12 ',
      'replication.factor.min': '2',
      'replication.factor.max': '3',
      'required.configs': 'retention.ms; cleanup.policy = compact,delete ;',
    }),
  )
  t.match(policy, { partitionsMax: 12, replicationFactorMin: 2, replicationFactorMax: 3 })
  t.ok(policy.namePattern!.test('team-9'))
  t.notOk(policy.namePattern!.test('abc9'), 'the whole name has to match each of the alternatives')
  t.same(
    [...policy.requiredConfigs],
    [
      ['retention.ms', null],
      ['cleanup.policy', 'compact,delete'],
    ],
  )
  t.end()
})

t.test('a policy that cannot be read is told before the broker starts', t => {
  const bad: readonly Record<string, string>[] = [
    { 'name.pattern': '[' },
    { 'partitions.max': '0' },
    { 'partitions.max': 'many' },
    { 'replication.factor.min': '1.5' },
    { 'replication.factor.min': '3', 'replication.factor.max': '2' },
    { 'required.configs': 'retention' },
    { 'required.configs': '=5' },
  ]
  for (const settings of bad) t.throws(() => parsed(settings), ConfigError, JSON.stringify(settings))
  t.end()
})

t.test('the names are known, and clients cannot alter them', t => {
  for (const name of Object.keys(topicPolicyProperties)) t.equal(nameAdvice(name), null, name)
  const config = parsed({ 'partitions.max': '3' })
  config.applyDynamic(new Map([[`${prefix}partitions.max`, '9']]), new Map([[`${prefix}partitions.max`, '9']]))
  t.equal(topicPolicy(config).partitionsMax, 3)
  t.end()
})

/** AlterConfigs, IncrementalAlterConfigs and ListConfigResources. */
import t from 'tap'
import { configOperations } from '../../lib/config/alter.ts'
import { alterConfigs } from '../../lib/handlers/alter-configs.ts'
import { configResourceTypes } from '../../lib/handlers/config-resources.ts'
import { incrementalAlterConfigs } from '../../lib/handlers/incremental-alter-configs.ts'
import { listConfigResources } from '../../lib/handlers/list-config-resources.ts'
import { codes } from '../../protocol/errors.ts'
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts'
import { clusterContext, encodable, topic } from './cluster-context.ts'
import { alter, type Change, described } from './config-requests.ts'

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = configResourceTypes
const { SET, DELETE, APPEND, SUBTRACT } = configOperations

t.test('single settings are set, deleted, and gain and lose members', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a')])
  const configs = () => Object.fromEntries(context.cluster.image.topics.get('a')!.configs)
  t.equal(await alter(t, context, TOPIC, 'a', ['retention.ms', SET, '5'], ['cleanup.policy', APPEND, 'compact']), 0)
  t.same(configs(), { 'retention.ms': '5', 'cleanup.policy': 'delete,compact' }, 'members are added to the default')
  t.equal(
    await alter(t, context, TOPIC, 'a', ['retention.ms', DELETE, null], ['cleanup.policy', SUBTRACT, 'delete']),
    0,
  )
  t.same(configs(), { 'cleanup.policy': 'compact' })
  t.equal(await alter(t, context, TOPIC, 'a', ['cleanup.policy', APPEND, 'compact']), 0)
  t.same(configs(), { 'cleanup.policy': 'compact' }, 'a member is there once')
  t.equal(await alter(t, context, TOPIC, 'a', ['retention.ms', DELETE, null], ['unknown', DELETE, null]), 0)
})

t.test('a list grows up to what an answer can tell', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a')])
  const list = 'leader.replication.throttled.replicas'
  const replicas = (partition: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${partition}:${10_000 + index}`).join(',')
  const grow = (partition: number, count: number) =>
    alter(t, context, TOPIC, 'a', [list, APPEND, replicas(partition, count)])
  const value = () => context.cluster.image.topics.get('a')!.configs.get(list)!
  t.equal(await grow(1, 2_000), 0)
  t.equal(await grow(2, 2_000), 0)
  t.equal(value().length, 31_999)
  t.equal(await grow(3, 97), codes.INVALID_CONFIG)
  t.equal(value().length, 31_999)
  t.equal(await grow(3, 96), 0)
  t.equal(value().length, 32_767)
  encodable(t, DescribeConfigs, { throttleTimeMs: 0, results: [described(context, TOPIC, 'a')] })
})

t.test('alterations that cannot be are refused as Kafka refuses them', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a')])
  const cases: [number, string, Change, number][] = [
    [TOPIC, 'nowhere', ['retention.ms', SET, '5'], codes.UNKNOWN_TOPIC_OR_PARTITION],
    [TOPIC, '', ['retention.ms', SET, '5'], codes.INVALID_REQUEST],
    [TOPIC, 'a b', ['retention.ms', SET, '5'], codes.INVALID_TOPIC_EXCEPTION],
    [TOPIC, 'a', ['retention.ms', SET, 'x'], codes.INVALID_CONFIG],
    [TOPIC, 'a', ['unknown', SET, 'x'], codes.INVALID_CONFIG],
    [TOPIC, 'a', ['retention.ms', SET, null], codes.INVALID_REQUEST],
    [TOPIC, 'a', ['retention.ms', APPEND, '5'], codes.INVALID_CONFIG],
    [TOPIC, 'a', ['retention.ms', SUBTRACT, '5'], codes.INVALID_CONFIG],
    [TOPIC, 'a', ['cleanup.policy', APPEND, 'shred'], codes.INVALID_CONFIG],
    [TOPIC, 'a', ['retention.ms', 9, '5'], codes.INVALID_REQUEST],
    [BROKER, '1', ['num.partitions', SET, '5'], codes.INVALID_REQUEST],
    [BROKER, '1', ['num.partitions', DELETE, null], codes.NONE],
    [BROKER, '1', ['message.max.bytes', SET, '-1'], codes.INVALID_REQUEST],
    [BROKER, '2', ['message.max.bytes', SET, '1'], codes.INVALID_REQUEST],
    [BROKER, '+01', ['message.max.bytes', SET, '1'], codes.NONE],
    [BROKER, ' 1', ['message.max.bytes', SET, '1'], codes.INVALID_REQUEST],
    [TOPIC, 'nowhere', ['retention.ms', SET, 'x'], codes.INVALID_CONFIG],
    [TOPIC, 'nowhere', ['retention.ms', SET, null], codes.INVALID_REQUEST],
    [TOPIC, 'nowhere', ['unknown', SET, 'x'], codes.INVALID_CONFIG],
    [TOPIC, 'a', ['cleanup.policy', APPEND, ''], codes.INVALID_CONFIG],
    [TOPIC, 'a', ['cleanup.policy', SUBTRACT, ''], codes.NONE],
    [BROKER, '1', ['cordoned.log.dirs', APPEND, ''], codes.NONE],
    [BROKER, '1', ['ssl.enabled.protocols', APPEND, 'a,a'], codes.INVALID_REQUEST],
    [BROKER, '1', ['listener.name.x.ssl.enabled.protocols', APPEND, 'a'], codes.INVALID_CONFIG],
    [BROKER, '', ['listeners', SET, 'PLAINTEXT://:1'], codes.INVALID_REQUEST],
    [BROKER, '1', ['ssl.keystore.location', SET, '/x'], codes.INVALID_REQUEST],
    [BROKER, '1', ['listener.name.external.ssl.keystore.location', SET, '/x'], codes.NONE],
    [BROKER_LOGGER, '1', ['root', SET, 'LOUD'], codes.INVALID_CONFIG],
    [BROKER_LOGGER, '1', ['nope', SET, 'DEBUG'], codes.INVALID_CONFIG],
    [BROKER_LOGGER, '1', ['root', DELETE, null], codes.INVALID_REQUEST],
    [BROKER_LOGGER, '1', ['root', APPEND, 'DEBUG'], codes.INVALID_REQUEST],
    [BROKER_LOGGER, '2', ['root', SET, 'DEBUG'], codes.INVALID_REQUEST],
    [GROUP, '', ['consumer.session.timeout.ms', SET, '46000'], codes.INVALID_REQUEST],
    [GROUP, 'g', ['unknown', SET, '1'], codes.INVALID_CONFIG],
    [CLIENT_METRICS, 'm', ['unknown', SET, '1'], codes.INVALID_REQUEST],
    [CLIENT_METRICS, 'm', ['metrics', APPEND, '1'], codes.INVALID_CONFIG],
    [CLIENT_METRICS, 'm', ['match', SUBTRACT, 'client_id=1'], codes.INVALID_CONFIG],
    [GROUP, 'g', ['streams.rack.aware.assignment.tags', APPEND, '1'], codes.INVALID_CONFIG],
    [0, '1', ['x', SET, '1'], codes.INVALID_REQUEST],
  ]
  for (const [type, name, change, expected] of cases) {
    t.equal(await alter(t, context, type, name, change), expected, `${type} ${name} ${change.join(' ')}`)
  }
  t.equal(
    await alter(t, context, TOPIC, 'a', ['retention.ms', APPEND, '1'], ['unknown', SET, null]),
    codes.INVALID_REQUEST,
    'what has no value is refused before all else',
  )
  t.equal(
    await alter(t, context, TOPIC, 'a', ['retention.ms', SET, '1'], ['retention.ms', SET, '2']),
    codes.INVALID_REQUEST,
  )
})

t.test(
  'a running broker takes the changes that Kafka takes, and refuses those that would be too great a step',
  async t => {
    const context = await clusterContext(t)
    const codeOf = (name: string, value: string, broker = '1') => alter(t, context, BROKER, broker, [name, SET, value])
    const threads: [name: string, good: string[], bad: string[]][] = [
      ['num.io.threads', ['16', '8', '4', '8'], ['17', '3']],
      ['num.network.threads', ['6', '3', '1', '2', '3'], ['7', '0']],
      ['num.replica.fetchers', ['2', '1'], ['3', '0']],
      ['num.recovery.threads.per.data.dir', ['1', '2', '4', '2'], ['5', '0']],
      ['background.threads', ['5', '10'], ['4', '21']],
      ['log.cleaner.threads', ['2', '1'], ['3', '0']],
      ['remote.log.reader.threads', ['5', '10'], ['4', '21']],
      ['remote.log.manager.copier.thread.pool.size', ['5', '10'], ['4', '21']],
      ['remote.log.manager.expiration.thread.pool.size', ['5', '10'], ['4', '21']],
      ['remote.log.manager.follower.thread.pool.size', ['1', '2'], ['5']],
    ]
    for (const [name, good, bad] of threads) {
      for (const value of good) t.equal(await codeOf(name, value), codes.NONE, `${name} becomes ${value}`)
      for (const value of bad)
        t.equal(await codeOf(name, value), codes.INVALID_REQUEST, `${name} does not become ${value}`)
    }
    const others: [name: string, value: string, broker: string, code: number][] = [
      ['max.connections', '0', '1', codes.INVALID_REQUEST],
      ['max.connection.creation.rate', '0', '', codes.INVALID_REQUEST],
      ['listener.name.plaintext.max.connections', '0', '1', codes.INVALID_REQUEST],
      ['listener.name.elsewhere.max.connections', '0', '1', codes.NONE],
      ['listener.name.elsewhere.max.connections', '5', '', codes.NONE],
      ['listener.name.elsewhere.ssl.keystore.type', 'JKS', '', codes.INVALID_REQUEST],
      ['listener.name.elsewhere.unknown', '1', '', codes.INVALID_REQUEST],
      ['listener.name.elsewhere.node.id', 'any', '1', codes.NONE],
      ['listeners', 'nonsense', '1', codes.INVALID_REQUEST],
      ['listener.security.protocol.map', 'A:B', '1', codes.INVALID_REQUEST],
      ['listener.security.protocol.map', 'A:PLAINTEXT', '1', codes.INVALID_REQUEST],
      ['log.local.retention.ms', '-1', '1', codes.INVALID_REQUEST],
      ['log.local.retention.ms', '604800001', '1', codes.INVALID_REQUEST],
      ['log.remote.copy.lag.ms', '604800001', '1', codes.INVALID_REQUEST],
      ['log.retention.ms', '-2', '1', codes.NONE],
      ['log.retention.ms', '0', '1', codes.INVALID_REQUEST],
      ['log.cleanup.policy', 'delete,delete', '1', codes.INVALID_REQUEST],
      ['log.flush.interval.messages', '9223372036854775808', '', codes.INVALID_REQUEST],
      ['log.cleaner.min.cleanable.ratio', ' 0.5f', '', codes.NONE],
      ['principal.builder.class', 'com.example.Builder', '1', codes.INVALID_REQUEST],
      ['metric.reporters', 'com.example.Reporter', '1', codes.INVALID_REQUEST],
      ['producer.id.expiration.check.interval.ms', '1000', '1', codes.INVALID_REQUEST],
      ['group.consumer.assignor.offload.enable', 'false', '1', codes.NONE],
    ]
    for (const [name, value, broker, code] of others)
      t.equal(await codeOf(name, value, broker), code, `${name}=${value}`)
  },
)

t.test(
  'a list of a topic loses a member that is there twice, and a subscription to client metrics is checked',
  async t => {
    const context = await clusterContext(t)
    await context.cluster.createTopics([topic('a')])
    t.equal(await alter(t, context, TOPIC, 'a', ['cleanup.policy', SET, 'compact,compact']), codes.NONE)
    t.equal(described(context, TOPIC, 'a').byName.get('cleanup.policy')!.value, 'compact')
    const cases: [name: string, operation: number, value: string, code: number][] = [
      ['match', SET, ' client_id = app-.*, client_source_port=12', codes.NONE],
      ['match', SET, 'client_id=(?i)app\\Q.\\E', codes.NONE],
      ['match', SET, 'client_id=[', codes.INVALID_CONFIG],
      ['match', SET, 'client_id', codes.INVALID_CONFIG],
      ['match', SET, 'client=x', codes.INVALID_CONFIG],
      ['match', APPEND, 'client_id=x', codes.INVALID_CONFIG],
      ['metrics', SET, 'a,,b', codes.INVALID_CONFIG],
      ['metrics', SET, 'a,a', codes.NONE],
      ['interval.ms', SET, 'often', codes.INVALID_CONFIG],
      ['interval.ms', SET, '99', codes.INVALID_REQUEST],
      ['interval.ms', SET, '3600001', codes.INVALID_REQUEST],
      ['interval.ms', SET, '3600000', codes.NONE],
    ]
    for (const [name, operation, value, code] of cases) {
      t.equal(await alter(t, context, CLIENT_METRICS, 'm', [name, operation, value]), code, `${name} ${value}`)
    }
    t.equal(described(context, CLIENT_METRICS, 'm').byName.get('metrics')!.value, 'a')
  },
)

t.test('a dynamic broker setting holds for the broker and for the topics that follow it', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a')])
  await alter(t, context, BROKER, '', ['log.retention.ms', SET, '1000'])
  t.equal(context.config.get('log.retention.ms'), 1000)
  t.match(described(context, TOPIC, 'a').byName.get('retention.ms'), { value: '1000', configSource: 3 })
})

t.test('AlterConfigs puts its settings in the place of all others', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a', { configs: [{ name: 'retention.ms', value: '5' }] })])
  const configs = [{ name: 'segment.ms', value: '6' }]
  const request = { resources: [{ resourceType: TOPIC, resourceName: 'a', configs }], validateOnly: false }
  const answer = await alterConfigs(request, context.at(2))
  t.match(answer.responses, [{ errorCode: 0, errorMessage: null, resourceType: TOPIC, resourceName: 'a' }])
  t.same(Object.fromEntries(context.cluster.image.topics.get('a')!.configs), { 'segment.ms': '6' })
  encodable(t, AlterConfigs, answer)
  const twice = await alterConfigs(
    { ...request, resources: [...request.resources, ...request.resources] },
    context.at(2),
  )
  t.same(
    twice.responses.map(({ errorCode }) => errorCode),
    [codes.INVALID_REQUEST, codes.INVALID_REQUEST],
  )
})

t.test('settings that are only validated do not hold', async t => {
  const context = await clusterContext(t)
  const configs = [{ name: 'message.max.bytes', configOperation: SET, value: '5' }]
  const resources = [{ resourceType: BROKER, resourceName: '1', configs }]
  const answer = await incrementalAlterConfigs({ resources, validateOnly: true }, context.at(1))
  t.equal(answer.responses[0]!.errorCode, 0)
  t.equal(context.config.get('message.max.bytes'), 1_048_588)
})

t.test('a client that may not alter is told so for its kind of resource', async t => {
  const context = await clusterContext(t, { deny: operation => operation === 'alterConfigs' })
  await context.cluster.createTopics([topic('a')])
  t.equal(await alter(t, context, TOPIC, 'a', ['retention.ms', SET, '1']), codes.TOPIC_AUTHORIZATION_FAILED)
  t.equal(await alter(t, context, BROKER, '1', ['message.max.bytes', SET, '1']), codes.CLUSTER_AUTHORIZATION_FAILED)
  t.equal(
    await alter(t, context, GROUP, 'g', ['share.auto.offset.reset', SET, 'latest']),
    codes.GROUP_AUTHORIZATION_FAILED,
  )
})

t.test('ListConfigResources tells what has configs, by type', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a')])
  await alter(t, context, GROUP, 'g', ['consumer.session.timeout.ms', SET, '46000'])
  await alter(t, context, CLIENT_METRICS, 'm', ['interval.ms', SET, '1000'])
  const listed = (resourceTypes: number[], version = 1) => {
    const answer = listConfigResources({ resourceTypes }, context.at(version))
    encodable(t, ListConfigResources, answer)
    return [answer.errorCode, ...answer.configResources.map(each => `${each.resourceType}:${each.resourceName}`)]
  }
  t.same(listed([]), [0, '2:a', '4:1', '8:1', '16:m', '32:g'])
  t.same(listed([GROUP, TOPIC]), [0, '32:g', '2:a'])
  t.same(listed([], 0), [0, '16:m'])
  t.same(listed([99]), [codes.UNSUPPORTED_VERSION])
})

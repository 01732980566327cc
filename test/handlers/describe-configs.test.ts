/** DescribeConfigs: what is told of topics, brokers, groups and client metrics, in which order and words. */
import t from 'tap'
import { configOperations } from '../../lib/config/alter.ts'
import { configResourceTypes } from '../../lib/handlers/config-resources.ts'
import { describeConfigs } from '../../lib/handlers/describe-configs.ts'
import { codes } from '../../protocol/errors.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { clusterContext, encodable, topic } from './cluster-context.ts'
import { alter, described } from './config-requests.ts'

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = configResourceTypes
const { SET } = configOperations

t.test('a topic is described with every property, its type, and where its value comes from', async t => {
  const context = await clusterContext(t, { properties: { 'message.max.bytes': '100', 'log.retention.minutes': '5' } })
  await context.cluster.createTopics([topic('a', { configs: [{ name: 'segment.bytes', value: '2000000' }] })])
  const { byName, errorCode } = described(context, TOPIC, 'a')
  t.equal(errorCode, 0)
  t.equal(byName.size, 37)
  t.match(byName.get('segment.bytes'), {
    value: '2000000',
    configSource: 1,
    isDefault: false,
    configType: 3,
    synonyms: [
      { name: 'segment.bytes', value: '2000000', source: 1 },
      { name: 'log.segment.bytes', value: '1073741824', source: 5 },
    ],
  })
  t.match(byName.get('max.message.bytes'), {
    value: '100',
    configSource: 4,
    synonyms: [
      { name: 'message.max.bytes', value: '100', source: 4 },
      { name: 'message.max.bytes', value: '1048588', source: 5 },
    ],
  })
  t.match(
    byName.get('retention.ms'),
    { value: '300000', synonyms: [] },
    'coarser units count, and are told from the finest on',
  )
  t.match(byName.get('flush.messages'), { value: '9223372036854775807', configType: 5, isDefault: true })
  t.match(byName.get('cleanup.policy'), { value: 'delete', configType: 7 })
  t.equal(byName.get('min.cleanable.dirty.ratio')!.value, '0.5')
  t.equal(byName.get('segment.bytes')!.documentation, 'A segment that would grow beyond this is followed by a new one.')
})

t.test('the broker is described with every property, secrets hidden', async t => {
  const context = await clusterContext(t, {
    properties: { 'node.id': '1', 'ssl.keystore.password': 'swordfish', 'log.roll.hours': '2' },
  })
  await alter(t, context, BROKER, '1', ['message.max.bytes', SET, '200'], ['my.plugin.key', SET, 'secret'])
  await alter(t, context, BROKER, '', ['message.max.bytes', SET, '300'], ['log.roll.ms', SET, '7200000'])
  const { byName } = described(context, BROKER, '1')
  t.equal(byName.size, 351)
  t.match(byName.get('message.max.bytes'), {
    value: '200',
    readOnly: false,
    configSource: 2,
    synonyms: [
      { value: '200', source: 2 },
      { value: '300', source: 3 },
      { value: '1048588', source: 5 },
    ],
  })
  t.match(byName.get('log.roll.ms'), {
    configSource: 3,
    synonyms: [
      { name: 'log.roll.ms', value: '7200000', source: 3 },
      { name: 'log.roll.hours', value: '2', source: 4 },
      { name: 'log.roll.hours', value: '168', source: 5 },
    ],
  })
  t.match(byName.get('ssl.keystore.password'), {
    value: null,
    isSensitive: true,
    configType: 9,
    synonyms: [{ value: null, source: 4 }],
  })
  t.match(byName.get('my.plugin.key'), { value: null, isSensitive: true })
  t.match(byName.get('num.partitions'), { value: '1', readOnly: true, configSource: 5, isDefault: true })
  t.match(byName.get('broker.rack'), { value: null, configSource: 5, synonyms: [] })
  t.notOk(JSON.stringify([...byName]).includes('swordfish'))

  const defaults = described(context, BROKER, '')
  t.same(
    [...defaults.byName.keys()].sort(),
    ['log.roll.ms', 'message.max.bytes', 'min.insync.replicas'],
    'the default of all has what was set, and what it keeps for eligible leader replicas',
  )
  t.match(defaults.byName.get('message.max.bytes'), { value: '300', configSource: 3 })
})

t.test(
  'what is set and not listed is told first: internal properties, those of one listener, and unknown ones, whose values are hidden',
  async t => {
    const context = await clusterContext(t, {
      properties: {
        'producer.id.expiration.check.interval.ms': ' 5000',
        'listener.name.plaintext.max.connections': '70',
        'my.plugin.key': 'swordfish',
      },
    })
    await alter(
      t,
      context,
      BROKER,
      '1',
      ['leader.replication.throttled.rate', SET, '12'],
      ['listener.name.x.plain.sasl.jaas.config', SET, 'swordfish'],
      ['sasl.jaas.config', SET, 'swordfish'],
    )
    const { configs, byName } = described(context, BROKER, '1')
    t.same(
      new Set(configs.slice(0, 5).map(({ name }) => name)),
      new Set([
        'producer.id.expiration.check.interval.ms',
        'listener.name.plaintext.max.connections',
        'my.plugin.key',
        'leader.replication.throttled.rate',
        'listener.name.x.plain.sasl.jaas.config',
      ]),
    )
    t.equal(configs.length, 355)
    t.match(byName.get('producer.id.expiration.check.interval.ms'), {
      value: ' 5000',
      readOnly: true,
      configSource: 4,
      configType: 3,
      synonyms: [
        { value: ' 5000', source: 4 },
        { value: '600000', source: 5 },
      ],
    })
    t.match(byName.get('listener.name.plaintext.max.connections'), {
      value: '70',
      readOnly: true,
      configType: 3,
      synonyms: [
        { name: 'listener.name.plaintext.max.connections', value: '70', source: 4 },
        { name: 'max.connections', value: '2147483647', source: 5 },
      ],
    })
    t.match(byName.get('leader.replication.throttled.rate'), {
      value: '12',
      readOnly: false,
      configType: 5,
      synonyms: [{ source: 2 }],
    })
    t.match(byName.get('listener.name.x.plain.sasl.jaas.config'), {
      value: null,
      isSensitive: true,
      configType: 9,
      synonyms: [
        { value: null, source: 2 },
        { name: 'sasl.jaas.config', value: null, source: 2 },
      ],
    })
    t.match(byName.get('my.plugin.key'), {
      value: null,
      isSensitive: true,
      readOnly: true,
      configType: 0,
      documentation: null,
      synonyms: [{ value: null, source: 4 }],
    })
    t.notOk(JSON.stringify(configs).includes('swordfish'))
    t.match(byName.get('node.id'), { value: '1', configSource: 5, synonyms: [] }, 'what Kafka has no default for')
  },
)

t.test(
  'values are told to the last digit as Kafka prints them, and those of the broker as they were given too',
  async t => {
    const context = await clusterContext(t, { properties: { 'log.retention.hours': '0100' } })
    await context.cluster.createTopics([
      topic('a', {
        configs: [
          { name: 'flush.ms', value: ' +9007199254740993 ' },
          { name: 'min.cleanable.dirty.ratio', value: '0x.8p0' },
          { name: 'cleanup.policy', value: ' compact , delete' },
          { name: 'internal.segment.bytes', value: '123' },
        ],
      }),
    ])
    await alter(t, context, BROKER, '1', ['log.flush.interval.messages', SET, '+9007199254740993'])
    const { byName, configs } = described(context, TOPIC, 'a')
    t.match(byName.get('flush.ms'), { value: '9007199254740993', synonyms: [{ value: '9007199254740993' }] })
    t.match(byName.get('min.cleanable.dirty.ratio'), { value: '0.5', synonyms: [{ value: '0.5' }, { value: '0.5' }] })
    t.match(byName.get('cleanup.policy'), { value: 'compact,delete', synonyms: [{ value: 'compact,delete' }, {}] })
    t.match(byName.get('flush.messages'), {
      value: '9007199254740993',
      synonyms: [{ value: '+9007199254740993', source: 2 }, { value: '9223372036854775807' }],
    })
    t.match(byName.get('retention.ms'), { value: '360000000' })
    t.match(configs[0], { name: 'internal.segment.bytes', value: '123', configType: 3 })
    t.match(described(context, BROKER, '1').byName.get('log.retention.hours'), {
      value: '100',
      synonyms: [{ value: '0100' }, { value: '168' }],
    })
    t.match(described(context, BROKER, '1').byName.get('log.cleaner.io.max.bytes.per.second'), {
      value: '1.7976931348623157E308',
    })
  },
)

t.test('a description has an empty message where there is no error, and where there is no such topic', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a')])
  t.equal(described(context, TOPIC, 'a').errorMessage, '')
  t.equal(described(context, TOPIC, 'b').errorMessage, '')
  t.equal(described(context, TOPIC, 'b').errorCode, codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.not(described(context, TOPIC, 'a b').errorMessage, '')
})

t.test('only the asked configs are told, and synonyms and documentation where they are wanted', async t => {
  const context = await clusterContext(t)
  await context.cluster.createTopics([topic('a')])
  t.same([...described(context, TOPIC, 'a', ['retention.ms', 'unknown']).byName.keys()], ['retention.ms'])
  const resources = [{ resourceType: TOPIC, resourceName: 'a', configurationKeys: ['max.message.bytes'] }]
  const answer = describeConfigs({ resources, includeSynonyms: false, includeDocumentation: false }, context.at(4))
  t.match(answer.results[0]!.configs, [{ synonyms: [], documentation: null }])
  encodable(t, DescribeConfigs, answer)
})

t.test('resources that cannot be described have an error each', async t => {
  const context = await clusterContext(t, {
    deny: (operation, type) => operation === 'describeConfigs' && type === 'group',
  })
  t.equal(described(context, TOPIC, 'nowhere').errorCode, codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(described(context, TOPIC, 'a b').errorCode, codes.INVALID_TOPIC_EXCEPTION)
  t.equal(described(context, TOPIC, '').errorCode, codes.INVALID_TOPIC_EXCEPTION)
  t.equal(described(context, BROKER, '2').errorCode, codes.INVALID_REQUEST)
  t.equal(described(context, BROKER, 'x').errorCode, codes.INVALID_REQUEST)
  t.equal(described(context, BROKER_LOGGER, '').errorCode, codes.INVALID_REQUEST)
  t.equal(described(context, GROUP, 'g').errorCode, codes.GROUP_AUTHORIZATION_FAILED)
  t.equal(described(context, CLIENT_METRICS, '').errorCode, codes.INVALID_REQUEST)
  t.equal(described(context, 77, 'x').errorCode, codes.INVALID_REQUEST)
})

t.test('groups, subscriptions and the log level are described', async t => {
  const context = await clusterContext(t)
  t.equal(await alter(t, context, GROUP, 'g', ['consumer.session.timeout.ms', SET, '46000']), 0)
  t.match(described(context, GROUP, 'g').byName.get('consumer.session.timeout.ms'), {
    value: '46000',
    configSource: 8,
    synonyms: [
      { name: 'consumer.session.timeout.ms', value: '46000', source: 8 },
      { name: 'group.consumer.session.timeout.ms', value: '45000', source: 5 },
    ],
  })
  t.match(described(context, GROUP, 'other').byName.get('share.auto.offset.reset'), {
    value: 'latest',
    synonyms: [{ name: 'share.auto.offset.reset', source: 5 }],
  })
  t.match(described(context, GROUP, 'other').byName.get('streams.assignor.name'), {
    value: 'sticky',
    synonyms: [{ name: 'group.streams.assignors', value: 'sticky', source: 5 }],
  })
  t.equal(await alter(t, context, CLIENT_METRICS, 'm', ['interval.ms', SET, '1000']), 0)
  t.match(described(context, CLIENT_METRICS, 'm').byName.get('interval.ms'), { value: '1000', configSource: 7 })
  t.match(described(context, BROKER_LOGGER, '1').byName.get('root'), { value: 'OFF', configSource: 6 })
})

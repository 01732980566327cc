/** Reading settings: values, errors, presets, dynamic layers, and what topics and groups make of them. */
import t from 'tap'
import { BrokerConfig, ConfigError } from '../../lib/config/config.ts'
import { devProperties } from '../../lib/config/dev.ts'
import { groupValue, validateGroupConfigs } from '../../lib/config/group-config.ts'
import { parseProperties } from '../../lib/config/properties.ts'
import { serverLimitsOf } from '../../lib/config/server-limits.ts'
import { logConfigOf, topicReader, validateTopicConfig, validateTopicConfigs } from '../../lib/config/topic-config.ts'
import { codes } from '../../protocol/errors.ts'

function parse(properties: Record<string, string>): BrokerConfig {
  return BrokerConfig.parse(properties)
}

function settings(record: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(record))
}

t.test('values have the type of their row, and the default where they are not set', t => {
  const config = parse({ 'socket.request.max.bytes': ' 1000 ', 'log.cleaner.min.cleanable.ratio': '0.25' })
  const bytes: number = config.get('socket.request.max.bytes')
  t.equal(bytes, 1000)
  const enabled: boolean = config.get('auto.create.topics.enable')
  t.equal(enabled, true)
  const policy: readonly string[] = config.get('log.cleanup.policy')
  t.same(policy, ['delete'])
  const rack: string | null = config.get('broker.rack')
  t.equal(rack, null)
  t.equal(config.get('log.cleaner.min.cleanable.ratio'), 0.25)
  t.equal(config.get('log.flush.interval.messages'), 2 ** 63)
  t.end()
})

t.test('lists, booleans and numbers are read as Kafka reads them', t => {
  const config = parse({
    'log.dirs': '/a , /b',
    'delete.topic.enable': 'FALSE',
    'log.retention.ms': '-1',
    'log.flush.interval.messages': '9223372036854775807',
    'sasl.enabled.mechanisms': '',
  })
  t.same(config.logDirs, ['/a', '/b'])
  t.equal(config.get('delete.topic.enable'), false)
  t.equal(config.get('log.retention.ms'), -1)
  t.same(config.get('sasl.enabled.mechanisms'), [])
  t.same(parse({}).logDirs, ['/tmp/kafka-logs'])
  t.end()
})

t.test('a bad value is an error that names the property, the value and what is allowed', t => {
  const cases: [string, string, RegExp][] = [
    ['num.partitions', 'many', /num\.partitions cannot be 'many': it takes a whole number from 1 to 2147483647/],
    ['num.partitions', '0', /a whole number from 1/],
    ['num.partitions', '1.5', /a whole number/],
    ['num.partitions', '', /a whole number/],
    ['socket.request.max.bytes', '2147483648', /to 2147483647/],
    ['log.cleaner.min.cleanable.ratio', '1.1', /a number from 0 to 1/],
    ['delete.topic.enable', 'yes', /true or false/],
    [
      'compression.type',
      'brotli',
      /compression\.type cannot be 'brotli': it takes one of uncompressed, zstd, lz4, snappy, gzip, producer/,
    ],
    ['log.cleanup.policy', 'delete,shred', /'shred': it takes one of compact, delete/],
    ['compression.gzip.level', '0', /-1 or a number from 1 to 9/],
    ['max.connections.per.ip.overrides', 'localhost', /pairs of address and number/],
    ['offsets.topic.replication.factor', '40000', /from 1 to 32767/],
  ]
  for (const [name, value, message] of cases) t.throws(() => parse({ [name]: value }), { message }, `${name}=${value}`)
  t.throws(() => parse({ 'num.partitions': '0', 'delete.topic.enable': '?' }), {
    message: /num\.partitions.*\n.*delete\.topic/,
  })
  t.end()
})

t.test('rules over several properties are checked when all are read', t => {
  t.throws(
    () => parse({ 'group.share.session.timeout.ms': '5000', 'group.share.min.session.timeout.ms': '5001' }),
    ConfigError,
  )
  t.throws(() => parse({ 'node.id': '1', 'broker.id': '2' }), { message: /two names of one number/ })
  t.throws(() => parse({ 'log.dirs': '' }), { message: /log\.dirs cannot be '': it takes at least one member/ })
  t.throws(() => parse({ 'process.roles': 'controller' }), { message: /broker/ })
  t.equal(parse({ 'broker.id': '7' }).get('node.id'), 7)
  t.equal(parse({ 'node.id': '8' }).get('broker.id'), 8)
  t.end()
})

t.test('settings go together or do not as Apache Kafka 4.4.0 says at its start', t => {
  const good: Record<string, string>[] = [
    { 'group.min.session.timeout.ms': '5', 'group.max.session.timeout.ms': '4' },
    { 'group.coordinator.rebalance.protocols': 'classic,classic' },
    { 'early.start.listeners': 'CONTROLLER' },
    { 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': 'a%25:+5, ::1:6' },
    { 'log.cleaner.dedupe.buffer.size': '2097154', 'log.cleaner.threads': '2' },
    { 'log.retention.hours': '0', 'log.retention.ms': '5' },
    { 'log.retention.ms': '-7' },
    { 'log.dirs': 'a,b,a' },
    { 'cordoned.log.dirs': '*' },
    { 'connections.max.idle.ms': '-1' },
    { 'connections.max.idle.ms': '100', 'connection.failed.authentication.delay.ms': '99' },
    { 'queued.max.request.bytes': '100', 'socket.request.max.bytes': '100' },
    { 'queued.max.request.bytes': '0' },
    { 'offsets.topic.compression.codec': '4' },
    { 'group.consumer.assignors': 'org.apache.kafka.coordinator.group.assignor.UniformAssignor' },
  ]
  for (const properties of good) t.doesNotThrow(() => parse(properties), JSON.stringify(properties))
  t.same(parse({ 'log.dirs': 'a,b,a' }).logDirs, ['a', 'b'])
  const bad: Record<string, string>[] = [
    { 'node.id': '1', 'broker.id': '-1' },
    { 'group.coordinator.rebalance.protocols': 'consumer,streams' },
    { 'early.start.listeners': 'plaintext' },
    { 'max.connections.per.ip': '0' },
    { 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': ',' },
    { 'max.connections.per.ip.overrides': '[::1]:5' },
    { 'max.connections.per.ip.overrides': 'a:2147483648' },
    { 'log.cleaner.dedupe.buffer.size': '2097153', 'log.cleaner.threads': '2' },
    { 'log.cleaner.threads': '0' },
    { 'log.retention.hours': '0' },
    { 'log.retention.minutes': '0' },
    { 'log.roll.ms': '0' },
    { 'log.roll.jitter.hours': '5', 'log.roll.jitter.ms': '-1' },
    { 'log.dirs': 'a,,b' },
    { 'log.dirs': '/tmp/a', 'cordoned.log.dirs': '*,/tmp/a' },
    { 'log.dirs': '/tmp/a', 'cordoned.log.dirs': '/tmp/a/' },
    { 'connections.max.idle.ms': '100' },
    { 'queued.max.request.bytes': '99', 'socket.request.max.bytes': '100' },
    { 'replica.socket.timeout.ms': '499' },
    { 'offsets.topic.compression.codec': '5' },
    { 'group.consumer.assignors': 'uniform,mine' },
    { 'group.streams.rack.aware.assignment.tags': 'a,a' },
    { 'group.consumer.heartbeat.interval.ms': '45000', 'group.consumer.max.heartbeat.interval.ms': '50000' },
    { 'group.share.max.delivery.count.limit': '5', 'group.share.delivery.count.limit': '10' },
    { 'group.share.max.share.sessions': '199' },
    { 'group.streams.assignment.interval.ms': '15001' },
    { 'group.streams.num.warmup.replicas': '21' },
    { 'group.streams.task.offset.interval.ms': '14999' },
    { 'controller.quorum.voters': '1@host' },
    { 'controller.quorum.bootstrap.servers': 'host' },
  ]
  for (const properties of bad) t.throws(() => parse(properties), ConfigError, JSON.stringify(properties))
  t.end()
})

t.test('an unknown name is ignored with a warning that names the nearest known one', t => {
  const warnings: string[] = []
  BrokerConfig.parse(
    {
      'socket.request.max.byte': '1',
      'log.retension.hours': '1',
      'entirely.different': '1',
      'zookeeper.connect': 'localhost:2181',
      'listener.name.internal.ssl.keystore.location': '/x',
      'listener.name.internal.scram-sha-256.sasl.jaas.config': 'x',
      'rsm.config.bucket': 'x',
    },
    { warn: message => warnings.push(message) },
  )
  t.same(warnings, [
    'socket.request.max.byte is not a property of the broker and is ignored; did you mean socket.request.max.bytes?',
    'log.retension.hours is not a property of the broker and is ignored; did you mean log.retention.hours?',
    'entirely.different is not a property of the broker and is ignored',
    'zookeeper.connect is not used any more: there is no ZooKeeper any more; leave it out',
  ])
  t.end()
})

t.test('a properties file of Kafka with its KRaft properties is read without a warning', t => {
  const text = `
# The role of this server
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
num.network.threads=3
log.dirs=/tmp/kraft-combined-logs
log.retention.hours=168
`
  const config = BrokerConfig.parse(parseProperties(text), { warn: message => t.fail(message) })
  t.equal(config.get('node.id'), 1)
  t.end()
})

t.test('the syntax of properties files is that of Java', t => {
  t.same(
    parseProperties(
      [
        '# comment = no',
        '! comment : no',
        '',
        '   ',
        'a=1',
        '  b : 2  ',
        'c 3',
        'd',
        'e=',
        'f = x \\',
        '    y',
        'g\\=h\\ i=\\u00e9\\t\\\\',
        'j=a=b:c',
        'k=one\\\\',
        'a=last',
        'l=end\\',
      ].join('\r\n'),
    ),
    { a: 'last', b: '2  ', c: '3', d: '', e: '', f: 'x y', 'g=h i': 'é\t\\', j: 'a=b:c', k: 'one\\', l: 'end' },
  )
  t.end()
})

t.test('a dynamic value for this broker goes before that for all, and both before the static one', t => {
  const config = parse({ 'message.max.bytes': '100', 'num.partitions': '2' })
  const seen: string[][] = []
  config.onChange(changed => seen.push([...changed]))
  config.applyDynamic(settings({ 'message.max.bytes': '200' }), settings({}))
  t.equal(config.get('message.max.bytes'), 200)
  config.applyDynamic(settings({ 'message.max.bytes': '200' }), settings({ 'message.max.bytes': '300' }))
  t.equal(config.get('message.max.bytes'), 300)
  config.applyDynamic(settings({ 'message.max.bytes': '250' }), settings({ 'message.max.bytes': '300' }))
  config.applyDynamic(settings({}), settings({}))
  t.equal(config.get('message.max.bytes'), 100)
  t.same(
    seen,
    [['message.max.bytes'], ['message.max.bytes'], ['message.max.bytes']],
    'told only of values that changed',
  )
  t.end()
})

t.test('a stored dynamic value that is not allowed any more is passed over', t => {
  const config = parse({ 'message.max.bytes': '100' })
  config.applyDynamic(settings({ 'message.max.bytes': '50' }), settings({ 'message.max.bytes': 'much', nonsense: '1' }))
  t.equal(config.get('message.max.bytes'), 50)
  t.end()
})

t.test('the preset for development makes topics on use and waits for nothing', t => {
  const config = parse(devProperties)
  t.equal(config.get('auto.create.topics.enable'), true)
  t.equal(config.get('group.initial.rebalance.delay.ms'), 0)
  t.equal(config.get('offsets.topic.num.partitions'), 1)
  t.equal(config.get('offsets.topic.replication.factor'), 1)
  t.end()
})

t.test('a topic has its own settings, else those of the broker in the finest unit that is set', t => {
  const own = settings({ 'segment.bytes': '2000000' })
  const broker = parse({
    'log.retention.hours': '2',
    'log.retention.minutes': '3',
    'log.roll.jitter.hours': '1',
    'message.max.bytes': '77',
  })
  const log = logConfigOf(own, broker)
  t.equal(log.segmentBytes, 2_000_000)
  t.equal(log.retentionMs, 180_000)
  t.equal(log.segmentMs, 168 * 3_600_000)
  t.equal(log.segmentJitterMs, 3_600_000)
  t.equal(log.maxMessageBytes, 77)
  t.equal(logConfigOf(settings({}), parse({ 'log.retention.hours': '-1' })).retentionMs, -1)
  t.equal(logConfigOf(settings({}), parse({ 'log.retention.ms': '9', 'log.retention.minutes': '3' })).retentionMs, 9)
  t.equal(logConfigOf(settings({}), parse({})).flushMs, 2 ** 63)
  t.equal(logConfigOf(settings({}), parse({ 'log.flush.scheduler.interval.ms': '5' })).flushMs, 5)
  t.same(logConfigOf(settings({ 'cleanup.policy': 'compact, delete' }), parse({})).cleanupPolicy, ['compact', 'delete'])
  t.equal(topicReader(settings({}), parse({ 'min.insync.replicas': '2' }))('min.insync.replicas'), 2)
  t.end()
})

t.test('a topic is refused unknown properties, bad values, and values that do not go together', t => {
  const broker = parse({})
  t.throws(() => validateTopicConfig('retention', '1'), {
    code: codes.INVALID_CONFIG,
    message: /not a property of a topic/,
  })
  t.throws(() => validateTopicConfig('retention.ms', '-2'), { code: codes.INVALID_CONFIG, message: /from -1/ })
  t.throws(() => validateTopicConfig('segment.bytes', '14'), { code: codes.INVALID_CONFIG })
  t.throws(
    () => validateTopicConfigs(settings({ 'min.compaction.lag.ms': '2', 'max.compaction.lag.ms': '1' }), broker),
    {
      code: codes.INVALID_CONFIG,
    },
  )
  t.throws(() => validateTopicConfigs(settings({ 'remote.storage.enable': 'true' }), broker), {
    code: codes.INVALID_CONFIG,
  })
  t.throws(() => validateTopicConfig('leader.replication.throttled.replicas', 'x'), { code: codes.INVALID_CONFIG })
  validateTopicConfigs(settings({ 'leader.replication.throttled.replicas': '0:1,1:2', 'cleanup.policy': '' }), broker)
  t.end()
})

t.test("a group's settings stay within the broker's bounds", t => {
  const broker = parse({})
  const valid = (record: Record<string, string>) => validateGroupConfigs(settings(record), broker)
  valid({ 'consumer.session.timeout.ms': '46000', 'share.auto.offset.reset': 'by_duration:PT1H30M' })
  t.throws(() => valid({ 'consumer.session.timeout.ms': '1000' }), {
    code: codes.INVALID_CONFIG,
    message: /at least group\.consumer\.min/,
  })
  t.throws(() => valid({ 'consumer.session.timeout.ms': '60001' }), { code: codes.INVALID_CONFIG, message: /at most/ })
  t.throws(() => valid({ 'streams.num.standby.replicas': '3' }), { code: codes.INVALID_CONFIG })
  t.throws(() => valid({ 'share.auto.offset.reset': 'by_duration:P' }), { code: codes.INVALID_CONFIG })
  t.throws(() => valid({ 'errors.deadletterqueue.topic.name': '__dead' }), { code: codes.INVALID_CONFIG })
  valid({ 'errors.deadletterqueue.topic.name': '_dead' })
  t.throws(() => valid({ retention: '1' }), { code: codes.INVALID_CONFIG })
  t.throws(() => valid({ 'streams.task.offset.interval.ms': '14999' }), { code: codes.INVALID_CONFIG })
  t.throws(() => valid({ 'streams.num.warmup.replicas': '21' }), { code: codes.INVALID_CONFIG })
  t.throws(() => valid({ 'streams.assignor.name': 'mine' }), { code: codes.INVALID_CONFIG })
  t.throws(() => valid({ 'streams.rack.aware.assignment.tags': 'a,a' }), { code: codes.INVALID_CONFIG })
  t.equal(
    groupValue('consumer.session.timeout.ms', settings({}), parse({ 'group.consumer.session.timeout.ms': '50000' })),
    50_000,
  )
  t.equal(groupValue('share.auto.offset.reset', settings({}), broker), 'latest')
  t.end()
})

t.test('the bounds of a listener are those that are set with its name in lower case', t => {
  const config = parse({
    'max.connection.creation.rate': '7',
    'quota.window.num': '3',
    'quota.window.size.seconds': '2',
    'listener.name.external.max.connections': ' 70 ',
    'listener.name.external.max.connection.creation.rate': '5',
    'listener.name.EXTERNAL.max.connections': '1',
    'listener.name.internal.max.connections': 'many',
  })
  t.match(serverLimitsOf(config), { connectionsPerSecondMax: 7, connectionBurstMs: 4_000 })
  t.same([...serverLimitsOf(config).ofListeners], [['EXTERNAL', { connectionsMax: 70, connectionsPerSecondMax: 5 }]])
  let told = 0
  config.onChange(() => told++)
  config.applyDynamic(settings({}), settings({ 'listener.name.external.max.connections': '9' }))
  t.equal(serverLimitsOf(config).ofListeners.get('EXTERNAL')!.connectionsMax, 9)
  t.equal(told, 1, 'who reads them is told')
  config.applyDynamic(settings({}), settings({ 'listener.name.external.max.connections': '9' }))
  t.equal(told, 1)
  t.end()
})

t.test('internal.segment.bytes goes before segment.bytes, and may be smaller than that', t => {
  const broker = parse({})
  const own = settings({ 'segment.bytes': '2000000', 'internal.segment.bytes': '100' })
  validateTopicConfigs(own, broker)
  t.equal(logConfigOf(own, broker).segmentBytes, 100)
  t.equal(logConfigOf(settings({ 'segment.bytes': '2000000' }), broker).segmentBytes, 2_000_000)
  t.end()
})

/** Values of configs: odd texts of every type, in which order settings are told, and what a running broker takes. */
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

const types = { topic: 2, broker: 4, metrics: 16, group: 32 } as const
const { topic: topicType, broker: brokerType, metrics: metricsType, group: groupType } = types
const operations = { set: 0, append: 2, subtract: 3 } as const

/** Texts that each type reads in its own way, if at all. */
const texts = [
  ...[
    '',
    ' ',
    '0',
    '1',
    '-1',
    '+1',
    ' 1 ',
    '\t1\n',
    '\u00a01',
    '01',
    '-0',
    '1_000',
    '1,000',
    '0x10',
    '1.0',
    '1.',
    '.5',
    '.',
  ],
  ...[
    '1e3',
    '1e',
    '0.5f',
    '0.5D',
    '0.5 f',
    '0x1.8p-1',
    '0x1p',
    'NaN',
    '-NaN',
    'nan',
    'Infinity',
    '1L',
    '\u0661',
    '\uff11',
  ],
  ...['32767', '32768', '-32769', '2147483647', '2147483648', '-2147483649', '9007199254740993', '9223372036854775807'],
  ...['9223372036854775808', '-9223372036854775808', '-9223372036854775809', '99999999999999999999', '1e400'],
  ...['true', 'TRUE', ' false ', 'yes', 'null', 'a', 'a,b', 'a,,b', 'a,', ',', 'a,a', 'a b'],
  ...['delete', 'delete,compact', 'delete , compact', 'delete,delete', 'Delete', 'gzip', ' gzip', 'GZIP', 'CreateTime'],
  ...[
    '*',
    '0:1',
    '0:1, 1:2',
    '0:1,0:1',
    '0:-1',
    'latest',
    'LATEST',
    'by_duration:PT1H',
    'by_duration:pt1h',
    'by_duration:-PT1H',
  ],
  ...['by_duration:PT', 'read_committed', '127.0.0.1:5', '::1:5', '[::1]:5', 'a:x', 'client_id=a', 'client_id=['],
]

/** Properties of each type and each kind of bound. */
const properties: readonly (readonly [type: number, name: string])[] = [
  [topicType, 'retention.ms'],
  [topicType, 'retention.bytes'],
  [topicType, 'flush.messages'],
  [topicType, 'segment.bytes'],
  [topicType, 'internal.segment.bytes'],
  [topicType, 'max.decompressed.message.bytes'],
  [topicType, 'min.cleanable.dirty.ratio'],
  [topicType, 'preallocate'],
  [topicType, 'cleanup.policy'],
  [topicType, 'compression.type'],
  [topicType, 'compression.gzip.level'],
  [topicType, 'leader.replication.throttled.replicas'],
  [brokerType, 'log.retention.ms'],
  [brokerType, 'log.roll.ms'],
  [brokerType, 'log.cleaner.io.max.bytes.per.second'],
  [brokerType, 'log.cleaner.min.cleanable.ratio'],
  [brokerType, 'log.cleanup.policy'],
  [brokerType, 'log.preallocate'],
  [brokerType, 'max.connections.per.ip'],
  [brokerType, 'max.connections.per.ip.overrides'],
  [brokerType, 'leader.replication.throttled.rate'],
  [brokerType, 'sasl.login.refresh.buffer.seconds'],
  [brokerType, 'ssl.client.auth'],
  [brokerType, 'ssl.cipher.suites'],
  [brokerType, 'listener.name.other.max.connections'],
  [brokerType, 'no.such'],
  [groupType, 'consumer.session.timeout.ms'],
  [groupType, 'share.auto.offset.reset'],
  [groupType, 'share.isolation.level'],
  [groupType, 'streams.rack.aware.assignment.tags'],
  [metricsType, 'interval.ms'],
  [metricsType, 'match'],
  [metricsType, 'metrics'],
]

function nameOf(session: Session, type: number): string {
  return type === brokerType ? '1' : session.name('values')
}

/** The code, and whether there is a message: sentences are each broker's own. */
async function verdict(
  session: Session,
  type: number,
  name: string,
  value: string,
  operation: number = operations.set,
): Promise<string | number> {
  const configs = [{ name, value, configOperation: operation }]
  const resources = [{ resourceType: type, resourceName: nameOf(session, type), configs }]
  const { responses } = await session.prepare(IncrementalAlterConfigs, 1, { resources, validateOnly: true })
  const { errorCode, errorMessage } = responses[0]!
  return errorMessage === null ? errorCode : `${errorCode} and why`
}

/** Texts by their verdicts. Those of the most frequent one are only counted. */
function byVerdict(verdicts: ReadonlyMap<string, string | number>): Record<string, unknown> {
  const groups = new Map<string, string[]>()
  for (const [text, each] of verdicts) groups.set(String(each), [...(groups.get(String(each)) ?? []), text])
  const most = [...groups.values()].reduce((a, b) => (b.length > a.length ? b : a), [])
  return Object.fromEntries([...groups].map(([each, members]) => [each, members === most ? most.length : members]))
}

async function oddValues(session: Session): Promise<void> {
  await session.topic(session.name('values'))
  for (const [type, name] of properties) {
    const verdicts = new Map<string, string | number>()
    for (const text of texts) verdicts.set(text, await verdict(session, type, name, text))
    session.note('IncrementalAlterConfigs', 1, `${type} ${name}`, byVerdict(verdicts))
  }
}

/** The same texts by the other ways to set them. */
async function otherWays(session: Session): Promise<void> {
  const resourceName = session.name('values')
  await session.topic(resourceName)
  for (const name of ['retention.ms', 'min.cleanable.dirty.ratio', 'cleanup.policy', 'preallocate']) {
    const altered = new Map<string, number>()
    const created = new Map<string, number>()
    for (const [i, value] of texts.entries()) {
      const configs = [{ name, value }]
      const resources = [{ resourceType: topicType, resourceName, configs }]
      const { responses } = await session.prepare(AlterConfigs, 2, { resources, validateOnly: true })
      altered.set(value, responses[0]!.errorCode)
      const topic = { name: `${session.name('made')}-${i}`, numPartitions: 1, replicationFactor: 1, configs }
      const { topics } = await session.prepare(CreateTopics, 7, { topics: [topic], validateOnly: true })
      created.set(value, topics[0]!.errorCode)
    }
    session.note('AlterConfigs', 2, name, byVerdict(altered))
    session.note('CreateTopics', 7, name, byVerdict(created))
  }
}

async function lists(session: Session): Promise<void> {
  await session.topic(session.name('values'))
  const names: [number, string][] = [
    [topicType, 'cleanup.policy'],
    [topicType, 'leader.replication.throttled.replicas'],
    [topicType, 'retention.ms'],
    [brokerType, 'log.cleanup.policy'],
    [brokerType, 'ssl.enabled.protocols'],
    [brokerType, 'listener.name.other.ssl.enabled.protocols'],
    [brokerType, 'no.such'],
    [groupType, 'streams.rack.aware.assignment.tags'],
    [metricsType, 'metrics'],
  ]
  for (const [type, name] of names) {
    const answers: Record<string, unknown> = {}
    for (const value of ['', ' ', 'delete', 'compact', 'compact,compact', 'a', 'a,a', 'a,', '0:1', '*']) {
      for (const operation of ['append', 'subtract'] as const) {
        const text = JSON.stringify(value)
        answers[`${operation} ${text}`] = await verdict(session, type, name, value, operations[operation])
      }
    }
    session.note('IncrementalAlterConfigs', 1, `${type} ${name}`, answers)
  }
}

/** What a running broker may change to, from what it started with. */
async function reconfigured(session: Session): Promise<void> {
  const threads = {
    'num.io.threads': ['3', '4', '16', '17'],
    'num.network.threads': ['0', '1', '6', '7'],
    'num.replica.fetchers': ['0', '1', '2', '3'],
    'num.recovery.threads.per.data.dir': ['0', '1', '4', '5'],
    'background.threads': ['4', '5', '20', '21'],
    'log.cleaner.threads': ['0', '1', '2', '3'],
    'remote.log.reader.threads': ['4', '5', '20', '21'],
    'remote.log.manager.copier.thread.pool.size': ['4', '5', '20', '21'],
    'remote.log.manager.expiration.thread.pool.size': ['4', '5', '20', '21'],
    'remote.log.manager.follower.thread.pool.size': ['0', '1', '4', '5'],
    'max.connections': ['0', '1'],
    'max.connection.creation.rate': ['0', '1'],
    'listener.name.plaintext.max.connections': ['0', '1'],
    'log.cleaner.dedupe.buffer.size': ['1048576', '1048577'],
    'log.local.retention.ms': ['-2', '-1', '604800000', '604800001'],
    'log.remote.copy.lag.ms': ['604800000', '604800001'],
    'node.id': ['1', '2'],
    'producer.id.expiration.check.interval.ms': ['1000'],
    'log.initial.task.delay.ms': ['1000'],
    'group.consumer.assignor.offload.enable': ['false'],
    'group.share.assignment.interval.ms': ['15000', '15001'],
    listeners: ['nonsense'],
    'listener.security.protocol.map': ['nonsense', 'A:PLAINTEXT'],
    'principal.builder.class': ['com.example.Builder'],
    'metric.reporters': ['com.example.Reporter', ''],
    'ssl.keystore.location': ['/x'],
    'listener.name.other.ssl.keystore.location': ['/x'],
    'listener.name.other.node.id': ['x'],
  }
  for (const [name, values] of Object.entries(threads)) {
    const answers: Record<string, unknown> = {}
    for (const value of values) answers[value] = await verdict(session, brokerType, name, value)
    session.note('IncrementalAlterConfigs', 1, name, answers)
  }
}

async function order(session: Session): Promise<void> {
  await session.topic(session.name('values'), 1, { 'internal.segment.bytes': '1000', 'retention.ms': ' +5' })
  const asked = {
    some: ['segment.bytes', 'retention.ms', 'num.io.threads', 'log.dirs', 'share.isolation.level', 'match'],
  }
  for (const [what, type] of Object.entries(types)) {
    for (const [label, configurationKeys] of Object.entries({ all: null, ...asked })) {
      const resources = [{ resourceType: type, resourceName: nameOf(session, type), configurationKeys }]
      const { results } = await session.prepare(DescribeConfigs, 4, { resources })
      const { errorCode, errorMessage, configs } = results[0]!
      const names = configs.map(({ name }) => name)
      session.note('DescribeConfigs', 4, `${label} of a ${what}`, { errorCode, hasMessage: errorMessage !== '', names })
    }
  }
}

/** What is told of values that were not given as they are printed. */
async function printed(session: Session): Promise<void> {
  const resourceName = session.name('values')
  const configs = {
    'flush.ms': ' +9007199254740993 ',
    'min.cleanable.dirty.ratio': '0x.8p0',
    'cleanup.policy': ' compact , delete',
    preallocate: ' TRUE',
    'compression.type': ' gzip ',
    'internal.segment.bytes': '0123',
  }
  await session.topic(resourceName, 1, configs)
  const configurationKeys = Object.keys(configs)
  const resources = [{ resourceType: topicType, resourceName, configurationKeys }]
  await session.send(DescribeConfigs, 4, { resources, includeSynonyms: true }, 'what was set')
}

export const configValueCases: readonly Case[] = [
  { name: 'Configs: odd values of every type', run: oddValues },
  { name: 'Configs: odd values in AlterConfigs and CreateTopics', run: otherWays },
  { name: 'Configs: lists that gain and lose members', run: lists },
  { name: 'Configs: changes of a running broker', run: reconfigured },
  { name: 'Configs: the order of settings', run: order },
  { name: 'Configs: values as they are printed', run: printed },
]

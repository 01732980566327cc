/** Configs of topics and brokers: described, altered, refused; and the log directories. */
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts'
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { AlterReplicaLogDirs } from '../../protocol/messages/alter-replica-log-dirs.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { ListPartitionReassignments } from '../../protocol/messages/list-partition-reassignments.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import type { Session } from '../session.ts'
import type { Case, Difference } from './case.ts'

const topicType = 2
const brokerType = 4
const operations = { set: 0, delete: 1, append: 2, subtract: 3 }

async function described(session: Session): Promise<void> {
  const name = session.name('described')
  await session.topic(name, 1, { 'retention.ms': '12345', 'cleanup.policy': 'compact,delete' })
  for (const version of session.versions(DescribeConfigs)) {
    const resource = { resourceType: topicType, resourceName: name }
    // The whole list: names, types, defaults and where they come from, as Kafka has them.
    await session.send(
      DescribeConfigs,
      version,
      { resources: [{ ...resource, configurationKeys: null }], includeSynonyms: true },
      'all of a topic',
    )
    await session.send(
      DescribeConfigs,
      version,
      {
        resources: [{ ...resource, configurationKeys: ['retention.ms', 'no.such'] }],
        includeSynonyms: true,
        includeDocumentation: true,
      },
      'two of a topic',
    )
    await session.send(
      DescribeConfigs,
      version,
      { resources: [{ resourceType: topicType, resourceName: session.name('unknown'), configurationKeys: null }] },
      'of an unknown topic',
    )
    await session.send(
      DescribeConfigs,
      version,
      { resources: [{ resourceType: topicType, resourceName: 'a b', configurationKeys: null }] },
      'of a bad name',
    )
  }
}

async function brokerDescribed(session: Session): Promise<void> {
  const version = session.latest(DescribeConfigs)
  const { results } = await session.prepare(DescribeConfigs, version, {
    resources: [{ resourceType: brokerType, resourceName: '1', configurationKeys: null }],
    includeSynonyms: false,
  })
  const { errorCode, configs } = results[0]!
  // Static values differ between two brokers; types, sensitivity and whether they may be changed do not.
  for (const { name, readOnly, isSensitive, configType } of [...configs].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    session.note('DescribeConfigs', version, name, { errorCode, readOnly, isSensitive, configType })
  }
  await session.send(
    DescribeConfigs,
    version,
    { resources: [{ resourceType: brokerType, resourceName: '77', configurationKeys: null }] },
    'of another broker',
  )
  await session.send(
    DescribeConfigs,
    version,
    { resources: [{ resourceType: brokerType, resourceName: 'one', configurationKeys: null }] },
    'of no number',
  )
  await session.send(
    DescribeConfigs,
    version,
    { resources: [{ resourceType: brokerType, resourceName: '', configurationKeys: ['log.retention.ms'] }] },
    'of all brokers',
  )
}

async function altered(session: Session): Promise<void> {
  for (const version of session.versions(AlterConfigs)) {
    const name = session.name(`altered-${version}`)
    await session.topic(name, 1, { 'retention.ms': '12345' })
    const ask = (configs: { name: string; value: string | null }[], label: string, extra = {}) =>
      session.send(
        AlterConfigs,
        version,
        { resources: [{ resourceType: topicType, resourceName: name, configs, ...extra }], validateOnly: false },
        label,
      )
    await ask([{ name: 'segment.bytes', value: '2000000' }], 'one of them')
    await shown(session, name)
    await ask([{ name: 'no.such', value: '1' }], 'an unknown name')
    await ask([{ name: 'retention.ms', value: 'soon' }], 'a bad value')
    await ask([{ name: 'retention.ms', value: null }], 'null')
    await ask([], 'of an unknown topic', { resourceName: session.name('unknown') })
    await ask([], 'of an unknown type', { resourceType: 99 })
  }
}

async function alteredByPart(session: Session): Promise<void> {
  for (const version of session.versions(IncrementalAlterConfigs)) {
    const name = session.name(`part-${version}`)
    await session.topic(name, 1, { 'retention.ms': '12345' })
    const ask = (name_: string, configOperation: number, value: string | null, label: string, validateOnly = false) =>
      session.send(
        IncrementalAlterConfigs,
        version,
        {
          resources: [
            { resourceType: topicType, resourceName: name, configs: [{ name: name_, configOperation, value }] },
          ],
          validateOnly,
        },
        label,
      )
    await ask('segment.bytes', operations.set, '2000000', 'set')
    await ask('cleanup.policy', operations.append, 'compact', 'append')
    await ask('cleanup.policy', operations.append, 'compact', 'append what is there')
    await shown(session, name)
    await ask('cleanup.policy', operations.subtract, 'delete', 'subtract')
    await ask('retention.ms', operations.delete, null, 'delete')
    await ask('retention.ms', operations.append, '5', 'append to a number')
    await ask('retention.ms', operations.set, null, 'set to null')
    await ask('no.such', operations.set, '1', 'an unknown name')
    await ask('retention.ms', operations.set, '777', 'validate only', true)
    await shown(session, name)
    await session.send(
      IncrementalAlterConfigs,
      version,
      {
        resources: [
          {
            resourceType: topicType,
            resourceName: name,
            configs: ['1', '2'].map(value => ({ name: 'retention.ms', configOperation: 0, value })),
          },
        ],
        validateOnly: false,
      },
      'one name twice',
    )
  }
}

async function shown(session: Session, resourceName: string): Promise<void> {
  const configurationKeys = ['retention.ms', 'segment.bytes', 'cleanup.policy']
  // Kafka's broker learns of a change some time after the one who made it.
  await new Promise(resolve => setTimeout(resolve, 300))
  await session.send(
    DescribeConfigs,
    4,
    { resources: [{ resourceType: topicType, resourceName, configurationKeys }], includeSynonyms: true },
    'after that',
  )
}

async function directories(session: Session): Promise<void> {
  const name = session.name('directories')
  await session.topic(name, 2)
  for (const version of session.versions(DescribeLogDirs)) {
    await session.send(DescribeLogDirs, version, { topics: [{ topic: name, partitions: [0, 1] }] })
    await session.send(
      DescribeLogDirs,
      version,
      { topics: [{ topic: session.name('unknown'), partitions: [0] }] },
      'an unknown topic',
    )
  }
}

/** Moves that are refused, and one to where the partition lies. */
async function moves(session: Session): Promise<void> {
  const name = session.name('moved')
  await session.topic(name, 2)
  const { results } = await session.prepare(DescribeLogDirs, 1, { topics: [{ topic: name, partitions: [0] }] })
  const here = results.find(({ topics }) => topics.length > 0)?.logDir ?? ''
  for (const version of session.versions(AlterReplicaLogDirs)) {
    const ask = (label: string, path: string, topic: string, partitions: readonly number[]) =>
      session.send(AlterReplicaLogDirs, version, { dirs: [{ path, topics: [{ name: topic, partitions }] }] }, label)
    await ask('to where it is', here, name, [0])
    await ask('to nowhere', '/no/such/directory', name, [0, 1])
    await ask('a relative path', 'directory', name, [0])
    await ask('unknown partitions', here, name, [7, -1])
    await ask('an unknown topic', here, session.name('unknown'), [0])
    await ask('an unknown topic to nowhere', '/no/such/directory', session.name('unknown'), [0])
    const dirs = [here, '/no/such/directory'].map(path => ({ path, topics: [{ name, partitions: [0, 0] }] }))
    await session.send(AlterReplicaLogDirs, version, { dirs }, 'one partition for two directories')
    await session.send(AlterReplicaLogDirs, version, { dirs: [] }, 'nothing')
  }
}

/** On one broker: the replicas that are there, and those that cannot be. */
async function reassigned(session: Session): Promise<void> {
  const name = session.name('reassigned')
  await session.topic(name, 2)
  const { brokers } = await session.prepare(Metadata, 10, { topics: [] })
  const here = brokers[0]!.nodeId
  const asked = (topic: string, ...replicas: readonly (readonly [number, readonly number[] | null])[]) => ({
    name: topic,
    partitions: replicas.map(([partitionIndex, each]) => ({ partitionIndex, replicas: each })),
  })
  const topics = [
    asked(
      name,
      [0, [here]],
      [1, [here + 1]],
      [7, [here]],
      [0, null],
      [0, [here, here]],
      [0, []],
      [1, [here, here + 1]],
    ),
    asked(session.name('unknown'), [0, [here]], [1, null]),
    asked(name, [0, [here]]),
  ]
  await session.sendAtEach(AlterPartitionReassignments, { topics })
  await session.sendAtEach(ListPartitionReassignments, { topics: null }, 'all')
  const wanted = [name, session.name('unknown')].map(each => ({ name: each, partitionIndexes: [0, 7] }))
  await session.sendAtEach(ListPartitionReassignments, { topics: wanted }, 'some')
}

/** Settings of topics that came after Kafka 3.9, and those that were gone by then or have another default. */
function sinceOldKafka(): Difference[] {
  const reason = '**DescribeConfigs** version 0 shows the settings of Kafka 4.4, which has dropped this version'
  const answer = 'DescribeConfigs v0 all of a topic'
  const at = (name: string) => `results[0].configs.${name}`
  const came = [
    ['errors.deadletterqueue.group.enable', 'false'],
    ['max.decompressed.message.bytes', '2147483639'],
    ['remote.copy.lag.bytes', '-1'],
    ['remote.copy.lag.ms', '0'],
  ].map(([name, value]) => ({ name, value, readOnly: false, isDefault: true, isSensitive: false }))
  const gone = ['message.downconversion.enable', 'message.format.version', 'message.timestamp.difference.max.ms']
  return [
    ...came.map(ours => ({ answer, path: at(ours.name!), ours, reason })),
    ...gone.map(name => ({ answer, path: at(name), ours: null, reason })),
    { answer, path: at('message.timestamp.after.max.ms.value'), ours: '3600000', reason },
  ]
}

export const configCases: readonly Case[] = [
  {
    name: 'DescribeConfigs of topics, at every version',
    run: described,
    differs: [
      {
        answer: 'DescribeConfigs v0 *',
        path: '*.isDefault',
        ours: true,
        reason: '**DescribeConfigs** version 0 says which settings are defaults; Kafka 3.9 says of none',
      },
      ...sinceOldKafka(),
    ],
  },
  { name: 'DescribeConfigs of the broker', run: brokerDescribed },
  { name: 'AlterConfigs at every version', run: altered },
  { name: 'IncrementalAlterConfigs at every version', run: alteredByPart },
  { name: 'DescribeLogDirs at every version', run: directories },
  { name: 'AlterReplicaLogDirs: what is refused', run: moves },
  {
    name: 'AlterPartitionReassignments and ListPartitionReassignments at every version',
    run: reassigned,
  },
]

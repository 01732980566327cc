/** Topics: made, shown, grown, taken away, and what is refused. */
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import type { Session } from '../session.ts'
import { type Case, saysMore, unknownTopicId } from './case.ts'

const timeoutMs = 10_000

async function created(session: Session): Promise<void> {
  for (const version of session.versions(CreateTopics)) {
    const name = session.name(`made-${version}`)
    const topics = [
      { name, numPartitions: 2, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '1000' }] },
    ]
    const wanted = ({ topics }: { topics: { configs: unknown }[] }) => topics.length
    // The list of all configs is compared where configs are; here only the outcome counts.
    const response = await session.prepare(CreateTopics, version, { topics, timeoutMs })
    session.note('CreateTopics', version, 'made', { count: wanted(response), ...response.topics[0]!, configs: null })
    const again = await session.prepare(CreateTopics, version, { topics, timeoutMs })
    session.note('CreateTopics', version, 'made twice', { ...again.topics[0]!, configs: null })
  }
}

async function refused(session: Session): Promise<void> {
  const version = session.latest(CreateTopics)
  const good = { numPartitions: 1, replicationFactor: 1 }
  const topics = [
    { ...good, name: '' },
    { ...good, name: '.' },
    { ...good, name: '..' },
    { ...good, name: 'a b' },
    { ...good, name: 'ä' },
    { ...good, name: 'x'.repeat(250) },
    { ...good, name: session.name('zero'), numPartitions: 0 },
    { ...good, name: session.name('negative'), numPartitions: -2 },
    { ...good, name: session.name('factor'), replicationFactor: 7 },
    { ...good, name: session.name('factor0'), replicationFactor: 0 },
    { ...good, name: session.name('config'), configs: [{ name: 'no.such', value: '1' }] },
    { ...good, name: session.name('value'), configs: [{ name: 'retention.ms', value: 'long' }] },
    { ...good, name: session.name('null'), configs: [{ name: 'retention.ms', value: null }] },
    { ...good, name: session.name('bounds'), configs: [{ name: 'segment.bytes', value: '3' }] },
    {
      name: session.name('both'),
      numPartitions: 3,
      replicationFactor: 1,
      assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    },
    {
      name: session.name('gap'),
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 1, brokerIds: [1] }],
    },
    {
      name: session.name('nobody'),
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [99] }],
    },
    { ...good, name: session.name('same') },
    { ...good, name: session.name('same') },
  ]
  for (const topic of topics.slice(0, -2))
    await session.send(
      CreateTopics,
      version,
      { topics: [topic], timeoutMs, validateOnly: true },
      topic.name.replace(session.run, '').slice(0, 20),
    )
  await session.send(
    CreateTopics,
    version,
    { topics: topics.slice(-2), timeoutMs, validateOnly: true },
    'one name twice',
  )
}

async function shown(session: Session): Promise<void> {
  const name = session.name('shown')
  const topicId = await session.topic(name, 3)
  await session.sendAtEach(Metadata, { topics: [{ name }], allowAutoTopicCreation: false })
  await session.sendAtEach(Metadata, { topics: [{ name: 'a b' }], allowAutoTopicCreation: false }, 'bad name')
  // Older versions make the topic, which we answer at once and Kafka only when asked again.
  for (const version of session.versions(Metadata).filter(each => each >= 4)) {
    const topics = [{ name: session.name('unknown') }]
    await session.send(Metadata, version, { topics, allowAutoTopicCreation: false }, 'unknown')
  }
  for (const version of session.versions(Metadata).filter(each => each >= 12)) {
    await session.send(Metadata, version, { topics: [{ topicId, name: null }] }, 'by id')
    await session.send(Metadata, version, { topics: [{ topicId: unknownTopicId, name: null }] }, 'unknown id')
  }
  await session.send(
    Metadata,
    session.latest(Metadata),
    { topics: [], includeTopicAuthorizedOperations: true },
    'no topics',
  )
  await session.send(
    Metadata,
    8,
    { topics: [{ name }], includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true },
    'operations',
  )
}

async function described(session: Session): Promise<void> {
  const name = session.name('described')
  await session.topic(name, 3)
  const version = session.latest(DescribeTopicPartitions)
  await session.send(DescribeTopicPartitions, version, { topics: [{ name }] })
  await session.send(DescribeTopicPartitions, version, { topics: [{ name }], responsePartitionLimit: 2 }, 'two at once')
  await session.send(
    DescribeTopicPartitions,
    version,
    { topics: [{ name }], responsePartitionLimit: 2, cursor: { topicName: name, partitionIndex: 2 } },
    'from a cursor',
  )
  await session.send(DescribeTopicPartitions, version, { topics: [{ name: session.name('unknown') }] }, 'unknown')
}

async function grown(session: Session): Promise<void> {
  for (const version of session.versions(CreatePartitions)) {
    const name = session.name(`grown-${version}`)
    await session.topic(name, 2)
    const ask = (count: number, label: string, extra = {}) =>
      session.send(
        CreatePartitions,
        version,
        { topics: [{ name, count, assignments: null, ...extra }], timeoutMs },
        label,
      )
    await ask(4, 'two more')
    await ask(4, 'as many')
    await ask(3, 'fewer')
    await ask(0, 'none')
    await ask(5, 'assigned to nobody', { assignments: [{ brokerIds: [99] }] })
    await ask(6, 'one assignment too few', { assignments: [{ brokerIds: [1] }] })
    await session.send(
      CreatePartitions,
      version,
      { topics: [{ name: session.name('unknown'), count: 3, assignments: null }], timeoutMs },
      'unknown topic',
    )
    await session.send(
      CreatePartitions,
      version,
      { topics: [{ name, count: 9, assignments: null }], timeoutMs, validateOnly: true },
      'validate only',
    )
  }
}

async function deleted(session: Session): Promise<void> {
  for (const version of session.versions(DeleteTopics)) {
    const name = session.name(`deleted-${version}`)
    const topicId = await session.topic(name)
    const ask = (topic: { name?: string | null; topicId?: string }, label: string) =>
      session.send(
        DeleteTopics,
        version,
        version >= 6 ? { topics: [topic], timeoutMs } : { topicNames: [topic.name ?? ''], timeoutMs },
        label,
      )
    if (version >= 6) {
      await ask({ name: null, topicId: unknownTopicId }, 'unknown id')
      await ask({ name, topicId }, 'name and id')
    }
    await ask({ name: session.name('unknown') }, 'unknown name')
    await ask(version >= 6 ? { name: null, topicId } : { name }, 'there')
  }
}

export const topicCases: readonly Case[] = [
  { name: 'CreateTopics at every version, and once more', run: created },
  { name: 'CreateTopics: what is refused', run: refused },
  { name: 'Metadata at every version', run: shown },
  { name: 'DescribeTopicPartitions and its cursor', run: described },
  { name: 'CreatePartitions at every version', run: grown, differs: [saysMore('CreatePartitions v* unknown topic')] },
  { name: 'DeleteTopics at every version', run: deleted },
]

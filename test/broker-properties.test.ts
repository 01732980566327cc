/** What single properties do, seen by a client of a whole broker. */
import t from 'tap'
import { DescribeProducers } from '../protocol/messages/describe-producers.ts'
import { FindCoordinator } from '../protocol/messages/find-coordinator.ts'
import { IncrementalAlterConfigs } from '../protocol/messages/incremental-alter-configs.ts'
import { InitProducerId } from '../protocol/messages/init-producer-id.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import { OffsetCommit } from '../protocol/messages/offset-commit.ts'
import { codecOf, codecs } from '../protocol/records/compression.ts'
import { compressionType } from '../protocol/records/header.ts'
import { freePort } from './free-port.ts'
import { connect, Turned } from './turned-broker.ts'

const topic = 'letters'

/** Has a new producer write to the topic. */
async function writeIdempotently(broker: Turned): Promise<void> {
  const { producerId } = await broker.client.send(InitProducerId, 2, { transactionalId: null, transactionTimeoutMs: 0 })
  await broker.produce(topic, 'x', { producerId, producerEpoch: 0 })
}

async function producerCount({ client }: Turned): Promise<number> {
  const { topics } = await client.send(DescribeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0] }] })
  return topics[0]!.partitions[0]!.activeProducers.length
}

async function set({ client }: Turned, name: string, value: string): Promise<void> {
  const configs = [{ name, configOperation: 0, value }]
  const resources = [{ resourceType: 4, resourceName: '1', configs }]
  const { responses } = await client.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
  if (responses[0]!.errorCode !== 0) throw new Error(`${name} was not set: ${responses[0]!.errorMessage}`)
}

t.test('producer.id.expiration.check.interval.ms says how soon a silent producer is forgotten', async t => {
  const broker = await Turned.start(t, {
    'producer.id.expiration.ms': '5000',
    'producer.id.expiration.check.interval.ms': '1000',
  })
  await broker.create(topic)
  await writeIdempotently(broker)
  await broker.advance(4_000)
  t.equal(await producerCount(broker), 1)
  await broker.advance(2_000)
  t.equal(await producerCount(broker), 0)
})

t.test('producer.id.expiration.ms holds from the next check on after it was changed', async t => {
  const broker = await Turned.start(t, { 'producer.id.expiration.check.interval.ms': '1000' })
  await broker.create(topic)
  await writeIdempotently(broker)
  await broker.advance(10_000)
  t.equal(await producerCount(broker), 1)
  await set(broker, 'producer.id.expiration.ms', '5000')
  await broker.advance(1_000)
  t.equal(await producerCount(broker), 0)
})

t.test('log.initial.task.delay.ms says when retention is looked at for the first time', async t => {
  const configs = { 'retention.ms': '10', 'segment.ms': '1' }
  const soon = await Turned.start(t, { 'log.initial.task.delay.ms': '500' })
  const later = await Turned.start(t)
  for (const broker of [soon, later]) {
    await broker.create(topic, configs)
    await broker.produce(topic, 'a')
    await broker.advance(100)
    await broker.produce(topic, 'b')
    await broker.advance(500)
  }
  t.not(await soon.earliest(topic), 0)
  t.equal(await later.earliest(topic), 0)
  await later.advance(30_000)
  t.not(await later.earliest(topic), 0, 'by default after 30 s')
})

t.test('offsets.topic.compression.codec says how committed offsets are kept', async t => {
  for (const [id, codec] of codecs.entries()) {
    const broker = await Turned.start(t, {
      'offsets.topic.compression.codec': `${id}`,
      'offsets.topic.num.partitions': '1',
      'offsets.topic.replication.factor': '1',
    })
    await broker.create(topic)
    await broker.client.send(FindCoordinator, 3, { key: 'g', keyType: 0, coordinatorKeys: [] })
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedLeaderEpoch: -1, committedMetadata: '' }]
    const commit = await broker.client.send(OffsetCommit, 8, {
      ...{ groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null },
      topics: [{ name: topic, topicId: '', partitions }],
    })
    t.equal(commit.topics[0]!.partitions[0]!.errorCode, 0)
    const { responses } = await broker.fetch('__consumer_offsets', 0, 0)
    const records = responses[0]!.partitions[0]!.records!
    t.equal(codecOf(compressionType(Buffer.concat(Array.isArray(records) ? records : [records]), 0)), codec)
  }
})

t.test('a listener is opened and closed by changing listeners while the broker runs', async t => {
  const broker = await Turned.start(t, { 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,EXTRA:PLAINTEXT' })
  const port = await freePort()
  await set(broker, 'listeners', `PLAINTEXT://127.0.0.1:0,EXTRA://127.0.0.1:${port}`)
  await broker.advance(0)
  const extra = await connect(`127.0.0.1:${port}`)
  t.teardown(() => extra.close())
  const { brokers } = await extra.send(Metadata, 9, {
    ...{ topics: [], allowAutoTopicCreation: false },
    ...{ includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false },
  })
  t.match(brokers, [{ host: '127.0.0.1', port }], 'clients are told the address that they came by')
  await broker.create(topic)
  await set(broker, 'listeners', 'PLAINTEXT://127.0.0.1:0')
  await broker.advance(0)
  await t.rejects(connect(`127.0.0.1:${port}`))
  await broker.produce(topic, 'x')
})

t.test('advertised.listeners can change while the broker runs, of this broker alone', async t => {
  const broker = await Turned.start(t, { 'advertised.listeners': 'PLAINTEXT://old.test:1' })
  const told = async () => {
    const { brokers } = await broker.client.send(Metadata, 9, {
      ...{ topics: [], allowAutoTopicCreation: false },
      ...{ includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false },
    })
    return `${brokers[0]!.host}:${brokers[0]!.port}`
  }
  t.equal(await told(), 'old.test:1')
  await set(broker, 'advertised.listeners', 'PLAINTEXT://new.test:2')
  t.equal(await told(), 'new.test:2')
  await t.rejects(set(broker, 'advertised.listeners', 'OTHER://new.test:3'), /OTHER, which is not among listeners/)
  await t.rejects(set(broker, 'advertised.listeners', 'nonsense'), /takes NAME:/)
  t.equal(await told(), 'new.test:2')
})

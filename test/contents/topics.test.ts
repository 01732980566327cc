/** Topics that a broker has from its start on: how they are written, and that they are there. */
import t from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import { Broker } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { parseCreateTopics, TopicTextError, topicOfText, topicsOfOption } from '../../lib/contents/topic-text.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'

t.test('a topic is written as a name, a number of partitions, and settings', async t => {
  t.same(topicOfText('orders:3'), { name: 'orders', partitions: 3, configs: {} })
  t.same(topicOfText(' orders '), { name: 'orders', partitions: null, configs: {} })
  t.same(topicOfText('a.b_c-1:12:cleanup.policy=compact,delete:retention.ms=5'), {
    name: 'a.b_c-1',
    partitions: 12,
    configs: { 'cleanup.policy': 'compact,delete', 'retention.ms': '5' },
  })
  t.same(topicOfText('orders:cleanup.policy=compact').configs, { 'cleanup.policy': 'compact' })
})

t.test('what is no topic is told with how to write one', async t => {
  for (const [text, expected] of [
    ['', 'cannot be empty'],
    ['orders:0', "'0' where a number from 1 on belongs"],
    ['orders:three', 'orders:3'],
    ['orders:', "''"],
    ['orders:3:1', 'more than a name and a number'],
    ['a b:3', 'is not a topic name'],
  ] as const) {
    t.throws(() => topicOfText(text), { name: 'TopicTextError', message: expected }, text)
  }
})

t.test('KAFKA_CREATE_TOPICS is read as the image did that brought it up', async t => {
  t.same(parseCreateTopics('Topic1:1:3,Topic2:2:1:compact, ,'), [
    { name: 'Topic1', partitions: 1, configs: {} },
    { name: 'Topic2', partitions: 2, configs: { 'cleanup.policy': 'compact' } },
  ])
  t.same(parseCreateTopics('a\nb:2', '\n'), [
    { name: 'a', partitions: null, configs: {} },
    { name: 'b', partitions: 2, configs: {} },
  ])
  t.same(parseCreateTopics(''), [])
  t.throws(() => parseCreateTopics('a:1:one'), TopicTextError)
  t.throws(() => parseCreateTopics('a:1:1:compact:more'), TopicTextError)
})

t.test('a program gives numbers, or numbers and settings', async t => {
  t.same(topicsOfOption({ a: 3, b: { config: { 'retention.ms': 5, preallocate: false } }, c: { partitions: 2 } }), [
    { name: 'a', partitions: 3, configs: {} },
    { name: 'b', partitions: null, configs: { 'retention.ms': '5', preallocate: 'false' } },
    { name: 'c', partitions: 2, configs: {} },
  ])
  t.throws(() => topicsOfOption({ a: 1.5 }), TopicTextError)
  t.throws(() => topicsOfOption({ '..': 1 }), TopicTextError)
})

/** Partitions by topic, as a client is told. */
async function partitionsOf(broker: Broker): Promise<Record<string, number>> {
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  const { topics } = await client.send(Metadata, 1, { topics: null } as never)
  await client.close()
  return Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))
}

t.test('topics are there once clients can connect, and stay as they are at the next start', async t => {
  const data = t.testdir()
  const first = await Broker.start({ port: 0, data, topics: { orders: 3, notes: { config: { 'retention.ms': 5 } } } })
  t.same(await partitionsOf(first), { orders: 3, notes: 1 })
  const [host, port] = first.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  const { results } = await client.send(DescribeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 'notes', configurationKeys: ['retention.ms'] }],
    includeSynonyms: false,
    includeDocumentation: false,
  })
  t.match(results, [{ configs: [{ name: 'retention.ms', value: '5' }] }])
  await client.close()
  await first.stop()

  const lines: string[] = []
  const logger = createLogger('warn', { write: line => void lines.push(line) })
  const second = await Broker.start({ port: 0, data, logger, topics: { orders: 5, notes: 1 } })
  t.same(await partitionsOf(second), { orders: 3, notes: 1 })
  t.equal(lines.length, 1, 'the one that is asked to have more')
  t.match(
    lines[0],
    /orders is there already .* with 3 partitions; kafka-topics\.sh --alter --topic orders --partitions 5/,
  )
  await second.stop()
})

t.test('a topic that cannot be made ends the start, and says why', async t => {
  const start = (config: Record<string, string>) =>
    Broker.start({ port: 0, ephemeral: true, topics: { orders: { config } }, logLevel: 'silent' })
  await t.rejects(start({ 'retention.ms': 'soon' }), { name: 'ContentsError', message: /orders .*retention\.ms/ })
  await t.rejects(start({ 'no.such': '1' }), { name: 'ContentsError', message: /orders .*no\.such/ })
})

t.test('one broker makes topics although more replicas are the default', async t => {
  const properties = { 'default.replication.factor': '3' }
  const broker = await Broker.start({ port: 0, ephemeral: true, topics: { orders: 2 }, properties })
  t.teardown(() => broker.stop())
  t.same(await partitionsOf(broker), { orders: 2 })
})

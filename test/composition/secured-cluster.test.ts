/** Brokers that reach each other by TLS and logins, and may copy from each other because a rule or their name says so. */
import t, { type Test } from 'tap'
import { Secret } from '../../lib/base/secret.ts'
import { Cluster } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { codes } from '../../protocol/errors.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { authority, sslProperties, trusting } from '../tls/secured-broker.ts'

const topic = 'orders'
const authorizer = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
const plain = (text: string) => `org.apache.kafka.common.security.plain.PlainLoginModule required ${text};`
const scram = (text: string) => `org.apache.kafka.common.security.scram.ScramLoginModule required ${text};`

/** What a cluster is secured by, who clients are, and how they show it. */
const ways: readonly {
  readonly name: string
  readonly properties: Record<string, string>
  readonly connecting: Pick<Parameters<typeof Client.connect>[0], 'tls' | 'login'>
}[] = [
  {
    name: 'certificates that both sides show',
    properties: {
      ...sslProperties(authority.issue({ name: 'broker', hosts: ['127.0.0.1'] })),
      'security.inter.broker.protocol': 'SSL',
      'ssl.client.auth': 'required',
      'super.users': 'User:CN=broker;User:CN=operator',
    },
    connecting: { tls: trusting(authority.issue({ name: 'operator' })) },
  },
  {
    name: 'a password of PLAIN, within TLS',
    properties: {
      ...sslProperties(),
      listeners: 'SASL_SSL://127.0.0.1:0',
      'security.inter.broker.protocol': 'SASL_SSL',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': plain(
        'username="broker" password="of brokers" user_broker="of brokers" user_operator="of operators"',
      ),
      'super.users': 'User:broker;User:operator',
    },
    connecting: {
      tls: trusting(),
      login: { mechanism: 'PLAIN', user: 'operator', password: new Secret('of operators') },
    },
  },
  {
    name: 'a password of SCRAM',
    properties: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'security.inter.broker.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': scram(
        'username="broker" password="of brokers" user_broker="of brokers" user_operator="of operators"',
      ),
      'super.users': 'User:broker;User:operator',
    },
    connecting: { login: { mechanism: 'SCRAM-SHA-512', user: 'operator', password: new Secret('of operators') } },
  },
]

async function start(t: Test, properties: Record<string, string>): Promise<Cluster> {
  const cluster = await Cluster.start({
    ...{ brokers: 3, ephemeral: true, logLevel: 'error' },
    properties: { 'authorizer.class.name': authorizer, 'replica.lag.time.max.ms': '1000', ...properties },
  })
  t.teardown(() => cluster.stop())
  return cluster
}

async function connect(t: Test, bootstrap: string, way: (typeof ways)[number]['connecting']): Promise<Client> {
  const [host, port] = bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port), ...way })
  t.teardown(() => client.close())
  return client
}

/** A topic whose leader is the first broker; gives the error code of a record that all in sync must have. */
async function produceToAll(client: Client): Promise<number> {
  const made = await client.send(CreateTopics, 7, {
    topics: [
      {
        ...{ name: topic, numPartitions: -1, replicationFactor: -1, configs: [] },
        assignments: [{ partitionIndex: 0, brokerIds: [1, 2, 3] }],
      },
    ],
    timeoutMs: 10_000,
  })
  if (made.topics[0]!.errorCode !== codes.NONE) return made.topics[0]!.errorCode
  const records = [buildBatch({ records: [{ timestamp: Date.now(), key: null, value: Buffer.from('x') }] })]
  const topicData = [{ name: topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData: [{ index: 0, records }] }]
  const { responses } = await client.send(Produce, 11, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData,
  })
  return responses[0]!.partitionResponses[0]!.errorCode
}

async function inSync(client: Client): Promise<readonly number[]> {
  const { topics } = await client.send(DescribeTopicPartitions, 0, { topics: [{ name: topic }] })
  return topics[0]!.partitions[0]!.isrNodes
}

for (const { name, properties, connecting } of ways) {
  t.test(`brokers copy from each other by ${name}`, async t => {
    const cluster = await start(t, properties)
    const client = await connect(t, cluster.broker(1).bootstrap, connecting)
    t.equal(await produceToAll(client), codes.NONE)
    t.same([...(await inSync(client))].sort(), [1, 2, 3])
  })
}

t.test('brokers that may not act for the cluster get nothing from each other, and leave those in sync', async t => {
  const { properties, connecting } = ways[1]!
  const cluster = await start(t, { ...properties, 'super.users': 'User:operator' })
  const client = await connect(t, cluster.broker(1).bootstrap, connecting)
  t.equal(await produceToAll(client), codes.NONE, 'once the others are out')
  t.same(await inSync(client), [1])
})

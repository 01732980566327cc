/** A whole broker whose clients log in, and may do what access rules allow: what they are answered, and what its log says. */
import t, { type Test } from 'tap'
import { systemClock } from '../lib/base/clock.ts'
import { createLogger } from '../lib/base/logger.ts'
import { seededRandom } from '../lib/base/random.ts'
import { Secret } from '../lib/base/secret.ts'
import { Client } from '../lib/client/client.ts'
import { clusterResource, operations, patternTypes, permissions, resourceTypes } from '../lib/cluster/acls.ts'
import { Composition } from '../lib/composition.ts'
import { BrokerConfig } from '../lib/config/config.ts'
import { systemNetwork } from '../lib/network/tcp.ts'
import { codes } from '../protocol/errors.ts'
import { CreateAcls } from '../protocol/messages/create-acls.ts'
import { CreateTopics } from '../protocol/messages/create-topics.ts'
import { DeleteAcls } from '../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../protocol/messages/describe-acls.ts'
import { DescribeCluster } from '../protocol/messages/describe-cluster.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import { memoryFiles } from '../storage/files.ts'

const users = ['admin', 'alice']

async function start(t: Test, properties: Record<string, string> = {}) {
  const lines: string[] = []
  const passwords = users.map(user => `user_${user}="secret of ${user}"`).join(' ')
  const broker = await Composition.start({
    config: BrokerConfig.parse({
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${passwords};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin',
      ...properties,
    }),
    ephemeral: true,
    parts: {
      clocks: { broker: systemClock, wire: systemClock },
      random: seededRandom(1),
      files: memoryFiles(),
      network: systemNetwork,
    },
    logger: createLogger('info', { write: line => void lines.push(line) }),
  })
  t.teardown(() => broker.stop())
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const as = async (user: string) => {
    const password = new Secret(`secret of ${user}`)
    const client = await Client.connect({ host, port: Number(port), login: { mechanism: 'PLAIN', user, password } })
    t.teardown(() => client.close())
    return client
  }
  const figures = () =>
    Object.fromEntries(
      broker.metrics
        .read()
        .filter(({ type }) => type === 'authorizer-metrics')
        .map(({ name, value }) => [name, value]),
    )
  return { as, lines, figures }
}

const anything = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

function rule(fields: object) {
  return {
    resourceType: resourceTypes.topic,
    resourceName: 'orders',
    resourcePatternType: patternTypes.literal,
    principal: 'User:alice',
    host: '127.0.0.1',
    operation: operations.describe,
    permissionType: permissions.allow,
    ...fields,
  }
}

t.test('rules hold from their answer on, for connections that are there already', async t => {
  const { as } = await start(t)
  const [admin, alice] = [await as('admin'), await as('alice')]
  const topic = (name: string) => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] })
  await admin.send(CreateTopics, 5, { topics: [topic('orders'), topic('other')], timeoutMs: 10_000 })
  const all = { topics: null, includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false }
  const seen = async () => (await alice.send(Metadata, 12, all)).topics.map(({ name }) => name)
  t.same(await seen(), [])
  await admin.send(CreateAcls, 3, { creations: [rule({})] })
  t.same(await seen(), ['orders'])
  const deny = rule({ resourceName: 'o', resourcePatternType: patternTypes.prefixed, permissionType: permissions.deny })
  await admin.send(CreateAcls, 3, { creations: [rule({ resourceName: '*' }), deny] })
  t.same(await seen(), [], 'a rule that denies wins')
  await admin.send(DeleteAcls, 3, { filters: [{ ...anything, permissionType: permissions.deny }] })
  t.same(await seen(), ['orders', 'other'])
})

t.test('the bits of what may be done are those that rules allow', async t => {
  const { as } = await start(t)
  const [admin, alice] = [await as('admin'), await as('alice')]
  const cluster = { resourceType: resourceTypes.cluster, resourceName: clusterResource }
  await admin.send(CreateAcls, 3, { creations: [rule({ ...cluster, operation: operations.alter })] })
  const asked = { includeClusterAuthorizedOperations: true, includeFencedBrokers: false }
  const { clusterAuthorizedOperations } = await alice.send(DescribeCluster, 0, asked)
  t.equal(clusterAuthorizedOperations, (1 << operations.alter) | (1 << operations.describe))
})

t.test('a refusal is one line, and what is looked up is none', async t => {
  const { as, lines } = await start(t)
  const alice = await as('alice')
  t.equal((await alice.send(DescribeAcls, 3, anything)).errorCode, codes.CLUSTER_AUTHORIZATION_FAILED)
  t.equal(lines.length, 1, lines.join(''))
  t.match(
    lines[0],
    /INFO {2}authorizer not allowed principal=User:alice host=127.0.0.1 operation=describe resource=cluster:kafka-cluster api=DescribeAcls/,
  )
})

t.test('figures tell of rules and refusals, and of none without an authorizer', async t => {
  const { as, figures } = await start(t)
  const [admin, alice] = [await as('admin'), await as('alice')]
  await admin.send(CreateAcls, 3, { creations: [rule({}), rule({ host: '*' })] })
  await alice.send(DescribeAcls, 3, anything)
  const {
    'acls-total-count': rules,
    'authorization-denied-total': denied,
    'authorization-allowed-total': allowed,
  } = figures()
  t.same([rules, denied], [2, 1])
  t.ok(allowed! >= 1)
  const open = await start(t, { 'authorizer.class.name': '' })
  t.same(open.figures(), {})
})

t.test('settings that nobody could use end the start with a sentence', async t => {
  await t.rejects(
    start(t, { 'authorizer.class.name': 'com.example.Mine' }),
    /authorizer.class.name cannot be 'com.example.Mine'/,
  )
  await t.rejects(start(t, { 'super.users': 'User:admin;alice' }), /super.users has alice/)
})

/** What clients hear who may not do what they ask for; the whole matrix of rights is compared with Apache Kafka by the suite `authorization`. */
import t from 'tap'
import type { Context } from '../../lib/handlers/context.ts'
import { createDelegationToken } from '../../lib/handlers/create-delegation-token.ts'
import { deleteTopics } from '../../lib/handlers/delete-topics.ts'
import { describeCluster } from '../../lib/handlers/describe-cluster.ts'
import { incrementalAlterConfigs } from '../../lib/handlers/incremental-alter-configs.ts'
import { initProducerId } from '../../lib/handlers/init-producer-id.ts'
import { metadata } from '../../lib/handlers/metadata.ts'
import { commitEach } from '../../lib/handlers/offset-commits.ts'
import type { ConnectionInfo } from '../../lib/server/connection-info.ts'
import { codes } from '../../protocol/errors.ts'
import { clusterContext, topic } from './cluster-context.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const noProducer = { producerId: -1, producerEpoch: -1, enable2Pc: false, keepPreparedTxn: false }

function asking(names: readonly string[], allowAutoTopicCreation = false) {
  return {
    topics: names.map(name => ({ name, topicId: zeroId })),
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations: true,
    includeTopicAuthorizedOperations: true,
  }
}

t.test('who may describe a topic that is not there is told what would be allowed', async t => {
  const { at } = await clusterContext(t, { deny: operation => operation === 'write' })
  const { topics } = await metadata(asking(['missing']), at(9))
  t.match(topics, [{ errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION, topicAuthorizedOperations: 0b1101_1110_1000 }])
})

t.test('who may not describe the cluster may do nothing to it', async t => {
  const { at } = await clusterContext(t, { deny: (operation, type) => type === 'cluster' && operation === 'describe' })
  t.equal((await metadata(asking([]), at(9))).clusterAuthorizedOperations, 0)
  const asked = { includeClusterAuthorizedOperations: true, endpointType: 1, includeFencedBrokers: false }
  t.equal(describeCluster(asked, at(2)).clusterAuthorizedOperations, 0)
})

t.test('who may not make topics does not hear that a name can be none', async t => {
  const refusing = await clusterContext(t, { deny: operation => operation === 'create' })
  const { topics } = await metadata(asking(['mine!'], true), refusing.at(9))
  t.match(topics, [{ name: 'mine!', errorCode: codes.TOPIC_AUTHORIZATION_FAILED }])
  const allowing = await clusterContext(t)
  const heard = await metadata(asking(['mine!'], true), allowing.at(9))
  t.match(heard.topics, [{ name: 'mine!', errorCode: codes.INVALID_TOPIC_EXCEPTION }])
})

t.test('deleting says of no name whether there is a topic of it, unless the client may see it', async t => {
  const { cluster, at } = await clusterContext(t, {
    deny: (operation, type, name) =>
      type === 'cluster' || operation === 'delete' || (operation === 'describe' && name.startsWith('hidden')),
  })
  await cluster.createTopics([topic('seen'), topic('hidden')], { validateOnly: false })
  const { responses } = await deleteTopics(
    {
      topics: ['seen', 'seen-none', 'hidden', 'hidden-none']
        .map(name => ({ name: name as string | null, topicId: zeroId }))
        .concat(['seen', 'hidden'].map(name => ({ name: null, topicId: cluster.image.topics.get(name)!.topicId }))),
      topicNames: [],
      timeoutMs: 1_000,
    },
    at(6),
  )
  const heard = responses.map(({ name, errorCode }) => [name, errorCode])
  t.same(
    new Set(heard.map(each => JSON.stringify(each))),
    new Set(
      [
        ['seen', codes.TOPIC_AUTHORIZATION_FAILED],
        ['seen-none', codes.UNKNOWN_TOPIC_OR_PARTITION],
        ['hidden', codes.TOPIC_AUTHORIZATION_FAILED],
        ['hidden-none', codes.TOPIC_AUTHORIZATION_FAILED],
        [null, codes.TOPIC_AUTHORIZATION_FAILED],
      ].map(each => JSON.stringify(each)),
    ),
  )
})

t.test('who may delete from the cluster may delete each topic', async t => {
  const { cluster, at } = await clusterContext(t, { deny: (_, type) => type === 'topic' })
  await cluster.createTopics([topic('a')], { validateOnly: false })
  const { responses } = await deleteTopics({ topics: [], topicNames: ['a'], timeoutMs: 1_000 }, at(5))
  t.match(responses, [{ name: 'a', errorCode: codes.NONE }])
})

t.test('who may write to any topic gets an id for an idempotent producer', async t => {
  const asked = { transactionalId: null, transactionTimeoutMs: 1_000, ...noProducer }
  const answerOf = async (topics: boolean) => {
    const { at } = await clusterContext(t, { deny: (_, type) => type === 'cluster' || !topics })
    const context = at(5)
    const broker = { ...context.broker, producerIds: { next: () => 7 } } as unknown as Context['broker']
    return initProducerId(asked, { ...context, broker })
  }
  t.match(await answerOf(true), { errorCode: codes.NONE, producerId: 7 })
  t.match(await answerOf(false), { errorCode: codes.CLUSTER_AUTHORIZATION_FAILED, producerId: -1 })
})

t.test('transactions in two phases take a right of their own', async t => {
  const { at } = await clusterContext(t, {
    properties: { 'transaction.two.phase.commit.enable': 'true' },
    deny: operation => operation === 'twoPhaseCommit',
  })
  const asked = { transactionalId: 'mine', transactionTimeoutMs: 1_000, ...noProducer, enable2Pc: true }
  const refused = { errorCode: codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerId: -1 }
  t.match(await initProducerId(asked, at(6)), refused)
})

t.test('offsets for a topic that a client may not read are refused whether it is there or not', async t => {
  const { at } = await clusterContext(t, { deny: (_, type) => type === 'topic' })
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedLeaderEpoch: -1, committedMetadata: '' }]
  const asked = [{ name: 'missing', topicId: zeroId, partitions }]
  const answerAt = async (version: number): Promise<object> => commitEach(asked, 10, at(version), () => [])
  t.match(await answerAt(9), { topics: [{ partitions: [{ errorCode: codes.TOPIC_AUTHORIZATION_FAILED }] }] })
  t.match(await answerAt(10), { topics: [{ partitions: [{ errorCode: codes.UNKNOWN_TOPIC_ID }] }] })
})

t.test('a token for another is for who may make tokens for them, before anything else is said of tokens', async t => {
  const asked = { ownerPrincipalType: 'User', ownerPrincipalName: 'alice', renewers: [], maxLifetimeMs: -1 }
  const answerOf = async (allowed: boolean, renewer = 'User') => {
    const { at, connection } = await clusterContext(t, {
      deny: (operation, type, name) =>
        operation === 'createTokens' && type === 'user' && name === 'User:alice' && !allowed,
    })
    const known: ConnectionInfo = { ...connection, securityProtocol: 'SASL_SSL', principal: 'User:bob' }
    const renewers = [{ principalType: renewer, principalName: 'carol' }]
    return (await createDelegationToken({ ...asked, renewers }, { ...at(3), connection: known })).errorCode
  }
  t.equal(await answerOf(false), codes.DELEGATION_TOKEN_AUTHORIZATION_FAILED)
  t.equal(await answerOf(true, 'Group'), codes.INVALID_PRINCIPAL_TYPE)
  t.equal(await answerOf(true), codes.DELEGATION_TOKEN_AUTH_DISABLED)
})

t.test('who may not alter the cluster does not hear that log levels cannot be', async t => {
  const { at } = await clusterContext(t, { deny: operation => operation === 'alterConfigs' })
  const configs = [{ name: 'kafka', configOperation: 0, value: 'INFO' }]
  const resources = [{ resourceType: 8, resourceName: '1', configs }]
  const { responses } = await incrementalAlterConfigs({ resources, validateOnly: true }, at(1))
  t.match(responses, [{ errorCode: codes.CLUSTER_AUTHORIZATION_FAILED }])
})

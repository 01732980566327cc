/** A request of every API at every version that is served, most of them with what it takes to be granted. */
import { handlers } from '../../lib/handlers/index.ts'
import { AddOffsetsToTxn } from '../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { CreateDelegationToken } from '../../protocol/messages/create-delegation-token.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { GetTelemetrySubscriptions } from '../../protocol/messages/get-telemetry-subscriptions.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import type { Loose } from '../../protocol/whole-request.ts'

/** What it takes to ask. */
export interface Asking {
  readonly send: <A extends Api>(
    api: A,
    version: number,
    request: Loose<ClientRequestOf<A>>,
  ) => Promise<ClientResponseOf<A>>
  /** Goes on with a new connection, on which nobody has logged in. */
  readonly reconnect: () => Promise<void>
  /** Resolves once everything is done that follows from what was asked. */
  readonly settle: () => Promise<void>
  /** The time of day, in milliseconds since 1970. */
  readonly nowMs: number
  /** The message by which one logs in with PLAIN. */
  readonly password: Buffer
}

interface World extends Asking {
  readonly topicId: string
}

type Content = object | ((world: World, version: number) => object | Promise<object>)

const [topic, timeoutMs] = ['orders', 10_000]
const resource = { resourceType: 2, resourceName: topic }
const nobodysId = 'Zm9vYmFyYmF6cXV4cXV1eA'
const joining = { sessionTimeoutMs: 300_000, rebalanceTimeoutMs: 300_000, protocolType: 'consumer' }
const protocols = [{ name: 'range', metadata: Buffer.from('all') }]
const rule = { resourceType: 2, resourcePatternType: 3, operation: 3, permissionType: 3 }
const filter = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
const onePartition = [{ name: topic, topic, partitionIndexes: [0], partitions: [0] }]

/** What is asked, by API; fields of all versions, of which each takes its own. Of others every field is left at its default. */
const contents: Readonly<Record<string, Content>> = {
  Produce: ({ topicId, nowMs }) => ({
    ...{ acks: -1, timeoutMs },
    topicData: [{ name: topic, topicId, partitionData: [{ index: 0, records: batch(nowMs) }] }],
  }),
  Fetch: ({ topicId }) => ({
    ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 10_000, sessionEpoch: 0, replicaId: -1 },
    topics: [{ topic, topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }] }],
  }),
  ListOffsets: {
    ...{ replicaId: -1, timeoutMs },
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  },
  Metadata: (_, version) => ({ topics: version === 0 ? [] : null }),
  OffsetCommit: ({ topicId }) => committing(topicId),
  OffsetFetch: ({ topicId }) => {
    const asked = [{ name: topic, topicId, partitionIndexes: [0] }]
    return { groupId: 'offsets', topics: asked, groups: [{ groupId: 'offsets', topics: asked }] }
  },
  FindCoordinator: { key: 'g', keyType: 0, coordinatorKeys: ['g', 'h'] },
  JoinGroup: async ({ send }, version) => {
    const request = { ...joining, groupId: `joined-${version}`, protocols }
    const { memberId } = await send(JoinGroup, version, request)
    return { ...request, memberId }
  },
  Heartbeat: (world, version) => joined(world, `beating-${version}`),
  LeaveGroup: async (world, version) => {
    const member = await joined(world, `left-${version}`)
    return { ...member, members: [member] }
  },
  SyncGroup: async (world, version) => {
    const member = await joined(world, `synced-${version}`)
    const assignments = [{ memberId: member.memberId, assignment: Buffer.from('all') }]
    return { ...member, protocolType: 'consumer', protocolName: 'range', assignments }
  },
  DescribeGroups: async (world, version) => {
    const { groupId, generationId, memberId } = await joined(world, `described-${version}`)
    const assignments = [{ memberId, assignment: Buffer.from('all') }]
    await world.send(SyncGroup, 3, { groupId, generationId, memberId, assignments })
    return { groups: [groupId, 'nobody'] }
  },
  DeleteGroups: async ({ send, topicId }) => {
    await send(OffsetCommit, 8, committing(topicId))
    return { groupsNames: ['offsets', 'nobody', 'joined-5'] }
  },
  OffsetDelete: async ({ send, topicId }) => {
    await send(OffsetCommit, 8, committing(topicId))
    return { groupId: 'offsets', topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] }
  },
  CreateTopics: (_, version) => made(`made-${version}`),
  DeleteTopics: async ({ send }, version) => {
    const name = `gone-${version}`
    await send(CreateTopics, 5, made(name))
    return { topics: [{ name }], topicNames: [name], timeoutMs }
  },
  CreatePartitions: async ({ send }, version) => {
    const name = `grown-${version}`
    await send(CreateTopics, 5, made(name))
    return { topics: [{ name, count: 3 }], timeoutMs }
  },
  DeleteRecords: (_, version) => ({
    ...{ topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: version }] }], timeoutMs },
  }),
  InitProducerId: (_, version) => ({ transactionalId: `new-${version}`, transactionTimeoutMs: 60_000 }),
  OffsetForLeaderEpoch: { topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }] },
  AddPartitionsToTxn: async (world, version) => adding(await transaction(world, `adds-${version}`)),
  AddOffsetsToTxn: async (world, version) => ({
    ...(await transaction(world, `reads-${version}`)),
    groupId: 'offsets',
  }),
  EndTxn: async (world, version) => {
    const producer = await transaction(world, `ends-${version}`)
    await world.send(AddPartitionsToTxn, 3, adding(producer))
    return { ...producer, committed: true }
  },
  TxnOffsetCommit: async (world, version) => {
    const producer = await transaction(world, `commits-${version}`)
    await world.send(AddOffsetsToTxn, 3, { ...producer, groupId: 'offsets' })
    return { ...committing(world.topicId), ...producer }
  },
  WriteTxnMarkers: (_, version) => ({
    markers: [{ producerId: 9_000 + version, producerEpoch: 0, transactionResult: true, topics: [onePartition[0]] }],
  }),
  DescribeAcls: filter,
  CreateAcls: { creations: [{ ...rule, resourceName: topic, principal: 'User:bob', host: '*' }] },
  DeleteAcls: { filters: [filter] },
  DescribeConfigs: {
    resources: [
      { ...resource, configurationKeys: null },
      { resourceType: 4, resourceName: '1' },
    ],
  },
  AlterConfigs: { resources: [{ ...resource, configs: [{ name: 'retention.ms', value: '86400000' }] }] },
  IncrementalAlterConfigs: {
    resources: [{ ...resource, configs: [{ name: 'retention.ms', configOperation: 0, value: '3600000' }] }],
  },
  AlterReplicaLogDirs: { dirs: [{ path: '/no/such/directory', topics: onePartition }] },
  DescribeLogDirs: { topics: null },
  CreateDelegationToken: { maxLifetimeMs: -1 },
  RenewDelegationToken: async world => ({ hmac: await token(world), renewPeriodMs: -1 }),
  ExpireDelegationToken: async world => ({ hmac: await token(world), expiryTimePeriodMs: -1 }),
  DescribeDelegationToken: { owners: null },
  ElectLeaders: { topicPartitions: onePartition, timeoutMs },
  AlterPartitionReassignments: {
    ...{ topics: [{ name: topic, partitions: [{ partitionIndex: 0, replicas: [1] }] }], timeoutMs },
  },
  ListPartitionReassignments: { topics: null, timeoutMs },
  ConsumerGroupHeartbeat: (_, version) => consuming(version),
  ConsumerGroupDescribe: { groupIds: ['consumers-0', 'consumers-1', 'nobody'] },
  PushTelemetry: async ({ send }) => send(GetTelemetrySubscriptions, 0, {}),
  AlterClientQuotas: {
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'bob' }],
        ops: [{ key: 'producer_byte_rate', value: 1_000_000, remove: false }],
      },
    ],
  },
  AlterUserScramCredentials: {
    upsertions: [
      { name: 'bob', mechanism: 1, iterations: 4_096, salt: Buffer.from('salt'), saltedPassword: Buffer.alloc(32) },
    ],
  },
  DescribeUserScramCredentials: { users: null },
  DescribeQuorum: { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
  UpdateFeatures: {
    ...{ timeoutMs, featureUpdates: [{ feature: 'group.version', maxVersionLevel: 1 }], validateOnly: true },
  },
  DescribeProducers: { topics: onePartition },
  UnregisterBroker: { brokerId: 99 },
  DescribeTransactions: { transactionalIds: ['new-4', 'nobody'] },
  UnregisterController: { controllerId: 99 },
  AddRaftVoter: { voterId: 99, voterDirectoryId: nobodysId, timeoutMs },
  RemoveRaftVoter: { voterId: 99, voterDirectoryId: nobodysId },
  SaslHandshake: async world => {
    await world.reconnect()
    return { mechanism: 'PLAIN' }
  },
  SaslAuthenticate: async world => {
    await world.reconnect()
    await world.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
    return { authBytes: world.password }
  },
}

const ofLogin: readonly string[] = [SaslHandshake.name, SaslAuthenticate.name]

/** Asks all of it, in an order that is always the same. */
export async function askEverything(asking: Asking): Promise<void> {
  const { send, settle } = asking
  await logIn(asking)
  const { topics } = await send(CreateTopics, 7, made(topic))
  const world: World = { ...asking, topicId: topics[0]!.topicId }
  for (const keyType of [0, 1]) await send(FindCoordinator, 3, { key: 'g', keyType })
  await settle()
  for (const { api } of handlers as readonly { readonly api: Api }[]) {
    for (let version = api.versions[0]; version <= api.latestStable; version++) {
      const content = contents[api.name] ?? {}
      await send(api, version, typeof content === 'function' ? await content(world, version) : content)
      if (ofLogin.includes(api.name)) await logIn(asking)
    }
  }
}

/** On a connection of its own. */
async function logIn({ send, reconnect, password }: Asking): Promise<void> {
  await reconnect()
  await send(SaslHandshake, 1, { mechanism: 'PLAIN' })
  await send(SaslAuthenticate, 1, { authBytes: password })
}

function batch(timestamp: number): Buffer {
  return buildBatch({ records: [{ timestamp, key: null, value: Buffer.from('a') }] })
}

function made(name: string) {
  return { topics: [{ name, numPartitions: 2, replicationFactor: 1 }], timeoutMs }
}

function committing(topicId: string) {
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'a note' }]
  return { groupId: 'offsets', topics: [{ name: topic, topicId, partitions }] }
}

function consuming(version: number) {
  return {
    ...{ groupId: `consumers-${version}`, memberId: version === 0 ? '' : 'one', memberEpoch: 0 },
    ...{ rebalanceTimeoutMs: 60_000, subscribedTopicNames: [topic], topicPartitions: [] },
  }
}

/** A member, alone in its group. */
async function joined({ send }: World, groupId: string) {
  const { generationId, memberId } = await send(JoinGroup, 3, { ...joining, groupId, protocols })
  return { groupId, generationId, memberId }
}

/** A producer with a transactional id of its own. */
async function transaction({ send }: World, transactionalId: string) {
  const { producerId, producerEpoch } = await send(InitProducerId, 4, { transactionalId, transactionTimeoutMs: 60_000 })
  return { transactionalId, producerId, producerEpoch }
}

function adding(producer: { transactionalId: string; producerId: number; producerEpoch: number }) {
  return {
    ...{ transactions: [{ ...producer, topics: onePartition }], v3AndBelowTopics: onePartition },
    v3AndBelowTransactionalId: producer.transactionalId,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
  }
}

async function token({ send }: World): Promise<Buffer> {
  return (await send(CreateDelegationToken, 3, { maxLifetimeMs: -1 })).hmac
}

/** What is asked of the cluster's controllers, leaders and features, of which each has one that is as it is. */
import t from 'tap'
import { features, levelOf } from '../../lib/cluster/features.ts'
import { addRaftVoter } from '../../lib/handlers/add-raft-voter.ts'
import { describeQuorum } from '../../lib/handlers/describe-quorum.ts'
import { electLeaders } from '../../lib/handlers/elect-leaders.ts'
import { removeRaftVoter } from '../../lib/handlers/remove-raft-voter.ts'
import { unregisterBroker } from '../../lib/handlers/unregister-broker.ts'
import { unregisterController } from '../../lib/handlers/unregister-controller.ts'
import { updateFeatures } from '../../lib/handlers/update-features.ts'
import type { Partition } from '../../lib/partitions/partition.ts'
import type { Partitions } from '../../lib/partitions/partitions.ts'
import { codes } from '../../protocol/errors.ts'
import { DescribeQuorum } from '../../protocol/messages/describe-quorum.ts'
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts'
import { UpdateFeatures } from '../../protocol/messages/update-features.ts'
import { clusterContext, encodable, topic } from './cluster-context.ts'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const listeners = [{ name: 'CONTROLLER', host: 'c', port: 1 }]
const adding = {
  clusterId: null,
  timeoutMs: 1_000,
  voterId: 9,
  voterDirectoryId: noId,
  listeners,
  ackWhenCommitted: true,
}
const removing = { clusterId: null, voterId: 9, voterDirectoryId: noId }
const quorumOf = (...topics: readonly [string, ...number[]][]) => ({
  topics: topics.map(([topicName, ...indexes]) => ({
    topicName,
    partitions: indexes.map(partitionIndex => ({ partitionIndex })),
  })),
})

t.test('the broker is the only voter of the metadata, and leads', async t => {
  const { at, cluster } = await clusterContext(t)
  const answer = describeQuorum(quorumOf(['__cluster_metadata', 0]), at(2))
  const { revision } = cluster.image
  t.match(answer, {
    errorCode: codes.NONE,
    topics: [
      {
        topicName: '__cluster_metadata',
        partitions: [
          {
            partitionIndex: 0,
            errorCode: codes.NONE,
            leaderId: 1,
            highWatermark: revision,
            currentVoters: [{ replicaId: 1, logEndOffset: revision, lastCaughtUpTimestamp: Date.UTC(2026, 0, 1) }],
            observers: [],
          },
        ],
      },
    ],
    nodes: [{ nodeId: 1, listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092 }] }],
  })
  encodable(t, DescribeQuorum, answer)
})

t.test('there is no quorum of anything else, nor where anything else is asked for too', async t => {
  const { at } = await clusterContext(t)
  const metadata = '__cluster_metadata'
  for (const asked of [
    quorumOf(['t', 0]),
    quorumOf([metadata, 1]),
    quorumOf([metadata, 0, 0]),
    quorumOf([metadata, 0], ['t', 0]),
  ]) {
    const answer = describeQuorum(asked, at(2))
    t.equal(answer.errorCode, codes.NONE)
    t.same(answer.nodes, [])
    for (const { partitions } of answer.topics) {
      for (const { errorCode } of partitions) t.equal(errorCode, codes.UNKNOWN_TOPIC_OR_PARTITION)
    }
    encodable(t, DescribeQuorum, answer)
  }
})

t.test('no election is needed', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('t', { numPartitions: 2 })])
  const topicPartitions = [
    { topic: 't', partitions: [0, 1, 2, -1, 0] },
    { topic: 'nobody', partitions: [0] },
  ]
  for (const electionType of [0, 1]) {
    const answer = await electLeaders({ electionType, topicPartitions, timeoutMs: 1_000 }, at(2))
    const { ELECTION_NOT_NEEDED: notNeeded, UNKNOWN_TOPIC_OR_PARTITION: unknown } = codes
    t.equal(answer.errorCode, codes.NONE)
    t.same(
      answer.replicaElectionResults.map(({ partitionResult }) => partitionResult.map(({ errorCode }) => errorCode)),
      [[notNeeded, notNeeded, unknown, unknown, notNeeded], [unknown]],
    )
    encodable(t, ElectLeaders, answer)
    t.match(await electLeaders({ electionType, topicPartitions: null, timeoutMs: 1_000 }, at(2)), {
      errorCode: codes.NONE,
      replicaElectionResults: [{ topic: 't', partitionResult: { length: 0 } }],
    })
  }
  const invalid = { code: codes.INVALID_REQUEST }
  await t.rejects(electLeaders({ electionType: 2, topicPartitions, timeoutMs: 1_000 }, at(2)), invalid)
  const late = { code: codes.REQUEST_TIMED_OUT }
  await t.rejects(electLeaders({ electionType: 0, topicPartitions, timeoutMs: 0 }, at(2)), late)
})

t.test('nobody can be elected where the disk of the only replica has failed', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('t', { numPartitions: 1 })])
  const context = at(2)
  const partitions = { get: () => ({ standing: 'offline' }) as Partition } as Partial<Partitions> as Partitions
  const broken = { ...context, broker: { ...context.broker, partitions } }
  const elect = async (electionType: number) => {
    const topicPartitions = [{ topic: 't', partitions: [0] }]
    return (await electLeaders({ electionType, topicPartitions, timeoutMs: 1 }, broken)).replicaElectionResults[0]!
  }
  t.match((await elect(0)).partitionResult, [{ errorCode: codes.PREFERRED_LEADER_NOT_AVAILABLE }])
  t.match((await elect(1)).partitionResult, [{ errorCode: codes.ELIGIBLE_LEADERS_NOT_AVAILABLE }])
  const nobodyNamed = { electionType: 0, topicPartitions: null, timeoutMs: 1 }
  const [all] = (await electLeaders(nobodyNamed, broken)).replicaElectionResults
  t.match(all, { topic: 't', partitionResult: [{ partitionId: 0, errorCode: codes.PREFERRED_LEADER_NOT_AVAILABLE }] })
})

t.test('features can be set to the levels that they have, all of a request or none', async t => {
  const { at } = await clusterContext(t)
  const update = (
    version: number,
    ...updates: readonly { feature: string; maxVersionLevel: number; upgradeType?: number }[]
  ) =>
    updateFeatures(
      {
        timeoutMs: 1_000,
        featureUpdates: updates.map(each => ({ allowDowngrade: false, upgradeType: 1, ...each })),
        validateOnly: false,
      },
      at(version),
    )
  const { featureLevels } = at(1).broker.cluster.image
  const asTheyAre = features.map(({ name }) => ({ feature: name, maxVersionLevel: levelOf(name, featureLevels) }))
  const answer = await update(1, ...asTheyAre)
  t.equal(answer.errorCode, codes.NONE)
  t.same(
    answer.results?.map(({ feature, errorCode }) => [feature, errorCode]),
    features.map(({ name }) => [name, codes.NONE]),
  )
  encodable(t, UpdateFeatures, answer)
  const level = features.find(({ name }) => name === 'metadata.version')!.level
  const invalid = { code: codes.INVALID_UPDATE_VERSION }
  for (const [feature, maxVersionLevel, upgradeType] of [
    ['nothing', 0, 1],
    ['metadata.version', level + 1, 1],
    ['metadata.version', level - 1, 2],
    ['metadata.version', level - 1, 3],
    ['metadata.version', -1, 1],
    ['metadata.version', level, 0],
    ['metadata.version', level, 4],
    ['group.version', 2, 1],
    ['share.version', 1, 1],
  ] as const) {
    const faulty = { feature, maxVersionLevel, upgradeType }
    await t.rejects(update(1, asTheyAre[0]!, faulty), invalid, JSON.stringify(faulty))
  }
  const { errorCode } = await update(0, { feature: 'metadata.version', maxVersionLevel: level, upgradeType: 0 })
  t.equal(errorCode, codes.NONE)
})

t.test('who runs is not unregistered, and who is not there is not known', async t => {
  const { at } = await clusterContext(t)
  await t.rejects(unregisterBroker({ brokerId: 1 }, at(0)), { code: codes.INVALID_REQUEST })
  await t.rejects(unregisterBroker({ brokerId: 2 }, at(0)), { code: codes.BROKER_ID_NOT_REGISTERED })
  t.throws(() => unregisterController({ controllerId: 1 }, at(0)), { code: codes.INVALID_REQUEST })
  t.throws(() => unregisterController({ controllerId: 2 }, at(0)), { code: codes.CONTROLLER_ID_NOT_REGISTERED })
})

t.test('voters come and go with kraft.version 1, which this is not', async t => {
  const { at } = await clusterContext(t)
  const { INCONSISTENT_CLUSTER_ID, INVALID_REQUEST, UNSUPPORTED_VERSION } = codes
  t.throws(() => addRaftVoter(adding, at(1)), { code: UNSUPPORTED_VERSION })
  t.throws(() => addRaftVoter({ ...adding, clusterId: 'another' }, at(1)), { code: INCONSISTENT_CLUSTER_ID })
  t.throws(() => addRaftVoter({ ...adding, voterId: -1 }, at(1)), { code: INVALID_REQUEST })
  t.throws(() => addRaftVoter({ ...adding, listeners: [] }, at(1)), { code: INVALID_REQUEST })
  t.throws(() => removeRaftVoter({ ...removing, clusterId: 'cluster-a' }, at(0)), { code: UNSUPPORTED_VERSION })
  t.throws(() => removeRaftVoter({ ...removing, clusterId: 'another' }, at(0)), { code: INCONSISTENT_CLUSTER_ID })
  t.throws(() => removeRaftVoter({ ...removing, voterId: -1 }, at(0)), { code: INVALID_REQUEST })
})

t.test('all of it is for those who may describe, or alter, the cluster', async t => {
  const { at } = await clusterContext(t, { deny: (_, type) => type === 'cluster' })
  for (const ask of [
    () => describeQuorum(quorumOf(['__cluster_metadata', 0]), at(2)),
    () => electLeaders({ electionType: 0, topicPartitions: null, timeoutMs: 1 }, at(2)),
    () => updateFeatures({ timeoutMs: 1, featureUpdates: [], validateOnly: true }, at(2)),
    () => unregisterBroker({ brokerId: 2 }, at(0)),
    () => unregisterController({ controllerId: 2 }, at(0)),
    () => addRaftVoter(adding, at(1)),
    () => removeRaftVoter(removing, at(0)),
  ]) {
    await t.rejects(async () => ask(), { code: codes.CLUSTER_AUTHORIZATION_FAILED })
  }
})

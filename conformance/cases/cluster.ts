/** What administrators ask of the cluster as a whole: leaders, the quorum, features, and members that are gone. */
import { codes } from '../../protocol/errors.ts'
import { AddRaftVoter } from '../../protocol/messages/add-raft-voter.ts'
import { DescribeQuorum } from '../../protocol/messages/describe-quorum.ts'
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts'
import { RemoveRaftVoter } from '../../protocol/messages/remove-raft-voter.ts'
import { UnregisterBroker } from '../../protocol/messages/unregister-broker.ts'
import { UnregisterController } from '../../protocol/messages/unregister-controller.ts'
import { UpdateFeatures } from '../../protocol/messages/update-features.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

async function elections(session: Session): Promise<void> {
  const [one, two] = [session.name('one'), session.name('two')]
  await session.topic(one, 3)
  await session.topic(two, 1)
  const timeoutMs = 10_000
  const some = [
    { topic: one, partitions: [0, 2, 3, -1, 0] },
    { topic: session.name('nobody'), partitions: [0] },
    { topic: two, partitions: [0] },
    { topic: one, partitions: [1] },
    { topic: '', partitions: [0] },
    { topic: two, partitions: [] },
  ]
  for (const electionType of [0, 1]) {
    const type = electionType === 0 ? 'preferred' : 'unclean'
    await session.sendAtEach(ElectLeaders, { electionType, topicPartitions: some, timeoutMs }, type)
    for (const version of session.versions(ElectLeaders)) {
      const all = await session.prepare(ElectLeaders, version, { electionType, topicPartitions: null, timeoutMs })
      const own = all.replicaElectionResults.filter(({ topic }) => topic === one || topic === two)
      const results = own.sort((a, b) => (a.topic < b.topic ? -1 : 1))
      session.note('ElectLeaders', version, `${type}, all`, { errorCode: all.errorCode, results })
    }
    await session.sendAtEach(ElectLeaders, { electionType, topicPartitions: [], timeoutMs }, `${type}, none`)
  }
  const latest = session.latest(ElectLeaders)
  const topicPartitions = [{ topic: one, partitions: [0] }]
  for (const electionType of [2, -1]) {
    await session.send(ElectLeaders, latest, { electionType, topicPartitions, timeoutMs }, `of type ${electionType}`)
  }
  await session.send(ElectLeaders, latest, { topicPartitions, timeoutMs: -1 }, 'without time')
  await session.send(ElectLeaders, latest, { topicPartitions: null, timeoutMs: 0 }, 'of all, without time')
}

/** How far logs are differs; that the leader has all of its own, and that it was there a moment ago, does not. */
async function quorum(session: Session): Promise<void> {
  const metadata = '__cluster_metadata'
  const only = [{ topicName: metadata, partitions: [{ partitionIndex: 0 }] }]
  for (const version of session.versions(DescribeQuorum)) {
    const { errorCode, errorMessage, topics, nodes } = await session.prepare(DescribeQuorum, version, { topics: only })
    const [partition] = topics[0]!.partitions
    const { currentVoters, observers, leaderId, highWatermark, leaderEpoch, ...rest } = partition!
    session.note('DescribeQuorum', version, 'metadata', {
      errorCode,
      errorMessage,
      rest,
      leads: leaderId,
      epochs: leaderEpoch > 0,
      observers,
      voters: currentVoters.map(({ replicaId, logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp }) => ({
        replicaId,
        hasAll: logEndOffset === highWatermark && highWatermark > 0,
        seen: lastFetchTimestamp > 0,
        caughtUp: lastCaughtUpTimestamp > 0,
      })),
      nodes: nodes.map(({ nodeId, listeners }) => ({ nodeId, listeners: listeners.length })),
    })
  }
  const other = { topicName: session.name('t'), partitions: [{ partitionIndex: 0 }] }
  await session.sendAtEach(DescribeQuorum, { topics: [other] }, 'another topic')
  await session.sendAtEach(DescribeQuorum, { topics: [...only, other] }, 'another topic too')
  await session.sendAtEach(DescribeQuorum, { topics: [] }, 'no topics')
  for (const indexes of [[], [1], [0, 0], [0, 1]]) {
    const partitions = indexes.map(partitionIndex => ({ partitionIndex }))
    const topics = [{ topicName: metadata, partitions }]
    await session.sendAtEach(DescribeQuorum, { topics }, `partitions ${indexes.join(' and ') || 'none'}`)
  }
}

const level = 33

const updates: readonly (readonly [label: string, ...[string, number, number][]])[] = [
  ['none'],
  ['as it is', ['metadata.version', level, 1]],
  ['as it is, as a safe downgrade', ['metadata.version', level, 2]],
  ['as it is, as an unsafe downgrade', ['metadata.version', level, 3]],
  ['as it is, twice', ['metadata.version', level, 1], ['metadata.version', level, 1]],
  ['unknown upgrade type', ['metadata.version', level, 4]],
  ['no upgrade type', ['metadata.version', level, 0]],
  ['too high', ['metadata.version', level + 1, 1]],
  ['lower', ['metadata.version', level - 1, 1]],
  ['lower, safely', ['metadata.version', level - 1, 2]],
  ['lower, unsafely', ['metadata.version', level - 1, 3]],
  ['too low', ['metadata.version', 1, 2]],
  ['0', ['metadata.version', 0, 2]],
  ['negative', ['metadata.version', -1, 1]],
  ['unknown feature', ['nothing', 1, 1]],
  ['unknown feature at 0', ['nothing', 0, 2]],
  ['no feature', ['', 1, 1]],
  ['one that can be and one that cannot', ['metadata.version', level, 1], ['group.version', 9, 1]],
]

async function featureLevels(session: Session): Promise<void> {
  for (const [label, ...features] of updates) {
    const featureUpdates = features.map(([feature, maxVersionLevel, upgradeType]) => ({
      feature,
      maxVersionLevel,
      upgradeType,
    }))
    const request = { timeoutMs: 10_000, featureUpdates, validateOnly: true }
    // Version 0 cannot only validate, nor tell an upgrade from anything else.
    const versions = session.versions(UpdateFeatures).filter(version => version > 0)
    for (const version of versions) await session.send(UpdateFeatures, version, request, label)
  }
  const featureUpdates = [{ feature: 'metadata.version', maxVersionLevel: level }]
  await session.sendAtEach(UpdateFeatures, { timeoutMs: 10_000, featureUpdates }, 'as it is, really')
}

async function gone(session: Session): Promise<void> {
  for (const id of [99, -1]) {
    await session.sendAtEach(UnregisterBroker, { brokerId: id }, `broker ${id}`)
    await session.sendAtEach(UnregisterController, { controllerId: id }, `controller ${id}`)
  }
  await session.sendAtEach(UnregisterController, { controllerId: 1 }, 'the active controller')
}

const voterDirectoryId = 'AAAAAAAAAAAAAAAAAAAAAQ'

async function voters(session: Session): Promise<void> {
  const voter = { clusterId: null, timeoutMs: 10_000, voterDirectoryId, listeners: [] }
  const listeners = [{ name: 'CONTROLLER', host: 'nobody', port: 1 }]
  await session.sendAtEach(AddRaftVoter, { ...voter, voterId: 9 }, 'without listeners')
  await session.sendAtEach(AddRaftVoter, { ...voter, voterId: -9, listeners }, 'negative')
  await session.sendAtEach(AddRaftVoter, { ...voter, voterId: 9, clusterId: 'another' }, 'of another cluster')
  await session.sendAtEach(AddRaftVoter, { ...voter, voterId: 9, clusterId: '' }, 'of no cluster')
  await session.sendAtEach(RemoveRaftVoter, { voterDirectoryId, clusterId: null, voterId: -9 }, 'negative')
  await session.sendAtEach(RemoveRaftVoter, { voterDirectoryId, voterId: 9, clusterId: 'another' }, 'another cluster')
  await session.sendAtEach(RemoveRaftVoter, { voterDirectoryId, voterId: 9, clusterId: null }, 'unknown')
}

export const clusterCases: readonly Case[] = [
  { name: 'cluster: elections of leaders', run: elections },
  { name: 'cluster: the quorum of the metadata', run: quorum },
  { name: 'cluster: levels of features', run: featureLevels },
  { name: 'cluster: members that are gone', run: gone },
  {
    name: 'cluster: voters',
    run: voters,
    differs: [
      {
        answer: 'RemoveRaftVoter v* unknown',
        path: 'errorCode',
        ours: codes.UNSUPPORTED_VERSION,
        reason: '**RemoveRaftVoter** answers as Kafka does where kraft.version is 0',
      },
    ],
  },
]

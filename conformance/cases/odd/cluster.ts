/** Odd values in the requests about the cluster as a whole, and about transactions, of which there are none. */
import { AddRaftVoter } from '../../../protocol/messages/add-raft-voter.ts'
import { AlterClientQuotas } from '../../../protocol/messages/alter-client-quotas.ts'
import { DescribeClientQuotas } from '../../../protocol/messages/describe-client-quotas.ts'
import { DescribeQuorum } from '../../../protocol/messages/describe-quorum.ts'
import { DescribeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { ElectLeaders } from '../../../protocol/messages/elect-leaders.ts'
import { ListTransactions } from '../../../protocol/messages/list-transactions.ts'
import { RemoveRaftVoter } from '../../../protocol/messages/remove-raft-voter.ts'
import { UnregisterBroker } from '../../../protocol/messages/unregister-broker.ts'
import { UnregisterController } from '../../../protocol/messages/unregister-controller.ts'
import { UpdateFeatures } from '../../../protocol/messages/update-features.ts'
import type { Case } from '../case.ts'
import { coordinators } from '../transactions/producer.ts'
import { oddCase } from './odd.ts'
import { oddTexts } from './values.ts'

const timeoutMs = 10_000
const voterDirectoryId = 'Zm9vYmFyYmF6cXV4cXV1eA'

/** Whoever takes the only node out of the cluster has none to compare with. */
function isTheNode(path: string, word: string): boolean {
  return /Id$/.test(path) && word === '1'
}

export const oddClusterCases: readonly Case[] = [
  oddCase({
    api: ElectLeaders,
    make: async session => {
      const name = session.name('there')
      await session.topic(name)
      return name
    },
    good: ({ made }) => ({ topicPartitions: [{ topic: made, partitions: [0] }], timeoutMs }),
    // All partitions of all topics: those of other cases are not this one's affair.
    without: (path, word) => path === 'topicPartitions' && word === 'null',
  }),
  oddCase({
    api: DescribeClientQuotas,
    good: ({ session }) => ({
      components: [{ entityType: 'user', matchType: 0, match: session.name('somebody') }],
    }),
  }),
  oddCase({
    api: AlterClientQuotas,
    good: ({ session }) => ({
      entries: [
        {
          entity: [{ entityType: 'user', entityName: session.name('somebody') }],
          ops: [{ key: 'producer_byte_rate', value: 1_000, remove: false }],
        },
      ],
      // Others are asked what there is.
      validateOnly: true,
    }),
    without: path => path === 'validateOnly',
  }),
  oddCase({
    api: DescribeQuorum,
    good: () => ({ topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }),
    compared: ({ errorCode, errorMessage, topics }) => ({
      errorCode,
      errorMessage,
      topics: (topics as { topicName: string; partitions: { partitionIndex: number; errorCode: number }[] }[]).map(
        ({ topicName, partitions }) => ({
          topicName,
          partitions: partitions.map(({ partitionIndex, errorCode }) => ({ partitionIndex, errorCode })),
        }),
      ),
    }),
  }),
  oddCase({
    api: UpdateFeatures,
    good: () => ({
      timeoutMs,
      featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: 33, upgradeType: 1 }],
      validateOnly: true,
    }),
  }),
  oddCase({ api: UnregisterBroker, good: () => ({ brokerId: 99 }), without: isTheNode }),
  oddCase({ api: UnregisterController, good: () => ({ controllerId: 99 }), without: isTheNode }),
  oddCase({
    api: AddRaftVoter,
    good: ({ session }) => ({
      clusterId: session.name('another'),
      timeoutMs,
      voterId: 99,
      voterDirectoryId,
      listeners: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }],
    }),
    without: (path, word) => path === 'clusterId' && word === 'null',
  }),
  oddCase({
    api: RemoveRaftVoter,
    good: ({ session }) => ({ clusterId: session.name('another'), voterId: 99, voterDirectoryId }),
    without: (path, word) => path === 'clusterId' && word === 'null',
  }),
  oddCase({
    api: DescribeTransactions,
    make: session => coordinators(session, [session.name('nobody'), ...oddTexts(session.run)]),
    good: ({ session }) => ({ transactionalIds: [session.name('nobody')] }),
  }),
  oddCase({
    api: ListTransactions,
    // None, whatever other cases have left open.
    good: () => ({ stateFilters: ['Dead'], producerIdFilters: [987_654], durationFilter: -1 }),
  }),
]

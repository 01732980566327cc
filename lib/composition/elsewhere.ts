/** Other brokers as transactions reach them: by the protocol, over the connections that brokers have among themselves. */
import { codes } from '../../protocol/errors.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { WriteTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import { ClientError } from '../client/client.ts'
import { brokerOf } from '../cluster/image.ts'
import { type Elsewhere, sameForAll, unlessBehind } from '../coordination/elsewhere.ts'
import type { MarkerResult } from '../coordination/markers.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { Peers } from '../replication/peers.ts'
import type { TopicPartitions } from '../transactions/transaction.ts'

/** First versions for brokers, of several transactions. */
const [addVersionMin, markersVersionMin] = [4, 1]

/** See the head of the file. */
export function elsewhereBy(peers: Peers, cluster: Cluster, nodeId: number): Elsewhere {
  return {
    leaderOf: (topic, index) => {
      const { image } = cluster
      const leader = image.topics.get(topic)?.partitions[index]?.leader ?? -1
      return leader >= 0 && leader !== nodeId && brokerOf(image, leader) !== undefined ? leader : null
    },
    writeMarkers: (leader, { committed, ...end }, partitions) =>
      unlessUnreachable(partitions, codes.NOT_LEADER_OR_FOLLOWER, async () => {
        const topics = [...partitions].map(([name, indexes]) => ({ name, partitionIndexes: [...indexes] }))
        const request = { markers: [{ ...end, transactionResult: committed, topics }] }
        const { markers } = await peers.ask(leader, WriteTxnMarkers, request, { leastVersion: markersVersionMin })
        return (markers[0]?.topics ?? []).flatMap(({ name, partitions: results }) =>
          results.map(({ partitionIndex, errorCode }) => ({
            ...{ topic: name, index: partitionIndex },
            errorCode: unlessBehind(errorCode, codes.NOT_LEADER_OR_FOLLOWER),
          })),
        )
      }),
    addPartitions: (coordinator, claim, partitions, verifyOnly) =>
      unlessUnreachable(partitions, codes.COORDINATOR_NOT_AVAILABLE, async () => {
        const topics = [...partitions].map(([name, indexes]) => ({ name, partitions: [...indexes] }))
        const request = { transactions: [{ ...claim, verifyOnly, topics }] }
        const answer = await peers.ask(coordinator, AddPartitionsToTxn, request, { leastVersion: addVersionMin })
        if (answer.errorCode !== codes.NONE) return sameForAll(partitions, answer.errorCode)
        return (answer.resultsByTransaction[0]?.topicResults ?? []).flatMap(({ name, resultsByPartition }) =>
          resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
            ...{ topic: name, index: partitionIndex },
            errorCode: unlessBehind(partitionErrorCode, codes.COORDINATOR_NOT_AVAILABLE),
          })),
        )
      }),
  }
}

/** Of partitions that an answer does not name, nothing is known either. */
async function unlessUnreachable(
  partitions: TopicPartitions,
  errorCode: number,
  ask: () => Promise<readonly MarkerResult[]>,
): Promise<readonly MarkerResult[]> {
  let results: readonly MarkerResult[] = []
  try {
    results = await ask()
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
  }
  const told = new Map(results.map(result => [`${result.topic}-${result.index}`, result]))
  return sameForAll(partitions, errorCode).map(each => told.get(`${each.topic}-${each.index}`) ?? each)
}

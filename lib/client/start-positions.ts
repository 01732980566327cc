/** Where a consumer begins in partitions: the offset for a time, or for a word that stands for one. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { byTopicName, type PartitionName } from './producer-identity.ts'
import type { Routes } from './routes.ts'

/** Times that stand for something else. */
export const startTimes = { latest: -1, earliest: -2 } as const

/** The newest version that names topics in ListOffsets and answers all times that are asked for here. */
const versionMax = 9

/**
 * Asks one leader for the offsets of a time (milliseconds since 1970, or one of `startTimes`): for each partition an offset, −1 where there is none
 * of that time, or the error. Rejects with ClientError or KafkaError.
 */
export async function offsetsAt(
  routes: Routes,
  leader: number,
  partitions: readonly PartitionName[],
  time: number,
  isCommittedOnly: boolean,
): Promise<(PartitionName & { readonly errorCode: number; readonly offset: number })[]> {
  const connection = await routes.connectionTo({ to: 'broker', nodeId: leader })
  const topics = [...byTopicName(partitions)].map(([name, all]) => ({
    name,
    partitions: all.map(({ partition }) => ({ partitionIndex: partition, timestamp: time, maxNumOffsets: 1 })),
  }))
  const request = { replicaId: -1, isolationLevel: isCommittedOnly ? 1 : 0, topics }
  try {
    const answer = await connection.ask(ListOffsets, request, { mostVersion: versionMax })
    return answer.topics.flatMap(({ name, partitions: told }) =>
      told.map(({ partitionIndex, errorCode, offset, oldStyleOffsets }) => ({
        ...{ topic: name, partition: partitionIndex, errorCode },
        offset: errorCode === codes.NONE && offset < 0 ? (oldStyleOffsets?.[0] ?? -1) : offset,
      })),
    )
  } catch (error) {
    if (!(error instanceof KafkaError)) routes.drop(connection)
    throw error
  }
}

/** AlterReplicaLogDirs (KIP-113): moves partitions to another of this broker's data directories, in the background. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
} from '../../protocol/messages/alter-replica-log-dirs.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** Characters of `.ID-future`. */
const copySuffixLength = 40
const fileNameLengthMax = 255

/** The answer says that moves were begun. A partition that is named for several directories moves to the last. */
export function alterReplicaLogDirs(
  request: AlterReplicaLogDirsRequest,
  context: Context,
): AlterReplicaLogDirsResponse {
  const mayAlter = context.broker.authorize(context, 'alter', 'cluster', clusterResource)
  const topics = new Map<string, Map<number, string>>()
  for (const { path, topics: ofPath } of request.dirs) {
    for (const { name, partitions } of ofPath) {
      if (partitions.length === 0) continue
      const paths = topics.get(name) ?? new Map<number, string>()
      topics.set(name, paths)
      for (const index of partitions) paths.set(index, path)
    }
  }
  const results = [...topics].map(([topicName, paths]) => ({
    topicName,
    partitions: [...paths].map(([partitionIndex, path]) => ({
      partitionIndex,
      errorCode: mayAlter ? moved(topicName, partitionIndex, path, context) : codes.CLUSTER_AUTHORIZATION_FAILED,
    })),
  }))
  return { throttleTimeMs: 0, results }
}

/** Begins to move a partition; where there is none yet, remembers where it is to be made. Gives the error code. */
function moved(topic: string, index: number, path: string, { broker: { partitions } }: Context): number {
  // The copy lies beside the original under the name `TOPIC-PARTITION.ID-future`.
  if (topic.length + `-${index}`.length + copySuffixLength > fileNameLengthMax) return codes.INVALID_TOPIC_EXCEPTION
  try {
    const directory = partitions.logDirectories.usable(path)
    const partition = partitions.get(topic, index)
    if (partition === undefined) {
      if (index >= 0) partitions.logDirectories.wish(`${topic}-${index}`, directory)
      return partitions.whyMissing(topic, index)
    }
    partitions.relocations.move(partition, directory)
    return codes.NONE
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

/** The code at each partition of each directory. */
export function refuseAlterReplicaLogDirs(
  { dirs }: AlterReplicaLogDirsRequest,
  { errorCode }: Refusal,
): AlterReplicaLogDirsResponse {
  const results = dirs.flatMap(({ topics }) =>
    topics.map(({ name, partitions }) => ({
      topicName: name,
      partitions: partitions.map(partitionIndex => ({ partitionIndex, errorCode })),
    })),
  )
  return { throttleTimeMs: 0, results }
}

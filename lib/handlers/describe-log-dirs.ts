/** DescribeLogDirs: what lies in each data directory, and how large it is. */
import { codes } from '../../protocol/errors.ts'
import type { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../protocol/messages/describe-log-dirs.ts'
import type { DirectoryState } from '../partitions/log-directories.ts'
import type { Partition } from '../partitions/partition.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'

type Result = DescribeLogDirsResponse['results'][number]
type TopicResult = Result['topics'][number]

/** All partitions where `topics` is null. */
export function describeLogDirs(request: DescribeLogDirsRequest, context: Context): DescribeLogDirsResponse {
  const { broker } = context
  if (!broker.authorize(context, 'describe', 'cluster', clusterResource)) {
    return { throttleTimeMs: 0, errorCode: codes.CLUSTER_AUTHORIZATION_FAILED, results: [] }
  }
  const topicsByPath = new Map<string, Map<string, TopicResult['partitions'][number][]>>()
  for (const partition of wanted(request, context)) {
    const path = broker.partitions.logDirectories.pathOf(partition)
    if (path === null || partition.standing !== 'online') continue
    const topics = topicsByPath.get(path) ?? new Map<string, TopicResult['partitions'][number][]>()
    topicsByPath.set(path, topics)
    const partitions = topics.get(partition.topic) ?? []
    topics.set(partition.topic, partitions)
    partitions.push({
      partitionIndex: partition.index,
      partitionSize: partition.sizeInBytes,
      offsetLag: partition.isLoaded ? Math.max(0, partition.highWatermark - partition.logEndOffset) : 0,
      isFutureKey: false,
    })
  }
  const results = broker.partitions.logDirectories.states().map(state => {
    const topics = [...(topicsByPath.get(state.path) ?? [])].map(([name, partitions]) => ({ name, partitions }))
    return describe(state, topics)
  })
  return { throttleTimeMs: 0, errorCode: codes.NONE, results }
}

function* wanted({ topics }: DescribeLogDirsRequest, { broker: { partitions } }: Context): Iterable<Partition> {
  if (topics === null) {
    yield* partitions.all()
    return
  }
  for (const { topic, partitions: indexes } of topics) {
    for (const index of new Set(indexes)) {
      const partition = partitions.get(topic, index)
      if (partition !== undefined) yield partition
    }
  }
}

function describe({ path, directory, failed, cordoned }: DirectoryState, topics: TopicResult[]): Result {
  const isCordoned = cordoned
  if (failed || directory === null)
    return { errorCode: codes.KAFKA_STORAGE_ERROR, logDir: path, topics: [], isCordoned }
  const { totalBytes, usableBytes } = directory.usage()
  return { errorCode: codes.NONE, logDir: path, topics, totalBytes, usableBytes, isCordoned }
}

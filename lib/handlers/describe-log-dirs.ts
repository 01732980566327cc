/** DescribeLogDirs: what lies in each data directory, and how large it is. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../protocol/messages/describe-log-dirs.ts'
import { isHiddenTopic } from '../cluster/topic-names.ts'
import type { DirectoryState, LogDirectories } from '../partitions/log-directories.ts'
import type { Partition } from '../partitions/partition.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Result = DescribeLogDirsResponse['results'][number]
type TopicResult = Result['topics'][number]
type PartitionResult = TopicResult['partitions'][number]

/** All partitions where `topics` is null. */
export function describeLogDirs(request: DescribeLogDirsRequest, context: Context): DescribeLogDirsResponse {
  const { broker } = context
  if (!broker.authorize(context, 'describe', 'cluster', clusterResource)) {
    return { throttleTimeMs: 0, errorCode: codes.CLUSTER_AUTHORIZATION_FAILED, results: [] }
  }
  const found = new ByPath()
  const { logDirectories, relocations } = broker.partitions
  for (const partition of wanted(request, context)) {
    const path = logDirectories.pathOf(partition)
    if (path === null || partition.standing !== 'online') continue
    const partitionSize = sizeOf(partition)
    if (partitionSize === null) {
      found.unreadable.add(path)
      continue
    }
    found.add(path, partition, {
      partitionIndex: partition.index,
      partitionSize,
      offsetLag: partition.isLoaded ? Math.max(0, partition.highWatermark - partition.logEndOffset) : 0,
      isFutureKey: false,
    })
    const future = relocations.futureOf(partition)
    if (future === null) continue
    found.add(future.path, partition, {
      partitionIndex: partition.index,
      partitionSize: future.sizeInBytes,
      offsetLag: future.offsetLag,
      isFutureKey: true,
    })
  }
  const results = logDirectories.states().map(state => describe(state, found, logDirectories))
  return { throttleTimeMs: 0, errorCode: codes.NONE, results }
}

/** Answers for partitions by directory and topic. */
class ByPath {
  /** Directories that cannot be looked into now. */
  readonly unreadable = new Set<string>()
  readonly #paths = new Map<string, Map<string, PartitionResult[]>>()

  add(path: string, { topic }: Partition, result: PartitionResult): void {
    const topics = this.#paths.get(path) ?? new Map<string, PartitionResult[]>()
    this.#paths.set(path, topics)
    const partitions = topics.get(topic)
    if (partitions) partitions.push(result)
    else topics.set(topic, [result])
  }

  topics(path: string): TopicResult[] {
    return [...(this.#paths.get(path) ?? [])].map(([name, partitions]) => ({ name, partitions }))
  }
}

function* wanted({ topics }: DescribeLogDirsRequest, { broker: { partitions } }: Context): Iterable<Partition> {
  if (topics === null) {
    for (const partition of partitions.all()) if (!isHiddenTopic(partition.topic)) yield partition
    return
  }
  const named = new Set<Partition>()
  for (const { topic, partitions: indexes } of topics) {
    for (const index of indexes) {
      const partition = partitions.get(topic, index)
      if (partition !== undefined) named.add(partition)
    }
  }
  yield* named
}

function describe({ path, failed, cordoned }: DirectoryState, found: ByPath, directories: LogDirectories): Result {
  const space = failed || found.unreadable.has(path) ? null : directories.spaceOf(path)
  return space === null
    ? { errorCode: codes.KAFKA_STORAGE_ERROR, logDir: path, topics: [], isCordoned: cordoned }
    : { errorCode: codes.NONE, logDir: path, topics: found.topics(path), ...space, isCordoned: cordoned }
}

/** Bytes of a partition; null where they cannot be counted now. */
function sizeOf(partition: Partition): number | null {
  try {
    return partition.sizeInBytes
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
}

/** The code, and no directories; versions before 3 have no place for it. */
export function refuseDescribeLogDirs(
  _request: DescribeLogDirsRequest,
  { errorCode }: Refusal,
): DescribeLogDirsResponse {
  return { throttleTimeMs: 0, errorCode, results: [] }
}

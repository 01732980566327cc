/** The partitions of a broker, as its cluster and its settings have them. */
import { resolve } from 'node:path'
import type { TopicImage } from '../cluster/image.ts'
import type { BrokerConfig } from '../config/config.ts'
import { longMax } from '../config/property.ts'
import { logConfigOf, topicReader } from '../config/topic-config.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { PartitionSettings } from '../partitions/partition.ts'
import { Partitions } from '../partitions/partitions.ts'
import { nothingThrottled, type Throttled, throttledOn } from '../partitions/throttled.ts'
import { compactorSettings } from '../partitions/upkeep/compactor-settings.ts'
import { upkeepIntervals } from '../partitions/upkeep/intervals.ts'
import type { Turn } from '../partitions/waiting/turn.ts'
import type { Opened } from './opened.ts'
import type { CompositionOptions } from './parts.ts'
import type { Storage } from './storage.ts'

/** A transaction is late when it is open for so much longer than any may take: the same as in Apache Kafka. */
const lateTransactionBufferMs = 300_000

/** Finds the partitions that the image names; their logs are recovered by `start`. */
export function openPartitions(
  { config, parts: { clocks }, logger }: CompositionOptions,
  storage: Storage,
  cluster: Cluster,
  turn: Turn,
  opened: Opened,
): Partitions {
  const partitions = Partitions.open({
    nodeId: config.get('node.id'),
    image: cluster.image,
    directories: storage.directories,
    missingDirectories: storage.failed,
    cordonedDirectories: () => config.get('cordoned.log.dirs').map(path => (path === '*' ? path : resolve(path))),
    onDirectoryFailed: (path, anyUsable, error) => {
      if (path === storage.metadata.path) storage.metadataFailed(error)
      else if (!anyUsable) opened.failure.is('all data directories have failed', error)
    },
    settingsOf: settingsReader(config),
    clocks,
    turn,
    logger: logger.child('partitions'),
    intervals: upkeepIntervals(config),
    compaction: () => compactorSettings(config),
    lateTransactionMs: () => config.get('transaction.max.timeout.ms') + lateTransactionBufferMs,
    relocationBytesPerSecondMax: () => relocationBytesPerSecondMax(config),
    isMember: () => cluster.isMember,
    replicaLagMsMax: () => config.get('replica.lag.time.max.ms'),
  })
  // From the very image that they were opened with: recovery takes its time, and the cluster goes on.
  cluster.onChange(delta => partitions.apply(delta))
  opened.add(() => {
    // What is closed well is so as of this run.
    for (const directory of storage.directories) directory.brokerEpoch = cluster.brokerEpoch
    return partitions.close()
  })
  opened.metrics.add(() => partitions.metrics())
  return partitions
}

/** Most topics set nothing: all of those share the broker's settings, worked out once until they change. */
export function settingsReader(config: BrokerConfig): (topic: TopicImage) => PartitionSettings {
  let plain: PartitionSettings | null = null
  config.onChange(() => {
    plain = null
  })
  return topic => {
    if (topic.configs.size > 0) return topicSettings(topic, config)
    plain ??= topicSettings(topic, config)
    return plain
  }
}

function topicSettings(topic: TopicImage, config: BrokerConfig): PartitionSettings {
  const read = topicReader(topic.configs, config)
  const throttled = throttledIn(topic, config.get('node.id'), read)
  return { log: logConfigOf(topic.configs, config), minInsyncReplicas: read('min.insync.replicas'), throttled }
}

/** Replicas of this broker that the topic has held back; nearly always none. */
function throttledIn({ configs }: TopicImage, nodeId: number, read: ReturnType<typeof topicReader>): Throttled {
  const [leaders, followers] = [
    'leader.replication.throttled.replicas',
    'follower.replication.throttled.replicas',
  ] as const
  if (!configs.has(leaders) && !configs.has(followers)) return nothingThrottled
  return { leader: throttledOn(read(leaders), nodeId), follower: throttledOn(read(followers), nodeId) }
}

/** Bytes a second that a partition moves at where nothing is set: others need the disks, too. */
const relocationBytesPerSecondDefault = 100_000_000

function relocationBytesPerSecondMax(config: BrokerConfig): number {
  const bytes = config.get('replica.alter.log.dirs.io.max.bytes.per.second')
  // Kafka's default is the greatest number there is.
  return bytes >= 1 && bytes < longMax ? bytes : relocationBytesPerSecondDefault
}

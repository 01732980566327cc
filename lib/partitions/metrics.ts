/** Figures of partitions, their logs and directories, and of compaction. */
import { KafkaError } from '../../protocol/errors.ts'
import { isHiddenTopic } from '../cluster/topic-names.ts'
import { type Metric, metricsOf } from '../metrics/metrics.ts'
import type { LogDirectories } from './log-directories.ts'
import type { Partition } from './partition.ts'
import type { Compactor } from './upkeep/compactor.ts'

const ofReplicas = metricsOf('kafka.server', 'ReplicaManager')
const ofDirectories = metricsOf('kafka.log', 'LogManager')
const ofPartition = metricsOf('kafka.cluster', 'Partition')
const ofLog = metricsOf('kafka.log', 'Log')
const ofCleaner = metricsOf('kafka.log', 'LogCleaner')
const ofCleanerState = metricsOf('kafka.log', 'LogCleanerManager')

/**
 * How many partitions there are, and of those whose log is open how large it is, and how many transactions are open in it: the others nobody has asked
 * for. Transactions whose producers have not written since `lateSinceMs` are late.
 */
export function* partitionMetrics(all: Iterable<Partition>, lateSinceMs: number): Iterable<Metric | null> {
  let count = 0
  let producerIds = 0
  let withLate = 0
  let leaders = 0
  let offline = 0
  let loaded = 0
  for (const partition of all) {
    yield null
    if (isHiddenTopic(partition.topic)) continue
    count++
    if (partition.isLeader) leaders++
    if (partition.standing !== 'online') offline++
    else if (partition.isLoaded) {
      loaded++
      const { log } = partition
      const tags = { topic: partition.topic, partition: String(partition.index) }
      yield ofLog('Size', log.sizeInBytes, tags)
      yield ofLog('NumLogSegments', log.segments.length, tags)
      yield ofLog('LogStartOffset', log.logStartOffset, tags)
      yield ofLog('LogEndOffset', log.logEndOffset, tags)
      yield ofPartition('LastStableOffsetLag', partition.highWatermark - partition.lastStableOffset, tags)
      const { producers } = log
      yield ofLog('OpenTransactionCount', producers.openCount, tags)
      producerIds += producers.states.size
      if (producers.hasOpenSince(lateSinceMs)) withLate++
    }
  }
  yield ofReplicas('ProducerIdCount', producerIds)
  yield ofReplicas('PartitionsWithLateTransactionsCount', withLate)
  yield ofReplicas('PartitionCount', count)
  yield ofReplicas('LeaderCount', leaders)
  yield ofReplicas('OfflineReplicaCount', offline)
  yield ofDirectories('OpenLogCount', loaded)
}

/** Which data directories cannot be used, and what their recovery took at the start. */
export function* directoryMetrics(directories: LogDirectories): Iterable<Metric> {
  let offline = 0
  for (const { path, failed, recovered } of directories.states()) {
    if (failed) offline++
    yield ofDirectories('LogDirectoryOffline', failed ? 1 : 0, { logDirectory: path })
    if (recovered === null) continue
    yield ofDirectories('RecoveredLogCount', recovered.logs, { logDirectory: path })
    yield ofDirectories('RecoveryTimeMs', recovered.ms, { logDirectory: path })
  }
  yield ofDirectories('OfflineLogDirectoryCount', offline)
}

/** How dirty logs are, what the last cleaning did, and how far the present one is. */
export function* compactionMetrics(compactor: Compactor, directories: LogDirectories): Iterable<Metric | null> {
  const { last, current } = compactor
  yield ofCleaner('max-buffer-utilization-percent', Math.floor(last.bufferUtilization * 100))
  yield ofCleaner('cleaner-recopy-percent', Math.floor(last.recopied * 100))
  yield ofCleaner('max-clean-time-secs', Math.floor(last.durationMs / 1_000))
  if (current !== null) {
    const tags = { topic: current.partition.topic, partition: String(current.partition.index) }
    yield ofCleaner('cleaning-segments', current.segmentCount, tags)
    yield ofCleaner('cleaning-segments-done', current.segmentsDone, tags)
  }
  const { ratioMax, dueCount, uncleanable } = yield* compactor.survey()
  yield ofCleanerState('max-dirty-percent', Math.floor(ratioMax * 100))
  yield ofCleanerState('dirty-partitions-count', dueCount)
  yield ofCleanerState('time-since-last-run-ms', compactor.msSinceLook)
  for (const { path } of directories.states()) {
    const here = uncleanable.filter(partition => directories.pathOf(partition) === path)
    const bytes = here.reduce((sum, partition) => sum + sizeOf(partition), 0)
    yield ofCleanerState('uncleanable-partitions-count', here.length, { logDirectory: path })
    yield ofCleanerState('uncleanable-bytes', bytes, { logDirectory: path })
  }
}

/** Bytes of a partition; 0 where its directory cannot be read. */
function sizeOf(partition: Partition): number {
  try {
    return partition.sizeInBytes
  } catch (error) {
    if (error instanceof KafkaError) return 0
    throw error
  }
}

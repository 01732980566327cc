/**
 * The same figures under the names of kafka_exporter, for dashboards and alerts that there are. It is one process that tells of a whole
 * cluster; here each broker tells of the partitions that it leads and the groups that it coordinates, so that all together tell the same.
 */
import { type Family, gauge, type Labels, type Pause, type Series } from './family.ts'
import type { GroupFigures } from './groups.ts'
import type { PartitionFigures, TopicFigures } from './topics.ts'

export interface ExporterFigures<P extends PartitionFigures> extends TopicFigures<P>, GroupFigures {
  brokerAddresses(): Iterable<{ readonly id: number; readonly address: string }>
  /** Replicas of a partition as the cluster knows them. */
  replicasOf(partition: P): {
    readonly leader: number
    readonly replicas: readonly number[]
    readonly isr: readonly number[]
  }
}

export function* exporterFamilies<P extends PartitionFigures>(figures: ExporterFigures<P>): Iterable<Family | Pause> {
  const brokers = [...figures.brokerAddresses()]
  yield gauge('kafka_brokers', 'Brokers of the cluster.', [[{}, brokers.length]])
  yield gauge(
    'kafka_broker_info',
    'Each broker with its address; always 1.',
    brokers.map(({ id, address }) => [{ address, id: String(id) }, 1] as const),
  )
  yield gauge('kafka_topic_partitions', 'Partitions of a topic.', partitionCounts(figures))
  const led = (look: (partition: P) => number | null) => ledSeries(figures, look)
  const offset = (key: 'start' | 'highWatermark') => led(partition => figures.offsetsOf(partition)?.[key] ?? null)
  const replicas = (look: (found: ReturnType<ExporterFigures<P>['replicasOf']>) => number) =>
    led(partition => look(figures.replicasOf(partition)))
  yield gauge('kafka_topic_partition_current_offset', 'First offset that is not committed.', offset('highWatermark'))
  yield gauge('kafka_topic_partition_oldest_offset', 'First offset of a log.', offset('start'))
  yield gauge(
    'kafka_topic_partition_leader',
    'Node id of the leader.',
    replicas(({ leader }) => leader),
  )
  yield gauge(
    'kafka_topic_partition_replicas',
    'Replicas of a partition.',
    replicas(found => found.replicas.length),
  )
  yield gauge(
    'kafka_topic_partition_in_sync_replica',
    'Replicas that are in sync.',
    replicas(({ isr }) => isr.length),
  )
  yield gauge(
    'kafka_topic_partition_leader_is_preferred',
    'Whether the first of the replicas leads.',
    replicas(found => (found.replicas[0] === found.leader ? 1 : 0)),
  )
  yield gauge(
    'kafka_topic_partition_under_replicated_partition',
    'Whether a replica is not in sync.',
    replicas(found => (found.isr.length < found.replicas.length ? 1 : 0)),
  )
  yield gauge('kafka_consumergroup_members', 'Members of a group.', members(figures))
  yield gauge(
    'kafka_consumergroup_current_offset',
    'Offset that a group has committed.',
    groupSeries(figures, ({ offset }) => offset),
  )
  yield gauge(
    'kafka_consumergroup_lag',
    'Records that a group has not committed yet.',
    groupSeries(figures, ({ lag }) => lag),
  )
  yield gauge(
    'kafka_consumergroup_current_offset_sum',
    'Sum of the offsets that a group has committed.',
    groupSums(figures, ({ offset }) => offset),
  )
  yield gauge(
    'kafka_consumergroup_lag_sum',
    'Records of a topic that a group has not committed yet.',
    groupSums(figures, ({ lag }) => lag),
  )
}

/** Each topic once in the cluster: by who leads its first partition. */
function* partitionCounts<P extends PartitionFigures>(figures: ExporterFigures<P>): Iterable<Series | Pause> {
  for (const each of figures.topics()) {
    const isTold = each?.[1].some(({ index, isLeader }) => index === 0 && isLeader)
    yield each !== null && isTold ? [{ topic: each[0] }, each[2]] : null
  }
}

function* ledSeries<P extends PartitionFigures>(
  figures: ExporterFigures<P>,
  look: (partition: P) => number | null,
): Iterable<Series | Pause> {
  const labels = { partition: 0, topic: '' }
  const series: [Labels, number] = [labels, 0]
  for (const each of figures.topics()) {
    if (each === null) yield null
    const [topic, partitions] = each ?? ['', []]
    // In the order that its labels have there.
    labels.topic = topic
    for (let at = 0; at < partitions.length; at++) {
      const partition = partitions[at]!
      const value = partition.isLeader ? look(partition) : null
      if (value !== null) {
        labels.partition = partition.index
        series[1] = value
      }
      yield value === null ? null : series
    }
  }
}

function* members(figures: GroupFigures): Iterable<Series> {
  for (const { groupId: consumergroup, members } of figures.groups()) yield [{ consumergroup }, members]
}

type Lag = ReturnType<GroupFigures['lags']> extends Iterable<infer L> ? L : never

function* groupSeries(figures: GroupFigures, look: (lag: Lag) => number): Iterable<Series | Pause> {
  for (const lag of figures.lags()) {
    const { groupId: consumergroup, partition, topic } = lag
    yield lag.lag < 0 ? null : [{ consumergroup, partition, topic }, look(lag)]
  }
}

function* groupSums(figures: GroupFigures, look: (lag: Lag) => number): Iterable<Series | Pause> {
  const sums = new Map<string, [{ consumergroup: string; topic: string }, number]>()
  for (const lag of figures.lags()) {
    const { groupId: consumergroup, topic } = lag
    const key = `${topic}/${consumergroup}`
    const sum = sums.get(key) ?? ([{ consumergroup, topic }, 0] as [{ consumergroup: string; topic: string }, number])
    sums.set(key, sum)
    if (lag.lag >= 0) sum[1] += look(lag)
    yield null
  }
  yield* sums.values()
}

/** Figures that parts of the broker tell under Apache Kafka's names, under names of Prometheus. */
import type { Family, Labels, Pause, Series } from './family.ts'
import type { Metric } from './metrics.ts'

interface Name {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** What the value is multiplied by: Kafka has milliseconds and percent. */
  readonly factor?: number
  /** Labels by the tags of Kafka; none where nothing is said. */
  readonly labels?: (tags: Readonly<Record<string, string>>) => Labels
}

const gauge = 'gauge'
const counter = 'counter'
const ofDirectory = ({ logDirectory = '' }: Readonly<Record<string, string>>): Labels => ({ dir: logDirectory })
const ofState = ({ state = '' }: Readonly<Record<string, string>>): Labels => ({ state: snake(state) })
const throttledHelp =
  'Bytes of replicas that are held to a rate, as they were given to followers and taken over from leaders.'

/** By `type.name` of Kafka's bean. What is not here is told by families of its own, or only in `broker.metrics()`. */
export const kafkaNames: Readonly<Record<string, Name>> = {
  'ReplicaManager.IsrShrinks': {
    ...{
      name: 'ottla_isr_changes_total',
      type: counter,
      help: 'How often replicas left the in-sync replicas, and joined.',
    },
    labels: () => ({ change: 'shrink' }),
  },
  'ReplicaManager.IsrExpands': {
    ...{
      name: 'ottla_isr_changes_total',
      type: counter,
      help: 'How often replicas left the in-sync replicas, and joined.',
    },
    labels: () => ({ change: 'expand' }),
  },
  'ReplicaManager.PartitionsWithLateTransactionsCount': {
    ...{ name: 'ottla_partitions_with_late_transactions', type: gauge },
    help: 'Partitions with a transaction that is open for longer than any may take.',
  },
  'ReplicaManager.ProducerIdCount': {
    ...{
      name: 'ottla_producer_ids',
      type: gauge,
      help: 'Producers whose sequence numbers are kept, of logs that are open.',
    },
  },
  'ReplicaFetcherManager.MaxLag': {
    ...{ name: 'ottla_replica_fetcher_lag_records', type: gauge },
    help: 'How far this broker is behind what it follows; the most of all partitions.',
  },
  'ReplicaFetcherManager.FailedPartitionsCount': {
    ...{ name: 'ottla_replica_fetcher_failed_partitions', type: gauge },
    help: 'Partitions that this broker could not take over from their leader.',
  },
  'LeaderReplication.byte-total': {
    ...{ name: 'ottla_throttled_replication_bytes_total', type: counter, help: throttledHelp },
    labels: () => ({ side: 'leader' }),
  },
  'FollowerReplication.byte-total': {
    ...{ name: 'ottla_throttled_replication_bytes_total', type: counter, help: throttledHelp },
    labels: () => ({ side: 'follower' }),
  },
  'LogManager.OpenLogCount': { name: 'ottla_open_logs', type: gauge, help: 'Logs that are open.' },
  'LogManager.RecoveredLogCount': {
    ...{ name: 'ottla_recovered_logs', type: gauge, labels: ofDirectory },
    help: 'Logs that were recovered when the broker started; none where it was stopped well before.',
  },
  'LogManager.RecoveryTimeMs': {
    ...{ name: 'ottla_recovery_seconds', type: gauge, factor: 0.001, labels: ofDirectory },
    help: 'How long their recovery took.',
  },
  'LogCleaner.cleaner-recopy-percent': {
    ...{ name: 'ottla_cleaner_recopied_ratio', type: gauge, factor: 0.01 },
    help: 'How much of what it read the last cleaning has kept.',
  },
  'LogCleaner.max-buffer-utilization-percent': {
    ...{ name: 'ottla_cleaner_buffer_used_ratio', type: gauge, factor: 0.01 },
    help: 'How much of its map of keys the last cleaning has used.',
  },
  'LogCleaner.max-clean-time-secs': {
    ...{ name: 'ottla_cleaner_last_seconds', type: gauge, help: 'How long the last cleaning took.' },
  },
  'LogCleanerManager.max-dirty-percent': {
    ...{ name: 'ottla_cleaner_dirty_ratio', type: gauge, factor: 0.01 },
    help: 'Share of the dirtiest log that is not cleaned.',
  },
  'LogCleanerManager.dirty-partitions-count': {
    ...{ name: 'ottla_cleaner_due_partitions', type: gauge, help: 'Logs that are due to be cleaned.' },
  },
  'LogCleanerManager.time-since-last-run-ms': {
    ...{ name: 'ottla_cleaner_idle_seconds', type: gauge, factor: 0.001 },
    help: 'Since when the cleaner has not looked for what is due.',
  },
  'LogCleanerManager.uncleanable-partitions-count': {
    ...{ name: 'ottla_cleaner_failed_partitions', type: gauge, labels: ofDirectory },
    help: 'Logs that are not cleaned any more, as they are damaged.',
  },
  'LogCleanerManager.uncleanable-bytes': {
    ...{ name: 'ottla_cleaner_failed_bytes', type: gauge, labels: ofDirectory, help: 'Bytes of those.' },
  },
  'TransactionCoordinator.TransactionalIdCount': {
    ...{ name: 'ottla_transactions', type: gauge, labels: ofState },
    help: 'Transactional ids by the state of their transaction, of those that this broker coordinates.',
  },
  'TransactionMarkerChannelManager.LogAppendRetryQueueSize': {
    ...{ name: 'ottla_transactions_with_late_markers', type: gauge },
    help: 'Transactions of which a marker could not be written yet.',
  },
  'authorizer-metrics.authorization-allowed-total': {
    ...{ name: 'ottla_authorizations_total', type: counter, help: 'Questions to the access rules, by their answer.' },
    labels: () => ({ result: 'allowed' }),
  },
  'authorizer-metrics.authorization-denied-total': {
    ...{ name: 'ottla_authorizations_total', type: counter, help: 'Questions to the access rules, by their answer.' },
    labels: () => ({ result: 'denied' }),
  },
  'authorizer-metrics.acls-total-count': { name: 'ottla_acls', type: gauge, help: 'Access rules that there are.' },
}

/** The families of figures that are looked at now, all at once, with pauses. */
export function* kafkaFamilies(metrics: Iterable<Metric | null>): Iterable<Family | Pause> {
  const found = new Map<string, { readonly of: Name; readonly series: Series[] }>()
  for (const metric of metrics) {
    if (metric === null) {
      yield null
      continue
    }
    const { type, name, tags, value } = metric
    const of = kafkaNames[`${type}.${name}`]
    if (of !== undefined) {
      const family = found.get(of.name) ?? { of, series: [] }
      found.set(of.name, family)
      family.series.push([of.labels?.(tags) ?? {}, value * (of.factor ?? 1)])
    }
    yield null
  }
  for (const { of, series } of found.values()) {
    const { name, type, help } = of
    yield { name, type, help, series }
  }
}

/** `CompleteCommit` as `complete_commit`. */
function snake(text: string): string {
  return text.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
}

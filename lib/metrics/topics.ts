/** Figures of topics and their partitions, as this broker holds them, and of data directories. */
import { counter, type Detail, type Family, gauge, type Labels, type Pause, type Series } from './family.ts'

/** One partition on this broker. */
export interface PartitionFigures {
  readonly index: number
  readonly isLeader: boolean
  readonly traffic: {
    readonly bytesIn: number
    readonly recordsIn: number
    readonly bytesOut: number
    readonly replicationBytesIn: number
    readonly replicationBytesOut: number
  } | null
}

export interface TopicFigures<P extends PartitionFigures> {
  /** Topics with their partitions on this broker, at least one each, and how many they have in the cluster; a pause for each that has none here. */
  topics(): Iterable<readonly [topic: string, partitions: readonly P[], partitionCount: number] | Pause>
  bytesOf(partition: P): number | null
  offsetsOf(partition: P): { readonly start: number; readonly end: number; readonly highWatermark: number } | null
  directories(): Iterable<{ readonly path: string; readonly isOffline: boolean; readonly bytesFree: number | null }>
}

export function* topicFamilies<P extends PartitionFigures>(
  figures: TopicFigures<P>,
  { byPartition }: Detail,
): Iterable<Family | Pause> {
  const topics = topicSeries(figures, byPartition)
  yield counter(
    'ottla_bytes_total',
    'Bytes of record batches: produced by clients (in), given to consumers (out), taken from leaders and given to followers.',
    topics([
      { labels: { direction: 'in' }, told: ({ traffic }) => traffic?.bytesIn ?? 0 },
      { labels: { direction: 'out' }, told: ({ traffic }) => traffic?.bytesOut ?? 0 },
      // Of what most brokers never have, nothing is told.
      { labels: { direction: 'replication_in' }, told: ({ traffic }) => traffic?.replicationBytesIn || null },
      { labels: { direction: 'replication_out' }, told: ({ traffic }) => traffic?.replicationBytesOut || null },
    ]),
  )
  yield counter(
    'ottla_records_total',
    'Records that clients produced.',
    topics([{ labels: {}, told: ({ traffic }) => traffic?.recordsIn ?? 0 }]),
  )
  yield gauge(
    'ottla_log_bytes',
    'Bytes of logs on this broker.',
    topics([{ labels: {}, told: partition => figures.bytesOf(partition) }]),
  )
  if (byPartition) yield* offsetFamilies(figures, topics)
  yield gauge(
    'ottla_log_dir_bytes_free',
    'Bytes that are free on the volume of a data directory.',
    directories(figures, ({ bytesFree }) => bytesFree),
  )
  yield gauge(
    'ottla_log_dir_offline',
    'Whether a data directory cannot be used.',
    directories(figures, ({ isOffline }) => (isOffline ? 1 : 0)),
  )
}

/** A series of each partition: what it is labelled by beside topic and partition, and its value, null where there is none. */
interface Column<P> {
  readonly labels: Labels
  readonly told: (partition: P) => number | null
}

type TopicSeries<P> = (columns: readonly Column<P>[]) => Iterable<Series | Pause>

function* offsetFamilies<P extends PartitionFigures>(
  figures: TopicFigures<P>,
  topics: TopicSeries<P>,
): Iterable<Family> {
  const help = {
    start: ['ottla_log_start_offset', 'First offset of a log.'],
    end: ['ottla_log_end_offset', 'Offset of the next record of a log.'],
    highWatermark: ['ottla_high_watermark', 'First offset that is not committed.'],
  } as const
  for (const key of ['start', 'end', 'highWatermark'] as const) {
    const [name, text] = help[key]
    const series = topics([{ labels: {}, told: partition => figures.offsetsOf(partition)?.[key] ?? null }])
    yield { name, type: 'gauge', help: text, series }
  }
  yield gauge(
    'ottla_partition_is_leader',
    'Whether this broker leads a partition.',
    topics([{ labels: {}, told: ({ isLeader }) => (isLeader ? 1 : 0) }]),
  )
}

/** Looks at partitions, and tells of each, or of their sums by topic. */
function topicSeries<P extends PartitionFigures>(figures: TopicFigures<P>, byPartition: boolean): TopicSeries<P> {
  return byPartition ? columns => partitionSeries(figures, columns) : columns => sumSeries(figures, columns)
}

function* partitionSeries<P extends PartitionFigures>(
  figures: TopicFigures<P>,
  columns: readonly Column<P>[],
): Iterable<Series | Pause> {
  for (const each of figures.topics()) {
    if (each === null) {
      yield null
      continue
    }
    const [topic, partitions] = each
    const rows = columns.map(({ labels, told }) => {
      const own = { topic, partition: 0, ...labels }
      return { own, told, series: [own, 0] as [Labels, number] }
    })
    // By their indexes, here and below: an iterator allocates for each.
    for (let at = 0; at < partitions.length; at++) {
      const partition = partitions[at]!
      let isTold = false
      for (let i = 0; i < rows.length; i++) {
        const { own, told, series } = rows[i]!
        const value = told(partition)
        if (value === null) continue
        own.partition = partition.index
        series[1] = value
        yield series
        isTold = true
      }
      if (!isTold) yield null
    }
  }
}

function* sumSeries<P extends PartitionFigures>(
  figures: TopicFigures<P>,
  columns: readonly Column<P>[],
): Iterable<Series | Pause> {
  for (const each of figures.topics()) {
    if (each === null) {
      yield null
      continue
    }
    const [topic, partitions] = each
    const sums = columns.map((): number | null => null)
    for (let at = 0; at < partitions.length; at++) {
      const partition = partitions[at]!
      for (let i = 0; i < columns.length; i++) {
        const value = columns[i]!.told(partition)
        if (value !== null) sums[i] = (sums[i] ?? 0) + value
      }
      yield null
    }
    for (const [i, sum] of sums.entries()) if (sum !== null) yield [{ topic, ...columns[i]!.labels }, sum]
  }
}

function* directories<P extends PartitionFigures>(
  figures: TopicFigures<P>,
  look: (directory: { readonly isOffline: boolean; readonly bytesFree: number | null }) => number | null,
): Iterable<Series> {
  for (const directory of figures.directories()) {
    const value = look(directory)
    if (value !== null && value >= 0) yield [{ dir: directory.path }, value]
  }
}

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
  const directions = [
    ['in', 'bytesIn'],
    ['out', 'bytesOut'],
    ['replication_in', 'replicationBytesIn'],
    ['replication_out', 'replicationBytesOut'],
  ] as const
  yield counter(
    'ottla_bytes_total',
    'Bytes of record batches: produced by clients (in), given to consumers (out), taken from leaders and given to followers.',
    topics((partition, add) => {
      const { traffic } = partition
      for (const [direction, name] of directions) {
        // Of what most brokers never have, nothing is told.
        if (direction === 'in' || direction === 'out' || (traffic?.[name] ?? 0) > 0)
          add({ direction }, traffic?.[name] ?? 0)
      }
    }),
  )
  yield counter(
    'ottla_records_total',
    'Records that clients produced.',
    topics((partition, add) => add(none, partition.traffic?.recordsIn ?? 0)),
  )
  yield gauge(
    'ottla_log_bytes',
    'Bytes of logs on this broker.',
    topics((partition, add) => {
      const bytes = figures.bytesOf(partition)
      if (bytes !== null) add(none, bytes)
    }),
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

type Add = (labels: Labels, value: number) => void
type TopicSeries<P> = (look: (partition: P, add: Add) => void) => Iterable<Series | Pause>

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
    const series = topics((partition, add) => {
      const offsets = figures.offsetsOf(partition)
      if (offsets !== null) add(none, offsets[key])
    })
    yield { name, type: 'gauge', help: text, series }
  }
  yield gauge(
    'ottla_partition_is_leader',
    'Whether this broker leads a partition.',
    topics((partition, add) => add(none, partition.isLeader ? 1 : 0)),
  )
}

/** Looks at partitions, and tells of each, or of their sums by topic. */
function topicSeries<P extends PartitionFigures>(figures: TopicFigures<P>, byPartition: boolean): TopicSeries<P> {
  return function* (look) {
    const found: [Labels, number][] = []
    for (const each of figures.topics()) {
      if (each === null) {
        yield null
        continue
      }
      const [topic, partitions] = each
      const sums = new Map<string, [Labels, number]>()
      for (const partition of partitions) {
        look(partition, (labels, value) => {
          if (byPartition) {
            found.push([{ topic, partition: partition.index, ...labels }, value])
            return
          }
          const key = labels === none ? '' : String(labels.direction)
          const sum = sums.get(key)
          if (sum === undefined) sums.set(key, [{ topic, ...labels }, value])
          else sum[1] += value
        })
        yield* found
        found.length = 0
        yield null
      }
      yield* sums.values()
    }
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

const none: Labels = {}

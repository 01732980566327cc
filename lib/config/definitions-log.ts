/** Logs on disk: where they are, how they roll, how long they are kept, what they accept. */
import { gzipLevel } from './checks.ts'
import { boolean, choice, double, int, list, long, longMax } from './property.ts'

/** Rows in the order of their names. */
export const logProperties = {
  'background.threads': int(10, { importance: 'high', updateMode: 'cluster-wide', min: 1 }),
  'compression.gzip.level': int(-1, {
    updateMode: 'cluster-wide',
    check: gzipLevel,
    doc: 'The level where compression.type is gzip: 1 is fast, 9 is small; -1 is the usual one.',
  }),
  'compression.lz4.level': int(9, { updateMode: 'cluster-wide', min: 1, max: 17 }),
  'compression.type': choice('producer', ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], {
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'The codec in which records are kept; producer leaves them as they come.',
  }),
  'compression.zstd.level': int(3, {
    updateMode: 'cluster-wide',
    min: -131_072,
    max: 22,
    doc: 'The level where compression.type is zstd: the lower the faster.',
  }),
  'cordoned.log.dirs': list([], {
    updateMode: 'per-broker',
    doc: 'Data directories that get no new partitions; * for all of them.',
  }),
  'log.cleaner.backoff.ms': long(15_000, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'How long the compactor waits after a round before it looks for dirty partitions again.',
  }),
  'log.cleaner.dedupe.buffer.size': long(134_217_728, {
    updateMode: 'cluster-wide',
    doc: 'Bytes for the keys of one pass of compaction; where they do not suffice, there are several.',
  }),
  'log.cleaner.delete.retention.ms': long(86_400_000, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'How long a tombstone stays after compaction has found it.',
  }),
  'log.cleaner.enable': boolean(true, { doc: 'Whether topics with cleanup.policy=compact are compacted.' }),
  'log.cleaner.io.buffer.load.factor': double(0.9, {
    updateMode: 'cluster-wide',
    doc: 'How full the table of keys may become.',
  }),
  'log.cleaner.io.buffer.size': int(524_288, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'Bytes of the two buffers of compaction, for reading and for writing, together.',
  }),
  'log.cleaner.io.max.bytes.per.second': double(Number.MAX_VALUE, {
    updateMode: 'cluster-wide',
    doc: 'Bytes a second that compaction reads and writes at most.',
  }),
  'log.cleaner.max.compaction.lag.ms': long(longMax, {
    updateMode: 'cluster-wide',
    min: 1,
    doc: 'A record is compacted after this time at the latest, however little is dirty.',
  }),
  'log.cleaner.min.cleanable.ratio': double(0.5, {
    updateMode: 'cluster-wide',
    min: 0,
    max: 1,
    doc: 'The dirty part of a log from which on it is compacted.',
  }),
  'log.cleaner.min.compaction.lag.ms': long(0, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'A record younger than this is not compacted.',
  }),
  'log.cleaner.threads': int(1, { updateMode: 'cluster-wide', min: 0 }),
  'log.cleanup.policy': list(['delete'], {
    updateMode: 'cluster-wide',
    values: ['compact', 'delete'],
    doc: 'What happens to old records: delete drops them; compact keeps all so far, and refuses records without a key.',
  }),
  'log.dir': list(['/tmp/kafka-logs'], {
    importance: 'high',
    emptyAllowed: false,
    doc: 'The data directory, where log.dirs is not set.',
  }),
  'log.dir.failure.timeout.ms': long(30_000, { importance: 'low', min: 1 }),
  'log.dirs': list(null, {
    importance: 'high',
    emptyAllowed: false,
    doc: 'The data directories, separated by commas.',
  }),
  'log.flush.interval.messages': long(longMax, {
    importance: 'high',
    updateMode: 'cluster-wide',
    min: 1,
    doc: 'Records after which a partition is forced to disk.',
  }),
  'log.flush.interval.ms': long(null, {
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'Time after which a partition is forced to disk.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int(60_000, {
    importance: 'high',
    min: 0,
    doc: 'How often it is written down at least up to where the logs are on disk; that is done with the high watermarks too.',
  }),
  'log.flush.scheduler.interval.ms': long(longMax, {
    importance: 'high',
    doc: 'The same, where log.flush.interval.ms is not set.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int(60_000, {
    importance: 'high',
    min: 0,
    doc: 'How often it is written down at least where the logs start; that is done with the high watermarks too.',
  }),
  'log.index.interval.bytes': int(4096, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'Bytes of records between two entries of an index.',
  }),
  'log.index.size.max.bytes': int(10_485_760, {
    updateMode: 'cluster-wide',
    min: 4,
    doc: 'A segment whose index would grow beyond this is followed by a new one.',
  }),
  'log.initial.task.delay.ms': long(30_000, {
    importance: 'low',
    min: 0,
    visibility: 'internal',
    doc: 'How long after its start the broker looks for segments to delete for the first time.',
  }),
  'log.message.timestamp.after.max.ms': long(3_600_000, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: "How far a producer's timestamp may lie in the future.",
  }),
  'log.message.timestamp.before.max.ms': long(longMax, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: "How far a producer's timestamp may lie in the past.",
  }),
  'log.message.timestamp.type': choice('CreateTime', ['CreateTime', 'LogAppendTime'], {
    updateMode: 'cluster-wide',
    doc: "Whose clock stamps the records: the producer's (CreateTime) or the broker's (LogAppendTime).",
  }),
  'log.preallocate': boolean(false, {
    updateMode: 'cluster-wide',
    doc: 'Whether the file of a new segment is lengthened at once to segment.bytes.',
  }),
  'log.retention.bytes': long(-1, {
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'A partition larger than this loses its oldest segments; -1 keeps them.',
  }),
  'log.retention.check.interval.ms': long(300_000, {
    min: 1,
    doc: 'How often the broker looks for segments to delete.',
  }),
  'log.retention.hours': int(168, {
    importance: 'high',
    doc: 'The same in hours, where neither milliseconds nor minutes are set.',
  }),
  'log.retention.minutes': int(null, {
    importance: 'high',
    doc: 'The same in minutes, where log.retention.ms is not set.',
  }),
  'log.retention.ms': long(null, {
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'Records older than this are deleted with their segment; -1 keeps them.',
  }),
  'log.roll.hours': int(168, { importance: 'high', min: 1, doc: 'The same in hours, where log.roll.ms is not set.' }),
  'log.roll.jitter.hours': int(0, {
    importance: 'high',
    min: 0,
    doc: 'The same in hours, where log.roll.jitter.ms is not set.',
  }),
  'log.roll.jitter.ms': long(null, {
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'Up to so much is taken off the age at which a segment rolls.',
  }),
  'log.roll.ms': long(null, {
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'A segment older than this is followed by a new one.',
  }),
  'log.segment.bytes': int(1_073_741_824, {
    importance: 'high',
    updateMode: 'cluster-wide',
    min: 1_048_576,
    doc: 'A segment that would grow beyond this is followed by a new one.',
  }),
  'log.segment.delete.delay.ms': long(60_000, {
    importance: 'high',
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'How long a deleted segment stays on disk under another name.',
  }),
  'max.decompressed.message.bytes': int(2_147_483_639, {
    min: 1,
    max: 2_147_483_639,
    updateMode: 'cluster-wide',
    doc: 'The largest record that is accepted in a compressed batch.',
  }),
  'message.max.bytes': int(1_048_588, {
    importance: 'high',
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'The largest batch that is accepted, compressed as it came.',
  }),
  'num.recovery.threads.per.data.dir': int(2, {
    importance: 'high',
    updateMode: 'cluster-wide',
    min: 1,
    doc: 'How many threads read the logs of a data directory that was not closed well, at start.',
  }),
}

/** Properties of a topic, and the broker properties that give each its default. */
import { gzipLevel, throttledReplicas } from './checks.ts'
import { boolean, choice, double, int, list, long, longMax } from './property.ts'

/** Rows in the order of their names. */
export const topicProperties = {
  'cleanup.policy': list(['delete'], {
    values: ['compact', 'delete'],
    brokerSynonyms: ['log.cleanup.policy'],
    doc: 'What happens to old records: delete drops them; compact keeps all so far, and refuses records without a key.',
  }),
  'compression.gzip.level': int(-1, {
    check: gzipLevel,
    brokerSynonyms: ['compression.gzip.level'],
    doc: 'The level where compression.type is gzip: 1 is fast, 9 is small; -1 is the usual one.',
  }),
  'compression.lz4.level': int(9, {
    min: 1,
    max: 17,
    brokerSynonyms: ['compression.lz4.level'],
  }),
  'compression.type': choice('producer', ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], {
    brokerSynonyms: ['compression.type'],
    doc: 'The codec in which records are kept; producer leaves them as they come.',
  }),
  'compression.zstd.level': int(3, {
    min: -131_072,
    max: 22,
    brokerSynonyms: ['compression.zstd.level'],
    doc: 'The level where compression.type is zstd: the lower the faster.',
  }),
  'delete.retention.ms': long(86_400_000, {
    min: 0,
    brokerSynonyms: ['log.cleaner.delete.retention.ms'],
    doc: 'How long a tombstone stays after compaction has found it.',
  }),
  'errors.deadletterqueue.group.enable': boolean(false),
  'file.delete.delay.ms': long(60_000, {
    min: 0,
    brokerSynonyms: ['log.segment.delete.delay.ms'],
    doc: 'How long a deleted segment stays on disk under another name.',
  }),
  'flush.messages': long(longMax, {
    min: 1,
    brokerSynonyms: ['log.flush.interval.messages'],
    doc: 'Records after which a partition is forced to disk.',
  }),
  'flush.ms': long(longMax, {
    min: 0,
    brokerSynonyms: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
    doc: 'Time after which a partition is forced to disk.',
  }),
  'follower.replication.throttled.replicas': list([], {
    distinct: false,
    check: throttledReplicas,
    doc: 'Replicas that are copied no faster than `follower.replication.throttled.rate` of their broker: pairs of partition and broker such as 0:1,1:2, or * for all.',
  }),
  'index.interval.bytes': int(4096, {
    min: 0,
    brokerSynonyms: ['log.index.interval.bytes'],
    doc: 'Bytes of records between two entries of an index.',
  }),
  'internal.segment.bytes': int(null, {
    visibility: 'internal',
    doc: 'Where it is set, it goes before segment.bytes, and may be smaller: for tests.',
  }),
  'leader.replication.throttled.replicas': list([], {
    distinct: false,
    check: throttledReplicas,
    doc: 'Replicas of which others are given no more than `leader.replication.throttled.rate` of their broker while they are out of sync: in the same form.',
  }),
  'local.retention.bytes': long(-2, { min: -2, brokerSynonyms: ['log.local.retention.bytes'] }),
  'local.retention.ms': long(-2, { min: -2, brokerSynonyms: ['log.local.retention.ms'] }),
  'max.compaction.lag.ms': long(longMax, {
    min: 1,
    brokerSynonyms: ['log.cleaner.max.compaction.lag.ms'],
    doc: 'A record is compacted after this time at the latest, however little is dirty.',
  }),
  'max.decompressed.message.bytes': int(2_147_483_639, {
    min: 1,
    max: 2_147_483_639,
    brokerSynonyms: ['max.decompressed.message.bytes'],
    doc: 'The largest record that is accepted in a compressed batch.',
  }),
  'max.message.bytes': int(1_048_588, {
    min: 0,
    brokerSynonyms: ['message.max.bytes'],
    doc: 'The largest batch that is accepted, compressed as it came.',
  }),
  'message.timestamp.after.max.ms': long(3_600_000, {
    min: 0,
    brokerSynonyms: ['log.message.timestamp.after.max.ms'],
    doc: "How far a producer's timestamp may lie in the future.",
  }),
  'message.timestamp.before.max.ms': long(longMax, {
    min: 0,
    brokerSynonyms: ['log.message.timestamp.before.max.ms'],
    doc: "How far a producer's timestamp may lie in the past.",
  }),
  'message.timestamp.type': choice('CreateTime', ['CreateTime', 'LogAppendTime'], {
    brokerSynonyms: ['log.message.timestamp.type'],
    doc: "Whose clock stamps the records: the producer's (CreateTime) or the broker's (LogAppendTime).",
  }),
  'min.cleanable.dirty.ratio': double(0.5, {
    min: 0,
    max: 1,
    brokerSynonyms: ['log.cleaner.min.cleanable.ratio'],
    doc: 'The dirty part of the log from which on it is compacted.',
  }),
  'min.compaction.lag.ms': long(0, {
    min: 0,
    brokerSynonyms: ['log.cleaner.min.compaction.lag.ms'],
    doc: 'A record younger than this is not compacted.',
  }),
  'min.insync.replicas': int(1, {
    min: 1,
    brokerSynonyms: ['min.insync.replicas'],
    doc: 'Replicas that must have a record before acks=all is answered.',
  }),
  preallocate: boolean(false, {
    brokerSynonyms: ['log.preallocate'],
    doc: 'Whether the file of a new segment is lengthened at once to segment.bytes.',
  }),
  'remote.copy.lag.bytes': long(-1, { min: -1, brokerSynonyms: ['log.remote.copy.lag.bytes'] }),
  'remote.copy.lag.ms': long(0, { min: -1, brokerSynonyms: ['log.remote.copy.lag.ms'] }),
  'remote.log.copy.disable': boolean(false),
  'remote.log.delete.on.disable': boolean(false),
  'remote.storage.enable': boolean(false),
  'retention.bytes': long(-1, {
    brokerSynonyms: ['log.retention.bytes'],
    doc: 'A partition larger than this loses its oldest segments; -1 keeps them.',
  }),
  'retention.ms': long(604_800_000, {
    min: -1,
    brokerSynonyms: [
      'log.retention.ms',
      { name: 'log.retention.minutes', factor: 60_000 },
      { name: 'log.retention.hours', factor: 3_600_000 },
    ],
    doc: 'Records older than this are deleted with their segment; -1 keeps them.',
  }),
  'segment.bytes': int(1_073_741_824, {
    min: 1_048_576,
    brokerSynonyms: ['log.segment.bytes'],
    doc: 'A segment that would grow beyond this is followed by a new one.',
  }),
  'segment.index.bytes': int(10_485_760, {
    min: 4,
    brokerSynonyms: ['log.index.size.max.bytes'],
    doc: 'A segment whose index would grow beyond this is followed by a new one.',
  }),
  'segment.jitter.ms': long(0, {
    min: 0,
    brokerSynonyms: ['log.roll.jitter.ms', { name: 'log.roll.jitter.hours', factor: 3_600_000 }],
    doc: 'Up to so much is taken off the age at which a segment rolls.',
  }),
  'segment.ms': long(604_800_000, {
    min: 1,
    brokerSynonyms: ['log.roll.ms', { name: 'log.roll.hours', factor: 3_600_000 }],
    doc: 'A segment older than this is followed by a new one.',
  }),
  'unclean.leader.election.enable': boolean(false, {
    brokerSynonyms: ['unclean.leader.election.enable'],
    doc: 'Whether a replica that lacks committed records may lead where no other is there.',
  }),
}

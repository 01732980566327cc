/** Copying partitions between brokers, and its quotas. */
import { int, long, longMax, string } from './property.ts'

/** Rows in the order of their names. */
export const replicationProperties = {
  'alter.log.dirs.replication.quota.window.num': int(11, { importance: 'low', min: 1 }),
  'alter.log.dirs.replication.quota.window.size.seconds': int(1, { importance: 'low', min: 1 }),
  'default.replication.factor': int(1, { doc: 'Replicas of a new topic where none are asked for.' }),
  'follower.replication.throttled.rate': long(longMax, {
    updateMode: 'cluster-wide',
    min: 0,
    visibility: 'dynamic-only',
    doc: 'Bytes a second that a broker copies from leaders, of the replicas that `follower.replication.throttled.replicas` of their topics names.',
  }),
  'leader.replication.throttled.rate': long(longMax, {
    updateMode: 'cluster-wide',
    min: 0,
    visibility: 'dynamic-only',
    doc: 'Bytes a second that a broker gives followers that are out of sync, of the replicas that `leader.replication.throttled.replicas` of their topics names.',
  }),
  'min.insync.replicas': int(1, {
    importance: 'high',
    updateMode: 'cluster-wide',
    min: 1,
    doc: 'Replicas that must have a record before acks=all is answered.',
  }),
  'num.replica.alter.log.dirs.threads': int(null, { importance: 'high' }),
  'num.replica.fetchers': int(1, {
    importance: 'high',
    updateMode: 'cluster-wide',
    min: 1,
    doc: 'Connections by which followers here fetch from each leader.',
  }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(longMax, {
    updateMode: 'cluster-wide',
    min: 0,
    visibility: 'dynamic-only',
    doc: 'Bytes a second at which partitions move between data directories; the default stands for 100,000,000.',
  }),
  'replica.fetch.backoff.ms': int(1000, {
    min: 0,
    doc: 'The longest wait before a leader that refused is asked again.',
  }),
  'replica.fetch.max.bytes': int(1_048_576, {
    min: 0,
    doc: 'Bytes of one partition that a follower asks for at a time.',
  }),
  'replica.fetch.min.bytes': int(1, {
    importance: 'high',
    doc: 'Bytes that a leader waits for before it answers a follower.',
  }),
  'replica.fetch.response.max.bytes': int(10_485_760, { min: 0, doc: 'Bytes of one answer that a follower asks for.' }),
  'replica.fetch.wait.max.ms': int(500, {
    importance: 'high',
    doc: 'How long a leader may wait before it answers a follower.',
  }),
  'replica.high.watermark.checkpoint.interval.ms': long(5000, {
    importance: 'high',
    doc: 'How often the high watermarks are written down.',
  }),
  'replica.lag.time.max.ms': long(30_000, {
    importance: 'high',
    doc: 'A follower that has not caught up for so long is out of sync.',
  }),
  'replica.selector.class': string(null, {
    doc: 'Who serves consumers that tell their rack: the leader, or, where it is RackAwareReplicaSelector of Apache Kafka, a replica in their rack.',
  }),
  'replica.socket.receive.buffer.bytes': int(65_536, { importance: 'high' }),
  'replica.socket.timeout.ms': int(30_000, { importance: 'high', doc: 'How long another broker may take to answer.' }),
  'replication.quota.window.num': int(11, {
    importance: 'low',
    min: 1,
    doc: 'Over how many windows the rate of throttled replicas is measured.',
  }),
  'replication.quota.window.size.seconds': int(1, {
    importance: 'low',
    min: 1,
    doc: 'How long each of those windows is; no answer has more than the rate allows in one.',
  }),
}

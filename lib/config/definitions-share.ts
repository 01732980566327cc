/** Share groups and their state. */
import { assignorPackage, assignors, codecId } from './checks.ts'
import { boolean, int, list, short, string } from './property.ts'

/** Rows in the order of their names. */
export const shareProperties = {
  'errors.deadletterqueue.auto.create.topics.enable': boolean(false, { updateMode: 'cluster-wide' }),
  'errors.deadletterqueue.topic.name.prefix': string('dlq.', { updateMode: 'cluster-wide' }),
  'group.share.assignment.interval.ms': int(1000, { updateMode: 'cluster-wide', min: 0 }),
  'group.share.assignor.offload.enable': boolean(true, { updateMode: 'cluster-wide', visibility: 'internal' }),
  'group.share.assignors': list(['simple'], {
    emptyAllowed: false,
    check: assignors('simple', `${assignorPackage}.assignor.SimpleAssignor`),
  }),
  'group.share.delivery.count.limit': int(5, { min: 2, max: 10 }),
  'group.share.dlq.manager.class.name': string('org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager', {
    visibility: 'internal',
  }),
  'group.share.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.share.initialize.retry.interval.ms': int(30_000, { importance: 'low', min: 1, visibility: 'internal' }),
  'group.share.max.assignment.interval.ms': int(15_000, { min: 0 }),
  'group.share.max.delivery.count.limit': int(10, { min: 5, max: 25 }),
  'group.share.max.heartbeat.interval.ms': int(15_000, { min: 1 }),
  'group.share.max.partition.max.record.locks': int(4000, { min: 2000, max: 10_000 }),
  'group.share.max.record.lock.duration.ms': int(60_000, { min: 30_000, max: 3_600_000 }),
  'group.share.max.session.timeout.ms': int(60_000, { min: 1 }),
  'group.share.max.share.sessions': int(2000, { min: 1 }),
  'group.share.max.size': int(200, { min: 1, max: 1000 }),
  'group.share.min.assignment.interval.ms': int(0, { min: 0 }),
  'group.share.min.delivery.count.limit': int(2, { min: 2, max: 5 }),
  'group.share.min.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.share.min.partition.max.record.locks': int(100, { min: 100, max: 2000 }),
  'group.share.min.record.lock.duration.ms': int(15_000, { min: 1000, max: 30_000 }),
  'group.share.min.session.timeout.ms': int(45_000, { min: 1 }),
  'group.share.partition.max.record.locks': int(2000, { min: 100, max: 10_000 }),
  'group.share.persister.class.name': string('org.apache.kafka.server.share.persister.DefaultStatePersister', {
    visibility: 'internal',
  }),
  'group.share.record.lock.duration.ms': int(30_000, { min: 1000, max: 3_600_000 }),
  'group.share.session.timeout.ms': int(45_000, { min: 1 }),
  'share.coordinator.append.linger.ms': int(-1, { min: -1 }),
  'share.coordinator.cached.buffer.max.bytes': int(1_048_588, { updateMode: 'cluster-wide', min: 524_288 }),
  'share.coordinator.cold.partition.snapshot.interval.ms': int(300_000, {
    importance: 'low',
    min: 1,
    visibility: 'internal',
  }),
  'share.coordinator.load.buffer.size': int(5_242_880, { importance: 'high', min: 1 }),
  'share.coordinator.snapshot.update.records.per.snapshot': int(500, { min: 0, max: 500 }),
  'share.coordinator.state.topic.compression.codec': int(0, { importance: 'high', check: codecId }),
  'share.coordinator.state.topic.min.isr': short(2, { importance: 'high', min: 1 }),
  'share.coordinator.state.topic.num.partitions': int(50, { importance: 'high', min: 1 }),
  'share.coordinator.state.topic.prune.interval.ms': int(300_000, {
    importance: 'low',
    min: 1,
    visibility: 'internal',
  }),
  'share.coordinator.state.topic.replication.factor': short(3, { importance: 'high', min: 1 }),
  'share.coordinator.state.topic.segment.bytes': int(104_857_600, { importance: 'high', min: 1 }),
  'share.coordinator.threads': int(1, { min: 1 }),
  'share.coordinator.write.timeout.ms': int(5000, { importance: 'high', min: 1 }),
  'share.fetch.purgatory.purge.interval.requests': int(1000),
}

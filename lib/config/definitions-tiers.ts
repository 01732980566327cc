/** Storage in tiers: what a remote store would need. */
import { notEmpty } from './checks.ts'
import { boolean, double, int, long, longMax, string } from './property.ts'

/** Rows in the order of their names. */
export const tierProperties = {
  'follower.fetch.last.tiered.offset.enable': boolean(false, { updateMode: 'cluster-wide' }),
  'log.local.retention.bytes': long(-2, { updateMode: 'cluster-wide', min: -2 }),
  'log.local.retention.ms': long(-2, { updateMode: 'cluster-wide', min: -2 }),
  'log.remote.copy.lag.bytes': long(-1, { updateMode: 'cluster-wide', min: -1 }),
  'log.remote.copy.lag.ms': long(0, { updateMode: 'cluster-wide', min: -1 }),
  'remote.fetch.max.wait.ms': int(500, { updateMode: 'cluster-wide', min: 1 }),
  'remote.list.offsets.request.timeout.ms': long(30_000, { updateMode: 'cluster-wide', min: 1 }),
  'remote.log.index.file.cache.total.size.bytes': long(1_073_741_824, {
    importance: 'low',
    updateMode: 'cluster-wide',
    min: 1,
  }),
  'remote.log.index.file.cache.ttl.ms': long(900_000, { importance: 'low', min: -1, visibility: 'internal' }),
  'remote.log.manager.copier.thread.pool.size': int(10, { updateMode: 'cluster-wide', min: 1 }),
  'remote.log.manager.copy.max.bytes.per.second': long(longMax, { updateMode: 'cluster-wide', min: 1 }),
  'remote.log.manager.copy.quota.window.num': int(11, { min: 1 }),
  'remote.log.manager.copy.quota.window.size.seconds': int(1, { min: 1 }),
  'remote.log.manager.expiration.thread.pool.size': int(10, { updateMode: 'cluster-wide', min: 1 }),
  'remote.log.manager.fetch.max.bytes.per.second': long(longMax, { updateMode: 'cluster-wide', min: 1 }),
  'remote.log.manager.fetch.quota.window.num': int(11, { min: 1 }),
  'remote.log.manager.fetch.quota.window.size.seconds': int(1, { min: 1 }),
  'remote.log.manager.follower.thread.pool.size': int(2, { updateMode: 'cluster-wide', min: 1 }),
  'remote.log.manager.task.interval.ms': long(30_000, { importance: 'low', min: 1 }),
  'remote.log.manager.task.retry.backoff.max.ms': long(30_000, { importance: 'low', min: 1, visibility: 'internal' }),
  'remote.log.manager.task.retry.backoff.ms': long(500, { importance: 'low', min: 1, visibility: 'internal' }),
  'remote.log.manager.task.retry.jitter': double(0.2, { importance: 'low', min: 0, max: 0.5, visibility: 'internal' }),
  'remote.log.manager.thread.pool.size': int(2, { min: 1 }),
  'remote.log.metadata.custom.metadata.max.bytes': int(128, { importance: 'low', min: 0 }),
  'remote.log.metadata.manager.class.name': string(
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    { check: notEmpty },
  ),
  'remote.log.metadata.manager.class.path': string(null),
  'remote.log.metadata.manager.impl.prefix': string('rlmm.config.', { check: notEmpty }),
  'remote.log.metadata.manager.listener.name': string(null, { check: notEmpty }),
  'remote.log.reader.max.pending.tasks': int(100, { min: 1 }),
  'remote.log.reader.threads': int(10, { updateMode: 'cluster-wide', min: 1 }),
  'remote.log.storage.manager.class.name': string(null, { check: notEmpty }),
  'remote.log.storage.manager.class.path': string(null),
  'remote.log.storage.manager.impl.prefix': string('rsm.config.', { check: notEmpty }),
  'remote.log.storage.system.enable': boolean(false),
}

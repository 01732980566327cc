/**
 * The order in which DescribeConfigs tells settings. Kafka's is that of a hash map; it is the same whatever a client asks
 * for, and so is ours, so that two answers can be compared line by line.
 */

/** Names in the order of a hash map of so many entries into which they were put as they stand here. */
export function hashOrder(names: readonly string[], entries = names.length): string[] {
  let buckets = 16
  while (entries > buckets * 0.75) buckets *= 2
  return names
    .map(name => ({ name, bucket: hash(name) & (buckets - 1), rank: ranks.get(name) ?? -1 }))
    .sort((a, b) => a.bucket - b.bucket || (a.rank < 0 || b.rank < 0 ? 0 : a.rank - b.rank))
    .map(({ name }) => name)
}

/** Java's hash of a text, its upper half folded into the lower as hash maps do. */
function hash(text: string): number {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(31, value) + text.charCodeAt(i)) | 0
  return (value ^ (value >>> 16)) >>> 0
}

/** Who shares a bucket stands as Kafka defines it. These are not in that order in the tables of properties. */
const ranks: ReadonlyMap<string, number> = new Map(
  [
    'broker.id',
    'socket.connection.setup.timeout.ms',
    'early.start.listeners',
    'controlled.shutdown.enable',
    'compression.type',
    'max.request.partition.size.limit',
    'process.roles',
    'sasl.mechanism.controller.protocol',
    'metadata.log.max.snapshot.interval.ms',
    'metadata.log.dir',
    'metadata.log.segment.bytes',
    'listeners',
    'connection.failed.authentication.delay.ms',
    'replica.fetch.response.max.bytes',
    'fetch.purgatory.purge.interval.requests',
    'offsets.topic.compression.codec',
    'group.max.session.timeout.ms',
    'group.max.size',
    'group.consumer.heartbeat.interval.ms',
    'group.consumer.max.size',
    'group.consumer.assignors',
    'group.share.max.heartbeat.interval.ms',
    'group.share.assignment.interval.ms',
    'errors.deadletterqueue.auto.create.topics.enable',
    'group.streams.num.standby.replicas',
    'group.streams.max.standby.replicas',
    'group.streams.min.assignment.interval.ms',
    'log.cleaner.io.buffer.load.factor',
    'log.preallocate',
    'min.insync.replicas',
    'group.share.record.lock.duration.ms',
    'group.share.max.record.lock.duration.ms',
    'share.fetch.purgatory.purge.interval.requests',
    'share.coordinator.state.topic.compression.codec',
    'share.coordinator.write.timeout.ms',
    'transaction.max.timeout.ms',
    'alter.log.dirs.replication.quota.window.num',
    'ssl.keystore.key',
    'ssl.keymanager.algorithm',
    'sasl.kerberos.principal.to.local.rules',
    'sasl.client.callback.handler.class',
    'sasl.login.callback.handler.class',
    'sasl.login.connect.timeout.ms',
    'sasl.oauthbearer.scope',
    'sasl.oauthbearer.jwks.endpoint.url',
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms',
    'sasl.oauthbearer.expected.audience',
    'delegation.token.max.lifetime.ms',
    'segment.bytes',
    'flush.messages',
    'retention.bytes',
    'retention.ms',
    'delete.retention.ms',
    'max.compaction.lag.ms',
    'file.delete.delay.ms',
    'compression.gzip.level',
    'compression.zstd.level',
  ].map((name, rank) => [name, rank]),
)

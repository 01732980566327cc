/**
 * A topic's settings: its own where it has them, else those of the broker property behind each, else Kafka's default.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { LogConfig } from '../../storage/config.ts'
import { type BrokerPropertyName, type TopicPropertyName, type TopicValue, topicProperty } from './definitions.ts'
import type { Property } from './property.ts'
import type { BrokerSettings } from './settings.ts'
import { ConfigError, exactText, formatValue, parsedOrUndefined, parseValue } from './values.ts'

type Overrides = ReadonlyMap<string, string>

/** Throws INVALID_CONFIG where a topic has no such property or it may not have this value. */
export function validateTopicConfig(name: string, value: string): void {
  const property = topicProperty(name)
  if (property === undefined) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `${name} is not a property of a topic; see the topic's configs for the known ones`,
    )
  }
  try {
    parseValue(name, property, value)
  } catch (error) {
    if (error instanceof ConfigError) throw new KafkaError(codes.INVALID_CONFIG, error.message)
    throw error
  }
}

/** Throws INVALID_CONFIG where settings that are good each for itself do not go together. */
export function validateTopicConfigs(overrides: Overrides, broker: BrokerSettings): void {
  for (const [name, value] of overrides) validateTopicConfig(name, value)
  const read = topicReader(overrides, broker)
  const least = read('min.compaction.lag.ms')
  const most = read('max.compaction.lag.ms')
  if (least > most) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `min.compaction.lag.ms is ${least}, which is more than max.compaction.lag.ms, ${most}`,
    )
  }
  if (read('remote.storage.enable')) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      'remote.storage.enable cannot be true: remote.log.storage.system.enable is off in the broker',
    )
  }
}

/** Reads a topic's properties one by one, typed by their rows. */
export function topicReader(
  overrides: Overrides,
  broker: BrokerSettings,
): <N extends TopicPropertyName>(name: N) => TopicValue<N> {
  return name => topicValue(name, topicProperty(name)!, overrides, broker) as TopicValue<typeof name>
}

/** The value that holds for a topic. A stored one that is not allowed any more is passed over. */
export function topicValue(name: string, property: Property, overrides: Overrides, broker: BrokerSettings): unknown {
  const own = overrides.get(name)
  const value = own === undefined ? undefined : parsedOrUndefined(name, property, own)
  return value ?? inheritedValue(property, broker)
}

/** The same as Kafka prints it, to the last digit of a long; null where nothing is set. */
export function topicText(
  name: string,
  property: Property,
  overrides: Overrides,
  broker: BrokerSettings,
): string | null {
  const own = overrides.get(name)
  if (own === undefined || parsedOrUndefined(name, property, own) === undefined) return inheritedText(property, broker)
  return exactText(name, property, own)
}

/** As inheritedValue, printed. */
export function inheritedText(property: Property, broker: BrokerSettings): string | null {
  const synonym = property.brokerSynonyms.find(({ name }) => broker.text(name as BrokerPropertyName) !== null)
  if (synonym === undefined) return formatValue(property, property.defaultValue)
  if (synonym.factor === 1 && property.type !== 'string') return broker.text(synonym.name as BrokerPropertyName)
  return formatValue(property, inheritedValue(property, broker))
}

/** The value of a topic's or group's property where it has none of its own. */
export function inheritedValue(property: Property, broker: BrokerSettings): unknown {
  for (const synonym of property.brokerSynonyms) {
    const value = broker.get(synonym.name as BrokerPropertyName)
    if (value === null || value === undefined) continue
    // Where the broker has a list of what a group may have one of, the first is the default.
    if (Array.isArray(value) && property.type !== 'list') return value[0]
    if (typeof value !== 'number') return value
    // -1 means for ever whatever its unit is.
    return value < 0 ? value : value * synonym.factor
  }
  return property.defaultValue
}

/**
 * What one batch may decompress to; `max.decompressed.message.bytes` bounds its records, and Kafka its batches not at all. They are checked
 * between two turns of the event loop, where all clients wait. Clients bound a batch before they compress it, so honest ones
 * stay far below.
 */
const decompressedBytesFloor = 64 * 1024 * 1024
/** The same for topics that allow larger batches, as a multiple of `max.message.bytes`. */
const decompressedRatioMax = 8

/** What the storage of a topic's partitions works by. Numbers are milliseconds and bytes. */
export function logConfigOf(overrides: Overrides, broker: BrokerSettings): LogConfig {
  const read = topicReader(overrides, broker)
  const cleanupPolicy = read('cleanup.policy').filter(policy => policy === 'delete' || policy === 'compact')
  const maxCompactionLagMs = read('max.compaction.lag.ms')
  const segmentMs = read('segment.ms')
  return {
    segmentBytes: read('internal.segment.bytes') ?? read('segment.bytes'),
    // The last segment is not compacted, so it must end before its records are overdue.
    segmentMs: cleanupPolicy.includes('compact') ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs,
    segmentJitterMs: read('segment.jitter.ms'),
    segmentIndexBytes: read('segment.index.bytes'),
    indexIntervalBytes: read('index.interval.bytes'),
    maxMessageBytes: read('max.message.bytes'),
    maxDecompressedMessageBytes: read('max.decompressed.message.bytes'),
    decompressedBatchBytesMax: Math.max(decompressedBytesFloor, decompressedRatioMax * read('max.message.bytes')),
    flushMessages: read('flush.messages'),
    flushMs: read('flush.ms'),
    messageTimestampType: read('message.timestamp.type'),
    messageTimestampBeforeMaxMs: read('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: read('message.timestamp.after.max.ms'),
    cleanupPolicy,
    compressionType: read('compression.type'),
    compressionGzipLevel: read('compression.gzip.level'),
    compressionZstdLevel: read('compression.zstd.level'),
    preallocate: read('preallocate'),
    fileDeleteDelayMs: read('file.delete.delay.ms'),
    retentionMs: read('retention.ms'),
    retentionBytes: read('retention.bytes'),
    minCleanableDirtyRatio: read('min.cleanable.dirty.ratio'),
    minCompactionLagMs: read('min.compaction.lag.ms'),
    maxCompactionLagMs,
    deleteRetentionMs: read('delete.retention.ms'),
  }
}

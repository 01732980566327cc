/** How logs are compacted, by the broker's settings. */
import type { BrokerConfig } from '../../config/config.ts'
import type { CompactorSettings } from './compactor.ts'

/** Kafka's default of `log.cleaner.io.buffer.load.factor`. */
const loadFactorDefault = 0.9

/** Read again for every round. Numbers that Kafka accepts and that mean nothing (NaN, negative ratios and rates) are replaced. */
export function compactorSettings(config: BrokerConfig): CompactorSettings {
  const loadFactor = config.get('log.cleaner.io.buffer.load.factor')
  const bytesPerSecond = config.get('log.cleaner.io.max.bytes.per.second')
  return {
    enabled: config.get('log.cleaner.enable'),
    backoffMs: config.get('log.cleaner.backoff.ms'),
    keyBytesMax: config.get('log.cleaner.dedupe.buffer.size'),
    keyLoadFactor: loadFactor > 0 ? Math.min(loadFactor, 1) : loadFactorDefault,
    bufferBytes: config.get('log.cleaner.io.buffer.size'),
    bytesPerSecondMax: bytesPerSecond > 0 ? Math.min(bytesPerSecond, Number.MAX_VALUE) : Number.MAX_VALUE,
  }
}

/** How often partitions are looked after, by the broker's settings. */
import type { BrokerConfig } from '../../config/config.ts'

/** How often, in milliseconds. */
export interface UpkeepIntervals {
  /** The time after a change until the checkpoints are written. */
  readonly checkpointIntervalMs: number
  /** `log.initial.task.delay.ms`: how long after the start retention is enforced for the first time. */
  readonly initialTaskDelayMs: number
  /** `log.retention.check.interval.ms` */
  readonly retentionCheckIntervalMs: number
  /** `producer.id.expiration.check.interval.ms` */
  readonly producerExpirationCheckIntervalMs: number
}

/** None of them changes while the broker runs. */
export function upkeepIntervals(config: BrokerConfig): UpkeepIntervals {
  return {
    // One round writes the checkpoints of high watermarks, recovery points and log starts, as often as the most urgent is wanted.
    checkpointIntervalMs: Math.min(
      config.get('replica.high.watermark.checkpoint.interval.ms'),
      config.get('log.flush.offset.checkpoint.interval.ms'),
      config.get('log.flush.start.offset.checkpoint.interval.ms'),
    ),
    initialTaskDelayMs: config.get('log.initial.task.delay.ms'),
    retentionCheckIntervalMs: config.get('log.retention.check.interval.ms'),
    producerExpirationCheckIntervalMs: config.get('producer.id.expiration.check.interval.ms'),
  }
}

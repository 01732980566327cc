/** The broker's settings as groups obey them: looked up at each use, as some may change while the broker runs. */
import type { BrokerConfig } from '../config/config.ts'
import type { GroupSettings } from '../groups/outcome.ts'

export function groupSettings(config: BrokerConfig): GroupSettings {
  return {
    get sessionTimeoutMsMin() {
      return config.get('group.min.session.timeout.ms')
    },
    get sessionTimeoutMsMax() {
      return config.get('group.max.session.timeout.ms')
    },
    get membersMax() {
      return config.get('group.max.size')
    },
    get initialRebalanceDelayMs() {
      return config.get('group.initial.rebalance.delay.ms')
    },
    get offsetMetadataMax() {
      return config.get('offset.metadata.max.bytes')
    },
    get offsetsRetentionMs() {
      return config.get('offsets.retention.minutes') * 60_000
    },
    get offsetsRetentionCheckIntervalMs() {
      return config.get('offsets.retention.check.interval.ms')
    },
  }
}

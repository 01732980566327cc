/** The broker's settings as groups obey them: looked up at each use, as some may change while the broker runs. */
import type { BrokerConfig } from '../config/config.ts'
import type { GroupSettings } from '../groups/outcome.ts'
import type { TransactionSettings } from '../transactions/shard.ts'

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

export function transactionSettings(config: BrokerConfig): TransactionSettings {
  return {
    get timeoutMsMax() {
      return config.get('transaction.max.timeout.ms')
    },
    get idExpirationMs() {
      return config.get('transactional.id.expiration.ms')
    },
    get abortCheckIntervalMs() {
      return config.get('transaction.abort.timed.out.transaction.cleanup.interval.ms')
    },
    get expiryCheckIntervalMs() {
      return config.get('transaction.remove.expired.transaction.cleanup.interval.ms')
    },
  }
}

/** The broker's settings as groups obey them: looked up at each use, as some may change while the broker runs. */
import type { ClusterImage } from '../cluster/image.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { ConsumerGroupSettings, GroupSettings } from '../groups/outcome.ts'
import type { TransactionSettings } from '../transactions/shard.ts'

/** What groups obey; a group of the consumer protocol may have settings of its own. */
export function groupSettings(config: BrokerConfig, cluster: { readonly image: ClusterImage }): GroupSettings {
  const consumerGroup = (groupId: string): ConsumerGroupSettings =>
    consumerSettings(config, cluster.image.groupConfigs.get(groupId))
  return {
    consumerGroup,
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
    get consumerMembersMax() {
      return config.get('group.consumer.max.size')
    },
    consumerAssignors: config.get('group.consumer.assignors').map(assignorName),
    migration: migrationOf(config.get('group.consumer.migration.policy')),
    get regexRefreshIntervalMs() {
      return config.get('group.consumer.regex.refresh.interval.ms')
    },
  }
}

/** Assignors may be named by their classes in Kafka. */
function assignorName(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1)
  return last.replace(/Assignor$/, '').toLowerCase()
}

function migrationOf(policy: string): GroupSettings['migration'] {
  const word = policy.toUpperCase()
  return {
    upgrade: word === 'UPGRADE' || word === 'BIDIRECTIONAL',
    downgrade: word === 'DOWNGRADE' || word === 'BIDIRECTIONAL',
  }
}

/** What a group has of its own counts within the bounds that the broker has now. */
function consumerSettings(config: BrokerConfig, own: ReadonlyMap<string, string> | undefined): ConsumerGroupSettings {
  const setting = (name: 'session.timeout.ms' | 'heartbeat.interval.ms' | 'assignment.interval.ms') => {
    const text = own?.get(`consumer.${name}`)
    const value = text === undefined ? config.get(`group.consumer.${name}`) : Number(text)
    return Math.min(Math.max(value, config.get(`group.consumer.min.${name}`)), config.get(`group.consumer.max.${name}`))
  }
  const offload = own?.get('consumer.assignor.offload.enable')
  return {
    sessionTimeoutMs: setting('session.timeout.ms'),
    heartbeatIntervalMs: setting('heartbeat.interval.ms'),
    assignmentIntervalMs: setting('assignment.interval.ms'),
    offloadsAssignor: offload === undefined ? config.get('group.consumer.assignor.offload.enable') : offload === 'true',
  }
}

/** What transactions obey. */
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

/** Rules over more than one broker property. */
import type { BrokerConfig } from './config.ts'
import type { BrokerPropertyName } from './definitions.ts'
import { ConfigError } from './values.ts'

/** Pairs of which the first may not be greater than the second. */
const ordered: readonly (readonly [BrokerPropertyName, BrokerPropertyName])[] = [
  ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.session.timeout.ms'],
  ['group.consumer.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.heartbeat.interval.ms'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.assignment.interval.ms', 'group.consumer.assignment.interval.ms'],
  ['group.consumer.assignment.interval.ms', 'group.consumer.max.assignment.interval.ms'],
  ['group.share.min.session.timeout.ms', 'group.share.session.timeout.ms'],
  ['group.share.session.timeout.ms', 'group.share.max.session.timeout.ms'],
  ['group.share.min.heartbeat.interval.ms', 'group.share.heartbeat.interval.ms'],
  ['group.share.heartbeat.interval.ms', 'group.share.max.heartbeat.interval.ms'],
  ['group.share.min.record.lock.duration.ms', 'group.share.record.lock.duration.ms'],
  ['group.share.record.lock.duration.ms', 'group.share.max.record.lock.duration.ms'],
  ['group.streams.min.session.timeout.ms', 'group.streams.session.timeout.ms'],
  ['group.streams.session.timeout.ms', 'group.streams.max.session.timeout.ms'],
  ['group.streams.min.heartbeat.interval.ms', 'group.streams.heartbeat.interval.ms'],
  ['group.streams.heartbeat.interval.ms', 'group.streams.max.heartbeat.interval.ms'],
  ['group.streams.num.standby.replicas', 'group.streams.max.standby.replicas'],
  ['replica.fetch.wait.max.ms', 'replica.lag.time.max.ms'],
]

/** Throws ConfigError for the first rule that is broken. */
export function checkTogether(config: BrokerConfig): void {
  if (config.get('broker.id') !== config.get('node.id') && config.get('broker.id') !== -1) {
    throw new ConfigError(
      'node.id',
      `node.id is ${config.get('node.id')} and broker.id is ${config.get('broker.id')}: they are two names of one number; set one of them`,
    )
  }
  for (const [lesser, greater] of ordered) {
    if (Number(config.get(lesser)) > Number(config.get(greater))) {
      throw new ConfigError(
        lesser,
        `${lesser} is ${config.text(lesser)}, which is more than ${greater}, ${config.text(greater)}`,
      )
    }
  }
  const unknown = config.get('cordoned.log.dirs').filter(path => path !== '*' && !config.logDirs.includes(path))
  if (unknown.length > 0) {
    throw new ConfigError('cordoned.log.dirs', `cordoned.log.dirs names ${unknown}, which log.dirs does not have`)
  }
  if (!config.get('process.roles').includes('broker')) {
    throw new ConfigError('process.roles', "process.roles lacks 'broker': this process is a broker in any case")
  }
}

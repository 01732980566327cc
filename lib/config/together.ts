/** Rules over more than one broker property. */

import { authorizerSettings } from './authorizer.ts'
import type { BrokerPropertyName } from './definitions.ts'
import { etcdSettings } from './metadata-store.ts'
import { overridesOf } from './server-limits.ts'
import type { BrokerSettings } from './settings.ts'
import { topicReader } from './topic-config.ts'
import { topicPolicy } from './topic-policy.ts'
import { ConfigError } from './values.ts'

/** Pairs of which the first may not be greater than the second. */
const ordered: readonly (readonly [BrokerPropertyName, BrokerPropertyName])[] = [
  ['group.consumer.min.session.timeout.ms', 'group.consumer.session.timeout.ms'],
  ['group.consumer.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.heartbeat.interval.ms'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.assignment.interval.ms', 'group.consumer.assignment.interval.ms'],
  ['group.consumer.assignment.interval.ms', 'group.consumer.max.assignment.interval.ms'],
  ['group.share.min.assignment.interval.ms', 'group.share.assignment.interval.ms'],
  ['group.share.assignment.interval.ms', 'group.share.max.assignment.interval.ms'],
  ['group.share.min.delivery.count.limit', 'group.share.delivery.count.limit'],
  ['group.share.delivery.count.limit', 'group.share.max.delivery.count.limit'],
  ['group.share.min.partition.max.record.locks', 'group.share.partition.max.record.locks'],
  ['group.share.partition.max.record.locks', 'group.share.max.partition.max.record.locks'],
  ['group.share.max.size', 'group.share.max.share.sessions'],
  ['group.share.min.session.timeout.ms', 'group.share.session.timeout.ms'],
  ['group.share.session.timeout.ms', 'group.share.max.session.timeout.ms'],
  ['group.share.min.heartbeat.interval.ms', 'group.share.heartbeat.interval.ms'],
  ['group.share.heartbeat.interval.ms', 'group.share.max.heartbeat.interval.ms'],
  ['group.share.min.record.lock.duration.ms', 'group.share.record.lock.duration.ms'],
  ['group.share.record.lock.duration.ms', 'group.share.max.record.lock.duration.ms'],
  ['group.streams.min.assignment.interval.ms', 'group.streams.assignment.interval.ms'],
  ['group.streams.assignment.interval.ms', 'group.streams.max.assignment.interval.ms'],
  ['group.streams.min.task.offset.interval.ms', 'group.streams.task.offset.interval.ms'],
  ['group.streams.num.warmup.replicas', 'group.streams.max.warmup.replicas'],
  ['group.streams.min.session.timeout.ms', 'group.streams.session.timeout.ms'],
  ['group.streams.session.timeout.ms', 'group.streams.max.session.timeout.ms'],
  ['group.streams.min.heartbeat.interval.ms', 'group.streams.heartbeat.interval.ms'],
  ['group.streams.heartbeat.interval.ms', 'group.streams.max.heartbeat.interval.ms'],
  ['group.streams.num.standby.replicas', 'group.streams.max.standby.replicas'],
  ['replica.fetch.wait.max.ms', 'replica.lag.time.max.ms'],
  ['replica.fetch.wait.max.ms', 'replica.socket.timeout.ms'],
]

/** Pairs of which the first must be less than the second. */
const strictlyOrdered: readonly (readonly [BrokerPropertyName, BrokerPropertyName])[] = [
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.session.timeout.ms'],
  ['group.share.heartbeat.interval.ms', 'group.share.session.timeout.ms'],
  ['group.streams.heartbeat.interval.ms', 'group.streams.session.timeout.ms'],
]

/** Throws ConfigError for the first rule that is broken. */
export function checkTogether(config: BrokerSettings): void {
  authorizerSettings(config)
  etcdSettings(config)
  topicPolicy(config)
  if (config.layers('broker.id').length > 0 && config.get('broker.id') !== config.get('node.id')) {
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
  for (const [lesser, greater] of strictlyOrdered) {
    if (Number(config.get(lesser)) >= Number(config.get(greater))) {
      throw new ConfigError(
        lesser,
        `${lesser} is ${config.text(lesser)}, which is not less than ${greater}, ${config.text(greater)}`,
      )
    }
  }
  if (!config.get('group.coordinator.rebalance.protocols').includes('classic')) {
    throw new ConfigError(
      'group.coordinator.rebalance.protocols',
      'group.coordinator.rebalance.protocols lacks classic, the protocol that every client speaks',
    )
  }
  checkLogs(config)
  checkConnections(config)
  const cordoned = config.get('cordoned.log.dirs')
  if (cordoned.includes('*') && cordoned.length > 1) {
    throw new ConfigError('cordoned.log.dirs', "cordoned.log.dirs has '*', which stands for all, and others beside it")
  }
  const unknown = cordoned.filter(path => path !== '*' && !config.logDirs.includes(path))
  if (unknown.length > 0) {
    throw new ConfigError('cordoned.log.dirs', `cordoned.log.dirs names ${unknown}, which log.dirs does not have`)
  }
  if (!config.get('process.roles').includes('broker')) {
    throw new ConfigError('process.roles', "process.roles lacks 'broker': this process is a broker in any case")
  }
}

/** Bytes of `log.cleaner.dedupe.buffer.size` that each of `log.cleaner.threads` must have more than. */
const bytesPerCleanerMin = 1_048_576

/** Values that may be given in several units, or are shared among threads. */
function checkLogs(config: BrokerSettings): void {
  const read = topicReader(new Map(), config)
  if (read('segment.ms') < 1)
    throw new ConfigError('log.roll.ms', `log.roll.ms is ${read('segment.ms')}: it is at least 1`)
  if (read('segment.jitter.ms') < 0) {
    throw new ConfigError('log.roll.jitter.ms', `log.roll.jitter.ms is ${read('segment.jitter.ms')}: it is at least 0`)
  }
  if (read('retention.ms') === 0) {
    throw new ConfigError('log.retention.ms', 'log.retention.ms cannot be 0: it is at least 1, or -1 for ever')
  }
  const threads = config.get('log.cleaner.threads')
  if (threads < 1) throw new ConfigError('log.cleaner.threads', `log.cleaner.threads is ${threads}: it is at least 1`)
  const bytes = config.get('log.cleaner.dedupe.buffer.size')
  if (Math.floor(bytes / threads) <= bytesPerCleanerMin) {
    throw new ConfigError(
      'log.cleaner.dedupe.buffer.size',
      `log.cleaner.dedupe.buffer.size is ${bytes}: it is more than ${bytesPerCleanerMin} for each of ${threads} log.cleaner.threads`,
    )
  }
}

function checkConnections(config: BrokerSettings): void {
  if (
    config.get('max.connections.per.ip') === 0 &&
    overridesOf(config.get('max.connections.per.ip.overrides')).size === 0
  ) {
    throw new ConfigError(
      'max.connections.per.ip',
      'max.connections.per.ip is 0 and max.connections.per.ip.overrides is empty: nobody could connect',
    )
  }
  const idleMs = config.get('connections.max.idle.ms')
  const delayMs = config.get('connection.failed.authentication.delay.ms')
  if (idleMs >= 0 && delayMs >= idleMs) {
    throw new ConfigError(
      'connections.max.idle.ms',
      `connections.max.idle.ms is ${idleMs}: it is more than connection.failed.authentication.delay.ms, ${delayMs}`,
    )
  }
  const queued = config.get('queued.max.request.bytes')
  const largest = config.get('socket.request.max.bytes')
  if (queued > 0 && queued < largest) {
    throw new ConfigError(
      'queued.max.request.bytes',
      `queued.max.request.bytes is ${queued}, which is less than one request may have, socket.request.max.bytes, ${largest}`,
    )
  }
  const names = [
    ...config.get('listeners').map(address => address.split('://')[0]!.toUpperCase()),
    ...config.get('controller.listener.names'),
  ]
  const early = config.get('early.start.listeners') ?? []
  const unknown = early.find(name => !names.some(each => each === name))
  if (unknown !== undefined) {
    throw new ConfigError('early.start.listeners', `early.start.listeners has ${unknown}, which is not among listeners`)
  }
}

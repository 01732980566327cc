/** A group's settings: its own where it has them, else those of the broker property behind each. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { BrokerConfig } from './config.ts'
import { type BrokerPropertyName, groupProperty } from './definitions.ts'
import { inheritedText, inheritedValue } from './topic-config.ts'
import { ConfigError, exactText, parsedOrUndefined, parseValue, refuseRepeats } from './values.ts'

type Overrides = ReadonlyMap<string, string>

/** Properties whose bounds are broker properties of the same name with `min` and `max` in it. */
const bounded =
  /^(consumer|share|streams)\.(session\.timeout\.ms|heartbeat\.interval\.ms|assignment\.interval\.ms|record\.lock\.duration\.ms|delivery\.count\.limit|partition\.max\.record\.locks)$/

/** The one assignor of streams groups that group.streams.assignors may have. */
const streamsAssignor = 'sticky'

/** Throws INVALID_CONFIG where a group may not have one of these settings. */
export function validateGroupConfigs(overrides: Overrides, broker: BrokerConfig): void {
  for (const [name, text] of overrides) {
    const property = groupProperty(name)
    if (property === undefined) throw new KafkaError(codes.INVALID_CONFIG, `${name} is not a property of a group`)
    let value: unknown
    try {
      value = parseValue(name, property, text)
      refuseRepeats(name, property, text)
    } catch (error) {
      if (error instanceof ConfigError) throw new KafkaError(codes.INVALID_CONFIG, error.message)
      throw error
    }
    if (typeof value === 'number') checkBounds(name, value, broker)
    if (name === 'streams.assignor.name' && value !== streamsAssignor) {
      throw new KafkaError(codes.INVALID_CONFIG, `${name} cannot be '${value}': it takes ${streamsAssignor}`)
    }
  }
  checkHeartbeats(overrides, broker)
}

function checkBounds(name: string, value: number, broker: BrokerConfig): void {
  if (name === 'streams.num.standby.replicas') atMost(name, value, 'group.streams.max.standby.replicas', broker)
  if (name === 'streams.num.warmup.replicas') atMost(name, value, 'group.streams.max.warmup.replicas', broker)
  if (name === 'streams.task.offset.interval.ms') {
    atLeast(name, value, 'group.streams.min.task.offset.interval.ms', broker)
  }
  const parts = bounded.exec(name)
  if (!parts) return
  const [, protocol, what] = parts
  const least = `group.${protocol}.min.${what}` as BrokerPropertyName
  const most = `group.${protocol}.max.${what}` as BrokerPropertyName
  atLeast(name, value, least, broker)
  atMost(name, value, most, broker)
}

function atLeast(name: string, value: number, least: BrokerPropertyName, broker: BrokerConfig): void {
  const min = broker.get(least) as number | undefined
  if (min !== undefined && value < min) {
    throw new KafkaError(codes.INVALID_CONFIG, `${name} cannot be ${value}: it is at least ${least}, which is ${min}`)
  }
}

function atMost(name: string, value: number, most: BrokerPropertyName, broker: BrokerConfig): void {
  const max = broker.get(most) as number | undefined
  if (max !== undefined && value > max) {
    throw new KafkaError(codes.INVALID_CONFIG, `${name} cannot be ${value}: it is at most ${most}, which is ${max}`)
  }
}

/** A member that sends its heartbeats no more often than its session times out would never stay. */
function checkHeartbeats(overrides: Overrides, broker: BrokerConfig): void {
  for (const protocol of ['consumer', 'share', 'streams']) {
    const interval = groupValue(`${protocol}.heartbeat.interval.ms`, overrides, broker)
    const timeout = groupValue(`${protocol}.session.timeout.ms`, overrides, broker)
    if (Number(interval) >= Number(timeout)) {
      throw new KafkaError(
        codes.INVALID_CONFIG,
        `${protocol}.heartbeat.interval.ms, ${interval}, is not less than ${protocol}.session.timeout.ms, ${timeout}`,
      )
    }
  }
}

/** The value that holds for a group. A stored one that is not allowed any more is passed over. */
export function groupValue(name: string, overrides: Overrides, broker: BrokerConfig): unknown {
  const property = groupProperty(name)!
  const own = overrides.get(name)
  const value = own === undefined ? undefined : parsedOrUndefined(name, property, own)
  return value ?? inheritedValue(property, broker)
}

/** The same as Kafka prints it; null where nothing is set. */
export function groupText(name: string, overrides: Overrides, broker: BrokerConfig): string | null {
  const property = groupProperty(name)!
  const own = overrides.get(name)
  if (own === undefined || parsedOrUndefined(name, property, own) === undefined) return inheritedText(property, broker)
  return exactText(name, property, own)
}

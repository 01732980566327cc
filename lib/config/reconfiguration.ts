/** Values that the broker could start with, and that it may not change to while it runs. */
import type { BrokerConfig } from './config.ts'
import type { BrokerPropertyName, BrokerValue } from './definitions.ts'
import { topicProperty } from './definitions.ts'
import { listenersOf } from './listeners.ts'
import { topicValue } from './topic-config.ts'
import { ConfigError } from './values.ts'

type NumberName = { [N in BrokerPropertyName]: BrokerValue<N> extends number ? N : never }[BrokerPropertyName]

/** Numbers of threads: they may at most double, and go down to a half, by one change. */
const threads: readonly NumberName[] = [
  'background.threads',
  'log.cleaner.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
  'remote.log.manager.copier.thread.pool.size',
  'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.follower.thread.pool.size',
  'remote.log.reader.threads',
]

/** What is 0 at the start lets nobody in; later that would be an accident. */
const atLeastOne: readonly NumberName[] = ['max.connections', 'max.connection.creation.rate']

/** Throws ConfigError where settings may not change from these to those. */
export function checkReconfiguration(before: BrokerConfig, after: BrokerConfig): void {
  for (const name of threads) checkThreads(name, before.get(name), after.get(name))
  for (const name of atLeastOne) {
    if (after.get(name) < 1 && before.get(name) >= 1)
      throw new ConfigError(name, `${name} cannot become 0 while the broker runs`)
  }
  for (const { name } of listenersOf(after)) checkListener(name, before, after)
  checkLocal('ms', after)
  checkLocal('bytes', after)
}

/** Throws ConfigError also where listeners as they would be cannot be. */
function checkListener(listener: string, before: BrokerConfig, after: BrokerConfig): void {
  for (const general of atLeastOne) {
    const name = `listener.name.${listener.toLowerCase()}.${general}`
    const [was, is] = [before, after].map(config => config.layers(name)[0]?.text)
    if (is !== was && is !== undefined && Number(is) < 1) {
      throw new ConfigError(name, `${name} cannot become ${is} while the broker runs`)
    }
  }
}

function checkThreads(name: NumberName, before: number, after: number): void {
  const [least, most] = [Math.floor(before / 2), before * 2]
  if (after >= least && after <= most) return
  throw new ConfigError(
    name,
    `${name} cannot change from ${before} to ${after} at once: it may at most double, or halve, while the broker runs`,
  )
}

/** The part of a log that stays here, where there is a remote part, is no more than the whole, and no less than what waits to be copied. */
function checkLocal(unit: 'ms' | 'bytes', config: BrokerConfig): void {
  const localName: NumberName = `log.local.retention.${unit}`
  const lagName: NumberName = `log.remote.copy.lag.${unit}`
  const retention = Number(topicValue(`retention.${unit}`, topicProperty(`retention.${unit}`)!, new Map(), config))
  const whole = retention < 0 ? Infinity : retention
  const local = config.get(localName)
  const lag = config.get(lagName)
  if (local === -1 && whole !== Infinity) {
    throw new ConfigError(localName, `${localName} cannot be -1 while log.retention.${unit} is ${whole}`)
  }
  if (local > whole) {
    throw new ConfigError(localName, `${localName} is ${local}, which is more than log.retention.${unit}, ${whole}`)
  }
  const kept = local < 0 ? whole : local
  if (lag > kept) {
    throw new ConfigError(lagName, `${lagName} is ${lag}, which is more than log.local.retention.${unit}, ${kept}`)
  }
}

/** Broker properties that are set for one listener: `listener.name.<listener>.<property>`, of some also for one SASL mechanism. */
import { type BrokerPropertyName, type BrokerValue, brokerProperties } from './definitions.ts'
import type { BrokerSettings } from './settings.ts'
import { parsedOrUndefined } from './values.ts'

const listenerForm = /^listener\.name\.[^.]*\.(.*)$/

/**
 * The value that holds for a listener: that of `listener.name.<listener>.<name>`, where one is set that is allowed, otherwise the general one. As
 * in Kafka, the name of the listener stands in lower case in such a property. What is set for a mechanism alone comes before either.
 */
export function valueFor<N extends BrokerPropertyName>(
  config: BrokerSettings,
  listener: string,
  name: N,
  mechanism?: string,
): BrokerValue<N> {
  const ofMechanism = mechanism === undefined ? undefined : ownValueFor(config, listener, name, mechanism)
  if (ofMechanism !== undefined) return ofMechanism
  const own = ownValueFor(config, listener, name)
  return own === undefined ? config.get(name) : own
}

/** The same without the general one; undefined where the listener has none of its own. */
export function ownValueFor<N extends BrokerPropertyName>(
  config: BrokerSettings,
  listener: string,
  name: N,
  mechanism?: string,
): BrokerValue<N> | undefined {
  const own = scopedName(listener, name, mechanism)
  for (const { text } of config.layers(own)) {
    const value = parsedOrUndefined(own, brokerProperties[name], text)
    if (value !== undefined) return value as BrokerValue<N>
  }
  return undefined
}

/** The name of a property of one listener, in turn for one SASL mechanism. */
export function scopedName(listener: string, name: string, mechanism?: string): string {
  const whole = mechanism === undefined ? name : `${mechanism.toLowerCase()}.${name}`
  return `listener.name.${listener.toLowerCase()}.${whole}`
}

/** Properties that a listener may have for each mechanism: `listener.name.<listener>.<mechanism>.<property>`. */
const ofMechanisms = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]

/** The property without the listener, and the mechanism, that it is set for; null where the name holds for all listeners. */
export function unscopedName(name: string): string | null {
  const base = listenerForm.exec(name)?.[1]
  return base === undefined ? null : (ofMechanisms.find(each => base.endsWith(each)) ?? base)
}

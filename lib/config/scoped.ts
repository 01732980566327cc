/** Broker properties that are set for one listener: `listener.name.<listener>.<property>`, of some also for one SASL mechanism. */

const listenerForm = /^listener\.name\.[^.]*\.(.*)$/

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

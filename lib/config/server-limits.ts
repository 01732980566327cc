/** The bounds of the network server, as far as Kafka has properties for them. */

import { brokerProperty } from './definitions.ts'
import type { BrokerSettings } from './settings.ts'
import { parsedOrUndefined } from './values.ts'

/** Kafka's default of 50 is for a thread that does nothing but accept; a burst of clients would wait a second for the next attempt. */
const listenBacklogMin = 1024

/** Reads them as they are now; called again after each change of settings. */
export function serverLimitsOf(config: BrokerSettings) {
  const requestBytesInFlightMax = config.get('queued.max.request.bytes')
  return {
    requestBytesMax: config.get('socket.request.max.bytes'),
    connectionsMax: config.get('max.connections'),
    connectionsPerIpMax: config.get('max.connections.per.ip'),
    connectionsPerIpOverrides: overridesOf(config.get('max.connections.per.ip.overrides')),
    connectionsPerSecondMax: config.get('max.connection.creation.rate'),
    connectionBurstMs: (config.get('quota.window.num') - 1) * config.get('quota.window.size.seconds') * 1000,
    ofListeners: limitsOfListeners(config),
    sendBufferBytes: bufferBytes(config, 'socket.send.buffer.bytes'),
    receiveBufferBytes: bufferBytes(config, 'socket.receive.buffer.bytes'),
    connectionIdleMsMax: config.get('connections.max.idle.ms'),
    listenBacklog: Math.max(listenBacklogMin, config.get('socket.listen.backlog.size')),
    // Kafka's default, -1, is no bound at all; ours then keeps its own.
    ...(requestBytesInFlightMax > 0 ? { requestBytesInFlightMax } : {}),
  }
}

/** Kafka's default is from a time when systems did not find out for themselves; so is -1 then. */
function bufferBytes(config: BrokerSettings, name: 'socket.send.buffer.bytes' | 'socket.receive.buffer.bytes'): number {
  return config.layers(name).length > 0 ? Math.max(0, config.get(name)) : 0
}

/** 'host:count,…' by address; the last colon counts, as IPv6 addresses have colons of their own. */
export function overridesOf(text: string): ReadonlyMap<string, number> {
  const overrides = new Map<string, number>()
  for (const entry of text.split(',')) {
    const at = entry.lastIndexOf(':')
    if (at >= 0) overrides.set(entry.slice(0, at).trim(), Number(entry.slice(at + 1)))
  }
  return overrides
}

/** What is set for single listeners, by their names in upper case. */
function limitsOfListeners(config: BrokerSettings) {
  const limits = new Map<string, { connectionsMax?: number; connectionsPerSecondMax?: number }>()
  for (const name of config.setNames()) {
    const [, prefix, general] =
      /^listener\.name\.([^.]+)\.(max\.connections|max\.connection\.creation\.rate)$/.exec(name) ?? []
    // As in Kafka, the name of a listener stands in lower case here, and in upper case elsewhere.
    if (prefix === undefined || prefix !== prefix.toLowerCase()) continue
    const value = config
      .layers(name)
      .map(({ text }) => parsedOrUndefined(name, brokerProperty(general!)!, text))
      .find(each => each !== undefined)
    if (typeof value !== 'number') continue
    const listener = prefix.toUpperCase()
    const field = general === 'max.connections' ? 'connectionsMax' : 'connectionsPerSecondMax'
    limits.set(listener, { ...limits.get(listener), [field]: value })
  }
  return limits
}

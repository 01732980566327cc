/** The bounds of the network server, as far as Kafka has properties for them. */
import type { BrokerConfig } from './config.ts'

/** Kafka's default of 50 is for a thread that does nothing but accept; a burst of clients would wait a second for the next attempt. */
const listenBacklogMin = 1024

/** Reads them as they are now; called again after each change of settings. */
export function serverLimitsOf(config: BrokerConfig) {
  const requestBytesInFlightMax = config.get('queued.max.request.bytes')
  return {
    requestBytesMax: config.get('socket.request.max.bytes'),
    connectionsMax: config.get('max.connections'),
    connectionsPerIpMax: config.get('max.connections.per.ip'),
    connectionsPerIpOverrides: overridesOf(config.get('max.connections.per.ip.overrides')),
    connectionIdleMsMax: config.get('connections.max.idle.ms'),
    listenBacklog: Math.max(listenBacklogMin, config.get('socket.listen.backlog.size')),
    // Kafka's default, -1, is no bound at all; ours then keeps its own.
    ...(requestBytesInFlightMax > 0 ? { requestBytesInFlightMax } : {}),
  }
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

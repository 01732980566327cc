/** Listeners that let in whoever reaches them, where more than this machine can. */
import type { ListenerConfig } from './listeners.ts'
import { valueFor } from './scoped.ts'
import type { BrokerSettings } from './settings.ts'

/** Their names. */
export function openListeners(config: BrokerSettings, listeners: readonly ListenerConfig[]): string[] {
  return listeners
    .filter(({ name, securityProtocol, host }) => {
      if (isLoopback(host) || securityProtocol.startsWith('SASL_')) return false
      return securityProtocol !== 'SSL' || valueFor(config, name, 'ssl.client.auth') !== 'required'
    })
    .map(({ name }) => name)
}

/** What to do about them. */
export const openListenersAdvice =
  'anyone who reaches these listeners is let in, and may do everything: set ssl.client.auth=required or a SASL protocol (listener.security.protocol.map), or listen on 127.0.0.1'

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

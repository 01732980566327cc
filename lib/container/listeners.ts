/** Listeners as the images derive them, and which of them speak what. */
import { brokerProperties } from '../config/definitions.ts'
import { members } from '../config/java-text.ts'
import type { Findings } from './findings.ts'

/** A listener and the security protocol that its name stands for; null where nothing says it. */
export interface NamedProtocol {
  readonly name: string
  readonly protocol: string | null
}

/** The same listeners and ports on all addresses of the machine: what is told to clients is seldom an address of the container's own. */
export function onAllAddresses(advertised: string): string {
  return members(advertised)
    .map(member => member.replace(/^([^:]+:\/\/).*:(\d+)$/, '$10.0.0.0:$2'))
    .join(',')
}

/** The listeners of a configuration, each with its protocol. */
export function protocolsOf(findings: Findings): NamedProtocol[] {
  const map = new Map<string, string>()
  const text =
    findings.get('listener.security.protocol.map') ?? brokerProperties['listener.security.protocol.map'].defaultValue
  for (const pair of members(text)) {
    const [name = '', protocol = ''] = pair.split(':')
    map.set(name.trim().toUpperCase(), protocol.trim().toUpperCase())
  }
  return members(findings.get('listeners') ?? '')
    .filter(address => address.includes('://'))
    .map(address => address.slice(0, address.indexOf('://')).toUpperCase())
    .map(name => ({ name, protocol: map.get(name) ?? null }))
}

export function speaksTls({ protocol }: NamedProtocol): boolean {
  return protocol === 'SSL' || protocol === 'SASL_SSL'
}

export function speaksSasl({ protocol }: NamedProtocol): boolean {
  return protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL'
}

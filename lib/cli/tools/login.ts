/** Who a tool is, by the properties that Kafka's clients take: `sasl.mechanism` and `sasl.jaas.config`. */
import { Secret } from '../../base/secret.ts'
import type { ClientLogin } from '../../client/login.ts'
import { type LoginModule, parseLogins, serves } from '../../security/jaas.ts'
import { tokenExtension } from '../../security/scram.ts'
import { ToolUsageError } from './tool-usage-error.ts'

const mechanisms: readonly string[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] satisfies ClientLogin['mechanism'][]

function unusable(sentence: string): ToolUsageError {
  return new ToolUsageError(sentence, { showHelp: false })
}

/** Throws ToolUsageError where they do not say it. */
export function loginOf(properties: Readonly<Record<string, string>>): ClientLogin {
  const mechanism = properties['sasl.mechanism'] ?? 'GSSAPI'
  if (!mechanisms.includes(mechanism)) {
    throw unusable(`sasl.mechanism ${mechanism} is not served; set one of ${mechanisms.join(', ')}`)
  }
  const className = `org.apache.kafka.common.security.${mechanism === 'PLAIN' ? 'plain.Plain' : 'scram.Scram'}LoginModule`
  const example = `sasl.jaas.config=${className} required username="alice" password="…";`
  const text = properties['sasl.jaas.config']
  if (text === undefined) throw unusable(`security.protocol is SASL, and nobody says who logs in: set ${example}`)
  const options = modulesIn(text, example).find(module => serves(module, mechanism))?.options
  const [user, password] = [options?.get('username'), options?.get('password')]
  if (user === undefined || password === undefined) {
    throw unusable(`sasl.jaas.config has no username and password for ${mechanism}: write ${example}`)
  }
  return {
    ...{ mechanism: mechanism as ClientLogin['mechanism'], user, password: new Secret(password) },
    isToken: mechanism !== 'PLAIN' && options?.get(tokenExtension)?.toLowerCase() === 'true',
  }
}

function modulesIn(text: string, example: string): LoginModule[] {
  try {
    return parseLogins(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw unusable(`sasl.jaas.config is no login: ${error.message}; write ${example}`)
  }
}

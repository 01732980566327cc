/** The listeners whose clients log in by SASL: by which mechanisms, and who they may be, as the settings have it. */

import { Secret } from '../base/secret.ts'
import type { BrokerPropertyName, BrokerValue } from '../config/definitions.ts'
import { scopedName, valueFor } from '../config/scoped.ts'
import type { BrokerSettings } from '../config/settings.ts'
import { ConfigError } from '../config/values.ts'
import type { Logins } from './authentication.ts'
import { type LoginModule, parseLogins, serves } from './jaas.ts'
import { PlainExchange, type PlainUsers, passwordDigest } from './plain.ts'
import { credentialFrom } from './salting.ts'
import { isScramMechanism, iterationsMin, type ScramCredential, type ScramMechanism } from './scram.ts'
import { ScramExchange, type ScramHost } from './scram-exchange.ts'

/** The mechanisms that are served. */
const served = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

const userOption = 'user_'

/** Whether a listener of this protocol asks who its clients are. */
export function asksForLogin(securityProtocol: string): boolean {
  return securityProtocol === 'SASL_PLAINTEXT' || securityProtocol === 'SASL_SSL'
}

interface ScramPassword {
  readonly mechanism: ScramMechanism
  readonly user: string
  readonly password: Secret
}

/** One listener's settings of logins. */
export class SaslListener implements Logins {
  readonly mechanisms: readonly string[]
  readonly #plainUsers: PlainUsers
  readonly #sessionMs: ReadonlyMap<string, number>
  readonly #scram: ScramHost
  readonly #scramPasswords: readonly ScramPassword[]
  /** By mechanism and name: users that stand in the settings alone. */
  readonly #scramUsers = new Map<string, ScramCredential>()

  /** Throws ConfigError where nobody could log in as the settings have it. */
  constructor(listener: string, config: BrokerSettings, scram: ScramHost) {
    const value = <N extends BrokerPropertyName>(name: N, mechanism?: string): BrokerValue<N> =>
      valueFor(config, listener, name, mechanism)
    this.mechanisms = value('sasl.enabled.mechanisms')
    checkMechanisms(listener, this.mechanisms)
    this.#plainUsers = this.mechanisms.includes('PLAIN') ? plainUsersOf(listener, config) : new Map()
    this.#sessionMs = new Map(
      this.mechanisms.map(mechanism => [mechanism, Math.max(0, value('connections.max.reauth.ms', mechanism))]),
    )
    this.#scramPasswords = this.mechanisms.filter(isScramMechanism).flatMap(mechanism =>
      usersIn(loginModuleOf(listener, config, mechanism)?.module ?? null).map(([user, password]) => ({
        ...{ mechanism, user, password: new Secret(password) },
      })),
    )
    this.#scram = {
      ...scram,
      credentialOf: (user, mechanism) =>
        scram.credentialOf(user, mechanism) ?? this.#scramUsers.get(`${mechanism}/${user}`),
    }
  }

  /** Makes of the passwords that stand in settings what users of SCRAM log in by. */
  async prepare(salt: () => Buffer): Promise<void> {
    await Promise.all(
      this.#scramPasswords.map(async ({ mechanism, user, password }) => {
        this.#scramUsers.set(`${mechanism}/${user}`, await credentialFrom(mechanism, password, salt(), iterationsMin))
      }),
    )
  }

  begin(mechanism: string) {
    return isScramMechanism(mechanism) ? new ScramExchange(mechanism, this.#scram) : new PlainExchange(this.#plainUsers)
  }

  sessionMsOf(mechanism: string): number {
    return this.#sessionMs.get(mechanism) ?? 0
  }
}

function checkMechanisms(listener: string, mechanisms: readonly string[]): void {
  const other = mechanisms.find(mechanism => !served.includes(mechanism))
  if (other === undefined && mechanisms.length > 0) return
  const name = 'sasl.enabled.mechanisms'
  const what = other === undefined ? 'is empty' : `has ${other}, which is not served`
  throw new ConfigError(
    name,
    `${name} ${what}; clients of the listener ${listener} log in by one or more of ${served.join(', ')}: set ${name}, or ${scopedName(listener, name)}`,
  )
}

/** Where Kafka looks for the login of a mechanism, and where people put it. The first that is set counts. */
function loginNames(listener: string, mechanism: string): string[] {
  const name = 'sasl.jaas.config'
  return [scopedName(listener, name, mechanism), `${mechanism.toLowerCase()}.${name}`, scopedName(listener, name), name]
}

/** The login module of a listener for a mechanism; null where none is set. Throws ConfigError. */
export function loginModuleOf(
  listener: string,
  config: BrokerSettings,
  mechanism: string,
): { readonly name: string; readonly module: LoginModule } | null {
  for (const name of loginNames(listener, mechanism)) {
    const [layer] = config.layers(name)
    if (layer === undefined) continue
    const module = modulesIn(name, layer.text).find(each => serves(each, mechanism))
    if (module !== undefined) return { name, module }
  }
  return null
}

function modulesIn(name: string, text: string): LoginModule[] {
  try {
    return parseLogins(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new ConfigError(
      name,
      `${name} is no login: ${error.message}; write org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="her password";`,
    )
  }
}

function plainUsersOf(listener: string, config: BrokerSettings): PlainUsers {
  const found = loginModuleOf(listener, config, 'PLAIN')
  if (found === null) {
    const [name] = loginNames(listener, 'PLAIN')
    throw new ConfigError(
      name!,
      `the listener ${listener} has PLAIN among sasl.enabled.mechanisms and no users: set ${name}=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="her password";`,
    )
  }
  return new Map(usersIn(found.module).map(([user, password]) => [user, passwordDigest(password)]))
}

/** The users that a module's options name, with their passwords. */
function usersIn(module: LoginModule | null): [user: string, password: string][] {
  return [...(module?.options ?? [])]
    .filter(([option]) => option.startsWith(userOption))
    .map(([option, password]) => [option.slice(userOption.length), password])
}

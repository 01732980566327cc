/** Whether and how clients are asked what they may do. The settings beside the class's name are the authorizer's own, and not in Kafka's tables. */
import { configSources } from '../../protocol/config-sources.ts'
import type { BrokerSettings } from './settings.ts'
import { ConfigError } from './values.ts'

/** Names of settings that only the authorizer reads. */
export const superUsersName = 'super.users'
export const allowsWithoutRulesName = 'allow.everyone.if.no.acl.found'

/** Whether a property is not in Kafka's tables, and yet has an effect. */
export function isOfAuthorizer(property: string): boolean {
  return property === superUsersName || property === allowsWithoutRulesName
}

export interface AuthorizerSettings {
  readonly superUsers: ReadonlySet<string>
  readonly allowsWithoutRules: boolean
}

/** Null where everybody may do everything. Throws ConfigError. */
export function authorizerSettings(config: BrokerSettings): AuthorizerSettings | null {
  if ((config.get('authorizer.class.name') ?? '').trim() === '') return null
  // As in Kafka, what is set while the broker runs does not count.
  const textOf = (name: string) =>
    config.layers(name).find(({ source }) => source === configSources.STATIC_BROKER_CONFIG)?.text ?? ''
  const superUsers = textOf(superUsersName)
    .split(';')
    .map(user => user.trim())
  const wrong = superUsers.find(user => user !== '' && !user.includes(':'))
  if (wrong !== undefined) {
    throw new ConfigError(
      superUsersName,
      `${superUsersName} has ${wrong}, which is not a type and a name with a colon between, such as User:${wrong}; several have semicolons between them`,
    )
  }
  return {
    superUsers: new Set(superUsers.filter(user => user !== '')),
    allowsWithoutRules: textOf(allowsWithoutRulesName).trim().toLowerCase() === 'true',
  }
}

/** All broker properties in one table; the rows stand by subject in the files around this one. */
import { groupCoordinationProperties } from './definitions-groups.ts'
import { nodeProperties } from './definitions-identity.ts'
import { logProperties } from './definitions-log.ts'
import { networkProperties } from './definitions-network.ts'
import { oauthProperties } from './definitions-oauth.ts'
import { operationsProperties } from './definitions-operations.ts'
import { replicationProperties } from './definitions-replication.ts'
import { securityProperties } from './definitions-security.ts'
import { shareProperties } from './definitions-share.ts'
import { tierProperties } from './definitions-tiers.ts'
import { transactionProperties } from './definitions-transactions.ts'
import { groupProperties } from './group-definitions.ts'
import type { Property, ValueOf } from './property.ts'
import { topicProperties } from './topic-definitions.ts'

/** Every broker property of Kafka 4.4 by its name. The subjects stand in an order that is near to Kafka's own; see order.ts. */
export const brokerProperties = {
  ...tierProperties,
  ...replicationProperties,
  ...networkProperties,
  ...groupCoordinationProperties,
  ...logProperties,
  ...transactionProperties,
  ...shareProperties,
  ...operationsProperties,
  ...nodeProperties,
  ...securityProperties,
  ...oauthProperties,
}

export { groupProperties, topicProperties }

type BrokerProperties = typeof brokerProperties
type TopicProperties = typeof topicProperties

export type BrokerPropertyName = keyof BrokerProperties
/** The type of a broker property's value. */
export type BrokerValue<N extends BrokerPropertyName> = ValueOf<BrokerProperties[N]>

export type TopicPropertyName = keyof TopicProperties
/** The type of a topic property's value. */
export type TopicValue<N extends TopicPropertyName> = ValueOf<TopicProperties[N]>

/** The row of a broker property, undefined where there is none of that name. */
export function brokerProperty(name: string): Property | undefined {
  return Object.hasOwn(brokerProperties, name) ? brokerProperties[name as BrokerPropertyName] : undefined
}

/** The row of a topic property, undefined where there is none of that name. */
export function topicProperty(name: string): Property | undefined {
  return Object.hasOwn(topicProperties, name) ? topicProperties[name as TopicPropertyName] : undefined
}

/** The row of a group property, undefined where there is none of that name. */
export function groupProperty(name: string): Property | undefined {
  return Object.hasOwn(groupProperties, name) ? groupProperties[name as keyof typeof groupProperties] : undefined
}

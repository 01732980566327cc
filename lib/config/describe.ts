/** Settings as DescribeConfigs tells them: value, where it comes from, and what would hold without it. */

import { configSources } from '../../protocol/config-sources.ts'
import { clientMetricsProperties } from './client-metrics.ts'
import type { BrokerConfig } from './config.ts'
import {
  type BrokerPropertyName,
  brokerProperties,
  brokerProperty,
  groupProperties,
  topicProperties,
} from './definitions.ts'
import { groupText } from './group-config.ts'
import { hashOrder } from './order.ts'
import type { Properties, Property, PropertyType } from './property.ts'
import { unscopedName } from './scoped.ts'
import { topicText } from './topic-config.ts'
import { exactText, formatValue } from './values.ts'

/** One setting, in the shape of the answer. */
export interface DescribedConfig {
  readonly name: string
  /** Null where it is not set, and for secrets. */
  readonly value: string | null
  readonly readOnly: boolean
  readonly isDefault: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: number }[]
  readonly configType: number
  readonly documentation: string | null
}

type Settings = ReadonlyMap<string, string>
type Synonym = DescribedConfig['synonyms'][number]

/** The numbers of DescribeConfigs for the types. */
const configTypes: Readonly<Record<PropertyType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}
const unknownType = 0

const withoutEffect = 'Known to Apache Kafka; it is accepted here and has no effect yet.'

/** Broker properties that name one thing in several units, the finest first: the first that is set counts. */
const chains: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values<Property>(topicProperties)
    .map(({ brokerSynonyms }) => brokerSynonyms.map(({ name }) => name))
    .filter(names => names.length > 1)
    .flatMap(names => names.map(name => [name, names] as const)),
)

const layerOrder = [
  configSources.DYNAMIC_BROKER_CONFIG,
  configSources.DYNAMIC_DEFAULT_BROKER_CONFIG,
  configSources.STATIC_BROKER_CONFIG,
  configSources.DEFAULT_CONFIG,
]

/** All that could give a broker property its value, the strongest first, as far as it ranks behind the property itself. */
function brokerSynonyms(name: string, broker: BrokerConfig): Synonym[] {
  const general = unscopedName(name)
  const names = chains.get(name) ?? (general === null ? [name] : [name, general])
  const synonyms: Synonym[] = []
  const layers = names.map(each => ({ each, layers: brokerLayers(each, broker) }))
  for (const source of layerOrder) {
    for (const { each, layers: own } of layers) {
      const layer = own.find(candidate => candidate.source === source)
      if (layer) synonyms.push({ name: each, value: layer.value, source })
    }
  }
  const first = synonyms.findIndex(synonym => synonym.name === name)
  return first < 0 ? [] : synonyms.slice(first)
}

function brokerLayers(name: string, broker: BrokerConfig): { source: number; value: string | null }[] {
  const property = brokerProperty(unscopedName(name) ?? name)
  const sensitive = isSecret(property)
  const layers: { source: number; value: string | null }[] = broker
    .layers(name)
    .map(({ source, text }) => ({ source, value: sensitive ? null : text }))
  const own = brokerProperty(name)
  const byDefault =
    own === undefined || own.required || own.visibility === 'dynamic-only' ? null : formatValue(own, own.defaultValue)
  if (byDefault !== null) layers.push({ source: configSources.DEFAULT_CONFIG, value: byDefault })
  return layers
}

/** What the broker does not know may be a secret of some plug-in's. */
function isSecret(property: Property | undefined): boolean {
  return property === undefined || property.type === 'password'
}

function described(
  name: string,
  property: Property | undefined,
  value: string | null,
  synonyms: readonly Synonym[],
  readOnly: boolean,
): DescribedConfig {
  const isSensitive = isSecret(property)
  const configSource = synonyms[0]?.source ?? configSources.DEFAULT_CONFIG
  return {
    name,
    value: isSensitive ? null : value,
    readOnly,
    isDefault: configSource === configSources.DEFAULT_CONFIG,
    configSource,
    isSensitive,
    synonyms,
    configType: property === undefined ? unknownType : configTypes[property.type],
    documentation: property === undefined ? null : (property.doc ?? withoutEffect),
  }
}

/** The names that are told of all that a table has, in their order. */
function listedNames(properties: Properties): string[] {
  return hashOrder(Object.keys(properties).filter(name => properties[name]!.visibility === 'listed'))
}

const topicNames = listedNames(topicProperties)
const groupNames = listedNames(groupProperties)
const brokerNames = listedNames(brokerProperties)
const clientMetricsNames = listedNames(clientMetricsProperties)

/** Those that are told only because they are set come first. `entries` is the size of the map from which Kafka takes them. */
function withUnlisted(set: Iterable<string>, entries: number, properties: Properties, listed: string[]): string[] {
  const isListed = (name: string) => Object.hasOwn(properties, name) && properties[name]!.visibility === 'listed'
  const unlisted = [...set].filter(name => !isListed(name))
  return unlisted.length === 0 ? listed : [...hashOrder(unlisted, entries), ...listed]
}

/** Every property of a topic. */
export function describeTopic(configs: Settings, broker: BrokerConfig): DescribedConfig[] {
  const properties: Properties = topicProperties
  return withUnlisted(configs.keys(), topicNames.length, properties, topicNames).map(name => {
    const property = properties[name]!
    const own = configs.get(name)
    const value = topicText(name, property, configs, broker)
    return ofOwner(name, property, own, configSources.DYNAMIC_TOPIC_CONFIG, value, broker)
  })
}

/** Every property of a group. */
export function describeGroup(configs: Settings, broker: BrokerConfig): DescribedConfig[] {
  const properties: Properties = groupProperties
  return withUnlisted(configs.keys(), groupNames.length, properties, groupNames).map(name => {
    const property = properties[name]!
    const value = groupText(name, configs, broker)
    return ofOwner(name, property, configs.get(name), configSources.DYNAMIC_GROUP_CONFIG, value, broker)
  })
}

function ofOwner(
  name: string,
  property: Property,
  own: string | undefined,
  source: number,
  value: string | null,
  broker: BrokerConfig,
): DescribedConfig {
  const counterpart = property.brokerSynonyms[0]
  const synonyms = counterpart ? brokerSynonyms(counterpart.name, broker) : ownDefault(name, property, source)
  // What is told only because it is set is told as it was given.
  const told = property.visibility === 'listed' ? value : (own ?? null)
  if (own !== undefined) synonyms.unshift({ name, value: told, source })
  return described(name, property, told, synonyms, false)
}

/** Kafka tells the default of a group's property that no broker property stands behind, but not that of a topic's. */
function ownDefault(name: string, property: Property, source: number): Synonym[] {
  const value = formatValue(property, property.defaultValue)
  if (value === null || source === configSources.DYNAMIC_TOPIC_CONFIG) return []
  return [{ name, value, source: configSources.DEFAULT_CONFIG }]
}

/** Every property of this broker, and what else is set for it. */
export function describeBroker(broker: BrokerConfig): DescribedConfig[] {
  const set = broker.setNames()
  return withUnlisted(set, set.length, brokerProperties, brokerNames).map(name => {
    const own = brokerProperty(name)
    const property = own ?? brokerProperty(unscopedName(name) ?? '')
    const listed = own?.visibility === 'listed'
    const value = listed ? broker.text(name as BrokerPropertyName) : broker.layers(name)[0]!.text
    return described(
      name,
      property,
      value,
      brokerSynonyms(name, broker),
      (own?.updateMode ?? 'read-only') === 'read-only',
    )
  })
}

/** What is set for all brokers while they run, and nothing else. */
export function describeBrokerDefault(settings: Settings): DescribedConfig[] {
  return hashOrder([...settings.keys()]).map(name => {
    const text = settings.get(name)!
    const own = brokerProperty(name)
    const property = own ?? brokerProperty(unscopedName(name) ?? '')
    const source = configSources.DYNAMIC_DEFAULT_BROKER_CONFIG
    const synonyms = [{ name, value: isSecret(property) ? null : text, source }]
    return described(name, property, text, synonyms, (own?.updateMode ?? 'read-only') === 'read-only')
  })
}

/** Every property of a client metrics subscription. */
export function describeClientMetrics(configs: Settings): DescribedConfig[] {
  const properties: Properties = clientMetricsProperties
  return clientMetricsNames.map(name => {
    const property = properties[name]!
    const own = configs.get(name)
    const value = own === undefined ? formatValue(property, property.defaultValue) : exactText(name, property, own)
    const synonyms =
      own === undefined ? [] : [{ name, value, source: configSources.DYNAMIC_CLIENT_METRICS_CONFIG as number }]
    return described(name, property, value, synonyms, false)
  })
}

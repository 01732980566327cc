/** Settings as DescribeConfigs tells them: value, where it comes from, and what would hold without it. */
import { clientMetricsProperties } from './client-metrics.ts'
import { type BrokerConfig, configSources } from './config.ts'
import {
  type BrokerPropertyName,
  brokerProperties,
  brokerProperty,
  groupProperties,
  topicProperties,
} from './definitions.ts'
import { groupValue } from './group-config.ts'
import type { Property, PropertyType } from './property.ts'
import { topicValue } from './topic-config.ts'
import { formatValue } from './values.ts'

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
  readonly documentation: string
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
  const names = chains.get(name) ?? [name]
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
  const property = brokerProperty(name)
  const sensitive = property === undefined || property.type === 'password'
  const layers: { source: number; value: string | null }[] = broker
    .layers(name)
    .map(({ source, text }) => ({ source, value: sensitive ? null : text }))
  const byDefault = formatValue(property?.defaultValue)
  if (byDefault !== null) layers.push({ source: configSources.DEFAULT_CONFIG, value: byDefault })
  return layers
}

function described(
  name: string,
  property: Property | undefined,
  value: string | null,
  synonyms: readonly Synonym[],
  readOnly: boolean,
): DescribedConfig {
  // What the broker does not know may be a secret of some plug-in's.
  const isSensitive = property === undefined || property.type === 'password'
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
    documentation: property?.doc ?? withoutEffect,
  }
}

/** Every property of a topic. */
export function describeTopic(configs: Settings, broker: BrokerConfig): DescribedConfig[] {
  return Object.entries<Property>(topicProperties).map(([name, property]) => {
    const counterpart = property.brokerSynonyms[0]
    const synonyms = counterpart ? brokerSynonyms(counterpart.name, broker) : []
    const own = configs.get(name)
    if (own !== undefined) synonyms.unshift({ name, value: own, source: configSources.DYNAMIC_TOPIC_CONFIG })
    return described(name, property, formatValue(topicValue(name, property, configs, broker)), synonyms, false)
  })
}

/** Every property of this broker, and what plug-ins' properties were set for it. */
export function describeBroker(broker: BrokerConfig): DescribedConfig[] {
  const rows = Object.entries<Property>(brokerProperties).map(([name, property]) =>
    described(
      name,
      property,
      formatValue(broker.get(name as BrokerPropertyName)),
      brokerSynonyms(name, broker),
      property.updateMode === 'read-only',
    ),
  )
  const others = broker.otherNames().map(name => described(name, undefined, null, brokerSynonyms(name, broker), false))
  return [...rows, ...others]
}

/** What is set for all brokers while they run, and nothing else. */
export function describeBrokerDefault(settings: Settings): DescribedConfig[] {
  return [...settings].map(([name, text]) => {
    const property = brokerProperty(name)
    const sensitive = property === undefined || property.type === 'password'
    const source = configSources.DYNAMIC_DEFAULT_BROKER_CONFIG
    return described(name, property, text, [{ name, value: sensitive ? null : text, source }], false)
  })
}

/** Every property of a group. */
export function describeGroup(configs: Settings, broker: BrokerConfig): DescribedConfig[] {
  return Object.entries<Property>(groupProperties).map(([name, property]) => {
    const counterpart = property.brokerSynonyms[0]
    const synonyms: Synonym[] = counterpart ? brokerSynonyms(counterpart.name, broker) : ownDefault(name, property)
    const own = configs.get(name)
    if (own !== undefined) synonyms.unshift({ name, value: own, source: configSources.DYNAMIC_GROUP_CONFIG })
    return described(name, property, formatValue(groupValue(name, configs, broker)), synonyms, false)
  })
}

function ownDefault(name: string, property: Property): Synonym[] {
  const value = formatValue(property.defaultValue)
  return value === null ? [] : [{ name, value, source: configSources.DEFAULT_CONFIG }]
}

/** Every property of a client metrics subscription. */
export function describeClientMetrics(configs: Settings): DescribedConfig[] {
  return Object.entries<Property>(clientMetricsProperties).map(([name, property]) => {
    const own = configs.get(name)
    const source = configSources.DYNAMIC_CLIENT_METRICS_CONFIG
    const synonyms = own === undefined ? [] : [{ name, value: own, source }]
    return described(name, property, own ?? formatValue(property.defaultValue), synonyms, false)
  })
}

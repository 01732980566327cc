/** `create.topic.policy` in figures: limits of topics, where Apache Kafka takes a class of Java. These settings are Ottla's own. */
import { configSources } from '../../protocol/config-sources.ts'
import { topicProperties } from './definitions.ts'
import type { BrokerSettings } from './settings.ts'
import { ConfigError } from './values.ts'

/** What each of them is, for the documents. */
export const topicPolicyProperties = {
  'create.topic.policy.name.pattern': {
    type: 'string',
    default: null,
    doc: 'A regular expression that the whole name of a new topic has to match.',
  },
  'create.topic.policy.partitions.max': {
    type: 'int, at least 1',
    default: null,
    doc: 'The most partitions that a topic may be made with, or enlarged to.',
  },
  'create.topic.policy.replication.factor.min': {
    type: 'int, at least 1',
    default: null,
    doc: 'The fewest replicas that the partitions of a new topic may have.',
  },
  'create.topic.policy.replication.factor.max': { type: 'int, at least 1', default: null, doc: 'The most.' },
  'create.topic.policy.required.configs': {
    type: 'string',
    default: null,
    doc: 'Settings that a new topic has to be made with, separated by semicolons: a name alone for any value, or name=value for this one, as in `retention.ms;min.insync.replicas=2`.',
  },
} as const

type Name = keyof typeof topicPolicyProperties

export function isTopicPolicyProperty(name: string): boolean {
  return Object.hasOwn(topicPolicyProperties, name)
}

interface TopicPolicySettings {
  /** Null where any name will do. */
  readonly namePattern: RegExp | null
  readonly partitionsMax: number
  readonly replicationFactorMin: number
  readonly replicationFactorMax: number
  /** Each with the only value that will do, or null for any. */
  readonly requiredConfigs: ReadonlyMap<string, string | null>
}

/** Throws ConfigError. */
export function topicPolicy(config: Pick<BrokerSettings, 'layers'>): TopicPolicySettings {
  // A policy holds for those who may alter brokers, too, so that only whoever starts them can change it.
  const textOf = (name: Name): string | null =>
    config
      .layers(name)
      .find(({ source }) => source === configSources.STATIC_BROKER_CONFIG)
      ?.text.trim() || null
  const limit = (name: Name, without: number) => limitOf(name, textOf(name), without)
  const policy = {
    namePattern: patternOf(textOf('create.topic.policy.name.pattern')),
    partitionsMax: limit('create.topic.policy.partitions.max', Number.POSITIVE_INFINITY),
    replicationFactorMin: limit('create.topic.policy.replication.factor.min', 1),
    replicationFactorMax: limit('create.topic.policy.replication.factor.max', Number.POSITIVE_INFINITY),
    requiredConfigs: requiredOf(textOf('create.topic.policy.required.configs')),
  }
  if (policy.replicationFactorMin > policy.replicationFactorMax) {
    const name = 'create.topic.policy.replication.factor.min'
    throw new ConfigError(
      name,
      `${name} is ${policy.replicationFactorMin}, which is more than create.topic.policy.replication.factor.max, ${policy.replicationFactorMax}`,
    )
  }
  return policy
}

function limitOf(name: Name, text: string | null, without: number): number {
  if (text === null) return without
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new ConfigError(name, `${name} cannot be '${text}': it takes a whole number of at least 1`)
}

function patternOf(text: string | null): RegExp | null {
  if (text === null) return null
  try {
    return new RegExp(`^(?:${text})$`)
  } catch {
    const name = 'create.topic.policy.name.pattern'
    throw new ConfigError(name, `${name} cannot be '${text}': it is no regular expression`)
  }
}

function requiredOf(text: string | null): Map<string, string | null> {
  const required = new Map<string, string | null>()
  for (const part of text?.split(';') ?? []) {
    const [, config = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(part)!.map(each => each?.trim())
    if (config === '' && value === undefined) continue
    if (!Object.hasOwn(topicProperties, config)) {
      const name = 'create.topic.policy.required.configs'
      throw new ConfigError(name, `${name} names '${config}', which topics do not have`)
    }
    required.set(config, value ?? null)
  }
  return required
}

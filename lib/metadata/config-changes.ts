/** Changes to the settings of topics, brokers, groups and subscriptions: checked against the image, and written where nobody else was quicker. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ClusterImage, Settings } from '../cluster/image.ts'
import { configKey, storedConfigs, topicKey } from '../cluster/stored.ts'
import { type ConfigOwner, checkAltered } from '../config/alter.ts'
import type { BrokerConfig } from '../config/config.ts'
import { checkReconfiguration } from '../config/reconfiguration.ts'
import { ConfigError } from '../config/values.ts'
import type { ConfigAlteration } from './cluster-types.ts'
import type { ControlledCluster } from './controller-loop.ts'
import { changedMeanwhile, done, failed, type ItemResult } from './item-result.ts'
import { checkMinInsync, forgetEligible, isMinInsyncChanged } from './min-insync.ts'

/** What settings are checked by, and written through. */
export interface ConfigChangesOptions {
  readonly cluster: ControlledCluster
  readonly config: BrokerConfig
  readonly nodeId: number
  /** Throws ConfigError where this broker cannot change to these settings, beside what holds for all. */
  readonly checkSettings: (next: BrokerConfig) => void
}

const noSettings: Settings = new Map()

/** What is set of brokers while they run: for all, and for one alone. */
export function dynamicSettings({ brokerConfigs }: ClusterImage, nodeId: number): { ofAll: Settings; own: Settings } {
  return { ofAll: brokerConfigs.get('') ?? noSettings, own: brokerConfigs.get(String(nodeId)) ?? noSettings }
}

/** See the head of the file. */
export class ConfigChanges {
  readonly #options: ConfigChangesOptions

  constructor(options: ConfigChangesOptions) {
    this.#options = options
  }

  /** Applies one alteration whole or not at all; with `validateOnly` nothing is written. */
  async alter({ owner, name, alter, mentions = [] }: ConfigAlteration, validateOnly: boolean): Promise<ItemResult> {
    const { cluster, config } = this.#options
    try {
      const current = this.#settingsOf(owner, name) ?? noSettings
      const settings = alter(current)
      checkAltered(owner, name, current, settings, config)
      if (this.#settingsOf(owner, name) === undefined) {
        throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic ${name}`)
      }
      if (owner === 'broker') this.#checkBrokerSettings(name, settings)
      checkMinInsync(cluster.image, { owner, name, mentions }, current, settings)
      if (validateOnly) return done
      const conditions = [cluster.unchanged(configKey(owner, name))]
      if (owner === 'topic') conditions.push(cluster.unchanged(topicKey(name)))
      const change = storedConfigs(owner, name, settings)
      if (!(await cluster.put(conditions, [change]))) return failed(changedMeanwhile(name))
      if (isMinInsyncChanged(owner, current, settings)) await forgetEligible(cluster, owner === 'topic' ? name : null)
      return done
    } catch (error) {
      if (error instanceof KafkaError) return failed(error)
      throw error
    }
  }

  /** Undefined for a topic that there is not. */
  #settingsOf(owner: ConfigOwner, name: string): Settings | undefined {
    const { image } = this.#options.cluster
    switch (owner) {
      case 'topic':
        return image.topics.get(name)?.configs
      case 'broker':
        return image.brokerConfigs.get(name) ?? noSettings
      case 'group':
        return image.groupConfigs.get(name) ?? noSettings
      case 'client-metrics':
        return image.otherConfigs.get(`client-metrics/${name}`) ?? noSettings
    }
  }

  /** Broker properties that are each good must also go together. */
  #checkBrokerSettings(name: string, settings: Settings): void {
    const { cluster, config, nodeId, checkSettings } = this.#options
    const { ofAll, own } = dynamicSettings(cluster.image, nodeId)
    try {
      const next = name === '' ? config.withDynamic(settings, own) : config.withDynamic(ofAll, settings)
      checkReconfiguration(config, next)
      checkSettings(next)
    } catch (error) {
      if (error instanceof ConfigError) throw new KafkaError(codes.INVALID_REQUEST, error.message)
      throw error
    }
  }
}

/**
 * What eligible leader replicas ask of `min.insync.replicas` (KIP-966): as long as they are on, one value holds for all brokers, which leaders and
 * the controller alike go by, and who was eligible by another value is so no more.
 */
import { configSources } from '../../protocol/config-sources.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import { type ChangedPartition, partitionStateChanges } from '../cluster/changes.ts'
import { hasEligibleReplicas } from '../cluster/features.ts'
import type { ClusterImage, Settings } from '../cluster/image.ts'
import { type StoredChange, storedConfigs, topicKey } from '../cluster/stored.ts'
import type { ConfigOwner } from '../config/alter.ts'
import type { BrokerConfig } from '../config/config.ts'
import { brokerProperties } from '../config/definitions.ts'
import type { Planning } from './change-isr.ts'
import type { ControlledCluster } from './controller-loop.ts'

const property = 'min.insync.replicas'
const byDefault = String(brokerProperties[property].defaultValue)

/** What the properties of this broker say, if they say anything. */
function startedWith(config: BrokerConfig): string | undefined {
  return config.layers(property).find(({ source }) => source === configSources.STATIC_BROKER_CONFIG)?.text
}

/** The settings of brokers that are to be other ones: that of all is there, and no broker has its own. */
export function minInsyncChanges(
  image: Pick<ClusterImage, 'brokerConfigs' | 'featureLevels'>,
  config: BrokerConfig,
): StoredChange[] {
  if (!hasEligibleReplicas(image)) return []
  const changes: StoredChange[] = []
  const ofAll = image.brokerConfigs.get('') ?? new Map()
  if (!ofAll.has(property)) {
    changes.push(storedConfigs('broker', '', new Map([...ofAll, [property, startedWith(config) ?? byDefault]])))
  }
  for (const [name, settings] of image.brokerConfigs) {
    if (name === '' || !settings.has(property)) continue
    changes.push(storedConfigs('broker', name, new Map([...settings].filter(([key]) => key !== property))))
  }
  return changes
}

/** Has those changes made, where there are any, and says so where this broker was started with a value that does not hold. */
export async function settleMinInsync(
  cluster: { readonly image: ClusterImage; changeBy<T>(plan: Planning<T>): Promise<T> },
  config: BrokerConfig,
  logger: Logger,
): Promise<void> {
  while (minInsyncChanges(cluster.image, config).length > 0) {
    try {
      await cluster.changeBy(image => ({ changes: minInsyncChanges(image, config), result: undefined }))
    } catch (error) {
      // Brokers that begin together do the same.
      if (!(error instanceof KafkaError && error.code === codes.NOT_CONTROLLER)) throw error
    }
  }
  if (!hasEligibleReplicas(cluster.image)) return
  const ofAll = cluster.image.brokerConfigs.get('')?.get(property)
  const own = startedWith(config)
  if (own === undefined || Number(own) === Number(ofAll)) return
  logger.warn(
    `${property}=${own} has no effect: the setting of all brokers holds, which is changed by \`ottla configs\``,
    {
      value: ofAll,
    },
  )
}

/** Throws INVALID_CONFIG where the value of all brokers would go, or one broker get its own. `mentions` are the settings that were asked about. */
export function checkMinInsync(
  image: ClusterImage,
  {
    owner,
    name,
    mentions,
  }: { readonly owner: ConfigOwner; readonly name: string; readonly mentions: readonly string[] },
  before: Settings,
  after: Settings,
): void {
  if (owner !== 'broker' || !hasEligibleReplicas(image)) return
  if (name !== '' && mentions.includes(property)) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `${property} can be set for all brokers and for topics, not for one broker, while eligible.leader.replicas.version is on`,
    )
  }
  if (name === '' && !after.has(property) && (before.has(property) || mentions.includes(property))) {
    throw new KafkaError(
      codes.INVALID_CONFIG,
      `${property} of all brokers cannot be removed while eligible.leader.replicas.version is on: set another value`,
    )
  }
}

/** Whether who is eligible has become so by another value. */
export function isMinInsyncChanged(owner: ConfigOwner, before: Settings, after: Settings): boolean {
  return (owner === 'topic' || owner === 'broker') && before.get(property) !== after.get(property)
}

/** Partitions that are written at once. */
const partitionsMax = 50

/**
 * Nobody is eligible any more, in one topic or in all, where somebody is in sync. Where nobody is, those that are eligible stay so: they have all that is
 * committed, whatever the setting is, and are all that is left. Where one is written meanwhile, its leader commits nothing but what who is eligible has.
 */
export async function forgetEligible(
  cluster: Pick<ControlledCluster, 'image' | 'unchanged' | 'put'>,
  topic: string | null,
): Promise<void> {
  const { image } = cluster
  const changed: ChangedPartition[] = []
  const topics = topic === null ? image.topics.values() : [image.topics.get(topic)].filter(each => each !== undefined)
  for (const each of topics) {
    for (const partition of each.partitions) {
      if (partition.elr.length === 0 || partition.isr.length === 0) continue
      const state = { ...partition, elr: [], partitionEpoch: partition.partitionEpoch + 1 }
      changed.push({ topic: each, index: partition.index, state })
    }
  }
  const parts = []
  for (let at = 0; at < changed.length; at += partitionsMax) {
    const some = changed.slice(at, at + partitionsMax)
    const changes = partitionStateChanges(some, image.starts)
    const keys = new Set([...changes.map(({ key }) => key), ...some.map(of => topicKey(of.topic.name))])
    // What they rest on is what they were planned for, not what comes of the first of them.
    parts.push({ changes, conditions: [...keys].map(key => cluster.unchanged(key)) })
  }
  for (const { changes, conditions } of parts) await cluster.put(conditions, changes)
}

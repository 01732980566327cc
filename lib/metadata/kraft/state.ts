/** The records of `__cluster_metadata` → the cluster that they describe. Nothing is read or written here. */
import type { MetadataRecord } from '../../../protocol/stored/cluster-metadata/index.ts'

/** A partition as the controllers left it. */
export interface KraftPartition {
  replicas: readonly number[]
  /** Node id, -1 where nobody led. */
  leader: number
  leaderEpoch: number
  partitionEpoch: number
}

export interface KraftTopic {
  readonly name: string
  readonly topicId: string
  /** By index. */
  readonly partitions: Map<number, KraftPartition>
}

/** What has settings, by the numbers of DescribeConfigs. */
export const resourceTypes = { topic: 2, broker: 4, 'client-metrics': 16, group: 32 } as const

export class KraftState {
  readonly topics = new Map<string, KraftTopic>()
  /** Settings by resource type and name. */
  readonly configs = new Map<number, Map<string, Map<string, string>>>()
  readonly features = new Map<string, number>()
  readonly brokers = new Set<number>()
  /** First producer id that nobody was given. */
  nextProducerId = 0
  /** Access rules by their ids. */
  readonly accessControlEntries = new Map<string, ValueOf<'accessControlEntry'>>()
  /** By mechanism and user. */
  readonly scramCredentials = new Map<string, ValueOf<'userScramCredential'>>()
  readonly delegationTokens = new Map<string, ValueOf<'delegationToken'>>()
  /** Values of quotas by the entity, as pairs of its type and name in JSON. */
  readonly quotas = new Map<string, Map<string, number>>()
  /** Records of a transaction that has not ended; null outside of one. */
  #pending: MetadataRecord[] | null = null

  /** Takes the next record. Those of a transaction count when it ends; one that never does counts for nothing. */
  replay(record: MetadataRecord): void {
    switch (record.kind) {
      case 'beginTransaction':
        this.#pending = []
        break
      case 'abortTransaction':
        this.#pending = null
        break
      case 'endTransaction': {
        const pending = this.#pending ?? []
        this.#pending = null
        for (const each of pending) this.#apply(each)
        break
      }
      default:
        if (this.#pending === null) this.#apply(record)
        else this.#pending.push(record)
    }
  }

  /** The settings of one owner; empty where it has none. */
  configsOf(resourceType: number, name: string): ReadonlyMap<string, string> {
    return this.configs.get(resourceType)?.get(name) ?? new Map()
  }

  #apply(record: MetadataRecord): void {
    switch (record.kind) {
      case 'topic':
        this.topics.set(record.value.topicId, { ...record.value, partitions: new Map() })
        break
      case 'partition': {
        const { topicId, partitionId, replicas, leader, leaderEpoch, partitionEpoch } = record.value
        const partition = { replicas, leader, leaderEpoch, partitionEpoch }
        this.topics.get(topicId)?.partitions.set(partitionId, partition)
        break
      }
      case 'partitionChange': {
        const { topicId, partitionId, leader, replicas } = record.value
        const partition = this.topics.get(topicId)?.partitions.get(partitionId)
        if (partition === undefined) break
        partition.replicas = replicas ?? partition.replicas
        partition.partitionEpoch++
        if (leader === leaderUnchanged) break
        partition.leader = leader
        partition.leaderEpoch++
        break
      }
      case 'removeTopic': {
        const topic = this.topics.get(record.value.topicId)
        if (topic !== undefined) this.configs.get(resourceTypes.topic)?.delete(topic.name)
        this.topics.delete(record.value.topicId)
        break
      }
      case 'config':
        this.#configure(record.value)
        break
      case 'producerIds':
        this.nextProducerId = record.value.nextProducerId
        break
      case 'featureLevel':
        this.features.set(record.value.name, record.value.featureLevel)
        break
      case 'registerBroker':
        this.brokers.add(record.value.brokerId)
        break
      case 'unregisterBroker':
        this.brokers.delete(record.value.brokerId)
        break
      case 'accessControlEntry':
        this.accessControlEntries.set(record.value.id, record.value)
        break
      case 'removeAccessControlEntry':
        this.accessControlEntries.delete(record.value.id)
        break
      case 'userScramCredential':
        this.scramCredentials.set(`${record.value.mechanism}/${record.value.name}`, record.value)
        break
      case 'removeUserScramCredential':
        this.scramCredentials.delete(`${record.value.mechanism}/${record.value.name}`)
        break
      case 'delegationToken':
        this.delegationTokens.set(record.value.tokenId, record.value)
        break
      case 'removeDelegationToken':
        this.delegationTokens.delete(record.value.tokenId)
        break
      case 'clientQuota': {
        const { entity, key, value, remove } = record.value
        const of = JSON.stringify(entity.map(({ entityType, entityName }) => [entityType, entityName]).sort())
        const values = this.quotas.get(of) ?? new Map<string, number>()
        if (remove) values.delete(key)
        else values.set(key, value)
        if (values.size === 0) this.quotas.delete(of)
        else this.quotas.set(of, values)
        break
      }
    }
  }

  #configure({ resourceType, resourceName, name, value }: ConfigValue): void {
    let ofType = this.configs.get(resourceType)
    if (ofType === undefined) {
      ofType = new Map()
      this.configs.set(resourceType, ofType)
    }
    let settings = ofType.get(resourceName)
    if (settings === undefined) {
      settings = new Map()
      ofType.set(resourceName, settings)
    }
    if (value === null) settings.delete(name)
    else settings.set(name, value)
    if (settings.size === 0) ofType.delete(resourceName)
  }
}

type ValueOf<Kind extends MetadataRecord['kind']> = Extract<MetadataRecord, { kind: Kind }>['value']
type ConfigValue = ValueOf<'config'>

/** The leader of a change that does not touch it. */
const leaderUnchanged = -2

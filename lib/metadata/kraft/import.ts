/**
 * Takes over the cluster of a data directory that Apache Kafka wrote: topics with their ids and epochs, settings, access rules, what is
 * kept of passwords, and where producer ids go on, all or nothing. That happens once, while the store knows no cluster yet;
 * from then on Kafka's own metadata log stays as it was.
 */
import { KafkaError } from '../../../protocol/errors.ts'
import type { Files } from '../../../storage/files.ts'
import type { Logger } from '../../base/logger.ts'
import {
  type Acl,
  aclKey,
  aclValue,
  operationNames,
  patternTypeNames,
  permissionNames,
  resourceTypeNames,
} from '../../cluster/acls.ts'
import { eligibleReplicasVersion, transactionVersion } from '../../cluster/features.ts'
import { storedQuota } from '../../cluster/quotas.ts'
import { isScramMechanism, storedScram } from '../../cluster/scram.ts'
import {
  type ConfigKind,
  clusterKey,
  featuresKey,
  partitionKey,
  producerIdsKey,
  type StoredChange,
  type StoredPartition,
  type StoredTopic,
  storedConfigs,
  topicKey,
  writeStored,
} from '../../cluster/stored.ts'
import { storedToken } from '../../cluster/tokens.ts'
import { validateTopicConfig } from '../../config/topic-config.ts'
import { inParts } from '../in-parts.ts'
import { type MetadataStore, TransactionTooLarge } from '../store.ts'
import { KraftLogError, readKraftLog } from './log.ts'
import { kraftDirectoryName } from './name.ts'
import { KraftState, type KraftTopic, resourceTypes } from './state.ts'

export interface TakeOverOptions {
  readonly store: MetadataStore
  readonly files: Files
  /** The data directory with Kafka's metadata log. */
  readonly dataDirectory: string
  readonly clusterId: string
  readonly nodeId: number
  readonly logger: Logger
}

/** Where to listen is said by whoever starts this broker; as a dynamic setting it would win over that. */
const placeSettings = new Set(['listeners', 'advertised.listeners', 'listener.security.protocol.map'])

/** Resolves once the store has it. Rejects with KraftLogError where Kafka's log cannot be read. */
export async function takeOver(options: TakeOverOptions): Promise<void> {
  const { store, files, dataDirectory, clusterId, nodeId, logger } = options
  const state = new KraftState()
  readKraftLog(files, `${dataDirectory}/${kraftDirectoryName}`, record => state.replay(record))
  const taken = new TakenOver(state, nodeId)
  const claim = { key: clusterKey, value: writeStored({ clusterId }) }
  const applied = await takeInOrder(store, [...taken.changes, claim])
  // A warning, as it comes once in the life of a directory, and not everything may come along.
  if (applied) logger.warn(taken.inOneLine(), { directory: dataDirectory, clusterId, nodeId })
}

/**
 * Writes all as long as the store knows no cluster: at once, or, where that is too much for the store, part by part, with the cluster's key
 * in the last. So a half is not taken for a cluster, and is written again by the next start. False where there was one already.
 */
async function takeInOrder(store: MetadataStore, changes: readonly StoredChange[]): Promise<boolean> {
  const conditions = [{ key: clusterKey, revision: 0 }]
  try {
    return (await store.transact({ conditions, changes })).applied
  } catch (error) {
    if (!(error instanceof TransactionTooLarge)) throw error
  }
  let applied = true
  for (const part of inParts(changes, change => [change]))
    applied &&= (await store.transact({ conditions, changes: part })).applied
  return applied
}

/** What goes into the store, and what is said about it. */
class TakenOver {
  readonly changes: StoredChange[] = []
  readonly #state: KraftState
  readonly #nodeId: number
  readonly #leftOut: string[] = []
  #partitions = 0
  /** Partitions whose replicas all lie in directories of other brokers. */
  #elsewhere = 0
  #topicsWithSettings = 0
  #otherSettings = 0
  #rules = 0
  #credentials = 0

  constructor(state: KraftState, nodeId: number) {
    this.#state = state
    this.#nodeId = nodeId
    for (const topic of state.topics.values()) this.#topic(topic)
    this.#settings('broker')
    this.#settings('group')
    this.#settings('client-metrics')
    const transactions = state.features.get(transactionVersion)
    const levels = {
      // A directory of before there was such a feature is taken over at the newest level.
      ...(transactions === undefined ? {} : { [transactionVersion]: transactions }),
      [eligibleReplicasVersion]: state.features.get(eligibleReplicasVersion) ?? 0,
    }
    this.changes.push({ key: featuresKey, value: writeStored(levels) })
    this.changes.push({ key: producerIdsKey, value: writeStored({ next: state.nextProducerId }) })
    for (const rule of state.accessControlEntries.values()) this.#rule(rule)
    for (const { name, mechanism, ...credential } of state.scramCredentials.values()) {
      if (!isScramMechanism(mechanism)) this.#leftOut.push(`a password of ${name} for SCRAM mechanism ${mechanism}`)
      else {
        this.changes.push(storedScram(name, mechanism, credential))
        this.#credentials++
      }
    }
    for (const token of state.delegationTokens.values()) {
      const { tokenId, owner, requester, renewers, issueTimestamp, maxTimestamp, expirationTimestamp } = token
      const times = { issueTimestamp, maxTimestamp, expiryTimestamp: expirationTimestamp }
      this.changes.push(storedToken({ tokenId, owner, requester, renewers: [...renewers], ...times }))
    }
    for (const [entity, values] of state.quotas) this.changes.push(storedQuota(JSON.parse(entity), values))
  }

  inOneLine(): string {
    const { topics, nextProducerId, features } = this.#state
    const said = [
      `${counted(topics.size, 'topic')} with ${counted(this.#partitions, 'partition')}`,
      `settings of ${counted(this.#topicsWithSettings, 'topic')}`,
    ]
    if (this.#otherSettings > 0) said.push(`${counted(this.#otherSettings, 'setting')} of brokers and groups`)
    if (this.#rules > 0) said.push(counted(this.#rules, 'access rule'))
    if (this.#credentials > 0) said.push(counted(this.#credentials, 'SCRAM credential'))
    const quotas = [...this.#state.quotas.values()].reduce((sum, { size }) => sum + size, 0)
    if (quotas > 0) said.push(counted(quotas, 'quota'))
    if (this.#state.delegationTokens.size > 0) said.push(counted(this.#state.delegationTokens.size, 'delegation token'))
    said.push(`producer ids from ${nextProducerId} on`)
    const version = features.get('metadata.version')
    const from = version === undefined ? '' : ` (metadata.version ${version})`
    const left = this.#leftOut.length === 0 ? '' : `; left out: ${this.#leftOut.join(', ')}`
    const away =
      this.#elsewhere === 0
        ? ''
        : `; without a leader, as other brokers hold them: ${counted(this.#elsewhere, 'partition')}`
    return `took over what Apache Kafka wrote${from}: ${said.join(', ')}${away}${left}`
  }

  #rule({ resourceType, resourceName, patternType, principal, host, operation, permissionType }: Acl): void {
    const rule = { resourceType, resourceName, patternType, principal, host, operation, permissionType }
    const isKnown =
      resourceTypeNames.has(resourceType) &&
      patternTypeNames.has(patternType) &&
      operationNames.has(operation) &&
      permissionNames.has(permissionType)
    if (!isKnown) {
      this.#leftOut.push(`an access rule of ${principal} about ${resourceName}, which a newer Kafka made`)
      return
    }
    this.changes.push({ key: aclKey(rule), value: aclValue })
    this.#rules++
  }

  #topic({ name, topicId, partitions }: KraftTopic): void {
    const replicas: number[][] = []
    for (let index = 0; index < partitions.size; index++) {
      const partition = partitions.get(index)
      if (partition === undefined)
        throw new KraftLogError(`topic ${name} has no partition ${index} in ${kraftDirectoryName}`)
      const isHere = partition.replicas.includes(this.#nodeId)
      // The other brokers' directories are not part of this cluster; what they hold, nobody can copy from here.
      replicas.push(isHere ? [this.#nodeId] : [...partition.replicas])
      const stored: StoredPartition = {
        leader: isHere ? this.#nodeId : -1,
        // Where this broker leads, the start that follows begins others; where nobody does any more, that is one.
        leaderEpoch: partition.leaderEpoch + (isHere ? 0 : 1),
        partitionEpoch: partition.partitionEpoch + 1,
        isr: isHere ? [this.#nodeId] : [],
        offlineReplicas: isHere ? [] : [...partition.replicas],
      }
      this.changes.push({ key: partitionKey(topicId, index), value: writeStored(stored) })
      this.#partitions++
      if (!isHere) this.#elsewhere++
    }
    const stored: StoredTopic = { topicId, replicas }
    this.changes.push({ key: topicKey(name), value: writeStored(stored) })
    const settings = this.#topicSettings(name)
    if (settings.size === 0) return
    this.changes.push(storedConfigs('topic', name, settings))
    this.#topicsWithSettings++
  }

  /** Settings that this broker knows: others would stand in the way of every later change. */
  #topicSettings(topic: string): Map<string, string> {
    const settings = new Map<string, string>()
    for (const [name, value] of this.#state.configsOf(resourceTypes.topic, topic)) {
      try {
        validateTopicConfig(name, value)
        settings.set(name, value)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        this.#leftOut.push(`${name}=${value} of topic ${topic}`)
      }
    }
    return settings
  }

  #settings(kind: Exclude<ConfigKind, 'topic'>): void {
    for (const [owner, all] of this.#state.configs.get(resourceTypes[kind]) ?? []) {
      const settings = new Map([...all].filter(([name]) => kind !== 'broker' || !placeSettings.has(name)))
      for (const name of all.keys())
        if (!settings.has(name)) this.#leftOut.push(`${name} of broker ${owner || 'defaults'}`)
      if (settings.size === 0) continue
      this.changes.push(storedConfigs(kind, owner, settings))
      this.#otherSettings += settings.size
    }
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

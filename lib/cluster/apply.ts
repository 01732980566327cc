/** Changes of the metadata store → the next image of the cluster, and what is different in it. */
import { sharedText } from '../../protocol/shared-text.ts'
import { type Acl, aclOfKey } from './acls.ts'
import type { FeatureLevels } from './features.ts'
import {
  type AdmittedBroker,
  type BrokerEndpoint,
  type BrokerImage,
  type ClusterImage,
  type ImageDelta,
  newPartition,
  type PartitionImage,
  plainPartition,
  type Settings,
  type TopicImage,
} from './image.ts'
import { epochSinceMade, epochsBegun, inSyncWhenMade } from './leader-epochs.ts'
import { type Quotas, withQuota } from './quotas.ts'
import { type ScramUsers, withScram } from './scram.ts'
import {
  controllerLeader,
  featuresKey,
  readStored,
  type StoredAdmission,
  type StoredBroker,
  type StoredChange,
  type StoredPartition,
  type StoredStarts,
  type StoredTopic,
  splitKey,
} from './stored.ts'
import { type DelegationToken, tokenOf } from './tokens.ts'
import { TopicMap, type TopicMaps, withTopics } from './topic-map.ts'
import { isInternalTopic } from './topic-names.ts'

const noSettings: Settings = new Map()

/** Applies one transaction, or a whole listing, to an image. */
export function applyChanges(before: ClusterImage, changes: readonly StoredChange[], revision: number): ImageDelta {
  const next = new NextImage(before, revision)
  // Starts come first, as epochs count from them, and then topics, as partitions and settings are kept in them; a listing has all
  // in the order of their keys.
  for (const change of changes) next.started(change)
  for (const change of changes) next.topic(change)
  for (const change of changes) next.other(change)
  return next.finish()
}

/** An image in which a broker takes part in nothing, as long as the store says nothing else of it. */
export function fenceBroker(image: ClusterImage, id: number): ImageDelta {
  const delta = applyChanges(image, [], image.revision)
  const brokers = image.brokers.map(
    (broker): BrokerImage => (broker.id === id ? { ...broker, state: 'fenced', says: 'starting' } : broker),
  )
  return { ...delta, image: { ...delta.image, brokers }, brokersChanged: true }
}

class NextImage {
  readonly #before: ClusterImage
  readonly #revision: number
  /** Topics that this change touches, as they are so far; null where deleted. */
  readonly #touched = new Map<string, TopicImage | null>()
  /** Partitions of touched topics that are not part of any image yet. */
  readonly #owned = new Map<string, PartitionImage[]>()
  /** Names of touched topics by id, for the partitions that follow. */
  readonly #names = new Map<string, string>()
  readonly #brokers: Map<number, BrokerImage>
  #brokersChanged = false
  #starts: ReadonlyMap<number, number>
  #admitted: ReadonlyMap<number, AdmittedBroker>
  #endpoints: ClusterImage['endpoints']
  #controllerId: number
  #featureLevels: FeatureLevels
  #scramUsers: ScramUsers
  #quotas: Quotas
  /** By key; null where one is deleted. */
  readonly #acls = new Map<string, Acl | null>()
  /** By id, in the same way. */
  readonly #tokens = new Map<string, DelegationToken | null>()
  readonly #brokerConfigs: SettingsChanges
  readonly #groupConfigs: SettingsChanges
  readonly #otherConfigs: SettingsChanges

  constructor(before: ClusterImage, revision: number) {
    this.#before = before
    this.#revision = revision
    this.#controllerId = before.controllerId
    this.#brokers = new Map(before.brokers.map(broker => [broker.id, broker]))
    this.#starts = before.starts
    this.#admitted = before.admitted
    this.#endpoints = before.endpoints
    this.#featureLevels = before.featureLevels
    this.#scramUsers = before.scramUsers
    this.#quotas = before.quotas
    this.#brokerConfigs = new SettingsChanges(before.brokerConfigs)
    this.#groupConfigs = new SettingsChanges(before.groupConfigs)
    this.#otherConfigs = new SettingsChanges(before.otherConfigs)
  }

  /** Another start of a broker, by which it leads its partitions in new epochs. */
  started({ key, value }: StoredChange): void {
    const [kind, rest] = splitKey(key)
    if (kind !== 'starts' || value === null) return
    const id = Number(rest)
    const { count } = readStored<StoredStarts>(key, value)
    const epochs = epochsBegun(count, this.#starts.get(id) ?? 0)
    if (epochs === 0) return
    this.#starts = new Map(this.#starts).set(id, count)
    for (const { name } of this.#before.topics.values()) {
      const topic = this.#current(name)!
      if (!topic.partitions.some(({ leader }) => leader === id)) continue
      const partitions = topic.partitions.map(partition =>
        partition.leader === id ? { ...partition, leaderEpoch: partition.leaderEpoch + epochs } : partition,
      )
      this.#touched.set(name, { ...topic, partitions })
    }
  }

  topic({ key, value }: StoredChange): void {
    const [kind, name] = splitKey(key)
    if (kind !== 'topics') return
    if (value === null) {
      this.#touched.set(name, null)
      return
    }
    const stored = readStored<StoredTopic>(key, value)
    const topicId = sharedText(stored.topicId)
    const earlier = this.#current(name)
    const same = earlier?.topicId === topicId ? earlier : undefined
    this.#names.set(topicId, name)
    const made = stored.made ?? []
    this.#touched.set(name, {
      name: sharedText(name),
      topicId,
      internal: isInternalTopic(name),
      partitions: stored.replicas.map((replicas, index) => {
        const there = same?.partitions[index]
        return there === undefined ? this.#asMade({ made }, replicas, index) : { ...there, replicas }
      }),
      made,
      configs: same?.configs ?? noSettings,
    })
  }

  /** A new partition: of the replicas that were there the first leads. */
  #asMade({ made }: Pick<TopicImage, 'made'>, replicas: readonly number[], index: number): PartitionImage {
    const isr = inSyncWhenMade(made, index, replicas)
    const leader = isr[0] ?? -1
    const leaderEpoch = epochSinceMade(made, index, leader, this.#starts)
    return newPartition(index, leader, leaderEpoch, replicas, isr)
  }

  #asStored(before: PartitionImage, { starts = 0, ...stored }: StoredPartition): PartitionImage {
    const leaderEpoch = stored.leaderEpoch + epochsBegun(this.#starts.get(stored.leader) ?? 0, starts)
    return { ...before, ...plainPartition, ...stored, leaderEpoch }
  }

  other({ key, value }: StoredChange): void {
    const [kind, rest] = splitKey(key)
    if (kind === 'partitions') this.#partition(key, rest, value)
    else if (kind === 'configs') this.#configs(key, rest, value)
    else if (kind === 'brokers') this.#broker(key, Number(rest), value)
    else if (kind === 'admitted') this.#admit(key, Number(rest), value)
    else if (kind === 'endpoints') this.#reached(key, Number(rest), value)
    else if (kind === 'scram') this.#scram(key, rest, value)
    else if (kind === 'quotas')
      this.#quotas = withQuota(this.#quotas, key, value === null ? null : readStored(key, value))
    else if (kind === 'tokens') this.#tokens.set(rest, value === null ? null : tokenOf(key, rest, value))
    else if (kind === 'acls') this.#acls.set(key, value === null ? null : aclOfKey(rest))
    else if (kind === featuresKey && value !== null)
      this.#featureLevels = new Map(Object.entries(readStored<Record<string, number>>(key, value)))
    else if (kind === 'leaders' && rest === controllerLeader && value !== null) this.#controllerId = Number(value)
  }

  #current(name: string): TopicImage | undefined {
    const touched = this.#touched.get(name)
    return touched === undefined ? this.#before.topics.get(name) : (touched ?? undefined)
  }

  #partition(key: string, rest: string, value: string | null): void {
    const [topicId, index] = splitKey(rest)
    const name = this.#names.get(topicId) ?? this.#before.topicsById.get(topicId)?.name
    const topic = name === undefined ? undefined : this.#current(name)
    const partition = topic?.partitions[Number(index)]
    // The states of a deleted topic's partitions go with it.
    if (topic === undefined || topic.topicId !== topicId || partition === undefined) return
    const partitions = this.#ownPartitions(topic)
    partitions[partition.index] =
      value === null
        ? this.#asMade(topic, partition.replicas, partition.index)
        : this.#asStored(partition, readStored<StoredPartition>(key, value))
  }

  /** Those of a topic that nobody has seen yet: copied once, not for each of them that changes. */
  #ownPartitions(topic: TopicImage): PartitionImage[] {
    const own = this.#owned.get(topic.name)
    if (own !== undefined && own === topic.partitions) return own
    const partitions = topic.partitions.slice()
    this.#owned.set(topic.name, partitions)
    this.#touched.set(topic.name, { ...topic, partitions })
    return partitions
  }

  #configs(key: string, rest: string, value: string | null): void {
    const [kind, name] = splitKey(rest)
    const settings: Settings = new Map(
      Object.entries(value === null ? {} : readStored<Record<string, string>>(key, value)),
    )
    if (kind === 'topic') {
      const topic = this.#current(name)
      if (topic) this.#touched.set(name, { ...topic, configs: settings })
    } else if (kind === 'broker') this.#brokerConfigs.set(name, settings)
    else if (kind === 'group') this.#groupConfigs.set(name, settings)
    else this.#otherConfigs.set(rest, settings)
  }

  #scram(key: string, rest: string, value: string | null): void {
    const [mechanism, user] = splitKey(rest)
    const stored = value === null ? null : readStored<Parameters<typeof withScram>[3]>(key, value)
    this.#scramUsers = withScram(this.#scramUsers, user, Number(mechanism), stored)
  }

  #broker(key: string, id: number, value: string | null): void {
    this.#brokersChanged = true
    if (value === null) this.#brokers.delete(id)
    else {
      const { state: says, ...stored } = readStored<StoredBroker>(key, value)
      this.#brokers.set(id, { id, ...stored, state: 'fenced', says })
    }
  }

  #reached(key: string, id: number, value: string | null): void {
    const endpoints = new Map(this.#endpoints)
    if (value === null) endpoints.delete(id)
    else endpoints.set(id, readStored<BrokerEndpoint[]>(key, value))
    this.#endpoints = endpoints
  }

  #admit(key: string, id: number, value: string | null): void {
    this.#brokersChanged = true
    const admitted = new Map(this.#admitted)
    if (value === null) admitted.delete(id)
    else {
      const { epoch, rack = null } = readStored<StoredAdmission>(key, value)
      admitted.set(id, { epoch, rack })
    }
    this.#admitted = admitted
  }

  /** By node id, and as the admissions say now that all are read. Also one that shuts down is fenced until its run is admitted. */
  #finishedBrokers(): BrokerImage[] {
    const brokers = [...this.#brokers.values()].sort((a, b) => a.id - b.id)
    return brokers.map(broker => {
      const isFenced = broker.says === 'starting' || this.#admitted.get(broker.id)?.epoch !== broker.epoch
      return { ...broker, state: isFenced ? 'fenced' : broker.says === 'shuttingDown' ? 'shuttingDown' : 'active' }
    })
  }

  finish(): ImageDelta {
    const created: TopicImage[] = []
    const deleted: TopicImage[] = []
    const changed: { before: TopicImage; after: TopicImage }[] = []
    for (const [name, after] of this.#touched) {
      const before = this.#before.topics.get(name)
      if (before && after && before.topicId === after.topicId) changed.push({ before, after })
      else {
        if (before) deleted.push(before)
        if (after) created.push(after)
      }
    }
    const { topics, topicsById } = this.#topics(created, deleted, changed)
    const { acls } = this.#before
    const aclsAdded: Acl[] = []
    const aclsRemoved: Acl[] = []
    for (const [key, acl] of this.#acls) {
      const before = acls.get(key)
      if (acl !== null && before === undefined) aclsAdded.push(acl)
      else if (acl === null && before !== undefined) aclsRemoved.push(before)
    }
    const image: ClusterImage = {
      ...this.#before,
      topics,
      topicsById,
      controllerId: this.#controllerId,
      brokers: this.#brokersChanged ? this.#finishedBrokers() : this.#before.brokers,
      starts: this.#starts,
      admitted: this.#admitted,
      endpoints: this.#endpoints,
      brokerConfigs: this.#brokerConfigs.settings,
      groupConfigs: this.#groupConfigs.settings,
      otherConfigs: this.#otherConfigs.settings,
      scramUsers: this.#scramUsers,
      tokens: this.#before.tokens.with(this.#tokens),
      quotas: this.#quotas,
      acls: acls.with(this.#acls),
      featureLevels: this.#featureLevels,
      revision: this.#revision,
    }
    return {
      image,
      created,
      deleted,
      changed,
      brokersChanged: this.#brokersChanged,
      brokerConfigsChanged: this.#brokerConfigs.changed,
      groupConfigsChanged: this.#groupConfigs.changed,
      aclsAdded,
      aclsRemoved,
    }
  }

  #topics(
    created: readonly TopicImage[],
    deleted: readonly TopicImage[],
    changed: readonly { readonly after: TopicImage }[],
  ): TopicMaps<TopicImage> {
    let maps: TopicMaps<TopicImage> = this.#before
    if (changed.length > 0) {
      maps = TopicMap.changed(
        maps,
        changed.map(({ after }) => after),
      )
    }
    return created.length + deleted.length > 0 ? withTopics(maps, created, deleted) : maps
  }
}

/** Settings by their owner, copied on the first change. */
class SettingsChanges {
  settings: ReadonlyMap<string, Settings>
  readonly changed: string[] = []

  constructor(settings: ReadonlyMap<string, Settings>) {
    this.settings = settings
  }

  set(name: string, settings: Settings): void {
    const copy = new Map(this.settings)
    if (settings.size === 0) copy.delete(name)
    else copy.set(name, settings)
    this.settings = copy
    this.changed.push(name)
  }
}

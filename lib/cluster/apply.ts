/** Changes of the metadata store → the next image of the cluster, and what is different in it. */
import { sharedText } from '../../protocol/shared-text.ts'
import type { FeatureLevels } from './features.ts'
import type { BrokerImage, ClusterImage, ImageDelta, PartitionImage, Settings, TopicImage } from './image.ts'
import { epochSinceMade, epochsBegun } from './leader-epochs.ts'
import { type ScramUsers, withScram } from './scram.ts'
import {
  controllerLeader,
  featuresKey,
  readStored,
  type StoredBroker,
  type StoredChange,
  type StoredPartition,
  type StoredStarts,
  type StoredTopic,
  splitKey,
} from './stored.ts'
import { TopicMap, type TopicMaps, withTopics } from './topic-map.ts'
import { isInternalTopic } from './topic-names.ts'

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

class NextImage {
  readonly #before: ClusterImage
  readonly #revision: number
  /** Topics that this change touches, as they are so far; null where deleted. */
  readonly #touched = new Map<string, TopicImage | null>()
  /** Names of touched topics by id, for the partitions that follow. */
  readonly #names = new Map<string, string>()
  readonly #brokers: Map<number, BrokerImage>
  #brokersChanged = false
  #starts: ReadonlyMap<number, number>
  #controllerId: number
  #featureLevels: FeatureLevels
  #scramUsers: ScramUsers
  readonly #brokerConfigs: SettingsChanges
  readonly #groupConfigs: SettingsChanges
  readonly #otherConfigs: SettingsChanges

  constructor(before: ClusterImage, revision: number) {
    this.#before = before
    this.#revision = revision
    this.#controllerId = before.controllerId
    this.#brokers = new Map(before.brokers.map(broker => [broker.id, broker]))
    this.#starts = before.starts
    this.#featureLevels = before.featureLevels
    this.#scramUsers = before.scramUsers
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
      configs: same?.configs ?? new Map(),
    })
  }

  /** A new partition: its first replica leads, and all are in sync, as there is nothing to copy. */
  #asMade({ made }: Pick<TopicImage, 'made'>, replicas: readonly number[], index: number): PartitionImage {
    const leader = replicas[0] ?? -1
    const leaderEpoch = epochSinceMade(made, index, leader, this.#starts)
    return { index, leader, leaderEpoch, partitionEpoch: 0, replicas, isr: replicas, offlineReplicas: [] }
  }

  #asStored(before: PartitionImage, { starts = 0, ...stored }: StoredPartition): PartitionImage {
    const leaderEpoch = stored.leaderEpoch + epochsBegun(this.#starts.get(stored.leader) ?? 0, starts)
    return { ...before, ...stored, leaderEpoch }
  }

  other({ key, value }: StoredChange): void {
    const [kind, rest] = splitKey(key)
    if (kind === 'partitions') this.#partition(key, rest, value)
    else if (kind === 'configs') this.#configs(key, rest, value)
    else if (kind === 'brokers') this.#broker(key, Number(rest), value)
    else if (kind === 'scram') this.#scram(key, rest, value)
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
    const partitions = topic.partitions.slice()
    partitions[partition.index] =
      value === null
        ? this.#asMade(topic, partition.replicas, partition.index)
        : this.#asStored(partition, readStored<StoredPartition>(key, value))
    this.#touched.set(topic.name, { ...topic, partitions })
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
    else this.#brokers.set(id, { id, rack: readStored<StoredBroker>(key, value).rack, fenced: false })
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
    const image: ClusterImage = {
      ...this.#before,
      topics,
      topicsById,
      controllerId: this.#controllerId,
      brokers: this.#brokersChanged ? [...this.#brokers.values()].sort((a, b) => a.id - b.id) : this.#before.brokers,
      starts: this.#starts,
      brokerConfigs: this.#brokerConfigs.settings,
      groupConfigs: this.#groupConfigs.settings,
      otherConfigs: this.#otherConfigs.settings,
      scramUsers: this.#scramUsers,
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

/**
 * The cluster as this broker sees it: keeps the image up to date with the metadata store, and puts changes into it.
 *
 * A change resolves once it survives a crash, and after this broker's image and all its listeners have it.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { applyChanges } from '../cluster/apply.ts'
import {
  countStartChanges,
  createPartitionsChanges,
  createTopicChanges,
  deleteTopicChanges,
  registerBrokerChanges,
} from '../cluster/changes.ts'
import type { FeatureLevels } from '../cluster/features.ts'
import { type ClusterImage, emptyImage, type ImageDelta, type Settings, type TopicImage } from '../cluster/image.ts'
import {
  brokerKey,
  clusterKey,
  configKey,
  controllerLeader,
  featuresKey,
  producerIdsKey,
  readStored,
  type StoredChange,
  type StoredStarts,
  startsKey,
  storedConfigs,
  topicKey,
  writeStored,
} from '../cluster/stored.ts'
import {
  type Plan,
  type PlannedTopic,
  planDeletions,
  planPartitions,
  planTopics,
  type TopicRules,
  type TopicToCreate,
  type TopicToDelete,
  type TopicToEnlarge,
} from '../cluster/topics.ts'
import { type ConfigOwner, checkAltered } from '../config/alter.ts'
import type { BrokerConfig } from '../config/config.ts'
import { checkReconfiguration } from '../config/reconfiguration.ts'
import { validateTopicConfigs } from '../config/topic-config.ts'
import { ConfigError } from '../config/values.ts'
import { topicOnFirstUse } from './internal-topics.ts'
import { changedMeanwhile, done, failed, type ItemResult } from './item-result.ts'
import { campaign, type Leadership } from './leadership.ts'
import { type Condition, type MetadataStore, type Session, SessionEnded, StoreClosed, type Watch } from './store.ts'

export interface ClusterOptions {
  readonly store: MetadataStore
  readonly config: BrokerConfig
  readonly nodeId: number
  readonly rack: string | null
  /** The cluster that the data directory belongs to; a new store takes it on. */
  readonly clusterId: string
  readonly random: Random
  readonly logger: Logger
  /** Throws ConfigError where this broker cannot change to these settings, beside what holds for all. */
  readonly checkSettings?: (next: BrokerConfig) => void
}

export interface CreateTopicResult extends ItemResult {
  readonly name: string
  /** The topic as it is, or would be where it was only validated; null where it cannot be. */
  readonly topic: PlannedTopic | null
}

export interface CreatePartitionsResult extends ItemResult {
  readonly name: string
}

export interface DeleteTopicResult extends ItemResult {
  /** Null where only an id is known. */
  readonly name: string | null
  readonly topicId: string
}

/** Settings to put in the place of those that an owner has; `alter` makes them of the present ones, or throws KafkaError. */
export interface ConfigAlteration {
  readonly owner: ConfigOwner
  /** A topic, a group, a node id as text ('' for all brokers) or a subscription. */
  readonly name: string
  readonly alter: (current: Settings) => Settings
}

/** Ids that a producer coordinator may give out: `count` of them from `first` on. */
export interface ProducerIdBlock {
  readonly first: number
  readonly count: number
}

/** Ids that are taken at a time, so that not each new producer waits for the store. */
const producerIdsPerBlock = 1_000
/** Topics in one transaction: stores bound how much one may change. */
const topicsPerTransaction = 32
/** How long a broker that is cut off from the store still counts as there. */
const sessionTtlMs = 9_000

const noSettings: Settings = new Map()

export class Cluster {
  readonly #store: MetadataStore
  readonly #config: BrokerConfig
  readonly #nodeId: number
  readonly #rack: string | null
  readonly #random: Random
  readonly #logger: Logger
  readonly #checkSettings: (next: BrokerConfig) => void
  #image: ClusterImage
  /** By key: what wrote it last, for the conditions of the next change. */
  readonly #revisions = new Map<string, number>()
  readonly #listeners = new Set<(delta: ImageDelta) => void>()
  /** Topics that are being made on first use. */
  readonly #firstUses = new Map<string, Promise<TopicImage>>()
  /** The end of the row in which changes stand. */
  #last: Promise<unknown> = Promise.resolve()
  /** Those who wait for the image to reach a revision. */
  #waiting: { readonly revision: number; readonly wake: () => void }[] = []
  #session: Session | null = null
  #watch: Watch | null = null
  #leadership: Leadership | null = null
  #closed = false

  private constructor(options: ClusterOptions) {
    const { store, config, nodeId, rack, clusterId, random, logger, checkSettings } = options
    this.#store = store
    this.#config = config
    this.#nodeId = nodeId
    this.#rack = rack
    this.#random = random
    this.#logger = logger
    this.#checkSettings = checkSettings ?? (() => {})
    this.#image = emptyImage(clusterId, -1)
  }

  /** Reads what the store holds, registers this broker, and stands as a controller. */
  static async open(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options)
    await cluster.#open()
    return cluster
  }

  /** How the cluster is now. */
  get image(): ClusterImage {
    return this.#image
  }

  /** Called after each change with what is different; `cluster.image` is the new one already. Returns how to stop that. */
  onChange(listener: (delta: ImageDelta) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One result for each name. With `validateOnly` nothing is made. */
  createTopics(requests: readonly TopicToCreate[], { validateOnly = false } = {}): Promise<CreateTopicResult[]> {
    return this.#inTurn(async () => {
      const plans = planTopics(this.#image, requests, this.#topicRules())
      const results = await this.#carryOut(plans, createTopicChanges, validateOnly)
      return results.map((result, i) => ({ ...result, topic: result.errorCode === codes.NONE ? plans[i]!.plan : null }))
    })
  }

  /** One result for each name. */
  createPartitions(
    requests: readonly TopicToEnlarge[],
    { validateOnly = false } = {},
  ): Promise<CreatePartitionsResult[]> {
    return this.#inTurn(async () => {
      const plans = planPartitions(this.#image, requests, this.#topicRules())
      return this.#carryOut(plans, createPartitionsChanges, validateOnly)
    })
  }

  /** One result for each item, in their order; items that are equal have one. */
  deleteTopics(requests: readonly Pick<TopicToDelete, 'name' | 'topicId'>[]): Promise<DeleteTopicResult[]> {
    return this.#inTurn(async () => {
      const deletions = planDeletions(this.#image, requests, this.#topicRules())
      const plans = deletions.map(
        ({ topic, error }) => ({ name: topic?.name ?? '', plan: topic, error }) as Plan<TopicImage>,
      )
      const results = await this.#carryOut(plans, deleteTopicChanges, false)
      return results.map((result, i) => ({ ...result, name: deletions[i]!.name, topicId: deletions[i]!.topicId }))
    })
  }

  /** Writes what was planned for topics, many in one transaction; where somebody else was quicker with one, each by itself. */
  async #carryOut<T>(
    plans: readonly Plan<T>[],
    changesOf: (plan: T) => StoredChange[],
    validateOnly: boolean,
  ): Promise<(ItemResult & { name: string })[]> {
    const results = plans.map(({ name, error }) => ({ name, ...(error === null ? done : failed(error)) }))
    if (validateOnly) return results
    const good = [...plans.keys()].filter(i => plans[i]!.error === null)
    // The plans hold for the topics as they are now, not as they may be after the first of the transactions.
    const conditions = plans.map(({ name }) => this.#unchanged(topicKey(name)))
    const put = (items: readonly number[]) =>
      this.#put(
        items.map(i => conditions[i]!),
        items.flatMap(i => changesOf(plans[i]!.plan!)),
      )
    for (let at = 0; at < good.length; at += topicsPerTransaction) {
      const some = good.slice(at, at + topicsPerTransaction)
      try {
        if (await put(some)) continue
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        // The store's disk failed, or there are no file descriptors.
        for (const i of some) results[i] = { name: plans[i]!.name, ...failed(error) }
        continue
      }
      for (const i of some) {
        if (some.length > 1 && (await put([i]))) continue
        results[i] = { name: plans[i]!.name, ...failed(changedMeanwhile(plans[i]!.name)) }
      }
    }
    return results
  }

  /** One result for each alteration, in their order; each is applied whole or not at all. */
  alterConfigs(alterations: readonly ConfigAlteration[], { validateOnly = false } = {}): Promise<ItemResult[]> {
    return this.#inTurn(async () => {
      const results: ItemResult[] = []
      // One after the other: what is good for all brokers depends on what is set for one.
      for (const alteration of alterations) results.push(await this.#alter(alteration, validateOnly))
      return results
    })
  }

  async #alter({ owner, name, alter }: ConfigAlteration, validateOnly: boolean): Promise<ItemResult> {
    try {
      const current = this.#settingsOf(owner, name) ?? noSettings
      const settings = alter(current)
      checkAltered(owner, name, current, settings, this.#config)
      if (this.#settingsOf(owner, name) === undefined) {
        throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic ${name}`)
      }
      if (owner === 'broker') this.#checkBrokerSettings(name, settings)
      if (validateOnly) return done
      const conditions = [this.#unchanged(configKey(owner, name))]
      if (owner === 'topic') conditions.push(this.#unchanged(topicKey(name)))
      const change = storedConfigs(owner, name, settings)
      return (await this.#put(conditions, [change])) ? done : failed(changedMeanwhile(name))
    } catch (error) {
      if (error instanceof KafkaError) return failed(error)
      throw error
    }
  }

  /** Undefined for a topic that there is not. */
  #settingsOf(owner: ConfigOwner, name: string): Settings | undefined {
    switch (owner) {
      case 'topic':
        return this.#image.topics.get(name)?.configs
      case 'broker':
        return this.#image.brokerConfigs.get(name) ?? noSettings
      case 'group':
        return this.#image.groupConfigs.get(name) ?? noSettings
      case 'client-metrics':
        return this.#image.otherConfigs.get(`client-metrics/${name}`) ?? noSettings
    }
  }

  /** Broker properties that are each good must also go together. */
  #checkBrokerSettings(name: string, settings: Settings): void {
    const { ofAll, own } = this.#dynamicSettings()
    try {
      const next = name === '' ? this.#config.withDynamic(settings, own) : this.#config.withDynamic(ofAll, settings)
      checkReconfiguration(this.#config, next)
      this.#checkSettings(next)
    } catch (error) {
      if (error instanceof ConfigError) throw new KafkaError(codes.INVALID_REQUEST, error.message)
      throw error
    }
  }

  #dynamicSettings(): { ofAll: Settings; own: Settings } {
    const { brokerConfigs } = this.#image
    return { ofAll: brokerConfigs.get('') ?? noSettings, own: brokerConfigs.get(String(this.#nodeId)) ?? noSettings }
  }

  /**
   * The topic of this name, made where it is not there: an internal one with its own settings, any other with the
   * broker's defaults. Whoever asks meanwhile gets the same. Throws KafkaError where it cannot be.
   */
  autoCreateTopic(name: string): Promise<TopicImage> {
    const present = this.#image.topics.get(name)
    if (present !== undefined) return Promise.resolve(present)
    let making = this.#firstUses.get(name)
    if (making === undefined) {
      making = this.#createOnFirstUse(name).finally(() => this.#firstUses.delete(name))
      this.#firstUses.set(name, making)
    }
    return making
  }

  async #createOnFirstUse(name: string): Promise<TopicImage> {
    const request = topicOnFirstUse(name, this.#config, this.#image.brokers.length)
    const [result] = await this.createTopics([request])
    const topic = this.#image.topics.get(name)
    if (topic !== undefined) return topic
    const { errorCode, errorMessage } = result!
    throw new KafkaError(errorCode || codes.LEADER_NOT_AVAILABLE, errorMessage ?? `topic ${name} was deleted at once`)
  }

  /** Chooses the levels of features. */
  updateFeatures(levels: FeatureLevels): Promise<void> {
    return this.changeBy(({ featureLevels }) => {
      const chosen = Object.fromEntries([...featureLevels, ...levels])
      return { changes: [{ key: featuresKey, value: writeStored(chosen) }], result: undefined }
    })
  }

  /** Makes the changes that are planned for the image as it is when their turn comes, all or none. Throws KafkaError. */
  changeBy<T>(plan: (image: ClusterImage) => { changes: readonly StoredChange[]; result: T }): Promise<T> {
    return this.#inTurn(async () => {
      const { changes, result } = plan(this.#image)
      const conditions = changes.map(({ key }) => this.#unchanged(key))
      if (!(await this.#put(conditions, changes))) throw changedMeanwhile('what it was planned for')
      return result
    })
  }

  /** Ids that no producer had before, and that nobody else is given. */
  allocateProducerIds(): Promise<ProducerIdBlock> {
    return this.#inTurn(async () => {
      for (;;) {
        const entry = await this.#store.get(producerIdsKey)
        const first = entry === null ? 0 : readStored<{ next: number }>(producerIdsKey, entry.value).next
        const { applied } = await this.#store.transact({
          conditions: [{ key: producerIdsKey, revision: entry?.revision ?? 0 }],
          changes: [{ key: producerIdsKey, value: writeStored({ next: first + producerIdsPerBlock }) }],
        })
        if (applied) return { first, count: producerIdsPerBlock }
      }
    })
  }

  /** Leaves the cluster: other brokers see this one go. The store stays open, as others may use it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#last
    this.#watch?.close()
    await this.#leadership?.resign()
    await this.#session?.close()
    this.#listeners.clear()
  }

  #topicRules(): TopicRules {
    return {
      numPartitions: this.#config.get('num.partitions'),
      replicationFactor: this.#config.get('default.replication.factor'),
      deleteEnabled: this.#config.get('delete.topic.enable'),
      newTopicId: () => this.#random.uuid(),
      randomInt: max => this.#random.int(max),
      checkConfigs: configs => validateTopicConfigs(configs, this.#config),
    }
  }

  /** Changes stand in a row, so that each sees what the one before it did. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#closed) throw new StoreClosed('this broker has left the cluster')
      return change()
    })
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Holds as long as nobody has written the key since this image. */
  #unchanged(key: string): Condition {
    return { key, revision: this.#revisions.get(key) ?? 0 }
  }

  /** Writes the changes where the conditions hold; resolves once the image has them. */
  async #put(conditions: readonly Condition[], changes: readonly StoredChange[]): Promise<boolean> {
    const { applied, revision } = await this.#store.transact({ conditions, changes })
    await this.#reached(revision)
    return applied
  }

  /** Resolves once the image shows this revision: at once where store and broker share a process. */
  #reached(revision: number): Promise<void> | void {
    if (this.#image.revision >= revision) return
    return new Promise(wake => this.#waiting.push({ revision, wake }))
  }

  async #open(): Promise<void> {
    const session = await this.#store.openSession(sessionTtlMs)
    this.#session = session
    await this.#checkClusterId()
    await this.#register(session)
    const standing = this.#stand(session)
    const { entries } = await this.#store.list('leaders/')
    if (entries.length === 0) await standing
    await this.#follow()
  }

  async #checkClusterId(): Promise<void> {
    const { clusterId } = this.#image
    let entry = await this.#store.get(clusterKey)
    if (entry === null) {
      const { applied } = await this.#store.transact({
        conditions: [{ key: clusterKey, revision: 0 }],
        changes: [{ key: clusterKey, value: writeStored({ clusterId }) }],
      })
      if (applied) return
      entry = await this.#store.get(clusterKey)
    }
    const stored = entry && readStored<{ clusterId: string }>(clusterKey, entry.value).clusterId
    if (stored !== clusterId) {
      throw new Error(
        `the metadata are those of cluster ${stored}, the data directory belongs to ${clusterId}: start with the directory that goes with them`,
      )
    }
  }

  /**
   * Takes this broker into the cluster and counts its start, by one write: from then on it leads its partitions in epochs that no log
   * and no client has seen, whatever the last end of the process left of the logs.
   */
  async #register(session: Session): Promise<void> {
    const [broker, starts] = [brokerKey(this.#nodeId), startsKey(this.#nodeId)]
    for (;;) {
      const entry = await this.#store.get(starts)
      const before = entry === null ? 0 : readStored<StoredStarts>(starts, entry.value).count
      const { applied } = await this.#store.transact({
        conditions: [
          { key: broker, revision: 0 },
          { key: starts, revision: entry?.revision ?? 0 },
        ],
        changes: [
          ...registerBrokerChanges(this.#nodeId, this.#rack).map(change => ({ ...change, session })),
          ...countStartChanges(this.#nodeId, before + 1),
        ],
      })
      if (applied) return
      if ((await this.#store.get(broker)) === null) continue
      await session.close()
      throw new Error(`a broker with node id ${this.#nodeId} is in the cluster already: give each its own node.id`)
    }
  }

  /** Waits to be the controller. */
  async #stand(session: Session): Promise<void> {
    try {
      this.#leadership = await campaign(this.#store, controllerLeader, String(this.#nodeId), session)
      this.#logger.debug('this broker is the controller', { epoch: this.#leadership.epoch })
    } catch (error) {
      if (!(error instanceof SessionEnded || error instanceof StoreClosed)) throw error
    }
  }

  async #follow(): Promise<void> {
    const { entries, revision } = await this.#store.list('')
    for (const entry of entries) this.#revisions.set(entry.key, entry.revision)
    this.#apply(entries, revision)
    this.#watch = await this.#store.watch('', revision, event => {
      for (const { key, value } of event.changes) {
        if (value === null) this.#revisions.delete(key)
        else this.#revisions.set(key, event.revision)
      }
      this.#apply(event.changes, event.revision)
    })
  }

  #apply(changes: readonly StoredChange[], revision: number): void {
    const delta = applyChanges(this.#image, changes, revision)
    this.#image = delta.image
    if (delta.brokerConfigsChanged.length > 0) {
      const { ofAll, own } = this.#dynamicSettings()
      this.#config.applyDynamic(ofAll, own)
    }
    for (const listener of this.#listeners) listener(delta)
    const reached = this.#waiting.filter(waiting => waiting.revision <= revision)
    if (reached.length === 0) return
    this.#waiting = this.#waiting.filter(waiting => waiting.revision > revision)
    for (const { wake } of reached) wake()
  }
}

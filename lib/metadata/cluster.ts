/**
 * The cluster as this broker sees it: keeps the image up to date with the metadata store, and puts changes into it.
 *
 * A change resolves once it survives a crash, and after this broker's image and all its listeners have it.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { systemClock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { applyChanges, fenceBroker } from '../cluster/apply.ts'
import { createPartitionsChanges, createTopicChanges, deleteTopicChanges } from '../cluster/changes.ts'
import { type FeatureLevels, supportedLevels } from '../cluster/features.ts'
import {
  type BrokerEndpoint,
  type ClusterImage,
  emptyImage,
  type ImageDelta,
  placesOf,
  type TopicImage,
} from '../cluster/image.ts'
import {
  brokerKey,
  featuresKey,
  producerIdsKey,
  readStored,
  type StoredChange,
  topicKey,
  writeStored,
} from '../cluster/stored.ts'
import {
  type Plan,
  planDeletions,
  planPartitions,
  planTopics,
  type TopicRules,
  type TopicToCreate,
  type TopicToDelete,
  type TopicToEnlarge,
} from '../cluster/topics.ts'
import type { BrokerConfig } from '../config/config.ts'
import { validateTopicConfigs } from '../config/topic-config.ts'
import { topicPolicy } from '../config/topic-policy.ts'
import type { Planning } from './change-isr.ts'
import type {
  ClusterOptions,
  ConfigAlteration,
  CreatePartitionsResult,
  CreateTopicResult,
  DeleteTopicResult,
  ProducerIdBlock,
} from './cluster-types.ts'
import { ConfigChanges, dynamicSettings } from './config-changes.ts'
import { type ControlledCluster, ControllerLoop } from './controller-loop.ts'
import { controllerRules } from './controller-rules.ts'
import { Following } from './following.ts'
import { handOver } from './hand-over.ts'
import { held, never, type TopicChangeOptions } from './held-plans.ts'
import { inParts } from './in-parts.ts'
import { topicOnFirstUse } from './internal-topics.ts'
import { changedMeanwhile, done, failed, type ItemResult } from './item-result.ts'
import { joined } from './joined.ts'
import { Membership } from './membership.ts'
import { minInsyncChanges, settleMinInsync } from './min-insync.ts'
import { storeRefusalOf } from './refusal.ts'
import { checkClusterId } from './registration.ts'
import { type Change, type Condition, type MetadataStore, StoreClosed } from './store.ts'

export type * from './cluster-types.ts'

/** Ids that are taken at a time, so that not each new producer waits for the store. */
const producerIdsPerBlock = 1_000

/** See the head of the file. */
export class Cluster {
  readonly #store: MetadataStore
  readonly #config: BrokerConfig
  readonly #nodeId: number
  readonly #random: Random
  readonly #countsSince: ClusterOptions['countsSince']
  readonly #allocateProducerIds: ClusterOptions['allocateProducerIds']
  #image: ClusterImage
  readonly #following: Following
  readonly #listeners = new Set<(delta: ImageDelta) => void>()
  /** Topics that are being made on first use. */
  readonly #firstUses = new Map<string, Promise<TopicImage>>()
  /** The end of the row in which changes stand. */
  #last: Promise<unknown> = Promise.resolve()
  /** Those who wait for the image to reach a revision. */
  #waiting: { readonly revision: number; readonly wake: () => void }[] = []
  readonly #membership: Membership
  readonly #configs: ConfigChanges
  readonly #loop: ControllerLoop
  #closed = false

  private constructor(options: ClusterOptions) {
    const { store, config, nodeId, rack, clusterId, random, logger, checkSettings, clock = systemClock } = options
    this.#store = store
    this.#config = config
    this.#nodeId = nodeId
    this.#random = random
    this.#countsSince = options.countsSince
    this.#allocateProducerIds = options.allocateProducerIds
    this.#image = emptyImage(clusterId, -1)
    this.#following = new Following(store, (changes, revision) => this.#apply(changes, revision), { clock, logger })
    this.#membership = new Membership({
      ...{ store, nodeId, clock, logger, sessionMs: config.get('broker.session.timeout.ms') },
      description: { previousEpoch: -1, features: supportedLevels, ...options.description, rack },
      onLost: () => this.#stepDown(),
      onLeading: () => this.#loop.wake(),
      onReplaced: options.onReplaced ?? (() => {}),
    })
    const cluster = this.#controlled()
    this.#configs = new ConfigChanges({ cluster, config, nodeId, checkSettings: checkSettings ?? (() => {}) })
    this.#loop = new ControllerLoop({
      ...{ cluster, rules: controllerRules(config), clock, logger },
      rebalanceEveryMs: () =>
        config.get('auto.leader.rebalance.enable')
          ? config.get('leader.imbalance.check.interval.seconds') * 1000
          : null,
    })
  }

  /** Reads what the store holds, registers this broker, and stands as a controller. */
  static async open(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options)
    await cluster.#open()
    await settleMinInsync(cluster, options.config, options.logger)
    return cluster
  }

  /** How the cluster is now. */
  get image(): ClusterImage {
    return this.#image
  }

  /** Which run of this broker the cluster knows. */
  get brokerEpoch(): number {
    return this.#membership.registration.epoch
  }

  /** Whether the cluster counts on what this broker leads: looks at its lease, so it can be asked before each thing that needs it. */
  get isMember(): boolean {
    return this.#membership.registration.session?.ended === false
  }

  /** This broker can be reached there: it takes part from now on, as soon as the controller has dealt with its start. */
  async serve(endpoints: readonly BrokerEndpoint[]): Promise<void> {
    await this.#membership.registration.serve(endpoints)
  }

  /** Resolves once this broker and as many in all take part. Rejects where the signal calls it off. */
  joined(brokersMin: number, signal?: AbortSignal): Promise<void> {
    return joined(this, this.#nodeId, brokersMin, signal)
  }

  /** Has others lead what this broker leads, where there are others; resolves when they do, or after a while. */
  handOver(withinMs: number): Promise<void> {
    return handOver(this, this.#membership, this.#nodeId, withinMs)
  }

  /** Called after each change with what is different; `cluster.image` is the new one already. Returns how to stop that. */
  onChange(listener: (delta: ImageDelta) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One result for each name. With `validateOnly` nothing is made. */
  createTopics(
    requests: readonly TopicToCreate[],
    { validateOnly = false, isTooMuch = never }: TopicChangeOptions = {},
  ): Promise<CreateTopicResult[]> {
    return this.#inTurn(async () => {
      const plans = held(
        planTopics(this.#image, requests, this.#topicRules()),
        ({ replicas }) => replicas.length,
        isTooMuch,
      )
      const results = await this.#carryOut(plans, createTopicChanges, validateOnly)
      return results.map((result, i) => ({ ...result, topic: result.errorCode === codes.NONE ? plans[i]!.plan : null }))
    })
  }

  /** One result for each name. */
  createPartitions(
    requests: readonly TopicToEnlarge[],
    { validateOnly = false, isTooMuch = never }: TopicChangeOptions = {},
  ): Promise<CreatePartitionsResult[]> {
    return this.#inTurn(async () => {
      const plans = held(
        planPartitions(this.#image, requests, this.#topicRules()),
        ({ topic, replicas }) => replicas.length - topic.partitions.length,
        isTooMuch,
      )
      return this.#carryOut(plans, createPartitionsChanges, validateOnly)
    })
  }

  /** One result for each item, in their order; items that are equal have one. */
  deleteTopics(
    requests: readonly Pick<TopicToDelete, 'name' | 'topicId'>[],
    { isTooMuch = never }: TopicChangeOptions = {},
  ): Promise<DeleteTopicResult[]> {
    return this.#inTurn(async () => {
      const deletions = planDeletions(this.#image, requests, this.#topicRules())
      const plans = held(
        deletions.map(({ topic, error }) => ({ name: topic?.name ?? '', plan: topic, error }) as Plan<TopicImage>),
        ({ partitions }) => partitions.length,
        isTooMuch,
      )
      const results = await this.#carryOut(plans, deleteTopicChanges, false)
      return results.map((result, i) => ({ ...result, name: deletions[i]!.name, topicId: deletions[i]!.topicId }))
    })
  }

  /** Writes what was planned for topics, many in one transaction; where somebody else was quicker with one, each by itself. */
  async #carryOut<T>(
    plans: readonly Plan<T>[],
    changesOf: (plan: T) => Change[],
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
    for (const some of inParts(good, i => changesOf(plans[i]!.plan!))) {
      try {
        if (await put(some)) continue
      } catch (error) {
        // The store's disk failed, there are no file descriptors, or it is out of reach.
        const refusal = error instanceof KafkaError ? error : storeRefusalOf(error)
        if (refusal === null) throw error
        for (const i of some) results[i] = { name: plans[i]!.name, ...failed(refusal) }
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
      for (const alteration of alterations) results.push(await this.#configs.alter(alteration, validateOnly))
      return results
    })
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
    const request = topicOnFirstUse(name, this.#config, placesOf(this.#image).length)
    const [result] = await this.createTopics([request])
    const topic = this.#image.topics.get(name)
    if (topic !== undefined) return topic
    const { errorCode, errorMessage } = result!
    throw new KafkaError(errorCode || codes.LEADER_NOT_AVAILABLE, errorMessage ?? `topic ${name} was deleted at once`)
  }

  /** Chooses the levels of features. */
  updateFeatures(levels: FeatureLevels): Promise<void> {
    return this.changeBy(({ featureLevels, brokerConfigs, brokers }) => {
      const chosen = new Map([...featureLevels, ...levels])
      const changes = [
        { key: featuresKey, value: writeStored(Object.fromEntries(chosen)) },
        ...minInsyncChanges({ featureLevels: chosen, brokerConfigs }, this.#config),
      ]
      // Another run of one of them may know other levels.
      return { changes, restsOn: brokers.map(({ id }) => brokerKey(id)), result: undefined }
    })
  }

  /**
   * Makes the changes that are planned for the image as it is when their turn comes. All or none where they are not more than any store
   * takes at once, and else one part after the other. Throws KafkaError.
   */
  changeBy<T>(plan: Planning<T>): Promise<T> {
    return this.#inTurn(async () => {
      const { changes, restsOn = [], result } = plan(this.#image)
      for (const part of inParts(changes, change => [change])) {
        const keys = new Set([...part.map(({ key }) => key), ...restsOn])
        const conditions = [...keys].map(key => this.#unchanged(key))
        if (!(await this.#put(conditions, part))) throw changedMeanwhile('what it was planned for')
      }
      return result
    })
  }

  /** Ids that no producer had before, and that nobody else is given. */
  allocateProducerIds(): Promise<ProducerIdBlock> {
    if (this.#allocateProducerIds !== undefined) return this.#allocateProducerIds()
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

  /** Goes as if the process had died: its session ends, by which others see it. */
  async kill(): Promise<void> {
    this.#closed = true
    this.#following.close()
    this.#listeners.clear()
    for (const { wake } of this.#waiting.splice(0)) wake()
    await this.#membership.kill()
    await this.#loop.close()
  }

  #controlled(): ControlledCluster {
    const cluster = this
    return {
      get image() {
        return cluster.#image
      },
      get leadership() {
        return cluster.#membership.leadership
      },
      unchanged: key => this.#unchanged(key),
      put: (conditions, changes) => this.#put(conditions, changes),
    }
  }

  /** Leaves the cluster: other brokers see this one go. The store stays open, as others may use it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#loop.close()
    await this.#last
    this.#following.close()
    await this.#membership.close()
    this.#listeners.clear()
  }

  #topicRules(): TopicRules {
    return {
      numPartitions: this.#config.get('num.partitions'),
      replicationFactor: this.#config.get('default.replication.factor'),
      deleteEnabled: this.#config.get('delete.topic.enable'),
      newTopicId: () => this.#random.uuid(),
      randomInt: max => this.#random.int(max),
      ...(this.#countsSince && { countsSince: this.#countsSince }),
      checkConfigs: configs => validateTopicConfigs(configs, this.#config),
      policy: topicPolicy(this.#config),
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
    return { key, revision: this.#following.revisionOf(key) }
  }

  /** Writes the changes where the conditions hold; resolves once the image has them. */
  async #put(conditions: readonly Condition[], changes: readonly Change[]): Promise<boolean> {
    const { applied, revision } = await this.#store.transact({ conditions, changes })
    await this.#reached(revision)
    return applied
  }

  /** Resolves once the image shows this revision, or will show nothing more: at once where store and broker share a process. */
  #reached(revision: number): Promise<void> | void {
    if (this.#image.revision >= revision || this.#following.isClosed) return
    return new Promise(wake => this.#waiting.push({ revision, wake }))
  }

  async #open(): Promise<void> {
    await checkClusterId(this.#store, this.#image.clusterId)
    await this.#membership.open()
    await this.#following.open()
    this.#loop.wake()
  }

  /** Nobody may count on what this broker leads: as if the controller had fenced it, until it is registered anew. */
  #stepDown(): void {
    this.#tell(fenceBroker(this.#image, this.#nodeId))
  }

  #apply(changes: readonly StoredChange[], revision: number): void {
    this.#tell(applyChanges(this.#image, changes, revision))
    const reached = this.#waiting.filter(waiting => waiting.revision <= revision)
    if (reached.length > 0) {
      this.#waiting = this.#waiting.filter(waiting => waiting.revision > revision)
      for (const { wake } of reached) wake()
    }
    this.#membership.follow(this.#image)
    this.#loop.wake()
  }

  #tell(delta: ImageDelta): void {
    const { featureLevels } = this.#image
    this.#image = delta.image
    if (delta.brokerConfigsChanged.length > 0) {
      const { ofAll, own } = dynamicSettings(this.#image, this.#nodeId)
      this.#config.applyDynamic(ofAll, own)
    }
    for (const listener of this.#listeners) listener(delta)
    if (delta.brokerConfigsChanged.length > 0 || this.#image.featureLevels !== featureLevels) this.#loop.rulesChanged()
  }
}

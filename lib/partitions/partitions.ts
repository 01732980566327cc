/**
 * All partitions that this broker holds: opened as the cluster's image says, created, changed and deleted with it.
 * At rest they cost memory only: there is no timer and no file access for a partition in which nothing happens.
 */
import { codes } from '../../protocol/errors.ts'
import type { LogDirectory, RecoveryChoice } from '../../storage/directory.ts'
import type { Log } from '../../storage/log.ts'
import type { Clocks } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import {
  brokerOf,
  type ClusterImage,
  type ImageDelta,
  isFenced,
  type PartitionImage,
  type TopicImage,
} from '../cluster/image.ts'
import type { Metric } from '../metrics/metrics.ts'
import { AppendOrder } from './append-order.ts'
import { LogDirectories } from './log-directories.ts'
import { directoryMetrics, partitionMetrics } from './metrics.ts'
import { Partition } from './partition.ts'
import type { LogEvents, PartitionHost, PartitionSettings } from './partition-types.ts'
import { Recompression } from './recompression.ts'
import type { CompactorSettings } from './upkeep/compactor.ts'
import type { UpkeepIntervals } from './upkeep/intervals.ts'
import { Relocations } from './upkeep/relocations.ts'
import { Slices } from './upkeep/slices.ts'
import { Upkeep } from './upkeep/upkeep.ts'
import { type Due, Timetable } from './waiting/timetable.ts'
import type { Turn } from './waiting/turn.ts'

/** Told of partitions that come and go; both are called after the fact. */
export interface PartitionListener {
  opened?(partition: Partition): void
  closed?(partition: Partition): void
}

export interface PartitionsOptions {
  readonly nodeId: number
  readonly image: ClusterImage
  /** The data directories that could be opened, with the turn below as their `schedule`. New partitions go to the one with the fewest. */
  readonly directories: readonly LogDirectory[]
  /** Paths of configured data directories that could not be opened; partitions found nowhere may be in there. */
  readonly missingDirectories?: readonly string[]
  /** Paths of `cordoned.log.dirs`, to which no new partition goes; asked again for each. */
  readonly cordonedDirectories?: () => readonly string[]
  /** Called when a data directory failed, after its partitions went offline; `anyUsable` is false where it was the last. */
  readonly onDirectoryFailed?: (path: string, anyUsable: boolean, error: Error) => void
  /** Called again for every topic after its settings or the broker's changed. */
  readonly settingsOf: (topic: TopicImage) => PartitionSettings
  readonly clocks: Clocks
  /** At whose end the logs are written: the same that the directories were given. */
  readonly turn: Turn
  readonly logger: Logger
  readonly intervals: UpkeepIntervals
  /** How logs are compacted, asked again for every round; without, none is. */
  readonly compaction?: () => CompactorSettings
  /** Bytes copied per second of partitions that move to another data directory; asked again all the time. No limit without. */
  readonly relocationBytesPerSecondMax?: () => number
  /** From when on an open transaction is counted as late, in ms without a record of its producer. */
  readonly lateTransactionMs?: () => number
  /** `replica.lag.time.max.ms`; Kafka's default without. */
  readonly replicaLagMsMax?: () => number
  /** Whether this broker's lease holds at this moment; always, where nothing is said. */
  readonly isMember?: () => boolean
}

const lagMsMaxDefault = 30_000

/** New partitions of a topic that are made before its creation is answered. */
const madeAtOnceMax = 32

/** See the head of the file. */
export class Partitions implements PartitionHost<Partition> {
  readonly clocks: Clocks
  /** The turn at whose end appends are written and waiting requests looked after. */
  readonly turn: Turn
  /** Deadlines of waiting requests, on the wire clock. */
  readonly timetable: Timetable
  /** Fetches that wait for more to read. */
  readonly waiting = new Set<Due>()
  readonly logDirectories: LogDirectories
  /** Partitions on their way to another data directory. */
  readonly relocations: Relocations
  /** Appends that wait for something slow. */
  readonly appendOrder = new AppendOrder()
  /** Told of replicas that have caught up, where anybody has other brokers written down as in sync. */
  onMayJoin: (partition: Partition, brokerId: number) => void = () => {}
  /** Appends to topics that have a codec of their own. */
  readonly recompression: Recompression
  readonly #nodeId: number
  readonly #settingsOf: (topic: TopicImage) => PartitionSettings
  readonly #replicaLagMsMax: () => number
  readonly #isMember: () => boolean
  readonly #logger: Logger
  readonly #upkeep: Upkeep
  /** Deadlines of checkpoints, retention and the like, on the broker clock. */
  readonly upkeepTimetable: Timetable
  readonly #listeners = new Set<PartitionListener>()
  readonly #lateTransactionMs: () => number
  readonly #byTopic = new Map<string, Partition[]>()
  readonly #byTopicId = new Map<string, Partition[]>()
  #image: ClusterImage
  /** Whether this broker is not in the cluster (yet): then it leads nothing and follows nobody. */
  #isFenced: boolean
  /** Changes of the cluster since the image was read, as long as logs are recovered; null from then on. */
  #awaitStart: ImageDelta[] | null = []
  #offlines = 0

  private constructor(options: PartitionsOptions) {
    this.#image = options.image
    this.#isFenced = isFenced(options.image, options.nodeId)
    const { clocks } = options
    this.clocks = clocks
    this.turn = options.turn
    this.timetable = new Timetable(clocks.wire)
    this.upkeepTimetable = new Timetable(clocks.broker)
    this.recompression = new Recompression(clocks.broker, this.timetable, this.appendOrder, options.logger)
    this.#nodeId = options.nodeId
    this.#settingsOf = options.settingsOf
    this.#lateTransactionMs = options.lateTransactionMs ?? (() => Number.POSITIVE_INFINITY)
    this.#isMember = options.isMember ?? (() => true)
    this.#replicaLagMsMax = options.replicaLagMsMax ?? (() => lagMsMaxDefault)
    this.#logger = options.logger
    this.logDirectories = new LogDirectories({
      directories: options.directories,
      missing: options.missingDirectories ?? [],
      cordoned: options.cordonedDirectories ?? (() => []),
      onFailed: (path, error) => this.#directoryFailed(path, error, options.onDirectoryFailed),
      clock: clocks.broker,
      logger: options.logger,
    })
    this.#upkeep = new Upkeep({
      all: () => this.all(),
      clocks,
      timetable: this.upkeepTimetable,
      slices: new Slices(clocks.wire, this.timetable),
      directories: this.logDirectories,
      intervals: options.intervals,
      compaction: options.compaction,
      logger: options.logger,
    })
    this.relocations = new Relocations({
      directories: this.logDirectories,
      clock: clocks.wire,
      bytesPerSecondMax: options.relocationBytesPerSecondMax ?? (() => Number.MAX_SAFE_INTEGER),
      doNotCompact: partition => this.#upkeep.doNotCompact(partition),
      compact: partition => this.#upkeep.compact(partition),
      moved: partition => {
        if (partition.standing === 'online') this.#upkeep.changed(partition)
        this.#upkeep.removeDeletedIn(partition.settings.log.fileDeleteDelayMs)
      },
      logger: options.logger,
    })
  }

  /**
   * Finds the logs of all partitions that the image gives to this broker. Those of a directory that was closed well are opened when they
   * are first asked for. Directories that the image does not know stay as they are.
   */
  static open(options: PartitionsOptions): Partitions {
    const partitions = new Partitions(options)
    for (const topic of options.image.topics.values()) partitions.#openTopic(topic, false)
    partitions.logDirectories.warnOfStrays()
    return partitions
  }

  /**
   * Recovers the logs of directories that were not closed well, and begins the upkeep. To be called before anybody asks for a log;
   * whoever did would wait for its recovery. Resolves early where the signal calls it off.
   */
  async start(recovery: Omit<RecoveryChoice, 'progress'>): Promise<void> {
    const unproven = [...this.all()].filter(each => each.standing === 'online' && this.logDirectories.mustRecover(each))
    this.logDirectories.allKnown()
    if (unproven.length > 0) await this.logDirectories.recover(unproven, recovery, this.clocks.wire)
    if (recovery.signal?.aborted) return
    const missed = this.#awaitStart ?? []
    this.#awaitStart = null
    for (const delta of missed) this.apply(delta)
    this.relocations.resume((topic, index) => this.get(topic, index), this.logDirectories.isAnyMissing)
    this.#upkeep.start()
  }

  get(topic: string, index: number): Partition | undefined {
    return this.#byTopic.get(topic)?.[index]
  }

  getById(topicId: string, index: number): Partition | undefined {
    return this.#byTopicId.get(topicId)?.[index]
  }

  /** The partitions of a topic, by index; undefined where there is no such topic here. */
  ofTopic(topic: string): readonly Partition[] | undefined {
    return this.#byTopic.get(topic)
  }

  /** The partitions of a topic, by index; undefined where there is no such topic here. */
  ofTopicId(topicId: string): readonly Partition[] | undefined {
    return this.#byTopicId.get(topicId)
  }

  /** The error code for a partition that `get` does not find: nobody has it, or another broker does. */
  whyMissing(topic: string, index: number): number {
    const image = this.#image.topics.get(topic)
    return image?.partitions[index] ? codes.NOT_LEADER_OR_FOLLOWER : codes.UNKNOWN_TOPIC_OR_PARTITION
  }

  /** The error code for a partition that `getById` does not find. */
  whyMissingById(topicId: string, index: number): number {
    const image = this.#image.topicsById.get(topicId)
    return image ? this.whyMissing(image.name, index) : codes.UNKNOWN_TOPIC_ID
  }

  /** Who leads a partition, here or elsewhere, as far as this broker knows; undefined where there is no such partition. */
  leaderOf(topic: string, index: number): { leaderId: number; leaderEpoch: number } | undefined {
    const image = this.#image.topics.get(topic)?.partitions[index]
    return image && { leaderId: image.leader, leaderEpoch: image.leaderEpoch }
  }

  /** The name of the topic with this id; undefined where the cluster has none. */
  topicNameOf(topicId: string): string | undefined {
    return this.#image.topicsById.get(topicId)?.name
  }

  *all(): IterableIterator<Partition> {
    for (const partitions of this.#byTopic.values()) {
      // A topic may have partitions that other brokers hold: the array then has holes.
      for (const partition of partitions) if (partition) yield partition
    }
  }

  /** Calls `listener` from now on, and `opened` at once for the partitions that are there; returns how to stop it. */
  listen(listener: PartitionListener): () => void {
    this.#listeners.add(listener)
    if (listener.opened) for (const partition of this.all()) listener.opened(partition)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Takes over a change of the cluster: logs are there, or gone, when it returns. To be called for each change since the image that the
   * partitions were opened with; what comes before the end of `start` waits for that, as threads may be at work on the logs.
   */
  apply(delta: ImageDelta): void {
    if (this.#awaitStart !== null) {
      this.#awaitStart.push(delta)
      return
    }
    this.#image = delta.image
    const wasFenced = this.#isFenced
    this.#isFenced = isFenced(delta.image, this.#nodeId)
    for (const topic of delta.deleted) this.#deleteTopic(topic)
    for (const topic of delta.created) this.#openTopic(topic, true)
    for (const { before, after } of delta.changed) this.#changeTopic(before, after)
    if (delta.brokerConfigsChanged.length > 0) {
      for (const topic of delta.image.topics.values()) this.#configure(topic)
    }
    if (this.#isFenced !== wasFenced)
      for (const { name, partitions } of delta.image.topics.values()) this.#become(name, partitions)
  }

  #become(topic: string, images: readonly PartitionImage[]): void {
    const ofTopic = this.#byTopic.get(topic)
    for (const image of images) ofTopic?.[image.index]?.become(this.#seen(image))
  }

  /** A partition as this broker takes part in it. */
  #seen(image: PartitionImage): PartitionImage {
    return this.#isFenced ? { ...image, leader: -1 } : image
  }

  /** Figures of the partitions, their logs and directories, and of compaction. */
  *metrics(): Iterable<Metric | null> {
    const lateSinceMs = this.clocks.broker.now() - this.#lateTransactionMs()
    yield* partitionMetrics(this.all(), lateSinceMs)
    yield* directoryMetrics(this.logDirectories)
    yield* this.#upkeep.metrics()
  }

  /** Resolves when nothing is under way that goes on without requests, and without time passing on the broker clock. */
  async settled(): Promise<void> {
    await this.appendOrder.settled()
    await this.#upkeep.settled()
  }

  /** Answers everyone who waits for more with what there is: the broker is about to stop. */
  endWaits(): void {
    for (const wait of [...this.waiting]) wait.due()
  }

  /** Flushes and closes all logs, writes the checkpoints, and leaves the directories marked as cleanly closed. */
  async close(): Promise<void> {
    await this.recompression.stop()
    await this.relocations.stop()
    await this.#upkeep.stop()
    this.timetable.close()
    this.upkeepTimetable.close()
    await this.logDirectories.close()
  }

  openLog(partition: Partition, events: LogEvents): Log | null {
    return this.logDirectories.openLog(partition, events)
  }

  releaseLog(partition: Partition): boolean {
    return this.logDirectories.releaseLog(partition)
  }

  letGoOfLog(partition: Partition): boolean {
    // What it is committed to is told from there while it is closed.
    this.logDirectories.noteHighWatermark(partition)
    return this.logDirectories.letGoOfLog(partition)
  }

  sizeInBytes(partition: Partition): number {
    return this.logDirectories.sizeInBytes(partition)
  }

  storedHighWatermark(partition: Partition): number {
    return this.logDirectories.storedHighWatermark(partition)
  }

  beforeCut(partition: Partition, offset: number): void {
    const { name, highWatermark } = partition
    if (offset < highWatermark) {
      this.#logger.warn('records that were committed are cut off a log, as its leader does not have them', {
        ...{ partition: name, offset, highWatermark, leader: partition.leader, leaderEpoch: partition.leaderEpoch },
      })
    }
    this.logDirectories.lowerCheckpoints(partition, offset)
  }

  wireMs(): number {
    return this.clocks.wire.monotonicMs()
  }

  lagMsMax(): number {
    return this.#replicaLagMsMax()
  }

  isMember(): boolean {
    return this.#isMember()
  }

  isActive(brokerId: number, brokerEpoch: number): boolean {
    const broker = brokerOf(this.#image, brokerId)
    return broker?.state === 'active' && (brokerEpoch === -1 || broker.epoch === brokerEpoch)
  }

  mayJoin(partition: Partition, brokerId: number): void {
    this.onMayJoin(partition, brokerId)
  }

  written(partition: Partition): void {
    this.#upkeep.changed(partition)
  }

  logStartMoved(partition: Partition): void {
    this.#upkeep.changed(partition)
    this.#upkeep.removeDeletedIn(partition.log.config.fileDeleteDelayMs)
  }

  /** A disk error in one log says that its directory cannot be trusted: all its partitions go offline, other directories go on. */
  failed(partition: Partition, error: Error): void {
    if (!this.logDirectories.fail(partition, error)) partition.fail()
  }

  /** Whether a partition's disk cannot be used, or could not since the broker started. */
  get anyOffline(): boolean {
    return this.#offlines > 0
  }

  wentOffline(): void {
    this.#offlines++
  }

  #directoryFailed(path: string, error: Error, told: PartitionsOptions['onDirectoryFailed']): void {
    this.#logger.error(
      'a data directory failed; its partitions are offline until it is repaired and the broker restarted',
      { directory: path, error },
    )
    for (const partition of this.all()) {
      if (this.logDirectories.pathOf(partition) !== path) continue
      partition.fail()
      this.#upkeep.forget(partition)
      this.relocations.forget(partition)
    }
    this.relocations.directoryFailed(path)
    told?.(path, this.logDirectories.anyUsable, error)
  }

  /** Those of which this broker has a replica, and had none before. */
  #openTopic(topic: TopicImage, isNew: boolean, before: readonly PartitionImage[] = []): void {
    let settings: PartitionSettings | null = null
    const fresh: Partition[] = []
    for (let index = 0; index < topic.partitions.length; index++) {
      const image = topic.partitions[index]
      const earlier = before[index]
      if (image === earlier || !image.replicas.includes(this.#nodeId)) continue
      if (earlier?.replicas.includes(this.#nodeId)) continue
      settings ??= this.#settingsOf(topic)
      const partition = new Partition({
        topic: topic.name,
        topicId: topic.topicId,
        index,
        internal: topic.internal,
        nodeId: this.#nodeId,
        settings,
        host: this,
      })
      partition.become(this.#seen(image))
      const place = this.logDirectories.place(partition, isNew)
      if (place === null) partition.fail()
      else if (isNew || place === 'unmade') fresh.push(partition)
      let ofTopic = this.#byTopic.get(topic.name)
      if (ofTopic === undefined) {
        ofTopic = []
        this.#byTopic.set(topic.name, ofTopic)
        this.#byTopicId.set(topic.topicId, ofTopic)
      }
      ofTopic[index] = partition
      for (const listener of this.#listeners) listener.opened?.(partition)
    }
    // A few are made at once, many a slice at a time; whoever asks for one of them sooner has it made then.
    if (fresh.length > madeAtOnceMax) this.#upkeep.make(fresh)
    else for (const partition of fresh) partition.load()
  }

  #changeTopic(before: TopicImage, after: TopicImage): void {
    if (before.configs !== after.configs) this.#configure(after)
    this.#become(after.name, after.partitions)
    this.#leaveReplicas(before, after)
    this.#openTopic(after, true, before.partitions)
  }

  /** Replicas that were reassigned to other brokers; whoever waited was told by then who leads. */
  #leaveReplicas(before: TopicImage, after: TopicImage): void {
    const ofTopic = this.#byTopic.get(after.name)
    if (ofTopic === undefined) return
    const left = ofTopic.filter(({ index }) => !after.partitions[index]?.replicas.includes(this.#nodeId))
    if (left.length === 0) return
    this.#delete(left)
    for (const { index } of left) delete ofTopic[index]
    if (ofTopic.some(each => each)) return
    this.#byTopic.delete(before.name)
    this.#byTopicId.delete(before.topicId)
  }

  #configure(topic: TopicImage): void {
    const ofTopic = this.#byTopic.get(topic.name)
    if (ofTopic === undefined) return
    const settings = this.#settingsOf(topic)
    const isCompacted = settings.log.cleanupPolicy.includes('compact')
    for (const partition of ofTopic) {
      if (!partition) continue
      // A crash must not take the gaps that compaction has left for losses.
      if (!isCompacted && partition.settings.log.cleanupPolicy.includes('compact')) this.#upkeep.checkpointSoon()
      partition.configure(settings)
    }
  }

  #deleteTopic(topic: TopicImage): void {
    const ofTopic = this.#byTopic.get(topic.name)
    if (ofTopic === undefined) return
    this.#byTopic.delete(topic.name)
    this.#byTopicId.delete(topic.topicId)
    this.#delete(ofTopic)
  }

  #delete(partitions: readonly Partition[]): void {
    let removalDelayMs = 0
    for (const partition of partitions) {
      if (!partition) continue
      removalDelayMs = Math.max(removalDelayMs, partition.settings.log.fileDeleteDelayMs)
      partition.delete()
      this.#upkeep.forget(partition)
      this.relocations.forget(partition)
      this.logDirectories.deleteLog(partition)
      for (const listener of this.#listeners) listener.closed?.(partition)
    }
    this.#upkeep.removeDeletedIn(removalDelayMs)
  }
}

/**
 * The group coordinator: the groups of every partition of `__consumer_offsets` that this broker leads.
 *
 * A group belongs to one partition, by its id. Its requests are operations on that partition's shard; partitions are
 * loaded when this broker begins to lead them, and given up when it ceases to.
 */
import { codes } from '../../protocol/errors.ts'
import type { Clock } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { ClusterImage, ImageDelta, TopicImage } from '../cluster/image.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Caller, GroupSettings, Outcome, Reply } from '../groups/outcome.ts'
import type { GroupRecord } from '../groups/records.ts'
import { GroupShard } from '../groups/shard.ts'
import { decodeRecord, encodeRecord } from '../groups/stored.ts'
import { type Answer, gather } from './answer.ts'
import { type CoordinatedPartition, Coordinator } from './coordinator.ts'
import { partitionOfKey } from './key-partition.ts'
import { groupSettings } from './settings.ts'
import type { Moment } from './shard.ts'

/** Where groups are kept. */
export const offsetsTopic = '__consumer_offsets'

type GroupCoordinator = Coordinator<GroupShard, GroupRecord>

/** What the groups need of the rest of the broker. */
export interface GroupsOptions {
  readonly config: BrokerConfig
  readonly cluster: {
    readonly image: ClusterImage
    onChange(listener: (delta: ImageDelta) => void): unknown
  }
  readonly partitions: { get(topic: string, index: number): CoordinatedPartition | undefined }
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export class Groups {
  readonly settings: GroupSettings
  readonly #options: GroupsOptions
  readonly #nodeId: number
  readonly #coordinators = new Map<number, GroupCoordinator>()
  #topicId: string | null = null

  /** Loads the groups of the partitions that are led here, and follows the cluster: to be made once the partitions follow it. */
  constructor(options: GroupsOptions) {
    const { cluster, config } = options
    this.#options = options
    this.#nodeId = config.get('node.id')
    this.settings = groupSettings(config)
    this.#follow(cluster.image.topics.get(offsetsTopic))
    cluster.onChange(delta => this.#changed(delta))
  }

  /** Gives up all groups: whoever waits is told to look for another coordinator. */
  close(): void {
    for (const index of [...this.#coordinators.keys()]) this.#giveUp(index)
  }

  /**
   * Runs an operation on the shard of a group. The answer is the outcome's response, or, where that is undefined, what the
   * operation gives to `reply`, now or later. `refusal` makes the answer of an error code: this broker may not be the
   * coordinator, or still be loading.
   */
  write<T>(
    groupId: string,
    refusal: (errorCode: number) => T,
    operation: (shard: GroupShard, now: Moment, reply: Reply<T>) => Outcome<T | undefined>,
  ): Answer<T> {
    const coordinator = this.#coordinators.get(this.partitionOf(groupId))
    return coordinator ? coordinator.write(refusal, operation) : refusal(codes.NOT_COORDINATOR)
  }

  /** Asks the shard of a group; the answer, too, waits for what was written before it. */
  read<T>(groupId: string, refusal: (errorCode: number) => T, question: (shard: GroupShard) => T): Answer<T> {
    return this.write(groupId, refusal, shard => ({ records: [], response: question(shard) }))
  }

  /** Asks every shard that is here, those that are loading by `refusal`. */
  readAll<T, A>(
    refusal: (errorCode: number) => T,
    question: (shard: GroupShard) => T,
    next: (answers: T[]) => A,
  ): Answer<A> {
    const answers: Answer<T>[] = []
    for (const coordinator of this.#coordinators.values()) {
      answers.push(coordinator.write(refusal, shard => ({ records: [], response: question(shard) })))
    }
    return gather(answers, next)
  }

  /** The partition that keeps a group. */
  partitionOf(groupId: string): number {
    const topic = this.#options.cluster.image.topics.get(offsetsTopic)
    return partitionOfKey(groupId, topic?.partitions.length ?? this.#options.config.get('offsets.topic.num.partitions'))
  }

  /** A client as groups know it. */
  caller(clientId: string | null, remoteAddress: string, apiVersion: number): Caller {
    const { random } = this.#options
    return { clientId: clientId ?? '', clientHost: `/${remoteAddress}`, apiVersion, uuid: () => random.uuidV4() }
  }

  #changed(delta: ImageDelta): void {
    this.#follow(delta.image.topics.get(offsetsTopic))
    if (delta.deleted.length === 0) return
    const gone = new Set(delta.deleted.map(topic => topic.name))
    for (const coordinator of this.#coordinators.values()) {
      coordinator.write(
        () => null,
        shard => shard.forgetTopics(gone),
      )
    }
  }

  #follow(topic: TopicImage | undefined): void {
    if (topic?.topicId !== this.#topicId) this.close()
    this.#topicId = topic?.topicId ?? null
    for (const { index, leader } of topic?.partitions ?? []) {
      if (leader !== this.#nodeId) this.#giveUp(index)
      else if (!this.#coordinators.has(index)) this.#takeOver(index)
    }
  }

  #takeOver(index: number): void {
    const { partitions, clock, logger } = this.#options
    const partition = partitions.get(offsetsTopic, index)
    if (!partition) return
    const log = (message: string, fields: Readonly<Record<string, unknown>>) => logger.info(message, fields)
    const coordinator: GroupCoordinator = new Coordinator({
      shard: new GroupShard({ settings: this.settings, timers: new Deadlines(), log }),
      format: { encode: encodeRecord, decode: decodeRecord },
      partition,
      clock,
      logger,
    })
    this.#coordinators.set(index, coordinator)
    coordinator.load()
  }

  #giveUp(index: number): void {
    this.#coordinators.get(index)?.close(codes.NOT_COORDINATOR)
    this.#coordinators.delete(index)
  }
}

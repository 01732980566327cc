/**
 * The group coordinator: the groups of every partition of `__consumer_offsets` that this broker leads.
 *
 * A group belongs to one partition, by its id. Its requests are operations on that partition's shard.
 */
import { codes } from '../../protocol/errors.ts'
import { codecOf } from '../../protocol/records/compression.ts'
import type { Clock } from '../base/clock.ts'
import { Deadlines } from '../base/deadlines.ts'
import type { Logger } from '../base/logger.ts'
import { loadedPatterns } from '../base/pattern.ts'
import type { Random } from '../base/random.ts'
import type { ClusterImage } from '../cluster/image.ts'
import { healthGroupsTopic, isHealthGroup } from '../cluster/topic-names.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { GroupFigure } from '../groups/describe.ts'
import type { Committed } from '../groups/offsets.ts'
import type { Caller, GroupSettings, Outcome, Reply } from '../groups/outcome.ts'
import type { GroupRecord } from '../groups/records.ts'
import type { Generations, ShardScope } from '../groups/scope.ts'
import { GroupShard } from '../groups/shard.ts'
import { decodeRecord, encodeRecord } from '../groups/stored.ts'
import type { GroupTimer } from '../groups/timers.ts'
import type { Answer } from './answer.ts'
import type { TransactionEnd } from './coordinator.ts'
import { Coordinators, type CoordinatorsOptions } from './coordinators.ts'
import { GroupEvents } from './group-events.ts'
import { partitionOfKey } from './key-partition.ts'
import { type RebalanceCount, RebalanceCounts } from './rebalance-counts.ts'
import type { Producer } from './record-batches.ts'
import { groupSettings } from './settings.ts'
import type { Moment } from './shard.ts'

/** Where groups are kept. */
export const offsetsTopic = '__consumer_offsets'

/** A check is to take less than a second, whatever is set for others. */
const ofHealthGroups: Partial<GroupSettings> = { sessionTimeoutMsMin: 1, initialRebalanceDelayMs: 0 }

/** What the groups need of the rest of the broker. */
export interface GroupsOptions {
  readonly config: BrokerConfig
  readonly cluster: CoordinatorsOptions<GroupShard, GroupRecord>['cluster']
  readonly partitions: CoordinatorsOptions<GroupShard, GroupRecord>['partitions']
  readonly clock: Clock
  /** See `CoordinatorsOptions`. */
  readonly wire?: Clock
  readonly random: Random
  readonly logger: Logger
  /** What a shard's timers are set in; by default, `Deadlines`. */
  readonly timers?: (() => Deadlines<GroupTimer>) | undefined
  /** What groups go on from that were another broker's. */
  readonly continued?: GroupsContinued | undefined
}

/** What the groups of a broker for tests go on from, which takes the place of another. */
export interface GroupsContinued {
  readonly generations: Generations
  /** Whether what is on record was written by another broker. */
  readonly membersAreGone: boolean
  /** The ids that topics have now, by those that they had when offsets were committed. */
  readonly topicIds: ReadonlyMap<string, string>
  /** In which version offsets are recorded. */
  readonly offsetVersion: 3 | 4
}

export class Groups {
  readonly settings: GroupSettings
  /** What happened to groups lately. */
  readonly events = new GroupEvents()
  readonly #rebalances = new RebalanceCounts()
  readonly #options: GroupsOptions
  readonly #coordinators: Coordinators<GroupShard, GroupRecord>
  /** Those of checks of the broker's health. */
  readonly #ofHealth: Coordinators<GroupShard, GroupRecord>

  /** Loads the groups of the partitions that are led here, and follows the cluster: to be made once the partitions follow it. */
  constructor(options: GroupsOptions) {
    const { config, cluster, partitions, clock, wire, logger, continued, timers = () => new Deadlines() } = options
    const settings = groupSettings(config, cluster)
    const log = (message: string, fields: Readonly<Record<string, unknown>>) => {
      this.events.add(clock.now(), message, fields)
      this.#rebalances.heard(fields)
      logger.info(message, fields)
    }
    this.settings = settings
    this.#options = options
    const seen = new Set<string>()
    // A shard that is loaded again has members of this broker.
    const isFirst = (place: string) => !seen.has(place) && seen.add(place) !== undefined
    const coordinators = (topic: string, settings: GroupSettings, log: ShardScope['log']) =>
      new Coordinators({
        topic,
        nodeId: config.get('node.id'),
        shard: (image: ClusterImage, index: number) => {
          const membersAreGone = continued?.membersAreGone === true && isFirst(`${topic}-${index}`)
          const generations = continued?.generations
          const scope = { settings, timers: timers(), log, generations, membersAreGone, readPattern: loadedPatterns }
          return new GroupShard(scope, image)
        },
        format: {
          encode: record => encodeRecord(record, continued?.offsetVersion),
          decode: continued ? decoderWith(continued.topicIds) : decodeRecord,
        },
        writeTimeoutMs: config.get('offsets.commit.timeout.ms'),
        codec: codecOf(config.get('offsets.topic.compression.codec')),
        cluster,
        partitions,
        clock,
        wire,
        logger,
      })
    this.#coordinators = coordinators(offsetsTopic, settings, log)
    // A check every few seconds is nothing to tell of.
    this.#ofHealth = coordinators(healthGroupsTopic, { ...settings, ...ofHealthGroups }, () => {})
  }

  /** Gives up all groups: whoever waits is told to look for another coordinator, or what the code says. */
  close(errorCode?: number): void {
    this.#coordinators.close(errorCode)
    this.#ofHealth.close(errorCode)
  }

  /** Resolves when nothing is under way that goes on without requests, and without time passing. */
  async settled(): Promise<void> {
    await this.#coordinators.settled()
    await this.#ofHealth.settled()
  }

  /** Runs an operation on the shard of a group, as `Coordinators.write` does. */
  write<T>(
    groupId: string,
    refusal: (errorCode: number) => T,
    operation: (shard: GroupShard, now: Moment, reply: Reply<T>) => Outcome<T | undefined>,
  ): Answer<T> {
    if (!isHealthGroup(groupId)) return this.#coordinators.write(this.partitionOf(groupId), refusal, operation)
    return this.#whileServed(refusal, () => this.#ofHealth.write(0, refusal, operation))
  }

  /** What a check asks for is done while all other groups are served, too: what is loading or lost refuses it. */
  #whileServed<T>(refusal: (errorCode: number) => T, operation: () => Answer<T>): Answer<T> {
    const standing = this.#coordinators.readAll(
      errorCode => errorCode,
      () => codes.NONE as number,
      all => all.find(errorCode => errorCode !== codes.NONE) ?? codes.NONE,
    )
    const next = (errorCode: number) => (errorCode === codes.NONE ? operation() : refusal(errorCode))
    return standing instanceof Promise ? standing.then(next) : next(standing)
  }

  /** Runs an operation whose records count once a producer's transaction is committed. */
  writeTransactional<T>(
    groupId: string,
    producer: Producer,
    refusal: (errorCode: number) => T,
    operation: (shard: GroupShard, now: Moment) => Outcome<T>,
  ): Answer<T> {
    return this.#coordinators.write(this.partitionOf(groupId), refusal, operation, producer)
  }

  /** Ends a transaction in a partition of groups; answers 0, or an error code. */
  endTransaction(index: number, end: TransactionEnd): Answer<number> {
    return this.#coordinators.endTransaction(index, end)
  }

  /** Asks the shard of a group; the answer, too, waits for what was written before it. */
  read<T>(groupId: string, refusal: (errorCode: number) => T, question: (shard: GroupShard) => T): Answer<T> {
    if (isHealthGroup(groupId)) return this.#ofHealth.read(0, refusal, question)
    return this.#coordinators.read(this.partitionOf(groupId), refusal, question)
  }

  /** Asks every shard that is here, those that are not served by `refusal`. */
  readAll<T, A>(
    refusal: (errorCode: number) => T,
    question: (shard: GroupShard) => T,
    next: (answers: T[]) => A,
  ): Answer<A> {
    return this.#coordinators.readAll(refusal, question, next)
  }

  /** What figures tell of each group that is here now, without waiting for those that are loading. */
  *figures(): Iterable<GroupFigure> {
    for (const shard of this.#coordinators.activeShards()) yield* shard.figures()
  }

  /** How often each group that is here has begun to rebalance, by why. */
  rebalances(): Iterable<RebalanceCount> {
    return this.#rebalances.of(
      groupId => this.#coordinators.activeShard(this.partitionOf(groupId))?.has(groupId) === true,
    )
  }

  /** Every offset that is committed and counts, likewise. */
  *committed(): Iterable<Committed> {
    for (const shard of this.#coordinators.activeShards()) yield* shard.committed()
  }

  /** The partition that keeps a group. */
  partitionOf(groupId: string): number {
    const topic = this.#options.cluster.image.topics.get(offsetsTopic)
    return partitionOfKey(groupId, topic?.partitions.length ?? this.#options.config.get('offsets.topic.num.partitions'))
  }

  /** A client as groups know it. */
  caller(
    clientId: string | null,
    remoteAddress: string,
    apiVersion: number,
    mayDescribe: Caller['mayDescribe'] = () => false,
  ): Caller {
    const uuid = () => this.#options.random.uuidV4()
    return { clientId: clientId ?? '', clientHost: `/${remoteAddress}`, apiVersion, uuid, mayDescribe }
  }
}

/** Reads records in which topics have other ids than now. */
function decoderWith(topicIds: ReadonlyMap<string, string>): typeof decodeRecord {
  return (key, value) => {
    const record = decodeRecord(key, value)
    if (record?.kind !== 'offset' || record.value === null) return record
    const topicId = topicIds.get(record.value.topicId)
    return topicId === undefined ? record : { ...record, value: { ...record.value, topicId } }
  }
}

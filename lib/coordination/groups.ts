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
import type { Random } from '../base/random.ts'
import type { ClusterImage } from '../cluster/image.ts'
import { healthGroupsTopic, isHealthGroup } from '../cluster/topic-names.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Caller, GroupSettings, Outcome, Reply } from '../groups/outcome.ts'
import type { GroupRecord } from '../groups/records.ts'
import type { Scope } from '../groups/scope.ts'
import { GroupShard } from '../groups/shard.ts'
import { decodeRecord, encodeRecord } from '../groups/stored.ts'
import type { Answer } from './answer.ts'
import type { TransactionEnd } from './coordinator.ts'
import { Coordinators, type CoordinatorsOptions } from './coordinators.ts'
import { partitionOfKey } from './key-partition.ts'
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
}

export class Groups {
  readonly settings: GroupSettings
  readonly #options: GroupsOptions
  readonly #coordinators: Coordinators<GroupShard, GroupRecord>
  /** Those of checks of the broker's health. */
  readonly #ofHealth: Coordinators<GroupShard, GroupRecord>

  /** Loads the groups of the partitions that are led here, and follows the cluster: to be made once the partitions follow it. */
  constructor(options: GroupsOptions) {
    const { config, cluster, partitions, clock, wire, logger } = options
    const settings = groupSettings(config)
    const log = (message: string, fields: Readonly<Record<string, unknown>>) => logger.info(message, fields)
    this.settings = settings
    this.#options = options
    const coordinators = (topic: string, settings: GroupSettings, log: Scope['log']) =>
      new Coordinators({
        topic,
        nodeId: config.get('node.id'),
        shard: (image: ClusterImage) => new GroupShard({ settings, timers: new Deadlines(), log }, image),
        format: { encode: encodeRecord, decode: decodeRecord },
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

  /** Gives up all groups: whoever waits is told to look for another coordinator. */
  close(): void {
    this.#coordinators.close()
    this.#ofHealth.close()
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
}

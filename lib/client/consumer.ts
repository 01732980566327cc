/**
 * A consumer: of partitions that it is told, of topics as a whole, or of those that its group gives it. It fetches ahead within bounds;
 * what has come is taken batch by batch.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { Alarm } from '../base/alarm.ts'
import { offLoop } from '../base/off-loop.ts'
import type { FetchedBatch } from './fetched-set.ts'
import { Fetcher, type StartPosition } from './fetcher.ts'
import type { GroupMember, GroupOptions } from './group-member.ts'
import type { GroupOffset, PartitionName } from './producer-identity.ts'
import type { Routes } from './routes.ts'
import { TopicLeaders } from './topic-leaders.ts'

export { type FetchedBatch, leaderEpochOf, recordsOf, timestampTypeOf } from './fetched-set.ts'
export type { StartPosition } from './fetcher.ts'

export interface ConsumerOptions {
  readonly routes: Routes
  readonly isolationLevel?: 'read_uncommitted' | 'read_committed'
  /** Where to begin where nothing else says so, and where a position is out of range; null lets it fail. */
  readonly reset?: StartPosition | null
  readonly minBytes?: number
  readonly maxWaitMs?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly bufferBytesMax?: number
  readonly retryBackoffMs?: number
  /** How often topics are looked for anew. */
  readonly metadataMaxAgeMs?: number
  /** Whether topics that are named may be made by the broker. */
  readonly createsTopics?: boolean
  /** Shares the partitions with the other members of a group. */
  readonly group?: GroupOptions & {
    /** What to commit before partitions are given to others. */
    readonly revoking?: () => Promise<void>
    readonly assigned?: (partitions: readonly PartitionName[]) => void
  }
}

/** What is consumed: topics by name, or those whose names a pattern fits. */
export interface Subscription {
  readonly topics?: readonly string[]
  readonly includes?: (topic: string) => boolean
}

const [maxBytesDefault, partitionMaxBytesDefault, bufferBytesMaxDefault] = [52_428_800, 1_048_576, 16_777_216]
const [maxWaitMsDefault, metadataMaxAgeMsDefault, retryBackoffMsDefault] = [500, 300_000, 100]
/** A topic that is not there yet is looked for this often. */
const missingMs = 500

export class Consumer {
  readonly #options: ConsumerOptions
  readonly #leaders: TopicLeaders
  readonly #fetcher: Fetcher
  readonly #alarm: Alarm
  /** There once something is asked of its group. */
  #member: GroupMember | null = null
  #subscription: Subscription | null = null
  /** Topics that are subscribed to and there, with their numbers of partitions. */
  #found: ReadonlyMap<string, number> = new Map()
  #assigned: readonly PartitionName[] = []
  #isClosed = false

  constructor(options: ConsumerOptions) {
    const { routes, reset = 'latest' } = options
    this.#options = options
    this.#leaders = new TopicLeaders(routes, { createsTopics: options.createsTopics ?? false })
    this.#fetcher = new Fetcher({
      ...{ routes, reset, leaders: this.#leaders },
      isCommittedOnly: options.isolationLevel === 'read_committed',
      minBytes: options.minBytes ?? 1,
      maxWaitMs: options.maxWaitMs ?? maxWaitMsDefault,
      maxBytes: options.maxBytes ?? maxBytesDefault,
      partitionMaxBytes: options.partitionMaxBytes ?? partitionMaxBytesDefault,
      bufferBytesMax: options.bufferBytesMax ?? bufferBytesMaxDefault,
      retryBackoffMs: options.retryBackoffMs ?? retryBackoffMsDefault,
    })
    this.#alarm = new Alarm(routes.clock, () => void this.#look(), 'monotonicMs')
  }

  /** Consumes these partitions, beside those that there are. Rejects with KafkaError where a topic is not there. */
  async assign(partitions: readonly (PartitionName & { readonly start?: StartPosition })[]): Promise<void> {
    for (const topic of new Set(partitions.map(each => each.topic))) await this.#leaders.find(topic)
    for (const { topic, partition, start } of partitions) this.#fetcher.add(topic, partition, start ?? this.#reset)
  }

  /** Consumes no more from a partition. */
  unassign({ topic, partition }: PartitionName): void {
    this.#fetcher.remove(topic, partition)
  }

  /** Consumes topics, or what its group gives it of them. Topics that are not there yet are waited for. */
  async subscribe(subscription: Subscription): Promise<void> {
    this.#subscription = subscription
    await this.#joining()
    await this.#look()
    this.#member?.start()
  }

  /** The next batch that has come, or null. Throws what consuming has failed with. */
  take(): FetchedBatch | null {
    return this.#fetcher.take()
  }

  /** Behind what was taken of a partition, or passed over as nobody sees it; −1 where nothing was. */
  positionOf({ topic, partition }: PartitionName): number {
    return this.#fetcher.positionOf(topic, partition)
  }

  /** Resolves when there may be something to take, or the time is over. */
  wait(waitMs: number): Promise<void> {
    return this.#fetcher.wait(waitMs)
  }

  /** Ends a wait. */
  wake(): void {
    this.#fetcher.wake()
  }

  /** Commits offsets of the group: those of the next records to consume. */
  async commit(offsets: readonly GroupOffset[]): Promise<void> {
    await (await this.#joining())?.commit(offsets)
  }

  /** What its group has given it, or what it has found of its topics. */
  get assigned(): readonly PartitionName[] {
    return this.#assigned
  }

  /** Ends, and leaves the group. The connections stay with who gave them. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#alarm.cancel()
    await this.#member?.leave()
    this.#fetcher.close()
  }

  /** Loaded only for consumers of groups: it has six APIs and the assignors with it. */
  async #joining(): Promise<GroupMember | null> {
    const { routes, group } = this.#options
    if (group === undefined || this.#member !== null) return this.#member
    const { GroupMember } = await offLoop(import('./group-member.ts'))
    this.#member ??= new GroupMember(routes, group, this.#listener())
    return this.#member
  }

  get #reset(): StartPosition {
    return this.#options.reset ?? 'latest'
  }

  /** Looks for the topics, and then again after a while. */
  async #look(): Promise<void> {
    const { topics, includes } = this.#subscription!
    let againMs = this.#options.metadataMaxAgeMs ?? metadataMaxAgeMsDefault
    try {
      const views = await this.#leaders.ask(topics ?? null)
      const found = new Map<string, number>()
      for (const { name, errorCode, partitions, isInternal } of views) {
        if (errorCode === codes.TOPIC_AUTHORIZATION_FAILED || errorCode === codes.INVALID_TOPIC_EXCEPTION) {
          if (topics !== undefined) throw new KafkaError(errorCode, refusalOf(errorCode, name))
        } else if (errorCode !== codes.NONE) againMs = missingMs
        else if (topics !== undefined || (!isInternal && includes!(name))) found.set(name, partitions.length)
      }
      if (topics !== undefined && found.size < topics.length) againMs = missingMs
      this.#apply(found)
    } catch (error) {
      if (error instanceof KafkaError) this.#fetcher.fail(error)
      else againMs = missingMs
    }
    if (!this.#isClosed) this.#alarm.set(this.#options.routes.clock.monotonicMs() + againMs)
  }

  #apply(found: ReadonlyMap<string, number>): void {
    const isSame =
      found.size === this.#found.size && [...found].every(([name, count]) => this.#found.get(name) === count)
    this.#found = found
    if (this.#member) {
      if (!isSame) this.#member.rejoin()
      return
    }
    const partitions: PartitionName[] = []
    for (const [topic, count] of found) {
      for (let partition = 0; partition < count; partition++) {
        partitions.push({ topic, partition })
        if (!this.#fetcher.has(topic, partition)) this.#fetcher.add(topic, partition, this.#reset)
      }
    }
    this.#assigned = partitions
  }

  #listener() {
    const { group } = this.#options
    return {
      topics: () => this.#subscription?.topics ?? [...this.#found.keys()],
      partitionCounts: async (topics: readonly string[]) => {
        const counts = new Map<string, number>()
        if (topics.length === 0) return counts
        for (const { name, partitions } of await this.#leaders.ask(topics)) counts.set(name, partitions.length)
        return counts
      },
      revoking: async () => {
        await group?.revoking?.()
        for (const { topic, partition } of this.#assigned) this.#fetcher.remove(topic, partition)
        this.#assigned = []
      },
      assigned: async (partitions: readonly PartitionName[]) => {
        for (const { topic, partition } of this.#assigned) this.#fetcher.remove(topic, partition)
        const committed = partitions.length === 0 ? [] : await this.#member!.committed(partitions)
        const offsets = new Map(committed.map(each => [`${each.topic} ${each.partition}`, each.offset]))
        this.#assigned = partitions
        for (const { topic, partition } of partitions) {
          if (this.#leaders.topic(topic) === undefined) await this.#leaders.ask([topic])
          const start = offsets.get(`${topic} ${partition}`) ?? this.#reset
          this.#fetcher.add(topic, partition, start)
        }
        group?.assigned?.(partitions)
      },
      failed: (error: Error) => this.#fetcher.fail(error),
    }
  }
}

function refusalOf(errorCode: number, topic: string): string {
  return errorCode === codes.TOPIC_AUTHORIZATION_FAILED
    ? `Not authorized to access topics: [${topic}]`
    : `Invalid topics: [${topic}]`
}

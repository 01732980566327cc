/** Fetches from the leaders of the partitions that a consumer has, ahead of what it has taken, within a bound of bytes. */
import { codes, isRetriable, KafkaError } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Alarm } from '../base/alarm.ts'
import { Queue } from '../base/queue.ts'
import type { Connection } from './connections.ts'
import { type FetchedBatch, FetchedSet } from './fetched-set.ts'
import { byTopicName, type PartitionName } from './producer-identity.ts'
import type { Routes } from './routes.ts'
import { offsetsAt, startTimes } from './start-positions.ts'
import { type Lane, newLane } from './targets.ts'
import type { TopicLeaders } from './topic-leaders.ts'

/** Where to begin in a partition: an offset, an end of it, or a time in milliseconds since 1970. */
export type StartPosition = number | 'earliest' | 'latest' | { readonly timeMs: number }

export interface FetcherOptions {
  readonly routes: Routes
  readonly leaders: TopicLeaders
  readonly isCommittedOnly: boolean
  /** What becomes of a position that is out of range: where to go on; null lets it fail. */
  readonly reset: StartPosition | null
  readonly minBytes: number
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  /** How many bytes are held that nobody has taken yet; one answer may go beyond. */
  readonly bufferBytesMax: number
  readonly retryBackoffMs: number
}

/** A partition that is fetched from. Who takes it back and gives it again makes a new one, and answers for the old one are void. */
interface Fetched extends PartitionName {
  start: StartPosition | null
  /** Where the next Fetch begins. */
  nextOffset: number
  isUnderWay: boolean
  heldUntilMs: number
  /** How many of its sets nobody has taken yet. */
  waiting: number
  /** Behind what was taken, or passed over as nobody sees it. */
  taken: number
}

interface Node {
  readonly id: number
  isBusy: boolean
}

/** The newest version that names topics. */
const versionMax = 12
/** Sets of a partition that are held: one to take from, one that has come meanwhile. */
const setsMax = 2

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #partitions = new Map<string, Fetched>()
  readonly #nodes = new Map<number, Node>()
  readonly #sets = new Queue<{ fetched: Fetched; set: FetchedSet }>()
  readonly #alarm: Alarm
  #bytesHeld = 0
  #current: { fetched: Fetched; set: FetchedSet } | null = null
  #failure: Error | null = null
  #wake: (() => void) | null = null
  #isDue = false
  #isClosed = false
  readonly #lane: Lane = newLane('fetches')
  /** Those that nobody else uses. */
  readonly #connections = new Set<Connection>()

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.routes.clock, () => this.#go(), 'monotonicMs')
  }

  /** Fetches from a partition too, or from elsewhere in it. */
  add(topic: string, partition: number, start: StartPosition): void {
    const isKnown = typeof start === 'number'
    this.#partitions.set(keyOf(topic, partition), {
      ...{ topic, partition, start: isKnown ? null : start, nextOffset: isKnown ? start : -1 },
      ...{ isUnderWay: false, heldUntilMs: 0, waiting: 0, taken: -1 },
    })
    this.#goSoon()
  }

  /** Fetches no more from a partition; what has come of it is void. */
  remove(topic: string, partition: number): void {
    this.#partitions.delete(keyOf(topic, partition))
  }

  has(topic: string, partition: number): boolean {
    return this.#partitions.has(keyOf(topic, partition))
  }

  /** Behind what was taken of a partition, or passed over as nobody sees it; −1 where nothing was. */
  positionOf(topic: string, partition: number): number {
    return this.#partitions.get(keyOf(topic, partition))?.taken ?? -1
  }

  /** The next batch that has come; null where there is none yet. Throws what fetching has failed with. */
  take(): FetchedBatch | null {
    if (this.#failure) throw this.#failure
    for (;;) {
      this.#current ??= this.#sets.shift() ?? null
      if (this.#current === null) return null
      const { fetched, set } = this.#current
      const batch = this.#isCurrent(fetched) ? set.take() : null
      fetched.taken = set.position
      if (batch !== null) return batch
      this.#current = null
      fetched.waiting--
      this.#bytesHeld -= set.bytes.length
      this.#goSoon()
    }
  }

  /** Resolves when there is something to take, or something has failed, or the time is over. */
  wait(waitMs: number): Promise<void> {
    if (this.#failure || this.#current !== null || this.#sets.length > 0 || this.#isClosed) return Promise.resolve()
    return new Promise(resolve => {
      const timer =
        waitMs === Number.POSITIVE_INFINITY ? null : this.#options.routes.clock.schedule(waitMs, () => this.wake())
      this.#wake = () => {
        timer?.cancel()
        resolve()
      }
    })
  }

  /** Ends a wait. */
  wake(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  /** Ends with an error, which `take` throws. */
  fail(error: Error): void {
    this.#failure ??= error
    this.wake()
  }

  close(): void {
    this.#isClosed = true
    this.#alarm.cancel()
    this.#partitions.clear()
    for (const connection of this.#connections) this.#options.routes.drop(connection)
    this.wake()
  }

  #isCurrent(fetched: Fetched): boolean {
    return this.#partitions.get(keyOf(fetched.topic, fetched.partition)) === fetched
  }

  get #now(): number {
    return this.#options.routes.clock.monotonicMs()
  }

  #goSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#options.routes.clock.immediate(() => this.#go())
  }

  #go(): void {
    this.#isDue = false
    if (this.#isClosed || this.#failure) return
    const now = this.#now
    const ready = new Map<Node, Fetched[]>()
    let nextMs = Number.POSITIVE_INFINITY
    let isLost = false
    for (const fetched of this.#partitions.values()) {
      if (fetched.isUnderWay || fetched.waiting >= setsMax) continue
      if (fetched.heldUntilMs > now) {
        nextMs = Math.min(nextMs, fetched.heldUntilMs)
        continue
      }
      const leader = this.#options.leaders.leaderOf(fetched.topic, fetched.partition)
      if (leader < 0) {
        isLost = true
        fetched.heldUntilMs = now + this.#options.retryBackoffMs
        nextMs = Math.min(nextMs, fetched.heldUntilMs)
        continue
      }
      const node = this.#nodes.get(leader) ?? { id: leader, isBusy: false }
      this.#nodes.set(leader, node)
      const group = ready.get(node)
      if (group) group.push(fetched)
      else ready.set(node, [fetched])
    }
    if (isLost) void this.#options.leaders.refresh()
    for (const [node, fetched] of ready) {
      const unplaced = fetched.filter(({ nextOffset }) => nextOffset < 0)
      const placed = fetched.filter(({ nextOffset }) => nextOffset >= 0)
      if (unplaced.length > 0) void this.#place(node, unplaced)
      if (placed.length > 0 && !node.isBusy && this.#bytesHeld < this.#options.bufferBytesMax) {
        void this.#fetch(node, placed)
      }
    }
    this.#alarm.set(nextMs)
  }

  /** Finds the offsets at which partitions begin. */
  async #place(node: Node, all: readonly Fetched[]): Promise<void> {
    for (const fetched of all) fetched.isUnderWay = true
    const times = new Map<number, Fetched[]>()
    for (const fetched of all) {
      const time = timeOf(fetched.start ?? 'earliest')
      times.set(time, [...(times.get(time) ?? []), fetched])
    }
    const { routes, isCommittedOnly } = this.#options
    for (const [time, group] of times) {
      try {
        const told = await offsetsAt(routes, node.id, group, time, isCommittedOnly)
        const found = new Map(told.map(each => [keyOf(each.topic, each.partition), each]))
        for (const fetched of group) {
          const { errorCode, offset } = found.get(keyOf(fetched.topic, fetched.partition)) ?? unanswered
          if (errorCode !== codes.NONE) this.#refused(fetched, errorCode)
          // Nothing is as late as that: whatever comes is later.
          else if (offset < 0) fetched.start = 'latest'
          else fetched.nextOffset = offset
        }
      } catch (error) {
        this.#lost(group, error as Error)
      }
    }
    for (const fetched of all) fetched.isUnderWay = false
    this.#goSoon()
  }

  async #fetch(node: Node, all: readonly Fetched[]): Promise<void> {
    node.isBusy = true
    for (const fetched of all) fetched.isUnderWay = true
    const { routes, isCommittedOnly, minBytes, maxWaitMs, maxBytes, partitionMaxBytes } = this.#options
    let connection: Connection | null = null
    try {
      connection = await routes.connectionTo({ to: 'broker', nodeId: node.id }, this.#lane)
      this.#connections.add(connection)
      const topics = [...byTopicName(all)].map(([topic, group]) => ({
        topic,
        partitions: group.map(({ partition, nextOffset: fetchOffset }) => ({
          partition,
          fetchOffset,
          partitionMaxBytes,
        })),
      }))
      const isolationLevel = isCommittedOnly ? 1 : 0
      const request = { replicaId: -1, maxWaitMs, minBytes, maxBytes, isolationLevel, topics }
      const answer = await connection.ask(Fetch, request, { mostVersion: versionMax })
      if (answer.errorCode !== 0) throw new KafkaError(answer.errorCode)
      const asked = new Map(all.map(fetched => [keyOf(fetched.topic, fetched.partition), fetched]))
      for (const { topic, partitions } of answer.responses) {
        for (const each of partitions) {
          const fetched = asked.get(keyOf(topic, each.partitionIndex))
          if (fetched !== undefined && this.#isCurrent(fetched)) this.#came(fetched, each)
        }
      }
    } catch (error) {
      if (connection !== null && !(error instanceof KafkaError)) {
        this.#connections.delete(connection)
        routes.drop(connection)
      }
      this.#lost(all, error as Error)
    }
    node.isBusy = false
    for (const fetched of all) fetched.isUnderWay = false
    this.#go()
    if (this.#sets.length > 0) this.wake()
  }

  #came(
    fetched: Fetched,
    answer: {
      readonly errorCode: number
      readonly highWatermark: number
      readonly abortedTransactions: readonly { producerId: number; firstOffset: number }[] | null
      readonly records: Buffer | null
    },
  ): void {
    const { errorCode, records, highWatermark, abortedTransactions } = answer
    if (errorCode !== codes.NONE) {
      this.#refused(fetched, errorCode)
      return
    }
    if (records === null || records.length === 0) return
    const { topic, partition, nextOffset } = fetched
    const aborted = this.#options.isCommittedOnly ? (abortedTransactions ?? []) : null
    const set = new FetchedSet(topic, partition, records, nextOffset, highWatermark, aborted)
    if (set.isEmpty) {
      const sentence = `a batch of ${topic}-${partition} at offset ${nextOffset} is larger than max.partition.fetch.bytes`
      this.fail(new KafkaError(codes.MESSAGE_TOO_LARGE, `${sentence}; raise it`))
      return
    }
    fetched.nextOffset = set.nextOffset
    fetched.waiting++
    this.#bytesHeld += records.length
    this.#sets.push({ fetched, set })
  }

  /** One partition cannot be read from as it was tried. */
  #refused(fetched: Fetched, errorCode: number): void {
    const { reset, retryBackoffMs } = this.#options
    if (errorCode === codes.OFFSET_OUT_OF_RANGE) {
      if (reset === null) {
        const { topic, partition, nextOffset } = fetched
        this.fail(
          new KafkaError(
            errorCode,
            `offset ${nextOffset} of ${topic}-${partition} is out of range, and nothing says where to go on`,
          ),
        )
        return
      }
      fetched.nextOffset = typeof reset === 'number' ? reset : -1
      fetched.start = reset
      return
    }
    if (!isRetriable(errorCode)) {
      this.fail(new KafkaError(errorCode))
      return
    }
    fetched.heldUntilMs = this.#now + retryBackoffMs
    void this.#options.leaders.refresh()
  }

  #lost(all: readonly Fetched[], error: Error): void {
    if (this.#isClosed) return
    if (error instanceof KafkaError && !isRetriable(error.code)) {
      this.fail(error)
      return
    }
    if (!(error instanceof KafkaError) && error.name !== 'ClientError') {
      this.fail(error)
      return
    }
    for (const fetched of all) fetched.heldUntilMs = this.#now + this.#options.retryBackoffMs
    void this.#options.leaders.refresh()
  }
}

const unanswered = { errorCode: codes.UNKNOWN_SERVER_ERROR, offset: -1 }

function timeOf(start: StartPosition): number {
  if (start === 'earliest' || start === 'latest') return startTimes[start]
  return typeof start === 'number' ? start : start.timeMs
}

function keyOf(topic: string, partition: number): string {
  return `${topic} ${partition}`
}

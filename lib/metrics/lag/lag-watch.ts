/**
 * Looks every few seconds at what groups have committed and where the logs end, of the groups that this broker coordinates: for their lag, since
 * when they lag, and how they get on. Only where somebody asked for metrics.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { SharedSlices } from '../../base/shared-slices.ts'
import { EndHistory } from './end-history.ts'
import { type LagLook, type LagStatus, lagStatus } from './lag-status.ts'

/** What a group has committed for a partition. */
export interface Commit {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly commitMs: number
}

/** Where logs end, by topic and partition. */
export type Ends = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface LagSources {
  /** What is committed, with null in between where others may go on. */
  commits(): Iterable<Commit | null>
  /** The end of a log that this broker leads; null where another does. */
  ownEnd(topic: string, partition: number): number | null
  /** Asks the leaders of others; those that cannot be reached in a second or so are left out. */
  ask(partitions: ReadonlyMap<string, ReadonlySet<number>>): Promise<Ends>
}

/** A group at one partition, as of the last look. */
export interface PartitionLag {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  offset: number
  commitMs: number
  end: number
  lag: number
  /** How long the first record that is not committed has been there, in seconds; 0 without lag. */
  lagSeconds: number
  /** Those of the window. */
  readonly looks: LagLook[]
  /** The number of the last look that found it. */
  seen: number
}

export interface LagWatchOptions extends LagSources {
  /** Of commits and of looks: people turn it. */
  readonly clock: Clock
  readonly slices: SharedSlices
  readonly lookMs?: number
  readonly windowMs?: number
  readonly partitionsMax?: number
}

/** How often it is looked, what is judged by, and how many partitions of groups are kept. */
const lookMsDefault = 10_000
const windowMsDefault = 120_000
const partitionsMaxDefault = 100_000
/** Work between two looks at whether the slice is over. */
const stepCount = 50

/** See the head of the file. */
export class LagWatch {
  /** Partitions of groups that were left out, as there are too many. */
  dropped = 0
  readonly #options: LagWatchOptions
  readonly #lags = new Map<string, PartitionLag>()
  #ends = new Map<string, Map<number, EndHistory>>()
  #timer: Timer | null = null
  #look: Promise<void> | null = null
  #number = 0
  #isClosed = false

  constructor(options: LagWatchOptions) {
    this.#options = options
    this.#expect(0)
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  /** All of them as of the last look, in the order of groups. */
  all(): Iterable<PartitionLag> {
    return this.#lags.values()
  }

  statusOf({ looks }: PartitionLag): LagStatus {
    return lagStatus(looks, this.#windowMs)
  }

  get #windowMs(): number {
    return this.#options.windowMs ?? windowMsDefault
  }

  /** Looks now. Those who ask meanwhile share a look. */
  refresh(): Promise<void> {
    this.#look ??= this.#lookAround().finally(() => {
      this.#look = null
    })
    return this.#look
  }

  #expect(delayMs: number): void {
    if (this.#isClosed) return
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      void this.refresh().then(() => this.#expect(this.#options.lookMs ?? lookMsDefault))
    })
  }

  async #lookAround(): Promise<void> {
    const { clock, slices, commits, ownEnd, ask, partitionsMax = partitionsMaxDefault } = this.#options
    const number = ++this.#number
    const found: PartitionLag[] = []
    const elsewhere = new Map<string, Set<number>>()
    let [done, dropped] = [0, 0]
    // What is committed first: an end that is read after it is not before it.
    for (const commit of commits()) {
      if (++done % stepCount === 0 && slices.isOver) await slices.next()
      if (commit === null) continue
      const lag = this.#lagOf(commit, partitionsMax)
      if (lag === null) {
        dropped++
        continue
      }
      lag.seen = number
      found.push(lag)
    }
    const own = new Map<string, Map<number, number>>()
    for (const { topic, partition } of found) {
      if (own.get(topic)?.has(partition) || elsewhere.get(topic)?.has(partition)) continue
      if (++done % stepCount === 0 && slices.isOver) await slices.next()
      const end = ownEnd(topic, partition)
      if (end === null) elsewhere.set(topic, (elsewhere.get(topic) ?? new Set()).add(partition))
      else own.set(topic, (own.get(topic) ?? new Map<number, number>()).set(partition, end))
    }
    const others = elsewhere.size === 0 ? new Map() : await ask(elsewhere)
    if (this.#isClosed) return
    const nowMs = clock.now()
    const ends = new Map<string, Map<number, EndHistory>>()
    for (const lag of found) {
      if (++done % stepCount === 0 && slices.isOver) await slices.next()
      const { topic, partition } = lag
      const history = historyIn(ends, this.#ends, topic, partition)
      const end = own.get(topic)?.get(partition) ?? others.get(topic)?.get(partition) ?? null
      if (end !== null) history.note(nowMs, end)
      this.#judge(lag, end, history, nowMs)
    }
    this.#ends = ends
    this.dropped = dropped
    // Groups and offsets that are no more.
    for (const [key, { seen }] of this.#lags) {
      if (++done % stepCount === 0 && slices.isOver) await slices.next()
      if (seen !== number) this.#lags.delete(key)
    }
  }

  #lagOf({ groupId, topic, partition, offset, commitMs }: Commit, partitionsMax: number): PartitionLag | null {
    const key = `${topic}/${partition}/${groupId}`
    let lag = this.#lags.get(key)
    if (lag === undefined) {
      if (this.#lags.size >= partitionsMax) return null
      lag = { groupId, topic, partition, offset, commitMs, end: -1, lag: -1, lagSeconds: 0, looks: [], seen: 0 }
      this.#lags.set(key, lag)
    }
    lag.offset = offset
    lag.commitMs = commitMs
    return lag
  }

  /** Who asks often learns more often, and does not shorten the window. What a judgement rests on stays. */
  #isSoonAfter(looks: readonly LagLook[], { offset, lag }: PartitionLag): boolean {
    const [previous, before] = looks.slice(-2)
    if (previous === undefined || before === undefined) return false
    const isClose = before.atMs - previous.atMs < (this.#options.lookMs ?? lookMsDefault) / 2
    return isClose && before.offset <= offset && (before.lag > 0 || lag === 0)
  }

  /** Where the end is not known now, it is as it was; where it never was, nothing is told. */
  #judge(lag: PartitionLag, end: number | null, history: EndHistory, nowMs: number): void {
    if (end !== null) lag.end = end
    if (lag.end < 0) return
    lag.lag = Math.max(0, lag.end - lag.offset)
    const since = lag.lag === 0 ? null : history.passedMs(lag.offset)
    lag.lagSeconds = since === null ? 0 : Math.max(0, nowMs - since) / 1_000
    const { looks } = lag
    const { offset, commitMs } = lag
    if (this.#isSoonAfter(looks, lag)) looks.pop()
    looks.push({ atMs: nowMs, offset, commitMs, lag: lag.lag })
    // The window, and the one look at which it began.
    while (looks.length > 2 && nowMs - looks[1]!.atMs >= this.#windowMs) looks.shift()
  }
}

function historyIn(
  ends: Map<string, Map<number, EndHistory>>,
  before: ReadonlyMap<string, ReadonlyMap<number, EndHistory>>,
  topic: string,
  partition: number,
): EndHistory {
  let ofTopic = ends.get(topic)
  if (ofTopic === undefined) {
    ofTopic = new Map()
    ends.set(topic, ofTopic)
  }
  let history = ofTopic.get(partition)
  if (history === undefined) {
    history = before.get(topic)?.get(partition) ?? new EndHistory()
    ofTopic.set(partition, history)
  }
  return history
}

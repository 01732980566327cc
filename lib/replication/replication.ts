/** What this broker copies from others: each partition that follows has its records fetched from its leader, as the cluster's image says. */
import { Alarm } from '../base/alarm.ts'
import type { Clock } from '../base/clock.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import { brokerOf, type ClusterImage, type ImageDelta } from '../cluster/image.ts'
import type { BrokerConfig } from '../config/config.ts'
import { type Metric, metricsOf } from '../metrics/metrics.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Partitions } from '../partitions/partitions.ts'
import type { ReplicationThrottle } from '../partitions/throttled.ts'
import { Fetcher, type FetcherSettings } from './fetcher.ts'
import type { HeldReplicas } from './held.ts'
import type { Peers } from './peers.ts'

export interface ReplicationOptions {
  readonly nodeId: number
  readonly config: BrokerConfig
  readonly cluster: {
    readonly image: ClusterImage
    onChange(listener: (delta: ImageDelta) => void): () => void
  }
  /** Must follow the cluster already: this looks at what they have become. */
  readonly partitions: Partitions
  readonly peers: Peers
  /** Replicas that copy nothing for now; none where nothing is said. */
  readonly held?: HeldReplicas | undefined
  /** What this broker holds itself to as a follower. */
  readonly throttle: ReplicationThrottle
  /** The wire's. */
  readonly clock: Clock
  readonly logger: Logger
}

const ofFetchers = metricsOf('kafka.server', 'ReplicaFetcherManager')

/** How long fetchers without partitions keep their connection, as partitions often come back at once, in ms. */
const idleMsMax = 10_000

/** See the head of the file. */
export class Replication {
  readonly #options: ReplicationOptions
  /** By leader and number. */
  readonly #fetchers = new Map<string, Fetcher>()
  readonly #fetcherOf = new Map<Partition, Fetcher>()
  readonly #logLimit: LogLimit
  readonly #idle: Alarm
  readonly #stopListening: (() => void)[]
  #fetchersPerLeader: number
  #isClosed = false

  constructor(options: ReplicationOptions) {
    const { cluster, partitions, config, clock, held } = options
    this.#options = options
    this.#logLimit = new LogLimit(clock)
    this.#idle = new Alarm(clock, () => this.#endIdle(), 'monotonicMs')
    this.#fetchersPerLeader = config.get('num.replica.fetchers')
    this.#stopListening = [
      partitions.listen({ opened: each => this.#assign(each), closed: each => this.#withdraw(each) }),
      cluster.onChange(delta => this.#follow(delta)),
      ...(held === undefined ? [] : [held.onChange(() => this.#assignAll())]),
    ]
    config.onChange(changed => {
      if (changed.has('num.replica.fetchers')) this.#divideAnew()
    })
  }

  /** Resolves when nothing is under way but requests that wait for something new. */
  get isAtRest(): boolean {
    for (const fetcher of this.#fetchers.values()) if (!fetcher.isAtRest) return false
    return true
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const stop of this.#stopListening) stop()
    this.#idle.cancel()
    const all = [...this.#fetchers.values()]
    this.#fetchers.clear()
    this.#fetcherOf.clear()
    await Promise.all(all.map(fetcher => fetcher.stop()))
  }

  /** How far followers are behind, and how many could not take over what they were given. */
  *metrics(): Iterable<Metric | null> {
    let lagMax = 0
    let faulty = 0
    for (const fetcher of this.#fetchers.values()) {
      for (const { lag, isFaulty } of fetcher.followings()) {
        yield null
        lagMax = Math.max(lagMax, lag)
        if (isFaulty) faulty++
      }
    }
    const tags = { clientId: 'Replica' }
    yield ofFetchers('MaxLag', lagMax, tags)
    yield ofFetchers('FailedPartitionsCount', faulty, tags)
  }

  #follow({ created, changed, brokersChanged }: ImageDelta): void {
    if (brokersChanged) {
      // Whether this broker is fenced decides on all of its partitions.
      this.#assignAll()
      for (const fetcher of this.#fetchers.values()) fetcher.hurry()
      return
    }
    for (const { name } of created) this.#assignTopic(name)
    for (const { after } of changed) this.#assignTopic(after.name)
  }

  #assignAll(): void {
    for (const partition of this.#options.partitions.all()) this.#assign(partition)
  }

  #assignTopic(name: string): void {
    for (const partition of this.#options.partitions.ofTopic(name) ?? []) if (partition) this.#assign(partition)
  }

  #assign(partition: Partition): void {
    if (this.#isClosed) return
    const { leader, isLeader, standing, leaderEpoch } = partition
    const before = this.#fetcherOf.get(partition)
    if (isLeader || leader < 0 || leader === this.#options.nodeId || standing !== 'online' || this.#isHeld(partition)) {
      if (before !== undefined) this.#withdraw(partition)
      return
    }
    if (before?.leader === leader && before.epochOf(partition) === leaderEpoch) return
    const fetcher = this.#fetcherFor(partition)
    if (before !== undefined && before !== fetcher) this.#withdraw(partition)
    this.#fetcherOf.set(partition, fetcher)
    fetcher.add(partition)
  }

  #isHeld({ name }: Partition): boolean {
    return this.#options.held?.has(this.#options.nodeId, name) ?? false
  }

  #withdraw(partition: Partition): void {
    const fetcher = this.#fetcherOf.get(partition)
    if (fetcher === undefined) return
    this.#fetcherOf.delete(partition)
    fetcher.remove(partition)
    if (fetcher.size === 0) this.#idle.set(this.#options.clock.monotonicMs() + idleMsMax)
  }

  #fetcherFor({ leader, topicId, index }: Partition): Fetcher {
    const { nodeId, cluster, partitions, peers, throttle, clock, logger } = this.#options
    const key = `${leader}/${numberOf(topicId, index) % this.#fetchersPerLeader}`
    let fetcher = this.#fetchers.get(key)
    if (fetcher === undefined) {
      fetcher = new Fetcher({
        ...{ nodeId, leader, throttle, clock, logger, turn: partitions.turn, logLimit: this.#logLimit },
        brokerEpoch: () => brokerOf(cluster.image, nodeId)?.epoch ?? -1,
        connect: () => peers.open(leader),
        settings: () => this.#settings(),
      })
      this.#fetchers.set(key, fetcher)
    }
    return fetcher
  }

  #settings(): FetcherSettings {
    const { config } = this.#options
    return {
      partitionBytesMax: config.get('replica.fetch.max.bytes'),
      answerBytesMax: config.get('replica.fetch.response.max.bytes'),
      bytesMin: config.get('replica.fetch.min.bytes'),
      waitMsMax: config.get('replica.fetch.wait.max.ms'),
      backoffMsMax: config.get('replica.fetch.backoff.ms'),
    }
  }

  #divideAnew(): void {
    this.#fetchersPerLeader = this.#options.config.get('num.replica.fetchers')
    for (const partition of [...this.#fetcherOf.keys()]) {
      this.#withdraw(partition)
      this.#assign(partition)
    }
  }

  #endIdle(): void {
    for (const [key, fetcher] of this.#fetchers) {
      if (fetcher.size > 0) continue
      this.#fetchers.delete(key)
      void fetcher.stop()
    }
  }
}

/** Partitions of a topic are spread over the fetchers of their leader. */
function numberOf(topicId: string, index: number): number {
  let sum = index
  for (let i = 0; i < topicId.length; i++) sum += topicId.charCodeAt(i)
  return sum
}

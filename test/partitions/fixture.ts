/** Partitions under test: in memory, with a clock that the test turns and turns of the event loop that the test ends. */

import { createLogger, type Logger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import {
  type BrokerImage,
  type ClusterImage,
  emptyImage,
  type ImageDelta,
  newPartition,
  type PartitionImage,
  type TopicImage,
} from '../../lib/cluster/image.ts'
import { topicMaps } from '../../lib/cluster/topic-map.ts'
import { isInternalTopic } from '../../lib/cluster/topic-names.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { logConfigOf, topicReader } from '../../lib/config/topic-config.ts'
import type { BrokerServices, Context } from '../../lib/handlers/context.ts'
import type { Partition } from '../../lib/partitions/partition.ts'
import { Partitions } from '../../lib/partitions/partitions.ts'
import { ProducerIds } from '../../lib/partitions/producer-ids.ts'
import { FetchSessions } from '../../lib/partitions/sessions/fetch-sessions.ts'
import { nothingThrottled } from '../../lib/partitions/throttled.ts'
import { upkeepIntervals } from '../../lib/partitions/upkeep/intervals.ts'
import { Turn } from '../../lib/partitions/waiting/turn.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { type BatchOptions, batches, buildBatch, readRecords } from '../../protocol/records/batch.ts'
import { LogDirectory } from '../../storage/directory.ts'
import { type Files, memoryFiles } from '../../storage/files.ts'
import { activeBroker } from '../cluster/active-broker.ts'
import { turnOfTheLoop } from '../turn-of-the-loop.ts'

export interface TopicSpec {
  partitions?: number
  configs?: Record<string, string>
  replicas?: readonly number[]
  topicId?: string
}

const random = seededRandom(7)

/** A topic as the controller would have made it, on node 1 alone. */
export function topicImage(name: string, spec: TopicSpec = {}): TopicImage {
  const { partitions = 1, configs = {}, replicas = [1], topicId = random.uuid() } = spec
  return {
    name,
    topicId,
    internal: isInternalTopic(name),
    made: [],
    configs: new Map(Object.entries(configs)),
    partitions: Array.from({ length: partitions }, (_, index) => newPartition(index, replicas[0]!, 0, replicas)),
  }
}

/** One node's partitions and what surrounds them. */
export class PartitionsFixture {
  readonly clock = new ManualClock()
  readonly config: BrokerConfig
  readonly files: Files
  readonly log: string[] = []
  readonly failedDirectories: { path: string; anyUsable: boolean }[] = []
  cordoned: readonly string[]
  relocationBytesPerSecondMax: number
  readonly paths: readonly string[]
  image: ClusterImage = emptyImage('cluster', 1)
  partitions!: Partitions
  services!: BrokerServices
  /** What contexts were asked to run after their answer was sent. */
  sent: (() => void)[] = []
  /** Names of topics that the client may not touch. */
  forbidden = new Set<string>()
  readonly #logger: Logger
  readonly #nodeId: number

  constructor(
    options: {
      nodeId?: number
      topics?: readonly TopicImage[]
      /** Three active ones, where it is not given. */
      brokers?: readonly BrokerImage[]
      properties?: Record<string, string>
      files?: Files
      paths?: readonly string[]
      missing?: readonly string[]
      cordoned?: readonly string[]
      relocationBytesPerSecondMax?: number
    } = {},
  ) {
    const { topics = [], properties = {}, files = memoryFiles(), paths = ['/data'] } = options
    this.config = BrokerConfig.parse(properties)
    this.files = files
    this.paths = paths
    this.cordoned = options.cordoned ?? []
    this.relocationBytesPerSecondMax = options.relocationBytesPerSecondMax ?? Number.MAX_SAFE_INTEGER
    this.#nodeId = options.nodeId ?? 1
    this.#logger = createLogger('info', { clock: this.clock, write: line => void this.log.push(line.trim()) })
    const { brokers = [1, 2, 3].map(id => activeBroker(id)) } = options
    this.image = imageOf({ ...this.image, brokers }, topics)
    this.open(options.missing)
  }

  /** Opens the partitions, again after `close`. */
  open(missing: readonly string[] = [], signal?: AbortSignal): void {
    const turn = new Turn(this.clock)
    const directories = this.paths
      .filter(path => !missing.includes(path))
      .map(path =>
        LogDirectory.open(path, {
          files: this.files,
          nodeId: this.#nodeId,
          clusterId: 'cluster',
          uuid: () => random.uuid(),
          now: () => this.clock.now(),
          schedule: turn.schedule,
          producerIdExpirationMs: () => this.config.get('producer.id.expiration.ms'),
        }),
      )
    const { clock, config } = this
    this.partitions = Partitions.open({
      nodeId: this.#nodeId,
      image: this.image,
      directories,
      missingDirectories: missing,
      cordonedDirectories: () => this.cordoned,
      relocationBytesPerSecondMax: () => this.relocationBytesPerSecondMax,
      onDirectoryFailed: (path, anyUsable) => void this.failedDirectories.push({ path, anyUsable }),
      settingsOf: topic => ({
        log: logConfigOf(topic.configs, config),
        minInsyncReplicas: topicReader(topic.configs, config)('min.insync.replicas'),
        throttled: nothingThrottled,
      }),
      clocks: { broker: clock, wire: clock },
      turn,
      logger: this.#logger,
      intervals: upkeepIntervals(config),
    })
    void this.partitions.start({ threads: 1, pause: () => Promise.resolve(), signal })
    let nextId = 1000
    const image = () => this.image
    const services: Pick<
      BrokerServices,
      | 'nodeId'
      | 'config'
      | 'partitions'
      | 'fetchSessions'
      | 'producerIds'
      | 'clock'
      | 'random'
      | 'logger'
      | 'authorize'
      | 'authorizeAny'
    > & { readonly cluster: { readonly image: ClusterImage } } = {
      nodeId: this.#nodeId,
      cluster: {
        get image() {
          return image()
        },
      },
      config,
      partitions: this.partitions,
      fetchSessions: new FetchSessions({
        slotsMax: config.get('max.incremental.fetch.session.cache.slots'),
        clock,
        random,
      }),
      producerIds: new ProducerIds(async () => {
        nextId += 1000
        return { first: nextId, count: 1000 }
      }),
      clock,
      random,
      logger: this.#logger,
      authorize: (_context, _operation, _type, name) => !this.forbidden.has(name),
      authorizeAny: (_context, _operation, type) => !this.forbidden.has(`any ${type}`),
    }
    this.services = services as BrokerServices
  }

  /** A request's surroundings. */
  context(apiVersion: number, clientId: string | null = 'test'): Context {
    return {
      apiKey: 0,
      apiVersion,
      clientId,
      correlationId: 1,
      connection: undefined as never,
      broker: this.services,
      exchange: { afterSend: run => void this.sent.push(run), takesFiles: () => false, ask: () => undefined },
    }
  }

  /** Changes the cluster; returns what changed. */
  apply(change: {
    created?: readonly TopicImage[]
    deleted?: readonly string[]
    changed?: readonly TopicImage[]
    brokers?: readonly BrokerImage[]
    brokerConfigsChanged?: readonly string[]
  }): ImageDelta {
    const before = this.image
    const gone = new Set([...(change.deleted ?? []), ...(change.changed ?? []).map(topic => topic.name)])
    const kept = [...before.topics.values()].filter(topic => !gone.has(topic.name))
    const { brokers = before.brokers } = change
    this.image = imageOf({ ...before, brokers }, [...kept, ...(change.changed ?? []), ...(change.created ?? [])])
    const delta: ImageDelta = {
      image: this.image,
      created: change.created ?? [],
      deleted: (change.deleted ?? []).map(name => before.topics.get(name)!),
      changed: (change.changed ?? []).map(after => ({ before: before.topics.get(after.name)!, after })),
      brokersChanged: false,
      brokerConfigsChanged: change.brokerConfigsChanged ?? [],
      groupConfigsChanged: [],
      aclsAdded: [],
      aclsRemoved: [],
    }
    this.partitions.apply(delta)
    return delta
  }

  /** Has the metadata say something else of a partition. */
  become(topic: string, change: Partial<PartitionImage>, index = 0): void {
    const before = this.topic(topic)
    const partitions = before.partitions.map(partition =>
      partition.index === index ? { ...partition, partitionEpoch: partition.partitionEpoch + 1, ...change } : partition,
    )
    this.apply({ changed: [{ ...before, partitions }] })
  }

  topic(name: string): TopicImage {
    return this.image.topics.get(name)!
  }

  partition(topic: string, index = 0): Partition {
    return this.partitions.get(topic, index)!
  }

  /** Appends a batch of values to a partition and ends the turn; gives the first offset. */
  write(topic: string, values: readonly string[], index = 0, options: Partial<BatchOptions> = {}): number {
    const { baseOffset } = this.partition(topic, index).append(batchOf(values, { ...options, now: this.clock.now() }), {
      origin: 'client',
      requiredAcks: -1,
    })
    this.turn()
    return baseOffset
  }

  /** Ends the turn of the event loop. */
  turn(): void {
    this.clock.runImmediates()
  }

  /** Lets promises that are settled run their course. */
  async settle(): Promise<void> {
    await turnOfTheLoop()
  }

  async close(): Promise<void> {
    const closed = this.partitions.close()
    this.turn()
    await closed
  }
}

function imageOf(before: ClusterImage, topics: readonly TopicImage[]): ClusterImage {
  return {
    ...before,
    ...topicMaps(topics),
    revision: before.revision + 1,
  }
}

/** Calls `done` with 0 once the record at `offset` is in the file, or with the error that keeps it from getting there. */
export function whenWritten(partition: Partition, offset: number, done: (errorCode: number) => void): void {
  partition.awaitWritten(offset, told, done)
}

/** Calls `done` with 0 once the record at `offset` is committed, or with the error that keeps it from getting there. */
export function whenCommitted(partition: Partition, offset: number, done: (errorCode: number) => void): void {
  partition.awaitCommitted(offset, told, done)
}

const told = { settled: (done: (errorCode: number) => void, errorCode: number) => done(errorCode) }

/** A batch of values without keys. */
export function batchOf(values: readonly string[], options: Partial<BatchOptions> & { now?: number } = {}): Buffer {
  const { now = Date.UTC(2026, 0, 1), ...rest } = options
  return buildBatch({
    ...rest,
    records: rest.records ?? values.map(value => ({ timestamp: now, key: null, value: Buffer.from(value) })),
  })
}

/** The values of records as they were read. */
export function valuesOf(records: Buffer | readonly Buffer[] | null): string[] {
  const all = Buffer.isBuffer(records) ? records : Buffer.concat(records ?? [])
  return [...batches(all)].flatMap(at => readRecords(all, at).map(record => String(record.value)))
}

/** Files of which some fail as a broken disk does, while `broken` says so of their path. */
export function breakableFiles(files: Files, broken: (path: string) => boolean): Files {
  const fail = () => {
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  }
  return new Proxy(files, {
    get(target, name) {
      const member = target[name as keyof Files]
      if (name === 'mkdir' || name === 'replaceLater' || name === 'usage') {
        return (path: string, content: string) => (broken(path) ? fail() : target[name](path, content))
      }
      if (name !== 'file') return typeof member === 'function' ? member.bind(target) : member
      return (path: string) =>
        new Proxy(target.file(path), {
          get(file, property) {
            const value = Reflect.get(file, property, file)
            if ((property === 'writev' || property === 'read') && broken(file.path)) return fail
            return typeof value === 'function' ? value.bind(file) : value
          },
        })
    },
  })
}

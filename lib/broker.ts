/** The broker put together from its parts, and the public door of the package: start one, ask where it is, stop it. */
import { codes, KafkaError } from '../protocol/errors.ts'
import { faultOf } from '../storage/faults.ts'
import { diskFiles, memoryFiles } from '../storage/files.ts'
import { nodeIdIn, readMetaProperties } from '../storage/meta-properties.ts'
import { systemClocks } from './base/clock.ts'
import { createLogger, type Logger, type LogLevel } from './base/logger.ts'
import { systemRandom } from './base/random.ts'
import { Composition } from './composition.ts'
import { parsePublished } from './config/advertised.ts'
import { BrokerConfig } from './config/config.ts'
import { startProperties } from './config/start.ts'
import type { Contents } from './contents/contents.ts'
import type { RecordToLoad } from './contents/record-line.ts'
import { type TopicOption, topicsOfOption } from './contents/topic-text.ts'
import type { Metric } from './metrics/metrics.ts'
import { systemSurroundings } from './network/neighbours.ts'
import { systemNetwork } from './network/tcp.ts'

export { ConfigError } from './config/values.ts'
export type { Logger, LogLevel, Metric, RecordToLoad, TopicOption }
export { codes, KafkaError }

/** How a broker is started. All of it may be left out. */
export interface BrokerOptions {
  /** Port of the one plaintext listener; 0 takes a free one. 9092 where neither this nor `listeners` is given. */
  port?: number
  /** Address of that listener; '0.0.0.0' for all of the machine's. 127.0.0.1 where neither this nor `listeners` is given. */
  host?: string
  /** Directory for the topics, made where there is none; `./ottla-data` where neither this nor `log.dirs` is given. */
  data?: string
  /**
   * 'host' or 'host:port' for a broker in a container: what clients are told that come through a published port. Those on a network of
   * the container are told the address that they reached. Where `advertised.listeners` names a listener, that counts.
   */
  published?: string
  /** Keep everything in memory: gone with the broker. */
  ephemeral?: boolean
  /** Settings for tests and laptops: no rebalance delay, topics made on first use, few internal partitions. */
  dev?: boolean
  /** Topics to be there once clients can connect, as in `{ orders: 3 }`. Those that are there already are left as they are. */
  topics?: Readonly<Record<string, TopicOption>>
  /** Files of JSON lines, `{"topic": "orders", "key": "a", "value": "b"}`, whose records are there once clients can connect. */
  load?: string | readonly string[]
  /** The same records as objects. */
  records?: Iterable<RecordToLoad> | AsyncIterable<RecordToLoad>
  /** Kafka's own properties, by name; the options above win over them. */
  properties?: Readonly<Record<string, string>>
  /** What is logged to standard error; 'warn' where nothing is said, while the command says 'info'. */
  logLevel?: LogLevel
  /** Where log lines go instead. */
  logger?: Logger
  /** Calls the start off, which may take long where logs are to be recovered; it rejects then with the signal's reason. */
  signal?: AbortSignal
}

/** A broker that runs in this process. */
export class Broker implements AsyncDisposable {
  readonly #parts: Composition

  /**
   * Resolves with the reason where the broker stops by itself: the disk of the cluster's metadata, or of all data, failed. It is
   * stopped by then, as far as that works. Never settles otherwise.
   */
  readonly failed: Promise<Error>

  private constructor(parts: Composition, logger: Logger) {
    this.#parts = parts
    this.failed = parts.failed.then(async error => {
      logger.error('the broker stops', { error })
      await parts.stop().catch(second => logger.error('the broker was not stopped well', { error: second }))
      return error
    })
  }

  /**
   * Starts a broker and resolves once clients can connect.
   * Rejects with a ConfigError for bad settings, and with an error that says what to do where the data directory or the
   * port belongs to somebody else, or a topic or record cannot be made; nothing is left open then.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const logger = options.logger ?? createLogger(options.logLevel ?? 'warn')
    const config = BrokerConfig.parse(propertiesOf(options), { warn: message => logger.warn(message) })
    const parts = await Composition.start({
      config,
      ephemeral: options.ephemeral ?? false,
      parts: {
        clocks: systemClocks,
        random: systemRandom,
        files: options.ephemeral ? memoryFiles() : diskFiles,
        network: systemNetwork,
        surroundings: () => systemSurroundings(path => diskFiles.read(path)?.toString('latin1') ?? null),
      },
      published: options.published === undefined ? undefined : parsePublished(options.published),
      logger,
      contents: contentsOf(options),
      signal: options.signal,
    })
    return new Broker(parts, logger)
  }

  /** 'host:port' of the first listener, as clients take it for `bootstrap.servers`. */
  get bootstrap(): string {
    return this.#parts.bootstrap
  }

  /** `node.id` of this broker. */
  get nodeId(): number {
    return this.#parts.nodeId
  }

  /** The id of the cluster, which is kept with the data. */
  get clusterId(): string {
    return this.#parts.clusterId
  }

  /** The first data directory, or null where everything is in memory. */
  get dataDirectory(): string | null {
    return this.#parts.dataDirectory
  }

  /** Figures of storage and compaction as they stand now, under Apache Kafka's names where it has them. */
  metrics(): Metric[] {
    return this.#parts.metrics.read()
  }

  /** Answers what is in flight, writes everything to disk, and lets go of port and directory. May be called again. */
  stop(): Promise<void> {
    return this.#parts.stop()
  }

  /** `stop`, for `await using broker = await Broker.start()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Null where there is nothing to make. Throws TopicTextError. */
function contentsOf({ topics, load, records }: BrokerOptions): Contents | null {
  if (topics === undefined && load === undefined && records === undefined) return null
  const files = load === undefined ? [] : typeof load === 'string' ? [load] : load
  return { topics: topicsOfOption(topics ?? {}), files, records: records ?? null }
}

/** Who does not say which broker this is means the one whose data directory it is. */
function propertiesOf(options: BrokerOptions): Record<string, string> {
  const properties = startProperties(options)
  const { 'node.id': nodeId, 'broker.id': brokerId } = options.properties ?? {}
  if (options.ephemeral || nodeId !== undefined || brokerId !== undefined) return properties
  for (const path of (properties['log.dirs'] ?? properties['log.dir'] ?? '').split(',')) {
    const stored = storedNodeId(path.trim())
    if (stored) return { ...properties, 'node.id': stored }
  }
  return properties
}

function storedNodeId(path: string): string | null {
  try {
    const meta = readMetaProperties(diskFiles, path)
    return meta && nodeIdIn(meta)
  } catch (error) {
    // The start says what is the matter with it.
    if (faultOf(error) === 'disk') return null
    throw error
  }
}

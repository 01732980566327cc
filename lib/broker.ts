/** The broker put together from its parts, and the public door of the package: start one, ask where it is, stop it. */

import { hostname } from 'node:os'
import { resolve } from 'node:path'
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
import { listenersOf } from './config/listeners.ts'
import { startProperties } from './config/start.ts'
import { ConfigError } from './config/values.ts'
import type { Contents } from './contents/contents.ts'
import type { RecordToLoad } from './contents/record-line.ts'
import { type TopicOption, topicsOfOption } from './contents/topic-text.ts'
import type { BrokerStage } from './http/probes.ts'
import type { HttpServer } from './http/server.ts'
import type { Metric } from './metrics/metrics.ts'
import { systemSurroundings } from './network/neighbours.ts'
import { systemNetwork } from './network/tcp.ts'
import { addressOf } from './server/listener.ts'
import { startErrorOf } from './start-error.ts'
import type { DevTls } from './tls/dev-tls.ts'

export type { DevTls, Logger, LogLevel, Metric, RecordToLoad, TopicOption }
export { ConfigError, codes, KafkaError }

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
  /**
   * TLS for tests and laptops: the listener, or those of `listeners` that speak TLS, get a certificate of an authority that is made at this start
   * and forgotten; `broker.devTls` says what clients have to trust.
   */
  devTls?: boolean
  /** Topics to be there once clients can connect, as in `{ orders: 3 }`. Those that are there already are left as they are. */
  topics?: Readonly<Record<string, TopicOption>>
  /** Files of JSON lines, `{"topic": "orders", "key": "a", "value": "b"}`, whose records are there once clients can connect. */
  load?: string | readonly string[]
  /** The same records as objects. */
  records?: Iterable<RecordToLoad> | AsyncIterable<RecordToLoad>
  /** `[HOST:]PORT` where `/live` and `/ready` are served over HTTP; on this machine only without a host. Off where it is not given. */
  http?: string | number
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
  readonly #probes: Probes | null

  /** What clients have to trust where the broker was started with `devTls`; null otherwise. */
  readonly devTls: DevTls | null

  /**
   * Resolves with the reason where the broker stops by itself: the disk of the cluster's metadata, or of all data, failed. It is
   * stopped by then, as far as that works. Never settles otherwise.
   */
  readonly failed: Promise<Error>

  private constructor(parts: Composition, probes: Probes | null, devTls: DevTls | null, logger: Logger) {
    this.#parts = parts
    this.#probes = probes
    this.devTls = devTls
    this.failed = parts.failed.then(async error => {
      logger.error('the broker stops', { error })
      if (probes !== null) probes.stage = 'failed'
      await this.stop().catch(second => logger.error('the broker was not stopped well', { error: second }))
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
    const devTls = options.devTls ? await devTlsOf(options) : null
    const config = BrokerConfig.parse(
      { ...propertiesOf(options), ...devTls?.properties },
      { warn: message => logger.warn(message) },
    )
    const contents = contentsOf(options)
    const probes = await probesOf(options.http, config, logger)
    try {
      const parts = await Composition.start({
        config,
        ephemeral: options.ephemeral ?? false,
        parts: {
          clocks: systemClocks,
          random: systemRandom,
          files: options.ephemeral ? memoryFiles() : diskFiles,
          network: systemNetwork,
          readStore: path => diskFiles.read(path),
          surroundings: () => systemSurroundings(path => diskFiles.read(path)?.toString('latin1') ?? null),
        },
        published: options.published === undefined ? undefined : parsePublished(options.published),
        logger,
        contents,
        signal: options.signal,
      })
      if (probes !== null) probes.stage = 'ready'
      return new Broker(parts, probes, devTls, logger)
    } catch (error) {
      await probes?.server.close()
      throw startErrorOf(error, options.ephemeral ? [] : config.logDirs.map(path => resolve(path)))
    }
  }

  /** 'host:port' of the first listener, as clients take it for `bootstrap.servers`. */
  get bootstrap(): string {
    return this.#parts.bootstrap
  }

  /** All listeners, with their 'host:port' as at the start, and what they speak: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. */
  get listeners(): { name: string; securityProtocol: string; address: string }[] {
    return this.#parts.listeners.map(listener => {
      const { name, securityProtocol } = listener
      return { name, securityProtocol, address: addressOf(listener) }
    })
  }

  /** 'host:port' of the HTTP server, or null where there is none. */
  get http(): string | null {
    return this.#probes?.server.address ?? null
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
  async stop(): Promise<void> {
    if (this.#probes?.stage === 'ready') this.#probes.stage = 'stopping'
    try {
      await this.#parts.stop()
    } finally {
      await this.#probes?.server.close()
    }
  }

  /** `stop`, for `await using broker = await Broker.start()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Loaded only for who asks for it. Throws ConfigError. */
async function devTlsOf(options: BrokerOptions): Promise<DevTls> {
  const properties = propertiesOf(options)
  const own = Object.keys(properties).find(name => /(?:^|\.)ssl\.(?:keystore|truststore)\./.test(name))
  if (own !== undefined) {
    throw new ConfigError(own, `${own} is set, and devTls (--dev-tls) makes keys of its own: leave one of them out`)
  }
  const listeners = listenersOf(BrokerConfig.parse(properties))
  const { speaksTls } = await import('./tls/listeners.ts')
  if (!listeners.some(speaksTls)) {
    throw new ConfigError(
      'listeners',
      'devTls (--dev-tls) is for listeners that speak TLS: listeners has none with SSL or SASL_SSL',
    )
  }
  const { devTls } = await import('./tls/dev-tls.ts')
  const published = options.published === undefined ? [] : [parsePublished(options.published).host]
  const named = listeners.flatMap(({ host, advertisedHost }) => [host, advertisedHost ?? '']).concat(published)
  const reachable = named.filter(host => !['', '0.0.0.0', '::'].includes(host))
  return devTls(systemClocks.broker.now(), ['localhost', '127.0.0.1', '::1', hostname(), ...reachable])
}

/** The HTTP server, and what its answers tell of the broker. */
interface Probes {
  readonly server: HttpServer
  stage: BrokerStage
}

/** Before the rest of the start, as that may take long; null where nobody asked for it, and then none of it is loaded. */
async function probesOf(
  http: string | number | undefined,
  config: BrokerConfig,
  logger: Logger,
): Promise<Probes | null> {
  if (http === undefined) return null
  const { HttpServer, httpAddressOf } = await import('./http/server.ts')
  const { probeRoutes } = await import('./http/probes.ts')
  const address = httpAddressOf(String(http))
  if (address === null)
    throw new ConfigError('http', `http is '${http}'; it takes [HOST:]PORT, as in 8080 or 0.0.0.0:8080`)
  const names = listenersOf(config).flatMap(({ advertisedHost }) => advertisedHost ?? [])
  const stage = { now: 'starting' as BrokerStage }
  const server = await HttpServer.listen({
    address,
    routes: probeRoutes(() => stage.now),
    names,
    logger: logger.child('http'),
  })
  return {
    server,
    get stage() {
      return stage.now
    },
    set stage(next) {
      stage.now = next
    },
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

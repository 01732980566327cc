/** The broker put together from its parts, and the public door of the package: start one, ask where it is, stop it. */
import { codes, KafkaError } from '../protocol/errors.ts'
import type { Logger, LogLevel } from './base/logger.ts'
import { offLoop } from './base/off-loop.ts'
import type { BrokerCluster, ClusterBroker, ClusterOptions } from './composition/cluster-options.ts'
import type { BrokerOptions, BrokerRun, HttpSettings } from './composition/options.ts'
import { startRun } from './composition/run.ts'
import { ConfigError } from './config/values.ts'
import type { RecordToLoad } from './contents/record-line.ts'
import type { TopicOption } from './contents/topic-text.ts'
import type { Metric } from './metrics/metrics.ts'
import type { DevTls } from './tls/dev-tls.ts'

export type {
  BrokerOptions,
  ClusterBroker,
  ClusterOptions,
  DevTls,
  HttpSettings,
  Logger,
  LogLevel,
  Metric,
  RecordToLoad,
  TopicOption,
}
export { ConfigError, codes, KafkaError }

/** Several brokers in this process that are one cluster. */
export type Cluster = BrokerCluster

/** Loaded for who asks for it: most start one broker, and want it soon. */
export const Cluster = {
  /** Starts all brokers, and resolves once each takes part and clients can connect. Nothing is left open where one cannot be started. */
  async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { LocalCluster } = await offLoop(import('./composition/local-cluster.ts'))
    return LocalCluster.start(options)
  },
}

/** A broker that runs in this process. */
export class Broker implements AsyncDisposable {
  readonly #run: BrokerRun

  protected constructor(run: BrokerRun) {
    this.#run = run
  }

  /**
   * Starts a broker and resolves once clients can connect.
   * Rejects with a ConfigError for bad settings, and with an error that says what to do where the data directory or the
   * port belongs to somebody else, or a topic or record cannot be made; nothing is left open then.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    return new Broker(await startRun(options))
  }

  /** What clients have to trust where the broker was started with `devTls`; null otherwise. */
  get devTls(): DevTls | null {
    return this.#run.devTls
  }

  /**
   * Resolves with the reason where the broker stops by itself: the disk of the cluster's metadata, or of all data, failed. It is
   * stopped by then, as far as that works. Never settles otherwise.
   */
  get failed(): Promise<Error> {
    return this.#run.failed
  }

  /** 'host:port' of the first listener, as clients take it for `bootstrap.servers`. */
  get bootstrap(): string {
    return this.#run.bootstrap
  }

  /** All listeners, with their 'host:port' as at the start, and what they speak: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. */
  get listeners(): { name: string; securityProtocol: string; address: string }[] {
    return this.#run.listeners
  }

  /** 'host:port' of the HTTP server, or null where there is none. */
  get http(): string | null {
    return this.#run.http
  }

  /** The link by which a browser on this machine may write, with the token that programs send as `Authorization: Bearer TOKEN`; null without HTTP. */
  get httpLink(): string | null {
    return this.#run.httpLink
  }

  /** `node.id` of this broker. */
  get nodeId(): number {
    return this.#run.nodeId
  }

  /** The id of the cluster, which is kept with the data. */
  get clusterId(): string {
    return this.#run.clusterId
  }

  /** The first data directory, or null where everything is in memory. */
  get dataDirectory(): string | null {
    return this.#run.dataDirectory
  }

  /** Figures of storage and compaction as they stand now, under Apache Kafka's names where it has them. */
  metrics(): Metric[] {
    return this.#run.metrics()
  }

  /** Answers what is in flight, writes everything to disk, and lets go of port and directory. May be called again. */
  async stop(): Promise<void> {
    await this.#run.stop()
  }

  /** `stop`, for `await using broker = await Broker.start()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

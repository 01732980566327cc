/** How a program starts a broker. The types of the package name nothing that is not in here, so that they are checked quickly. */
import type { Logger, LogLevel } from '../base/logger.ts'
import type { RecordToLoad } from '../contents/record-line.ts'
import type { TopicOption } from '../contents/topic-text.ts'
import type { Metric } from '../metrics/metrics.ts'
import type { DevTls } from '../tls/dev-tls.ts'

/** What is served over HTTP: a console, `/metrics`, `/live` and `/ready`, read by everybody who reaches it. */
export interface HttpSettings {
  /** `[HOST:]PORT`; on this machine only without a host, and port 0 takes a free one. */
  address: string | number
  /** `host` or `host:port` of proxies before it and of names of its own, beside `localhost`, addresses, and advertised hosts. */
  hosts?: readonly string[]
  /** The path that a proxy puts all of it under, as in `/kafka`. */
  path?: string
  /** Let everybody write who reaches it. Otherwise that takes the token, which is in `broker.httpLink`. */
  write?: boolean
  /** The token instead of a random one. */
  token?: string
}

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
  /** `[HOST:]PORT` where HTTP is served, or that and more; on this machine only without a host. Off where it is not given. */
  http?: string | number | HttpSettings
  /** Kafka's own properties, by name; the options above win over them. */
  properties?: Readonly<Record<string, string>>
  /** What is logged to standard error; 'warn' where nothing is said, while the command says 'info'. */
  logLevel?: LogLevel
  /** Where log lines go instead. */
  logger?: Logger
  /** Calls the start off, which may take long where logs are to be recovered; it rejects then with the signal's reason. */
  signal?: AbortSignal
}

/** What stands behind a `Broker`, which passes all of it on. */
export interface BrokerRun {
  readonly bootstrap: string
  readonly listeners: { name: string; securityProtocol: string; address: string }[]
  readonly http: string | null
  readonly httpLink: string | null
  readonly nodeId: number
  readonly clusterId: string
  readonly dataDirectory: string | null
  readonly devTls: DevTls | null
  readonly failed: Promise<Error>
  metrics(): Metric[]
  stop(): Promise<void>
}

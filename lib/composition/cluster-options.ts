/** A cluster in one process as programs have it: how it is started, and what its brokers are asked. */
import type { BrokerOptions } from './options.ts'

/** How a cluster is started; what is not said here goes for each of its brokers. Of `http`, too, each has a port of its own, after the first's. */
export interface ClusterOptions extends Omit<BrokerOptions, 'devTls' | 'published'> {
  /** How many brokers; 3 where nothing is said. Their node ids follow each other, from 1 or from `node.id` on. */
  brokers?: number
  /** Port of the first broker, the others have the next ones; 0 takes free ones. 9092 where nothing is said. */
  port?: number
  /** Directory for all of them: `metadata`, and `broker-<node id>` for each. */
  data?: string
}

/** Brokers that are one cluster, in this process. */
export interface BrokerCluster extends AsyncDisposable {
  /** By node id. */
  readonly brokers: readonly ClusterBroker[]
  readonly clusterId: string
  /** The directory of all, or null where everything is in memory. */
  readonly dataDirectory: string | null
  /** 'host:port' of each broker that runs, as clients take them for `bootstrap.servers`. */
  readonly bootstrap: string
  /** The broker with this node id. */
  broker(nodeId: number): ClusterBroker
  /** Stops all brokers. May be called again. */
  stop(): Promise<void>
}

/** One broker of a cluster. */
export interface ClusterBroker {
  readonly nodeId: number
  /** Its data directory, or null where everything is in memory. */
  readonly dataDirectory: string | null
  readonly isRunning: boolean
  /** 'host:port' of its first listener, as of its last start. */
  readonly bootstrap: string
  /** 'host:port' that answers over HTTP; null where it was not asked for, or the broker does not run. */
  readonly http: string | null
  /** The link by which a browser may write. */
  readonly httpLink: string | null
  /** Its listeners, as of its last start. */
  readonly listeners: readonly { name: string; securityProtocol: string; address: string }[]
  /** Starts it again, on the same port; resolves once it takes part. */
  start(): Promise<void>
  /** Has the others lead what it leads, answers what is in flight, writes everything to disk, and leaves the cluster. */
  stop(): Promise<void>
  /** Ends it as SIGKILL would end a process: connections break, others see it go at once, and its logs are recovered at the next start. */
  kill(): Promise<void>
}

/** Several brokers of a program as one: where clients come, and the HTTP server beside them, which tells of one that runs. */
import type { Logger } from '../../base/logger.ts'
import { offLoop } from '../../base/off-loop.ts'
import type { ClusterOptions } from '../../composition/cluster-options.ts'
import type { HttpSide } from '../../composition/http.ts'
import type { LocalCluster } from '../../composition/local-cluster.ts'
import type { BrokerRun, HttpSettings } from '../../composition/options.ts'
import type { Composition } from '../../composition.ts'
import { BrokerConfig } from '../../config/config.ts'
import { startProperties } from '../../config/start.ts'
import type { HttpRoutes } from '../../http/routes.ts'
import type { Brokers } from './brokers.ts'

/** The HTTP side of a cluster that is going to start, with its routes. */
export async function openClusterHttp(
  asked: string | number | HttpSettings,
  options: ClusterOptions & { readonly logger: Logger },
  routes: HttpRoutes | undefined,
): Promise<HttpSide> {
  const { openHttp } = await offLoop(import('../../composition/http.ts'))
  const { data = '/memory', ...given } = options
  const config = BrokerConfig.parse(startProperties({ ...given, data }))
  const http = await openHttp(asked, config, options.logger)
  if (routes !== undefined) http.server.add(routes)
  return http
}

/** See the head of the file. */
export class ClusterRun implements BrokerRun {
  readonly devTls = null
  /** Brokers of a cluster are stopped and started one by one. */
  readonly failed: Promise<Error> = new Promise(() => {})
  readonly #cluster: LocalCluster
  readonly #brokers: Brokers
  readonly #http: HttpSide | null
  #shown: Composition | null = null

  constructor(brokers: Brokers, http: HttpSide | null) {
    this.#brokers = brokers
    this.#cluster = brokers.cluster
    this.#http = http
    brokers.onChange = () => this.#show()
    this.#show()
  }

  get bootstrap(): string {
    return this.#cluster.bootstrap
  }

  get listeners(): BrokerRun['listeners'] {
    return this.#cluster.brokers.filter(({ isRunning }) => isRunning).flatMap(({ listeners }) => listeners)
  }

  get http(): string | null {
    return this.#http?.server.address ?? null
  }

  get httpLink(): string | null {
    return this.#http?.server.link ?? null
  }

  get nodeId(): number {
    return this.#cluster.brokers[0]!.nodeId
  }

  get clusterId(): string {
    return this.#cluster.clusterId
  }

  get dataDirectory(): string | null {
    return this.#cluster.dataDirectory
  }

  metrics() {
    return this.#brokers.running.flatMap(({ metrics }) => metrics.read())
  }

  async stop(): Promise<void> {
    if (this.#http?.stage === 'ready') this.#http.stage = 'stopping'
    try {
      await this.#cluster.stop()
    } finally {
      await this.#http?.server.close()
    }
  }

  #show(): void {
    const [first] = this.#brokers.running
    if (first === undefined || first === this.#shown) return
    this.#shown = first
    this.#http?.measure(first.view)
    this.#http?.serves(first)
  }
}

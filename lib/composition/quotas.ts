/** Has clients held to quotas as long as there are any; what does it is loaded with the first one. */
import type { Clock } from '../base/clock.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { ClientQuotas } from '../quotas/client-quotas.ts'
import { loadClientQuotas, loadedClientQuotas } from '../quotas/loading.ts'
import type { Interceptor, QuotaKeeping } from '../server/server.ts'

class Keeping implements QuotaKeeping {
  requests: Interceptor | null = null
  connectionThrottleMs: ((remoteAddress: string) => number) | null = null
  /** By property, for as long as the broker runs. */
  readonly heldMs = new Map<string, number>()
  readonly #cluster: Cluster
  readonly #config: BrokerConfig
  readonly #clock: Clock
  #following: Promise<void> = Promise.resolve()

  constructor(cluster: Cluster, config: BrokerConfig, clock: Clock) {
    this.#cluster = cluster
    this.#config = config
    this.#clock = clock
  }

  /** Takes over the quotas of the image: synchronously once ClientQuotas is loaded, else when it is. */
  follow(): Promise<void> {
    if (loadedClientQuotas() !== null) {
      this.#keep()
      return Promise.resolve()
    }
    this.#following = this.#following.then(async () => {
      if (this.#cluster.image.quotas.size > 0) await loadClientQuotas()
      this.#keep()
    })
    return this.#following
  }

  #keep(): void {
    const Client = loadedClientQuotas()
    const isOn = this.#cluster.image.quotas.size > 0
    if (isOn === (this.requests !== null) || Client === null) return
    const client = isOn ? this.#made(Client) : null
    this.requests = client
    this.connectionThrottleMs = client && (address => client.connectionThrottleMs(address))
  }

  #made(Client: typeof ClientQuotas): ClientQuotas {
    const windowsOf = (prefix: '' | 'controller.') => ({
      count: this.#config.get(`${prefix}quota.window.num`),
      ms: this.#config.get(`${prefix}quota.window.size.seconds`) * 1_000,
    })
    const windows = { clients: windowsOf(''), controller: windowsOf('controller.') }
    return new Client(
      () => this.#cluster.image.quotas,
      () => windows,
      this.#clock,
      this.heldMs,
    )
  }
}

/** Resolves once quotas that there are hold. */
export async function keepQuotas(
  cluster: Cluster,
  config: BrokerConfig,
  clock: Clock,
): Promise<QuotaKeeping & { settled(): Promise<void> }> {
  const keeping = new Keeping(cluster, config, clock)
  cluster.onChange(() => void keeping.follow())
  await keeping.follow()
  return Object.assign(keeping, { settled: () => keeping.follow() })
}

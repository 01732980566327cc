/** The parts of a running broker, for what stands beside it and looks in: metrics, the console. It changes nothing but who watches requests. */
import type { Clocks } from '../base/clock.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Groups } from '../coordination/groups.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Partitions } from '../partitions/partitions.ts'
import type { Peers } from '../replication/peers.ts'
import type { Logins } from '../security/logins.ts'
import type { Interceptor } from '../server/interceptor.ts'
import type { RequestCounts } from '../server/request-counts.ts'

export interface BrokerView {
  readonly nodeId: number
  readonly config: BrokerConfig
  readonly clocks: Clocks
  readonly cluster: Cluster
  readonly partitions: Partitions
  readonly groups: Groups
  readonly peers: Peers
  readonly logins: Logins | null
  readonly metrics: Metrics
  readonly server: {
    readonly counts: RequestCounts
    readonly requestBytesInFlight: number
    readonly heldMs: ReadonlyMap<string, number>
    connectionsByListener(): ReadonlyMap<string, number>
  }
  /** What stands around every request; read for each. */
  readonly interceptors: Interceptor[]
  /** Has something closed with the broker, ahead of its parts. */
  readonly whenClosed: (close: () => unknown) => void
}

/** What joins a broker with the others of its cluster: connections to them, copies of what they lead, and who is in sync with what this one leads. */

import { ClientError } from '../client/client.ts'
import type { BrokerConfig } from '../config/config.ts'
import { ConfigError } from '../config/values.ts'
import { changeIsr } from '../metadata/change-isr.ts'
import type { Cluster } from '../metadata/cluster.ts'
import type { Partitions } from '../partitions/partitions.ts'
import { InSync } from '../replication/in-sync.ts'
import { type PeerSecurity, Peers } from '../replication/peers.ts'
import { Replication } from '../replication/replication.ts'
import { openThrottles, type Throttles } from '../replication/throttles.ts'
import type { Opened } from './opened.ts'
import type { CompositionOptions } from './parts.ts'
import { interBrokerListener, peerSecurity } from './peer-security.ts'

/** Begins to replicate, where there are other brokers; of a broker alone, it does nothing. */
export function openReplication(
  { config, parts: { clocks, network, readStore }, held, logger: parent }: CompositionOptions,
  cluster: Cluster,
  partitions: Partitions,
  opened: Opened,
): { readonly peers: Peers; readonly throttles: Throttles } {
  const nodeId = config.get('node.id')
  const clock = clocks.wire
  const logger = parent.child('replication')
  const security = remembered(config, () => peerSecurity(config, readStore ?? (() => null)))
  const listener = remembered(config, () => interBrokerListener(config).name)
  const timeoutMs = () => config.get('replica.socket.timeout.ms')
  const peers = new Peers({ nodeId, image: () => cluster.image, listener, security, timeoutMs, network, clock })
  const throttles = openThrottles(config, clock)
  const replication = new Replication({
    ...{ nodeId, config, cluster, partitions, peers, held, clock, logger },
    throttle: throttles.follower,
  })
  const write = (wanted: Parameters<typeof changeIsr>[2]) => changeIsr(cluster, nodeId, wanted)
  const inSync = new InSync({ nodeId, partitions, cluster, write, held, clock, logger })
  opened.metrics.add(() => replication.metrics())
  opened.metrics.add(() => inSync.metrics())
  opened.metrics.add(() => throttles.metrics())
  opened.add(async () => {
    inSync.close()
    await replication.close()
    await peers.close()
  })
  return { peers, throttles }
}

/** Made when it is first asked for, and anew once settings have changed. What cannot be made of them keeps others from being reached, no more. */
function remembered<T extends string | PeerSecurity>(config: BrokerConfig, make: () => T): () => T {
  let made: T | null = null
  config.onChange(() => {
    made = null
  })
  return () => {
    try {
      made ??= make()
    } catch (error) {
      if (error instanceof ConfigError) throw new ClientError(error.message, { cause: error })
      throw error
    }
    return made
  }
}

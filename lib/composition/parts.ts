/** What one broker is made with. */

import type { Files } from '../../storage/files.ts'
import type { Clocks } from '../base/clock.ts'
import type { Deadlines } from '../base/deadlines.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Published } from '../config/advertised.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Contents } from '../contents/contents.ts'
import type { GroupsContinued } from '../coordination/groups.ts'
import type { WriteMarkers } from '../coordination/markers.ts'
import type { GroupTimer } from '../groups/timers.ts'
import type { Context } from '../handlers/context.ts'
import type { ProducerIdBlock } from '../metadata/cluster-types.ts'
import type { MetadataStore } from '../metadata/store.ts'
import type { Surroundings } from '../network/neighbours.ts'
import type { Network } from '../network/network.ts'
import type { HeldReplicas } from '../replication/held.ts'
import type { HandlerTable, Interceptor } from '../server/server.ts'
import type { SeenEpochs } from '../transactions/shard.ts'
import type { Door } from './door.ts'

/** The world that a broker runs in. */
export interface BrokerParts {
  readonly clocks: Clocks
  readonly random: Random
  /** Where the data directories are. */
  readonly files: Files
  readonly network: Network
  /** Reads a key or trust store; without it there are none. */
  readonly readStore?: (path: string) => Buffer | null
  /** The networks that clients may be on; without it, none. */
  readonly surroundings?: () => Surroundings
  /** Opens the store of the cluster's metadata; without it, the broker keeps them in its first data directory. */
  readonly openStore?: () => Promise<MetadataStore>
}

/** What a broker for tests goes on from that takes the place of another, so that the clients of that one go on with it. */
export interface Continued extends GroupsContinued {
  /** Where ids for producers come from, none of which comes twice. */
  readonly allocateProducerIds: () => Promise<ProducerIdBlock>
  /** See `TopicRules`. */
  readonly countsSince: ReadonlyMap<number, number>
  /** The last epochs that clients have of transactional ids. */
  readonly producerEpochs: SeenEpochs
}

export interface CompositionOptions {
  readonly config: BrokerConfig
  readonly ephemeral: boolean
  readonly parts: BrokerParts
  readonly logger: Logger
  /** What is told to clients that are on no network of this machine, and have no advertised address. */
  readonly published?: Published
  /** What answers requests; by default all handlers there are. */
  readonly handlers?: HandlerTable<Context>
  /** What stands around every request; a list of this broker's own, which may change while it serves. */
  readonly interceptors?: Interceptor[]
  /** What timers of groups are set in: tests hold sessions of members by it. */
  readonly groupTimers?: () => Deadlines<GroupTimer>
  /** Topics and records that are there before clients can connect. */
  readonly contents?: Contents | null
  /** What stands between the transaction coordinator and the partitions that its markers go to: a simulation delays and repeats them. */
  readonly markersThrough?: (write: WriteMarkers) => WriteMarkers
  /** How many brokers, this one among them, take part before its start resolves; where nothing is said, it waits for itself alone. */
  readonly brokersMin?: number
  /** Replicas that copy nothing for now; none where nothing is said. */
  readonly held?: HeldReplicas
  /** Where it listens, with others before and after it; it has listeners of its own where nothing is said. */
  readonly door?: Door
  /** What it goes on from; see there. */
  readonly continued?: Continued
  /** Calls the start off. */
  readonly signal?: AbortSignal
}

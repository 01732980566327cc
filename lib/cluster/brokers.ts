/** Brokers as the cluster's image has them: where each is reached, and whether it takes part. */
import type { SupportedLevels } from './features.ts'

/** Where one listener of a broker is reached. */
export interface BrokerEndpoint {
  readonly listener: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: string
}

/**
 * A fenced broker leads nothing and follows nobody: it is starting, or the controller has not dealt with its start yet. One that shuts
 * down is given no leadership any more.
 */
export type BrokerState = 'fenced' | 'active' | 'shuttingDown'

/** A broker that is registered, as one run of it. */
export interface BrokerImage {
  readonly id: number
  /** Which of its runs this is: greater with each. */
  readonly epoch: number
  readonly rack: string | null
  readonly state: BrokerState
  /** What it says of itself; left out by tests. */
  readonly says?: 'starting' | 'running' | 'shuttingDown'
  /** Those that are open. */
  readonly endpoints: readonly BrokerEndpoint[]
  /** The epoch of the run before, where that ended well; else -1. */
  readonly previousEpoch: number
  /** The levels that it can be at, by feature; left out by tests. */
  readonly features?: SupportedLevels
  /** Ids of its data directories. */
  readonly logDirs?: readonly string[]
}

/** What outlives the session of a broker: the run that the controller has dealt with last, until the broker is unregistered. */
export interface AdmittedBroker {
  readonly epoch: number
  readonly rack: string | null
}

/** A broker that may be given replicas. */
export interface BrokerPlace {
  readonly id: number
  readonly rack: string | null
  /** Whether it takes part now, so that it can lead and be in sync from the beginning. */
  readonly isActive: boolean
}

/** Brokers that may be given replicas, by node id: those that are there, and those that are away and were not unregistered. */
export function placesOf({
  brokers,
  admitted,
}: {
  readonly brokers: readonly BrokerImage[]
  readonly admitted: ReadonlyMap<number, AdmittedBroker>
}): BrokerPlace[] {
  const places = new Map<number, BrokerPlace>()
  for (const [id, { rack }] of admitted) places.set(id, { id, rack, isActive: false })
  for (const { id, rack, state } of brokers) places.set(id, { id, rack, isActive: state === 'active' })
  return [...places.values()].sort((a, b) => a.id - b.id)
}

/** The broker with this id, if it is there. */
export function brokerOf(
  { brokers }: { readonly brokers: readonly BrokerImage[] },
  id: number,
): BrokerImage | undefined {
  return brokers.find(broker => broker.id === id)
}

/** Whether a broker takes part in nothing: it is starting, or not (yet) in the cluster that it believes to be in. */
export function isFenced(
  image: { readonly brokers: readonly BrokerImage[]; readonly starts: ReadonlyMap<number, number> },
  id: number,
): boolean {
  const broker = brokerOf(image, id)
  return broker === undefined ? image.starts.has(id) : broker.state === 'fenced'
}

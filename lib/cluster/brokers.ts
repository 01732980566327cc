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

/** The broker with this id, if it is registered. */
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

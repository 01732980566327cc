/**
 * The features that clients decide by (KIP-584): what this broker could be at, and what it is at.
 *
 * A level is claimed only where everything it stands for is there. At 0 a feature is off: clients then use the classic group
 * protocol, for one.
 */

export interface Feature {
  readonly name: string
  /** The levels that could be chosen. */
  readonly minVersion: number
  readonly maxVersion: number
  /** The level that holds. */
  readonly level: number
}

export const features: readonly Feature[] = [
  // The level of Apache Kafka 4.4: what this broker does for clients is what brokers of that level do.
  { name: 'metadata.version', minVersion: 7, maxVersion: 33, level: 33 },
  // Metadata are not kept by a quorum whose voters could change.
  { name: 'kraft.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'transaction.version', minVersion: 0, maxVersion: 2, level: 2 },
  { name: 'group.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'share.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'streams.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 0, level: 0 },
]

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
  /** The level that holds where nobody has chosen another. */
  readonly level: number
  /** Whether another can be chosen (UpdateFeatures). */
  readonly isChosen?: boolean
}

/** Levels by the names of their features. */
export type FeatureLevels = ReadonlyMap<string, number>

/** What transactions go by. */
export const transactionVersion = 'transaction.version'

export const features: readonly Feature[] = [
  // The level of Apache Kafka 4.4: what this broker does for clients is what brokers of that level do.
  { name: 'metadata.version', minVersion: 7, maxVersion: 33, level: 33 },
  // Metadata are not kept by a quorum whose voters could change.
  { name: 'kraft.version', minVersion: 0, maxVersion: 0, level: 0 },
  // At 0 and 1 clients do not raise epochs at the end of each transaction; at 0 its records can be read by brokers before Apache Kafka 4.
  { name: transactionVersion, minVersion: 0, maxVersion: 2, level: 2, isChosen: true },
  { name: 'group.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'share.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'streams.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 0, level: 0 },
]

/** The level of a feature, as it was chosen or by default; 0 for one that there is not. */
export function levelOf(name: string, chosen: FeatureLevels): number {
  return chosen.get(name) ?? features.find(feature => feature.name === name)?.level ?? 0
}

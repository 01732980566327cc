/**
 * The features that clients decide by (KIP-584): what this broker could be at, and what it is at.
 *
 * A level is claimed only where everything it stands for is there. At 0 a feature is off.
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

/** Whether there are groups of the consumer protocol. */
export const groupVersion = 'group.version'

/** What transactions go by. */
export const transactionVersion = 'transaction.version'

/** Whether replicas that are out of sync may be elected, as they have all that is committed (KIP-966). */
export const eligibleReplicasVersion = 'eligible.leader.replicas.version'

export const features: readonly Feature[] = [
  // The level of Apache Kafka 4.4: what this broker does for clients is what brokers of that level do.
  { name: 'metadata.version', minVersion: 7, maxVersion: 33, level: 33 },
  // Metadata are not kept by a quorum whose voters could change.
  { name: 'kraft.version', minVersion: 0, maxVersion: 0, level: 0 },
  // At 0 and 1 clients do not raise epochs at the end of each transaction; at 0 its records can be read by brokers before Apache Kafka 4.
  { name: transactionVersion, minVersion: 0, maxVersion: 2, level: 2, isChosen: true },
  // At 0 there are groups of the classic protocol alone.
  { name: groupVersion, minVersion: 0, maxVersion: 1, level: 1, isChosen: true },
  { name: 'share.version', minVersion: 0, maxVersion: 0, level: 0 },
  { name: 'streams.version', minVersion: 0, maxVersion: 0, level: 0 },
  // At 0, nobody is elected who is not in sync, and the last ones in sync stay so; clusters from before the feature go on so until it is chosen.
  { name: eligibleReplicasVersion, minVersion: 0, maxVersion: 1, level: 0, isChosen: true },
]

/** What a new cluster is at beside the levels that hold by themselves. */
export const levelsOfNewCluster: Readonly<Record<string, number>> = { [eligibleReplicasVersion]: 1 }

/** The levels that a broker can be at, by feature. */
export type SupportedLevels = Readonly<Record<string, readonly [min: number, max: number]>>

/** Those of this build. */
export const supportedLevels: SupportedLevels = Object.fromEntries(
  features.map(({ name, minVersion, maxVersion }) => [name, [minVersion, maxVersion]]),
)

/** The level of a feature, as it was chosen or by default; 0 for one that there is not. */
export function levelOf(name: string, chosen: FeatureLevels): number {
  return chosen.get(name) ?? features.find(feature => feature.name === name)?.level ?? 0
}

/** Whether there are eligible leader replicas. */
export function hasEligibleReplicas({ featureLevels }: { readonly featureLevels: FeatureLevels }): boolean {
  return levelOf(eligibleReplicasVersion, featureLevels) > 0
}

/** Whether a broker can be at a level. Everybody can do without a feature that is off. */
export function isSupported(name: string, level: number, supported: SupportedLevels): boolean {
  const [min, max] = supported[name] ?? [0, 0]
  return level === 0 || (level >= min && level <= max)
}

/** The first feature, of those that the cluster is at some level of, at which a broker cannot be; null where it can be at all. */
export function unsupportedIn(
  chosen: FeatureLevels,
  supported: SupportedLevels,
): { readonly name: string; readonly level: number } | null {
  for (const name of new Set([...features.map(feature => feature.name), ...chosen.keys()])) {
    const level = levelOf(name, chosen)
    if (!isSupported(name, level, supported)) return { name, level }
  }
  return null
}

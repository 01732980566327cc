/** Levels of features of Apache Kafka 4.4 by the names of its releases. */

/** metadata.version: the first level that has a name is 7. The last of a release is its own. */
const metadataVersions = [
  ...['3.3-IV3', '3.4-IV0', '3.5-IV0', '3.5-IV1', '3.5-IV2', '3.6-IV0', '3.6-IV1', '3.6-IV2'],
  ...['3.7-IV0', '3.7-IV1', '3.7-IV2', '3.7-IV3', '3.7-IV4', '3.8-IV0', '3.9-IV0'],
  ...['4.0-IV0', '4.0-IV1', '4.0-IV2', '4.0-IV3', '4.1-IV0', '4.1-IV1', '4.2-IV0', '4.2-IV1', '4.3-IV0'],
  ...['4.4-IV0', '4.4-IV1', '4.4-IV2', '4.5-IV0'],
]
const firstLevel = 7

/** The level of the release itself. */
export const latestMetadataLevel = 33

/** From which metadata.version on which level of the others is usual: pairs, in order. */
const usual: Readonly<Record<string, readonly (readonly [metadata: number, level: number])[]>> = {
  'kraft.version': [[21, 1]],
  'transaction.version': [[24, 2]],
  'group.version': [[22, 1]],
  'eligible.leader.replicas.version': [[26, 1]],
  'share.version': [
    [28, 1],
    [31, 2],
  ],
  'streams.version': [[29, 1]],
}

/** Levels that there are beyond what is usual with none: how high each feature goes. */
const highest: Readonly<Record<string, number>> = {
  ...{ 'kraft.version': 1, 'transaction.version': 2, 'group.version': 1, 'eligible.leader.replicas.version': 1 },
  ...{ 'share.version': 2, 'streams.version': 1 },
}

/** `metadata.version` of a release (`3.9`) or of a step towards it (`3.9-IV0`). Throws where there is none. */
export function metadataLevelOf(text: string): number {
  const at = metadataVersions.findLastIndex(name => name === text || name.startsWith(`${text}-IV`))
  if (at >= 0) return firstLevel + at
  throw new Error(`Unknown metadata.version '${text}'. Supported metadata.version are: ${metadataVersions.join(', ')}`)
}

/** `4.4-IV2` of 33; the number where it has no name. */
export function metadataName(level: number): string {
  return metadataVersions[level - firstLevel] ?? String(level)
}

/** The other features at a metadata.version, in the order in which Kafka's tool names them. */
export function usualLevels(metadata: number): [string, number][] {
  return Object.entries(usual).map(([name, steps]) => [name, steps.findLast(([from]) => metadata >= from)?.[1] ?? 0])
}

/** What has to be at which level for a feature to be at one. Throws where there is no such feature or level. */
export function dependenciesOf(feature: string, level: number): readonly (readonly [string, number])[] {
  if (feature === 'metadata.version') {
    if (level < firstLevel || level >= firstLevel + metadataVersions.length)
      throw new Error(`No metadata.version with feature level ${level}`)
    return []
  }
  if (!Object.hasOwn(highest, feature)) throw new Error(`Unknown feature: ${feature}`)
  if (level < 0 || level > highest[feature]!) throw new Error(`No feature:${feature} with feature level ${level}`)
  return feature === 'eligible.leader.replicas.version' && level === 1 ? [['metadata.version', 23]] : []
}

/**
 * Copies of a broker's data in memory: as one that was closed well and is nobody's, so that another broker starts with it. The logs have to be
 * complete, as they are when they are closed.
 */
import { markCleanShutdown } from './clean-shutdown.ts'
import type { MemoryTree } from './memory-files.ts'
import { metaPropertiesName, readMetaProperties } from './meta-properties.ts'
import { fileName, partitionMetadataName, partitionMetadataOf, partitionOfName } from './names.ts'
import { decodeSnapshot, encodeSnapshot, snapshotOffsets } from './producer-snapshots.ts'

/**
 * A copy of all there is, with the data directory at `path` ready for another start. Of producers only those are known that have a transaction
 * open: others may go on with any number, and none of their records is taken for one that is there.
 */
export function copyOfData(files: MemoryTree, path: string): MemoryTree {
  const copy = files.copy()
  copy.unlink(`${path}/.lock`)
  for (const { name, directory } of copy.list(path)) {
    if (!directory) continue
    if (partitionOfName(name) !== null) forgetIdleProducers(copy, `${path}/${name}`)
    else if (/-(?:delete|future|stray)$/.test(name)) copy.unlink(`${path}/${name}`)
  }
  markCleanShutdown(copy, path, -1)
  return copy
}

function forgetIdleProducers(files: MemoryTree, dir: string): void {
  const offsets = snapshotOffsets(files.list(dir).map(({ name }) => name))
  const newest = offsets.pop()
  for (const offset of offsets) files.unlink(fileName(dir, offset, 'snapshot'))
  if (newest === undefined) return
  const file = fileName(dir, newest, 'snapshot')
  const states = decodeSnapshot(files.read(file)!) ?? []
  files.write(file, encodeSnapshot(states.filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset >= 0)))
}

/** Says of the directories of partitions which topics they belong to now: `topicIdOf` gives the id of a topic, undefined for one that is none. */
export function renameTopics(files: MemoryTree, path: string, topicIdOf: (topic: string) => string | undefined): void {
  for (const { name, directory } of files.list(path)) {
    const place = directory ? partitionOfName(name) : null
    const topicId = place === null ? undefined : topicIdOf(place.topic)
    if (topicId === undefined) continue
    files.write(`${path}/${name}/${partitionMetadataName}`, partitionMetadataOf(topicId))
  }
}

/** Says that the data belong to another cluster. */
export function renameCluster(files: MemoryTree, path: string, clusterId: string): void {
  const properties = readMetaProperties(files, path) ?? new Map<string, string>()
  properties.set('cluster.id', clusterId)
  files.write(`${path}/${metaPropertiesName}`, [...properties].map(([name, value]) => `${name}=${value}\n`).join(''))
}

/** What a directory given to `ottla log` holds: a data directory's partitions, or one partition by itself. */
import { basename, dirname, resolve } from 'node:path'
import { CheckpointError, type PartitionOffsets, readPartitionOffsets } from '../../storage/checkpoints.ts'
import { diskFiles } from '../../storage/files.ts'
import { lockHolder } from '../../storage/lock.ts'
import { metaPropertiesName } from '../../storage/meta-properties.ts'
import {
  cleanedOffsetsName,
  cleanShutdownName,
  logStartsName,
  offsetOfFile,
  partitionOfName,
  recoveryPointsName,
} from '../../storage/names.ts'
import { UsageError } from './io.ts'

/** One partition's directory, and what the checkpoints beside it say; 0 where they say nothing. */
export interface LogTarget {
  readonly name: string
  readonly path: string
  /** Whether offsets may be left out, as compaction does. */
  readonly compacted: boolean
  readonly logStartOffset: number
  readonly recoveryPoint: number
}

/** What is looked at. */
export interface LogTargets {
  /** The data directory, of which `partitions` may be one alone; null where there is none around. */
  readonly root: string | null
  readonly whole: boolean
  readonly partitions: readonly LogTarget[]
  /** Whether the last broker closed all well, and none has it open. */
  readonly closed: boolean
  /** The process that has it open. */
  readonly holder: number | null
  /** Checkpoints that cannot be read: their names, and why. */
  readonly unreadable: ReadonlyMap<string, string>
}

/** Looks at a directory. Throws UsageError where there is nothing of Kafka's. */
export function targetsIn(directory: string, compacted: boolean): LogTargets {
  const path = resolve(directory)
  const names = namesIn(path)
  const isPartition = names.some(({ name }) => /\.log$/.test(name) && offsetOfFile(name) >= 0)
  const found = names.filter(({ name, directory }) => directory && partitionOfName(name) !== null)
  if (!isPartition && found.length === 0 && !names.some(({ name }) => name === metaPropertiesName)) {
    throw new UsageError(`${directory} holds no log; name a data directory, or the directory of one partition`)
  }
  const above = dirname(path)
  const root = !isPartition ? path : diskFiles.exists(`${above}/${metaPropertiesName}`) ? above : null
  const unreadable = new Map<string, string>()
  const offsets = (name: string) => (root === null ? new Map() : checkpointIn(root, name, unreadable))
  const cleaned = offsets(cleanedOffsetsName)
  const starts = offsets(logStartsName)
  const points = offsets(recoveryPointsName)
  const targetOf = (name: string, at: string): LogTarget => {
    const { topic, partition } = partitionOfName(name) ?? { topic: name, partition: -1 }
    const of = (all: PartitionOffsets) => all.get(topic)?.get(partition) ?? 0
    return {
      name,
      path: at,
      // Topics of a broker's own are compacted, whether or not that was ever done.
      compacted: compacted || topic.startsWith('__') || of(cleaned) > 0,
      logStartOffset: of(starts),
      recoveryPoint: of(points),
    }
  }
  const holder = root === null ? null : lockHolder(diskFiles, root)
  return {
    root,
    whole: !isPartition,
    partitions: isPartition
      ? [targetOf(basename(path), path)]
      : found
          .map(({ name }) => name)
          .sort()
          .map(name => targetOf(name, `${path}/${name}`)),
    closed: root !== null && holder === null && diskFiles.exists(`${root}/${cleanShutdownName}`),
    holder,
    unreadable,
  }
}

function namesIn(path: string) {
  try {
    return diskFiles.list(path)
  } catch (error) {
    throw new UsageError(
      `${path} cannot be listed (${(error as Error).message}); name a data directory, or the directory of one partition`,
    )
  }
}

function checkpointIn(root: string, name: string, unreadable: Map<string, string>): PartitionOffsets {
  try {
    return readPartitionOffsets(diskFiles, `${root}/${name}`)
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    unreadable.set(name, error.message)
    return new Map()
  }
}

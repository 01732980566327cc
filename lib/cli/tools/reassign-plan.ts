/** Files that say where partitions are to have their replicas, read and written. */
import type { TopicPartition } from '../../admin/by-leader.ts'
import { field, objectIn, textIn } from './json-file.ts'

export interface PlannedPartition extends TopicPartition {
  readonly replicas: readonly number[]
  /** By replica: a data directory, or `any`. */
  readonly logDirs: readonly string[]
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

function objectOf(path: string) {
  const text = textIn(path)
  if (text.trim() === '') throw new Error("The input string shouldn't be empty")
  const object = objectIn(text)
  if (object === null) throw new Error('The input string is not a valid JSON')
  const version = object.version ?? 1
  if (version !== 1) throw new Error(`Not supported version field value ${String(version)}`)
  return object
}

/** The partitions of a `--reassignment-json-file`. Throws where it makes no sense. */
export function reassignmentsIn(path: string): PlannedPartition[] {
  const object = objectOf(path)
  const partitions = (object.partitions === undefined ? [] : field(object, 'partitions', 'array')).map(each => {
    const replicas = field(each, 'replicas', 'array').map(Number)
    const given = (each as { log_dirs?: unknown }).log_dirs
    const logDirs = Array.isArray(given) ? given.map(String) : replicas.map(() => 'any')
    const planned = {
      topic: field(each, 'topic', 'string'),
      partition: field(each, 'partition', 'number'),
      replicas,
      logDirs,
    }
    if (logDirs.length !== replicas.length) {
      throw new Error(
        `Size of replicas list ${replicas.join(',')} is different from size of log dirs list ${logDirs.join(',')} for partition ${nameOf(planned)}`,
      )
    }
    return planned
  })
  if (partitions.length === 0) throw new Error('Partition reassignment list cannot be empty')
  if (partitions.some(({ replicas }) => replicas.length === 0))
    throw new Error('Partition replica list cannot be empty')
  refuseTwice(partitions)
  return partitions
}

function refuseTwice(partitions: readonly PlannedPartition[]): void {
  const names = partitions.map(nameOf)
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
  if (twice.length > 0) {
    throw new Error(`Partition reassignment contains duplicate topic partitions: ${twice.join(',')}`)
  }
  const double = partitions.flatMap(each => {
    const ids = [...new Set(each.replicas.filter((id, at) => each.replicas.indexOf(id) !== at))]
    return ids.length === 0 ? [] : [`${nameOf(each)} contains multiple entries for ${ids.join(',')}`]
  })
  if (double.length > 0) {
    throw new Error(`Partition replica lists may not contain duplicate entries: ${double.join('. ')}`)
  }
}

/** The topics of a `--topics-to-move-json-file`. */
export function topicsIn(path: string): string[] {
  const names = field(objectOf(path), 'topics', 'array').map(each => field(each, 'topic', 'string'))
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]
  if (twice.length > 0) throw new Error(`List of topics to reassign contains duplicate entries: [${twice.join(', ')}]`)
  return names
}

/** As such a file has it. */
export function fileOf(partitions: readonly PlannedPartition[]) {
  const sorted = [...partitions].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  )
  return {
    version: 1,
    partitions: sorted.map(({ topic, partition, replicas, logDirs }) => ({
      ...{ topic, partition, replicas, log_dirs: logDirs },
    })),
  }
}

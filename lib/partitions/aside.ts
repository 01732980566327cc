/** Directories of partitions that are put aside, as another has their place: renamed, so that nothing is lost and nobody takes them for the partition. */
import type { LogDirectory } from '../../storage/directory.ts'
import { partitionOfName } from '../../storage/names.ts'
import type { Logger } from '../base/logger.ts'

/** The topic id in a partition's directory: null where it has none, undefined where it could not be read. */
export type TopicIdRead = string | null | undefined

/** Where directories of a partition's name were found, and the topic id in each; what is put aside is taken out of both. */
export interface Found<E extends { readonly directory: LogDirectory }> {
  readonly name: string
  readonly found: E[]
  readonly topicIds: TopicIdRead[]
  readonly logger: Logger
}

/**
 * Of a topic that was just made no record lies anywhere. What has its name and no topic id is left of one that was deleted, by a power failure that
 * took back the deletion and the id.
 */
export function setLeftoversAside<E extends { readonly directory: LogDirectory }>({
  name,
  found,
  topicIds,
  logger,
  failed,
}: Found<E> & { readonly failed: (entry: E, error: unknown, message: string) => void }): void {
  const { topic, partition } = partitionOfName(name)!
  for (let index = found.length - 1; index >= 0; index--) {
    const entry = found[index]!
    // What was found at the start may have gone since, with its topic.
    if (topicIds[index] !== null || !entry.directory.holds(topic, partition)) continue
    logger.warn('records of a deleted topic lie where a new one of its name is made; they are put aside', {
      partition: name,
      directory: entry.directory.path,
    })
    try {
      entry.directory.setAside(topic, partition)
    } catch (error) {
      failed(entry, error, 'the directory of a deleted partition cannot be put aside')
    }
    found.splice(index, 1)
    topicIds.splice(index, 1)
  }
}

/**
 * What has a partition's name and another topic id is of an earlier topic: its deletion was not finished when the broker stopped, or nobody knows of
 * it. Kafka does the same with such directories.
 */
export function setStrayAside(directory: LogDirectory, topic: string, partition: number, logger: Logger): void {
  logger.warn('records of another topic id lie where a partition has its place; they are put aside', {
    partition: `${topic}-${partition}`,
    directory: directory.path,
  })
  directory.setAside(topic, partition)
}

/**
 * Leaves one of several directories of the same partition: a move was interrupted when both were whole. The one that the
 * partition moved to has no less than the one that it came from.
 */
export function setCopiesAside<E extends { readonly directory: LogDirectory }>(
  { name, found, topicIds, logger }: Found<E>,
  topicId: string,
): void {
  const { topic, partition } = partitionOfName(name)!
  let best = -1
  let end = { baseOffset: -1, sizeInBytes: -1 }
  for (const [index, { directory }] of found.entries()) {
    if (topicIds[index] !== topicId) continue
    const other = directory.lastSegment(topic, partition)
    const isFurther =
      other.baseOffset > end.baseOffset || (other.baseOffset === end.baseOffset && other.sizeInBytes > end.sizeInBytes)
    if (!isFurther) continue
    best = index
    end = other
  }
  for (let index = found.length - 1; index >= 0; index--) {
    if (index === best || topicIds[index] !== topicId) continue
    const { directory } = found[index]!
    logger.warn('a partition lies in two data directories; the shorter one is put aside', {
      partition: name,
      directory: directory.path,
    })
    directory.setAside(topic, partition)
    found.splice(index, 1)
    topicIds.splice(index, 1)
  }
}

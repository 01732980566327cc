/** Copies of partitions that are on their way into a data directory, Kafka's future logs: each grows in a directory of its own, beside those of partitions. */
import type { StoredFuture } from './directory-options.ts'
import { faultOf } from './faults.ts'
import type { Files } from './files.ts'
import { nameAside, partitionMetadataName, partitionMetadataOf, partitionOfFutureName, topicIdIn } from './names.ts'
import type { Removals } from './removals.ts'

/** What they share with their data directory. */
export interface FutureLogsOptions {
  /** The data directory. */
  readonly path: string
  readonly files: Files
  readonly now: () => number
  readonly uuid: () => string
  /** Takes the directories of copies that are given up. */
  readonly deleted: Removals
}

/** See the head of the file. */
export class FutureLogs {
  readonly #options: FutureLogsOptions

  constructor(options: FutureLogsOptions) {
    this.#options = options
  }

  /** Those that an earlier run began. */
  all(): StoredFuture[] {
    const { path: directoryPath, files } = this.#options
    const found: StoredFuture[] = []
    for (const { name, directory } of files.list(directoryPath)) {
      const partition = directory ? partitionOfFutureName(name) : null
      if (partition === null) continue
      const path = `${directoryPath}/${name}`
      found.push({ ...partition, path, topicId: topicIdIn(files.read(`${path}/${partitionMetadataName}`)) })
    }
    return found
  }

  /** Makes a directory for the copy of a partition that lies elsewhere; gives its path. */
  make(topic: string, partition: number, topicId: string): string {
    const { files, uuid } = this.#options
    const path = `${this.#options.path}/${nameAside(`${topic}-${partition}`, uuid(), 'future')}`
    files.mkdir(path)
    files.write(`${path}/${partitionMetadataName}`, partitionMetadataOf(topicId))
    return path
  }

  /** Gives up such a copy. */
  drop(path: string): void {
    const { files, now, deleted } = this.#options
    if (!files.exists(path)) return
    const name = `${path.slice(0, -'future'.length)}delete`
    files.rename(path, name)
    deleted.add(name, now())
  }

  /** Puts a copy that is complete in its place: the partition lies here from now on, and its log is to be opened. */
  adopt(path: string, topic: string, partition: number): void {
    const { path: directoryPath, files } = this.#options
    const place = `${directoryPath}/${topic}-${partition}`
    files.rename(path, place)
    try {
      files.syncDirectoryNow(directoryPath)
    } catch (error) {
      // Nobody moved yet: that may be tried again.
      if (faultOf(error) === 'exhaustion') files.rename(place, path)
      throw Object.assign(error as Error, { path })
    }
  }
}

/** One of a data directory's checkpoint files of offsets by partition, and what it is to say next. */
import {
  CheckpointError,
  deletePartitionOffset,
  type PartitionOffsets,
  type Pause,
  partitionOffsetsText,
  partitionOffsetsTextLater,
  readPartitionOffsets,
  setPartitionOffset,
} from './checkpoints.ts'
import type { Files } from './files.ts'

/** The offsets of one file, which is written only where one of them changed. */
export class OffsetCheckpoint {
  readonly #files: Files
  readonly #path: string
  readonly #offsets: PartitionOffsets
  /** Offsets of deleted entries that the file may still have, by partition; until a write without them is on the disk. */
  readonly #gone = new Map<string, { readonly offset: number }>()
  /** Whether the file says something else, or may do so after a power failure. */
  #changed = false
  #writing: Promise<void> = Promise.resolve()
  /** Whether less has been promised since a text went on its way to the file: then it must not arrive. */
  #wasLowered = false
  /** Whether the file is another's by now. */
  #isDiscarded = false

  /**
   * Reads the file. One that is damaged is as good as none, as recovery then reads more; `warn` is told. `isSynced` is false where the
   * disk may not have the file as it is read.
   */
  constructor(files: Files, path: string, isSynced: boolean, warn: (message: string) => void) {
    this.#files = files
    this.#path = path
    try {
      this.#offsets = readPartitionOffsets(files, path)
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      warn(error.message)
      this.#offsets = new Map()
    }
    this.#changed = !isSynced || !files.exists(path)
  }

  /** The offset of a partition, 0 where nothing is known. */
  get(topic: string, partition: number): number {
    return this.#offsets.get(topic)?.get(partition) ?? 0
  }

  set(topic: string, partition: number, offset: number): void {
    if (this.#offsets.get(topic)?.get(partition) === offset) return
    setPartitionOffset(this.#offsets, topic, partition, offset)
    this.#changed = true
  }

  delete(topic: string, partition: number): void {
    if (this.#offsets.get(topic)?.has(partition) !== true) return
    const name = `${topic}-${partition}`
    this.#gone.set(name, { offset: Math.max(this.get(topic, partition), this.#gone.get(name)?.offset ?? 0) })
    deletePartitionOffset(this.#offsets, topic, partition)
    this.#changed = true
  }

  /** Where a log has less than was promised, that is put right before anything is appended that the promise would hold for. */
  lower(topic: string, partition: number, offset: number): void {
    const before = this.get(topic, partition)
    if (Math.max(before, this.#gone.get(`${topic}-${partition}`)?.offset ?? 0) <= offset) return
    if (before > offset) setPartitionOffset(this.#offsets, topic, partition, offset)
    try {
      this.#files.replace(this.#path, partitionOffsetsText(this.#offsets))
    } catch (error) {
      if (before > offset) setPartitionOffset(this.#offsets, topic, partition, before)
      throw error
    }
    this.#changed = false
    this.#gone.clear()
    this.#wasLowered = true
  }

  /** Nothing is written any more, what is under way included. */
  discard(): void {
    this.#isDiscarded = true
  }

  /** Writes what changed, once what is being written is. */
  write(pause: Pause = () => undefined): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write(pause))
    return this.#writing
  }

  async #write(pause: Pause): Promise<void> {
    if (!this.#changed || this.#isDiscarded) return
    this.#changed = false
    try {
      this.#wasLowered = false
      const gone = [...this.#gone]
      // Where `lower` has replaced the file meanwhile, its text is newer than this one.
      const text = await partitionOffsetsTextLater(this.#offsets, pause)
      await this.#files.replaceLater(this.#path, text, () => !this.#wasLowered && !this.#isDiscarded)
      for (const [name, entry] of gone) if (this.#gone.get(name) === entry) this.#gone.delete(name)
    } catch (error) {
      this.#changed = true
      throw error
    }
  }
}

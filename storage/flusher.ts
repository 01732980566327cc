/** Brings what is in the files of one log to the disk, one round after the other: who comes during one waits for the next. */
import type { Files } from './files.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import { partitionMetadataName } from './names.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import type { Segment } from './segment.ts'

/** What is to be brought to the disk, and how far that was done. */
export interface FlusherOptions {
  readonly files: Files
  readonly dir: string
  readonly epochs: LeaderEpochs
  readonly snapshots: ProducerSnapshots
  readonly now: () => number
  readonly recoveryPoint: number
  readonly fileOffset: number
  /** Whether the disk has the names of all files. */
  readonly namesLast: boolean
}

/** The flushing of one log. */
export class Flusher {
  /** Offset below which everything is in the files. */
  fileOffset: number
  /** Offset below which the disk has everything. */
  recoveryPoint: number
  /** When the last round over all segments ended, or the log was opened. */
  flushedMs: number
  /** Whether files appeared in the directory since the last round. */
  directoryChanged: boolean
  readonly #files: Files
  readonly #dir: string
  readonly #now: () => number
  readonly #epochs: LeaderEpochs
  readonly #snapshots: ProducerSnapshots
  #round: Promise<void> | null = null
  #syncingNames = false
  /** Whether the disk has the directory itself. */
  #parentSynced: boolean
  /** How far the next round has to go for those who wait for it. */
  #untilNext = Number.NEGATIVE_INFINITY
  /** Least offset that the log was cut to during a round. */
  #cutAt = Number.POSITIVE_INFINITY

  constructor(options: FlusherOptions) {
    this.#files = options.files
    this.#dir = options.dir
    this.#epochs = options.epochs
    this.#snapshots = options.snapshots
    this.#now = options.now
    this.recoveryPoint = options.recoveryPoint
    this.fileOffset = options.fileOffset
    this.directoryChanged = !options.namesLast
    this.#parentSynced = options.namesLast
    this.flushedMs = options.now()
  }

  /**
   * One round, over the segments that begin before an offset: joins the one under way, which may not include the latest writes,
   * and then sees to it that the next goes so far; else begins one.
   */
  sync(segments: readonly Segment[], until = Number.POSITIVE_INFINITY): Promise<void> {
    this.#untilNext = Math.max(this.#untilNext, until)
    if (this.#round === null) {
      const reach = this.#untilNext
      this.#untilNext = Number.NEGATIVE_INFINITY
      this.#round = this.#sync([...segments], reach).finally(() => {
        this.#round = null
      })
    }
    return this.#round
  }

  /** Whether a round is under way. */
  get isBusy(): boolean {
    return this.#round !== null
  }

  /** Whether a round would have anything to do. */
  hasWork(segments: readonly Segment[]): boolean {
    return this.#files.durable && (this.directoryChanged || segments.some(segment => segment.needsSync))
  }

  /** After how many rounds all is on the disk that is in the files now: the one under way may have passed it already. */
  roundsToFinish(segments: readonly Segment[]): number {
    // The round under way has cleared the marks of what it syncs; that is only on the disk when the round has ended.
    if (!this.hasWork(segments)) return this.#round === null ? 0 : 1
    return this.#round === null ? 1 : 2
  }

  /** Whether no file that was renamed or removed can be there again after a power failure. */
  get namesLast(): boolean {
    return !this.#files.durable || !(this.directoryChanged || this.#syncingNames)
  }

  truncateTo(offset: number): void {
    this.fileOffset = Math.min(this.fileOffset, offset)
    this.recoveryPoint = Math.min(this.recoveryPoint, offset)
    this.#cutAt = Math.min(this.#cutAt, offset)
  }

  /** A log that came back without its topic's id would be taken for that of the next topic of the name. */
  async #syncTopicId(): Promise<void> {
    const path = `${this.#dir}/${partitionMetadataName}`
    if (!this.#files.exists(path)) return
    const file = this.#files.file(path)
    await file.sync()
    file.close()
  }

  async #sync(segments: readonly Segment[], until: number): Promise<void> {
    this.#cutAt = Number.POSITIVE_INFINITY
    const target = Math.min(this.fileOffset, until)
    if (this.#files.durable) {
      for (const segment of segments) {
        if (segment.baseOffset < until && segment.needsSync && !segment.retired) await segment.sync()
      }
      if (await this.#epochs.sync()) this.directoryChanged = true
      await this.#snapshots.sync()
      if (this.directoryChanged) {
        this.directoryChanged = false
        this.#syncingNames = true
        try {
          if (!this.#parentSynced) await this.#syncTopicId()
          await this.#files.syncDirectory(this.#dir)
          if (!this.#parentSynced) await this.#files.syncDirectory(`${this.#dir}/..`)
        } catch (error) {
          this.directoryChanged = true
          throw error
        } finally {
          this.#syncingNames = false
        }
        this.#parentSynced = true
      }
    }
    this.recoveryPoint = Math.max(this.recoveryPoint, Math.min(target, this.#cutAt))
    if (until === Number.POSITIVE_INFINITY) this.flushedMs = this.#now()
  }
}

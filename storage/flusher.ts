/** Brings what is in the files of one log to the disk, one round after the other: who comes during one waits for the next. */
import type { Files } from './files.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { Segment } from './segment.ts'

/** The flushing of one log. */
export class Flusher {
  /** Offset below which everything is in the files. */
  fileOffset: number
  /** Offset below which the disk has everything. */
  recoveryPoint: number
  /** When the last round ended, or the log was opened. */
  flushedMs: number
  /** Whether files appeared in the directory since the last round. */
  directoryChanged = true
  readonly #files: Files
  readonly #dir: string
  readonly #now: () => number
  readonly #epochs: LeaderEpochs
  #round: Promise<void> | null = null
  /** Least offset that the log was cut to during a round. */
  #cutAt = Number.POSITIVE_INFINITY

  constructor(
    files: Files,
    dir: string,
    epochs: LeaderEpochs,
    recoveryPoint: number,
    fileOffset: number,
    now: () => number,
  ) {
    this.#files = files
    this.#dir = dir
    this.#epochs = epochs
    this.recoveryPoint = recoveryPoint
    this.fileOffset = fileOffset
    this.#now = now
    this.flushedMs = now()
  }

  /** One round: joins the one under way, which may not include the latest writes, else begins one. */
  sync(segments: readonly Segment[]): Promise<void> {
    this.#round ??= this.#sync([...segments]).finally(() => {
      this.#round = null
    })
    return this.#round
  }

  /** Whether a round would have anything to do. */
  hasWork(segments: readonly Segment[]): boolean {
    return this.#files.durable && segments.some(segment => segment.needsSync)
  }

  truncateTo(offset: number): void {
    this.fileOffset = Math.min(this.fileOffset, offset)
    this.recoveryPoint = Math.min(this.recoveryPoint, offset)
    this.#cutAt = Math.min(this.#cutAt, offset)
  }

  async #sync(segments: readonly Segment[]): Promise<void> {
    this.#cutAt = Number.POSITIVE_INFINITY
    const target = this.fileOffset
    if (this.#files.durable) {
      for (const segment of segments) if (segment.needsSync && !segment.retired) await segment.sync()
      await this.#epochs.sync()
      if (this.directoryChanged) {
        this.directoryChanged = false
        await this.#files.syncDirectory(this.#dir)
        // The directory itself may be new.
        await this.#files.syncDirectory(`${this.#dir}/..`)
      }
    }
    this.recoveryPoint = Math.max(this.recoveryPoint, Math.min(target, this.#cutAt))
    this.flushedMs = this.#now()
  }
}

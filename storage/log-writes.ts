/**
 * When what was appended to a log gets into its file, and from there to the disk: all of a turn of the event loop by one call at its end,
 * flushes as `flush.messages` and `flush.ms` want them. What fails for want of descriptors is tried again.
 */
import type { LogConfig } from './config.ts'
import type { DiskTrouble } from './disk-trouble.ts'
import { faultOf } from './faults.ts'
import type { Flusher } from './flusher.ts'
import type { LogOptions, WrittenLog } from './log-options.ts'
import type { SegmentList } from './segment-list.ts'

/** The log that is written. */
interface WritingLog extends WrittenLog {
  readonly config: LogConfig
  readonly logEndOffset: number
  /** Whether it takes and gives anything. */
  readonly isOpen: boolean
  /** Whether it was let go of. */
  readonly isClosed: boolean
}

/** See the head of the file. */
export class LogWrites {
  /** Offset below which everything is in the file, and on the disk where `flush.messages` says so. */
  writtenOffset: number
  readonly #log: WritingLog
  readonly #list: SegmentList
  readonly #flusher: Flusher
  readonly #disk: DiskTrouble
  readonly #options: LogOptions
  /** Whether the end of this turn is waited for. */
  isScheduled = false
  /** Whether the last turn's records could not be written as the process had no descriptors: nothing is taken until they are. */
  isStuck = false

  constructor(log: WritingLog, list: SegmentList, flusher: Flusher, disk: DiskTrouble, options: LogOptions) {
    this.#log = log
    this.#list = list
    this.#flusher = flusher
    this.#disk = disk
    this.#options = options
    this.writtenOffset = flusher.fileOffset
  }

  /** Has bytes that are placed written at the end of the turn. */
  queue(bytes: Buffer, now: number): void {
    this.#list.active.queue(bytes, now)
    if (this.isScheduled) return
    this.isScheduled = true
    this.#options.schedule(this.#writeQueued)
  }

  readonly #writeQueued = (): void => {
    this.isScheduled = false
    this.writeNow()
  }

  /** Writes what is queued, and tells of it. */
  writeNow(): void {
    if (!this.#log.isOpen) return
    try {
      this.writeOut()
    } catch {
      // Told of by then. What is only a lack of descriptors is over at some time.
      if (this.isStuck) this.#again(this.#writeQueued)
      return
    }
    this.publish()
  }

  /** Puts what is queued into the file now. */
  writeOut(): void {
    try {
      this.#list.active.write()
      this.isStuck = false
    } catch (error) {
      this.isStuck = faultOf(error) === 'exhaustion'
      throw this.#disk.fail(error)
    }
    this.#flusher.fileOffset = this.#log.logEndOffset
  }

  /** Tells how far appends are done, having begun a flush where that is to wait for the disk. */
  publish(): void {
    const { fileOffset, recoveryPoint } = this.#flusher
    let reached = fileOffset
    if (fileOffset - recoveryPoint >= this.#log.config.flushMessages && this.#options.files.durable) {
      reached = recoveryPoint
      this.flushLater(fileOffset)
    }
    if (reached <= this.writtenOffset) return
    this.writtenOffset = reached
    this.#options.onWritten?.(this.#log)
  }

  /** Resolves once the disk has what was appended below an offset. */
  async flushTo(offset: number, until?: number): Promise<void> {
    const { all } = this.#list
    let rounds = this.#flusher.roundsToFinish(all)
    while (rounds-- > 0 || this.#flusher.recoveryPoint < Math.min(offset, this.#flusher.fileOffset)) {
      try {
        await this.#flusher.sync(this.#list.all, until)
      } catch (error) {
        // Deleted meanwhile: that its files are gone is no fault of the disk.
        if (this.#log.isClosed && faultOf(error) === 'disk') throw this.#disk.offline()
        throw this.#disk.fail(error)
      }
      if (this.#disk.failure !== null) throw this.#disk.offline()
      if (!this.#log.isClosed) this.publish()
    }
  }

  /** A flush that nobody waits for. Errors are told of where they come up; only what fails for want of descriptors is tried again. */
  flushLater(offset: number, until?: number): void {
    this.flushTo(offset, until).catch(error => {
      if (faultOf(error) === 'exhaustion') this.#again(() => this.#log.isOpen && this.flushLater(offset, until))
    })
  }

  /** The log ends at an offset from now on. */
  truncateTo(offset: number): void {
    this.writtenOffset = Math.min(this.writtenOffset, offset)
    this.#flusher.truncateTo(offset)
  }

  /** The log is empty, and begins at an offset: there is nothing below that would have to be written. */
  restartAt(offset: number): void {
    this.#flusher.fileOffset = offset
    this.writtenOffset = offset
  }

  #again(run: () => void): void {
    const { later, schedule } = this.#options
    if (later) later(run)
    else schedule(run)
  }
}

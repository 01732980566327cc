/** Which leader wrote from which offset on (KIP-101): the `leader-epoch-checkpoint` file and its answers. */
import { CheckpointError, checkpointText, readCheckpoint, wholeNumber } from './checkpoints.ts'
import type { Files } from './files.ts'

const newline = 0x0a

/** An epoch and the first offset that its leader could write. */
export interface EpochEntry {
  readonly leaderEpoch: number
  readonly startOffset: number
}

/** An epoch and the offset behind its last record; both −1 where unknown. */
export interface EpochEndOffset {
  readonly leaderEpoch: number
  readonly endOffset: number
}

/**
 * The epochs of one log, ascending in epoch and offset. Those that ended before the log's start are kept as long as their segments
 * are: after a crash the log may start at an earlier offset again.
 */
export class LeaderEpochs {
  readonly #files: Files
  readonly #path: string
  readonly #isOnlyCopy: () => boolean
  /** Whether the file could not be read; the batches then tell the epochs. */
  readonly damaged: boolean = false
  #entries: EpochEntry[] = []
  /** First offset that is told of. */
  #start = 0
  #dirty = false
  /** Whether the latest epoch has no record yet, and is not in the file. */
  #isBegun = false
  #recovered = false

  /**
   * `isOnlyCopy` says whether the epochs cannot all be rebuilt from the batches, because compaction may have removed all batches of one. The
   * file is then replaced atomically and synced before the first record of an epoch is appended, as Apache Kafka does for each log.
   */
  constructor(files: Files, path: string, isOnlyCopy = () => false) {
    this.#files = files
    this.#path = path
    this.#isOnlyCopy = isOnlyCopy
    try {
      // It is not waited for when it is written: what was torn within its last number can be told by nothing else.
      const content = files.read(path)
      if (content !== null && content[content.length - 1] !== newline) throw new CheckpointError(path, 'it ends early')
      for (const [epoch, startOffset] of readCheckpoint(files, path, 2) ?? []) {
        this.#entries = this.#placed(wholeNumber(path, epoch), wholeNumber(path, startOffset)) ?? this.#entries
      }
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      this.#entries = []
      this.damaged = true
    }
  }

  /** Greatest epoch, −1 where there is none. */
  get latest(): number {
    return this.#entries.length === 0 ? -1 : this.#entries[this.#entries.length - 1].leaderEpoch
  }

  /** From the log's start on. */
  get entries(): readonly EpochEntry[] {
    const first = this.#entries.findLastIndex(entry => entry.startOffset <= this.#start)
    if (first < 0) return this.#entries
    return [
      { leaderEpoch: this.#entries[first].leaderEpoch, startOffset: this.#start },
      ...this.#entries.slice(first + 1),
    ]
  }

  /**
   * Notes that the epoch's leader will write from this offset on. The file learns of it with the first record: an epoch without any
   * is over with its leader, whose successor begins at the same offset.
   */
  begin(leaderEpoch: number, startOffset: number): void {
    if (leaderEpoch < 0 || leaderEpoch === this.latest) return
    const entries = this.#placed(leaderEpoch, startOffset)
    if (entries === null) return
    this.#entries = entries
    this.#isBegun = true
  }

  /** Forgets an epoch that was begun and has no record: another leader wrote at its offset, in whatever epoch. */
  forgetBegun(): void {
    if (!this.#isBegun) return
    this.#isBegun = false
    this.#entries = this.#entries.slice(0, -1)
  }

  /** Notes a record of the epoch at this offset; nothing happens where the epoch is the latest and has some already. */
  assign(leaderEpoch: number, startOffset: number): void {
    if (leaderEpoch < 0 || (leaderEpoch === this.latest && !this.#isBegun)) return
    const entries = this.#placed(leaderEpoch, startOffset)
    if (entries !== null || this.#isBegun) this.#write(entries ?? this.#entries)
  }

  /** Notes the epoch of a batch while a log is recovered, from the first batch on; `writeRecovered` once all were seen. */
  recover(leaderEpoch: number, startOffset: number): void {
    if (leaderEpoch < 0) return
    const known = this.#entries.findLast(entry => entry.startOffset <= startOffset)
    if (known !== undefined && known.leaderEpoch > leaderEpoch) {
      // The file is ahead of the log: a cut was undone by a loss of power, and what a later leader wrote in its place is gone.
      this.#entries = this.#entries.filter(entry => entry.leaderEpoch <= leaderEpoch || entry.startOffset > startOffset)
      this.#recovered = true
    }
    const entries = this.#entries
    if (leaderEpoch > this.latest) this.#entries = this.#placed(leaderEpoch, startOffset) ?? entries
    else {
      // Apache Kafka forgets what lies before the log's start, which may have moved up without the disk knowing.
      const next = entries.findIndex(entry => entry.startOffset > startOffset)
      if (next < 0 || leaderEpoch > entries[next].leaderEpoch || entries[next - 1]?.leaderEpoch >= leaderEpoch) return
      entries.splice(next, entries[next].leaderEpoch === leaderEpoch ? 1 : 0, { leaderEpoch, startOffset })
    }
    this.#recovered = true
  }

  writeRecovered(): void {
    if (this.#recovered || this.damaged) this.#write(this.#entries)
    this.#recovered = false
  }

  /** Takes the file not to be on the disk. */
  distrust(): void {
    this.#dirty = this.#files.exists(this.#path)
  }

  /** Makes the file's content last, but not its name; false where there was nothing to do. */
  async sync(): Promise<boolean> {
    if (!this.#dirty) return false
    this.#dirty = false
    const file = this.#files.file(this.#path)
    try {
      await file.sync()
    } catch (error) {
      this.#dirty = true
      throw error
    } finally {
      file.close()
    }
    return true
  }

  /** The offset behind the last record of an epoch, or of the greatest below it that wrote anything. */
  endOffsetFor(leaderEpoch: number, logEndOffset: number): EpochEndOffset {
    if (leaderEpoch === -1) return { leaderEpoch: -1, endOffset: -1 }
    if (leaderEpoch === this.latest) return { leaderEpoch, endOffset: logEndOffset }
    const { entries } = this
    const higher = entries.findIndex(entry => entry.leaderEpoch > leaderEpoch)
    if (higher < 0) return { leaderEpoch: -1, endOffset: -1 }
    const endOffset = entries[higher].startOffset
    return { leaderEpoch: higher === 0 ? leaderEpoch : entries[higher - 1].leaderEpoch, endOffset }
  }

  /** The epoch whose leader wrote an offset, −1 where unknown. */
  epochFor(offset: number): number {
    const { length } = this.#entries
    for (let index = length - 1; index >= 0; index--) {
      if (this.#entries[index].startOffset <= offset) return this.#entries[index].leaderEpoch
    }
    return -1
  }

  /**
   * Forgets epochs that began at this offset or above. The first of all may begin there: then the log is empty from its start,
   * or its start had moved up to its end.
   */
  truncateFromEnd(offset: number): void {
    const kept = this.#entries.filter(
      ({ startOffset }, index) => startOffset < offset || (index === 0 && startOffset === offset),
    )
    if (kept.length === this.#entries.length) return
    this.#write(kept)
  }

  /** Tells no more of what was before the log's start; what ended before its first segment is forgotten with the next change. */
  truncateFromStart(logStartOffset: number, firstSegmentOffset: number): void {
    this.#start = logStartOffset
    const first = this.#entries.findLastIndex(entry => entry.startOffset <= firstSegmentOffset)
    if (first > 0) this.#entries.splice(0, first)
  }

  /** Forgets all. */
  clear(): void {
    this.#start = 0
    if (this.#entries.length === 0) return
    this.#write([])
  }

  /** The entries with one more; null where it is there. */
  #placed(leaderEpoch: number, startOffset: number): EpochEntry[] | null {
    // A leader that wrote nothing leaves no trace once another begins at the same offset.
    if (this.#entries.some(entry => entry.leaderEpoch === leaderEpoch && entry.startOffset === startOffset)) return null
    const before = this.#entries.filter(entry => entry.leaderEpoch < leaderEpoch && entry.startOffset < startOffset)
    return [...before, { leaderEpoch, startOffset }]
  }

  /** Takes entries over once they are in the file. */
  #write(entries: EpochEntry[]): void {
    const text = checkpointText(entries.map(entry => `${entry.leaderEpoch} ${entry.startOffset}`))
    const isOnlyCopy = this.#isOnlyCopy()
    if (isOnlyCopy) this.#files.replace(this.#path, text)
    else this.#files.write(this.#path, text)
    this.#dirty = !isOnlyCopy
    this.#isBegun = false
    this.#entries = entries
  }
}

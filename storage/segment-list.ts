/** The segments of one log: how new ones begin, how some go, and how compaction's take the place of others. */
import { commitSwap, finishSwap, openCleaned } from './compaction/swap.ts'
import type { LogConfig } from './config.ts'
import type { Files } from './files.ts'
import type { Flusher } from './flusher.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import { Removals } from './removals.ts'
import { Segment } from './segment.ts'

/** What a list is made of, and told. */
export interface SegmentListOptions {
  readonly files: Files
  readonly dir: string
  readonly now: () => number
  readonly segments: Segment[]
  readonly snapshots: ProducerSnapshots
  readonly flusher: Flusher
}

/** See the head of the file. Errors are those of the files. */
export class SegmentList {
  /** In the order of offsets; never empty. */
  all: Segment[]
  /** The last one, which is written to. */
  active: Segment
  readonly #files: Files
  readonly #dir: string
  readonly #now: () => number
  readonly #snapshots: ProducerSnapshots
  readonly #flusher: Flusher
  readonly #retired = new Removals()

  constructor({ files, dir, now, segments, snapshots, flusher }: SegmentListOptions) {
    this.#files = files
    this.#dir = dir
    this.#now = now
    this.#snapshots = snapshots
    this.#flusher = flusher
    this.all = segments
    this.active = segments[segments.length - 1]
  }

  get sizeInBytes(): number {
    let bytes = 0
    for (const segment of this.all) bytes += segment.sizeInBytes
    return bytes
  }

  /** Whether files that were given up are still there. */
  get hasRetired(): boolean {
    return !this.#retired.isEmpty
  }

  /** Makes a segment that begins at an offset. */
  #made(offset: number, config: LogConfig): Segment {
    return Segment.create(this.#files, this.#dir, offset, this.#now()).preallocated(this.#files, config)
  }

  /** Ends the last segment at an offset, and begins another; where it is empty, that takes its place. Where this fails, it can be done again. */
  roll(offset: number, config: LogConfig): void {
    const { active: previous } = this
    const isEmpty = previous.sizeInBytes === 0
    if (!isEmpty) previous.seal()
    // Before it is so: where it fails, the names that came and went again may be there after a power failure.
    this.#flusher.directoryChanged = true
    const next = this.#made(offset, config)
    if (isEmpty) {
      this.all.pop()
      for (const path of previous.retire(this.#files)) this.#files.unlink(path)
    } else previous.endOffset = offset
    this.all.push(next)
    this.active = next
  }

  /** Gives all up, and begins anew at an offset. */
  restart(offset: number, config: LogConfig): void {
    this.drop(0, this.all.length, config)
    this.active = this.#made(offset, config)
    this.all = [this.active]
  }

  /** Gives up all behind the first so many. */
  keep(count: number, config: LogConfig): void {
    this.drop(count, this.all.length - count, config)
    this.active = this.all[count - 1]
  }

  /** Gives up some of them, of which not all may be; the files go after `file.delete.delay.ms`. */
  drop(from: number, count: number, { fileDeleteDelayMs }: LogConfig): void {
    if (count <= 0) return
    this.#flusher.directoryChanged = true
    const dueMs = this.#now() + fileDeleteDelayMs
    const dropped = this.all.splice(from, count)
    // From the outside in, so that a crash leaves no hole.
    if (from > 0) dropped.reverse()
    for (const segment of dropped) {
      this.#snapshots.removeWhere(offset => offset === segment.baseOffset)
      for (const path of segment.retire(this.#files)) this.#retired.add(path, dueMs)
    }
  }

  /** Where neighbouring segments stand; −1 where they are not all there any more. None may be the last of all. */
  indexOf(sources: readonly Segment[]): number {
    const from = this.all.indexOf(sources[0])
    const last = this.all[from + sources.length - 1]
    return from < 0 || last === this.active || last !== sources[sources.length - 1] ? -1 : from
  }

  /** Puts what compaction made of the segments from an index on in their place. */
  exchange(from: number, sources: readonly Segment[], config: LogConfig): void {
    const cleaned = openCleaned(this.#files, this.#dir, sources, this.#now())
    // What follows needs no descriptor, so that a process that has none left cannot stop half-way.
    commitSwap(this.#dir, cleaned)
    this.drop(from + 1, sources.length - 1, config)
    finishSwap(this.#files, this.#dir, sources[0], cleaned)
    this.all[from] = cleaned
    this.#flusher.directoryChanged = true
  }

  /** Removes files that were given up and whose time has come. */
  removeRetired(now: number): void {
    for (const path of this.#retired.takeDue(now)) this.#files.unlink(path)
  }

  /** Gives the handles back, and removes what was given up. */
  close(): void {
    for (const segment of this.all) segment.close()
    this.removeRetired(Number.POSITIVE_INFINITY)
  }
}

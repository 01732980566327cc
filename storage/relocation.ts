/**
 * Copies a log into another directory while it is written to (KIP-113): its closed segments one after the other, each brought to
 * the disk before it has its name, so that a copy that was interrupted goes on where it was; then what little was appended
 * meanwhile, in one go, after which the copy can take the log's place.
 */
import { Throttle } from './compaction/pace.ts'
import { copyRange, copyRangeNow, type Files, syncNow } from './files.ts'
import type { Log } from './log.ts'
import { fileName, offsetOfFile } from './names.ts'
import type { Segment } from './segment.ts'

/** What a copy is made with. */
export interface RelocationOptions {
  readonly files: Files
  /** The directory of the copy, which exists. */
  readonly dir: string
  /** Asked again for each slice. */
  readonly bytesPerSecondMax: () => number
  readonly monotonicMs: () => number
  /** Resolves after so many milliseconds, in which others work. */
  readonly pause: (delayMs: number) => Promise<void>
}

/** The copy was called off. */
export class RelocationCancelled extends Error {
  constructor() {
    super('the copy was called off')
    this.name = 'RelocationCancelled'
  }
}

/** Bytes of an open segment that are copied while everybody waits. */
const restBytesMax = 1024 * 1024
/** Bytes copied between two looks at the clock. */
const sliceBytesMax = 1024 * 1024
/** Bytes that are brought to the disk at once: whoever else writes waits for as long as that takes. */
const syncBytes = 4 * 1024 * 1024
/** Between two looks at whether the copy was called off, or the speed changed. */
const pauseMsMax = 100
const partSuffix = '.part'

/** One log's way into another directory. */
export class Relocation {
  /** Bytes in the copy, as far as they count. */
  sizeInBytes = 0
  /** Offset behind what was copied; −1 before the first segment was. */
  endOffset = -1
  readonly dir: string
  readonly #options: RelocationOptions
  /** Bytes of the segments that are whole in the copy, by their first offset. */
  readonly #copied = new Map<number, number>()
  #source: Log | null = null
  #truncations = 0
  #throttle = new Throttle(1)
  #bytesPerSecondMax = 0
  #isCancelled = false

  constructor(options: RelocationOptions) {
    this.#options = options
    this.dir = options.dir
  }

  /** Ends `copy` soon, with RelocationCancelled, or with another error where its files are gone. */
  cancel(): void {
    this.#isCancelled = true
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** Copies all but a rest that `finish` can copy. The log is asked for again and again, as it may be closed and opened meanwhile. */
  async copy(source: () => Log): Promise<void> {
    this.#resume(source())
    for (;;) {
      if (this.#isCancelled) throw new RelocationCancelled()
      const log = source()
      this.#forgetGone(log)
      const next = closedSegments(log).find(({ baseOffset }) => !this.#copied.has(baseOffset))
      if (next !== undefined) await this.#copySegment(next)
      else if (openSegment(log).sizeInBytes <= restBytesMax) return
      else log.roll()
    }
  }

  /** Copies the rest, now; false where that has become too much, and `copy` has to go on. */
  finish(log: Log): boolean {
    const { files } = this.#options
    this.#forgetGone(log)
    log.writeOut()
    const open = openSegment(log)
    if (open.sizeInBytes > 2 * restBytesMax) return false
    if (closedSegments(log).some(({ baseOffset }) => !this.#copied.has(baseOffset))) return false
    const path = fileName(this.dir, open.baseOffset, 'log')
    if (files.exists(path)) files.unlink(path)
    copyRangeNow(files, open.file.path, path, 0, open.writtenBytes)
    syncNow(files, path)
    for (const { name } of files.list(log.dir)) {
      if (!name.endsWith('.snapshot') && name !== 'leader-epoch-checkpoint') continue
      const content = files.read(`${log.dir}/${name}`)
      if (content !== null) files.write(`${this.dir}/${name}`, content)
    }
    files.syncDirectoryNow(this.dir)
    return true
  }

  /** Keeps what an earlier run copied of segments that are there unchanged, and removes the rest. */
  #resume(log: Log): void {
    const { files } = this.#options
    const sizes = new Map(closedSegments(log).map(({ baseOffset, sizeInBytes }) => [baseOffset, sizeInBytes]))
    const kept = new Set<number>()
    for (const { name } of files.list(this.dir)) {
      const offset = offsetOfFile(name)
      const bytes = name.endsWith('.log') ? files.file(`${this.dir}/${name}`).size() : -1
      if (bytes >= 0 && sizes.get(offset) === bytes) kept.add(offset)
    }
    for (const { name } of files.list(this.dir)) {
      const offset = offsetOfFile(name)
      if (offset >= 0 && (!kept.has(offset) || name.endsWith(partSuffix))) files.unlink(`${this.dir}/${name}`)
    }
    this.#source = log
    this.#truncations = log.truncations
    for (const offset of kept) this.#copied.set(offset, sizes.get(offset) as number)
    this.#count(log)
  }

  /** Removes what the log does not have any more, or has otherwise. */
  #forgetGone(log: Log): void {
    const cut = log === this.#source && log.truncations !== this.#truncations
    this.#source = log
    this.#truncations = log.truncations
    const sizes = new Map(closedSegments(log).map(({ baseOffset, sizeInBytes }) => [baseOffset, sizeInBytes]))
    let changed = false
    for (const [offset, bytes] of this.#copied) {
      if (!cut && sizes.get(offset) === bytes) continue
      for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const) {
        this.#options.files.unlink(fileName(this.dir, offset, kind))
      }
      this.#copied.delete(offset)
      changed = true
    }
    if (changed) this.#count(log)
  }

  async #copySegment(segment: Segment): Promise<void> {
    const { files } = this.#options
    const { baseOffset, sizeInBytes } = segment
    try {
      for (const kind of ['index', 'timeindex', 'txnindex'] as const) {
        const from = segmentPath(segment, kind)
        const to = fileName(this.dir, baseOffset, kind)
        if (files.exists(from)) await this.#copyFile(from, to, files.file(from).size(), false)
      }
      const path = fileName(this.dir, baseOffset, 'log')
      await this.#copyFile(segment.file.path, `${path}${partSuffix}`, sizeInBytes, true)
      files.rename(`${path}${partSuffix}`, path)
    } catch (error) {
      // Retention may take it away meanwhile.
      if (!segment.retired) throw error
      return
    }
    this.#copied.set(baseOffset, sizeInBytes)
    this.endOffset = Math.max(this.endOffset, segment.endOffset)
  }

  async #copyFile(from: string, to: string, bytes: number, counts: boolean): Promise<void> {
    const { files } = this.#options
    if (files.exists(to)) files.unlink(to)
    const before = this.sizeInBytes
    let unsynced = 0
    if (bytes === 0) copyRangeNow(files, from, to, 0, 0)
    for (let position = 0; position < bytes; ) {
      const length = Math.min(bytes - position, this.#sliceBytes())
      await this.#wait(length)
      await copyRange(files, from, to, position, length)
      position += length
      if (counts) this.sizeInBytes = before + position
      unsynced += length
      if (unsynced < syncBytes && position < bytes) continue
      unsynced = 0
      await sync(files, to)
    }
    if (bytes === 0) await sync(files, to)
  }

  #sliceBytes(): number {
    return Math.max(65_536, Math.min(sliceBytesMax, Math.floor(this.#options.bytesPerSecondMax() / 4)))
  }

  async #wait(bytes: number): Promise<void> {
    const { bytesPerSecondMax, monotonicMs, pause } = this.#options
    const rate = bytesPerSecondMax()
    if (rate !== this.#bytesPerSecondMax) {
      this.#bytesPerSecondMax = rate
      this.#throttle = new Throttle(rate)
    }
    let delayMs = this.#throttle.delayMs(bytes, monotonicMs())
    do {
      if (this.#isCancelled) throw new RelocationCancelled()
      await pause(Math.min(delayMs, pauseMsMax))
      delayMs -= pauseMsMax
    } while (delayMs >= 1 && this.#bytesPerSecondMax === bytesPerSecondMax())
    if (this.#isCancelled) throw new RelocationCancelled()
  }

  #count(log: Log): void {
    this.sizeInBytes = 0
    this.endOffset = -1
    for (const segment of closedSegments(log)) {
      const bytes = this.#copied.get(segment.baseOffset)
      if (bytes === undefined) continue
      this.sizeInBytes += bytes
      this.endOffset = segment.endOffset
    }
  }
}

async function sync(files: Files, path: string): Promise<void> {
  const file = files.file(path)
  try {
    await file.sync()
  } finally {
    file.close()
  }
}

function closedSegments(log: Log): readonly Segment[] {
  return log.segments.slice(0, -1)
}

function openSegment(log: Log): Segment {
  return log.segments[log.segments.length - 1]
}

function segmentPath(segment: Segment, kind: 'index' | 'timeindex' | 'txnindex'): string {
  if (kind === 'txnindex') return segment.transactionIndex.path
  return kind === 'index' ? segment.offsetIndex.file.path : segment.timeIndex.file.path
}

/**
 * Partitions on their way to another data directory (KIP-113): copied one after the other in the background, and swapped when a copy
 * has caught up. The partition is served all the while. A copy that the broker's end interrupted goes on with the next start.
 */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { LogDirectory } from '../../../storage/directory.ts'
import { exhausted, faultOf, warnOfExhaustion } from '../../../storage/faults.ts'
import { Relocation, RelocationCancelled } from '../../../storage/relocation.ts'
import { crash } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { LogDirectories } from '../log-directories.ts'
import type { Partition } from '../partition.ts'

export interface RelocationsOptions {
  readonly directories: LogDirectories
  readonly clock: Clock
  /** Bytes that are copied per second; asked again all the time. */
  readonly bytesPerSecondMax: () => number
  /** Keeps a partition from being compacted until `compact`; resolves once nothing is under way. */
  readonly doNotCompact: (partition: Partition) => Promise<void>
  readonly compact: (partition: Partition) => void
  /** A partition's log is in its new place, and files were given up. */
  readonly moved: (partition: Partition) => void
  readonly logger: Logger
}

/** What is told of a partition that is on its way. */
export interface FutureLog {
  readonly path: string
  readonly sizeInBytes: number
  /** Offsets that it lacks. */
  readonly offsetLag: number
}

/** When a move goes on that had no descriptors. */
const againMs = 1_000

interface Move {
  readonly partition: Partition
  readonly to: LogDirectory
  readonly relocation: Relocation
}

export class Relocations {
  readonly #options: RelocationsOptions
  /** By the partition's name, in the order in which they are done. */
  readonly #moves = new Map<string, Move>()
  #running: Promise<void> | null = null
  #stopped = false
  /** Ends the wait before a move is tried again. */
  #endPause = () => {}

  constructor(options: RelocationsOptions) {
    this.#options = options
  }

  /** Takes up what an earlier run began, and drops what is of no use. */
  resume(find: (topic: string, index: number) => Partition | undefined, mayBeElsewhere: boolean): void {
    const { directories, logger } = this.#options
    for (const directory of directories.usableDirectories()) {
      for (const { topic, partition: index, path, topicId } of directory.futures.all()) {
        const partition = find(topic, index)
        const goesOn =
          partition?.topicId === topicId && partition.standing === 'online' && !this.#moves.has(partition.name)
        if (goesOn && directories.pathOf(partition) !== directory.path) this.#begin(partition, directory, path)
        else if (partition?.standing === 'offline' || (partition === undefined && mayBeElsewhere)) {
          logger.warn('a copy of a partition that cannot be used now is left alone', { directory: path })
        } else directory.futures.drop(path)
      }
    }
  }

  /** Moves a partition to a directory; to the one where it lies: ends a move. Throws KAFKA_STORAGE_ERROR where the disk fails. */
  move(partition: Partition, to: LogDirectory): void {
    if (partition.standing !== 'online') {
      throw new KafkaError(codes.KAFKA_STORAGE_ERROR, `${partition.name} is offline; its disk has failed`)
    }
    const current = this.#moves.get(partition.name)
    if (current?.to === to) return
    if (current !== undefined) this.#drop(current)
    const { directories } = this.#options
    if (directories.pathOf(partition) === to.path) return
    try {
      this.#begin(partition, to, to.futures.make(partition.topic, partition.index, partition.topicId))
    } catch (error) {
      const fault = faultOf(error)
      if (fault === 'bug') crash(error)
      if (fault === 'exhaustion') {
        this.#warn(partition, to, error as Error)
        throw exhausted(error as Error)
      }
      if (fault !== 'disk') throw error
      const { message } = error as Error
      directories.failDirectory(to, error as Error)
      throw new KafkaError(codes.KAFKA_STORAGE_ERROR, `the data directory ${to.path} has failed: ${message}`)
    }
  }

  /** The copy of a partition that is under way; null where none is. */
  futureOf(partition: Partition): FutureLog | null {
    const move = this.#moves.get(partition.name)
    if (move?.partition !== partition) return null
    const { endOffset, sizeInBytes } = move.relocation
    const from = endOffset < 0 ? partition.logStartOffset : endOffset
    return { path: move.to.path, sizeInBytes, offsetLag: Math.max(0, partition.logEndOffset - from) }
  }

  /** A partition is gone, or is offline. */
  forget(partition: Partition): void {
    const move = this.#moves.get(partition.name)
    if (move?.partition === partition) this.#drop(move)
  }

  /** A directory failed: nothing goes there any more. */
  directoryFailed(path: string): void {
    for (const move of [...this.#moves.values()]) if (move.to.path === path) this.#drop(move)
  }

  /** Ends what is under way, to go on with the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const { relocation } of this.#moves.values()) relocation.cancel()
    this.#endPause()
    await this.#running
  }

  #begin(partition: Partition, to: LogDirectory, dir: string): void {
    const { clock, bytesPerSecondMax, directories } = this.#options
    const relocation = new Relocation({
      files: to.files,
      dir,
      bytesPerSecondMax,
      monotonicMs: () => clock.monotonicMs(),
      pause: delayMs =>
        new Promise(resolve => {
          if (delayMs < 1) clock.immediate(resolve)
          else clock.schedule(delayMs, resolve)
        }),
    })
    this.#moves.set(partition.name, { partition, to, relocation })
    directories.reserve(to, 1)
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  #drop(move: Move): void {
    const { directories, logger, compact } = this.#options
    move.relocation.cancel()
    this.#moves.delete(move.partition.name)
    directories.reserve(move.to, -1)
    compact(move.partition)
    try {
      move.to.futures.drop(move.relocation.dir)
      this.#options.moved(move.partition)
    } catch (error) {
      if (faultOf(error) === 'bug') crash(error)
      // The next start finds it, and gives it up then.
      logger.warn('the copy of a partition cannot be given up', { directory: move.relocation.dir, error })
    }
  }

  async #run(): Promise<void> {
    // Whoever began it goes on first.
    await Promise.resolve()
    for (let next = this.#next(); next !== undefined && !this.#stopped; next = this.#next()) {
      try {
        await this.#carryOut(next)
      } catch (error) {
        const isCalledOff = error instanceof RelocationCancelled
        const fault = isCalledOff ? 'refusal' : faultOf(error)
        if (fault === 'bug') crash(error)
        // Of one that was called off the files may be gone.
        if (next.relocation.isCancelled) continue
        if (fault === 'exhaustion') await this.#tryAgain(next, error as Error)
        else this.#failed(next, error as Error)
      }
    }
  }

  #next(): Move | undefined {
    return this.#moves.values().next().value
  }

  async #carryOut(move: Move): Promise<void> {
    const { partition, to, relocation } = move
    const { clock, logger, doNotCompact, compact, directories, moved } = this.#options
    const beganMs = clock.monotonicMs()
    await doNotCompact(partition)
    do {
      await relocation.copy(() => partition.log)
      to.expect(partition.topic, partition.index, partition.log, partition.highWatermark)
      await to.checkpoint()
      if (this.#moves.get(partition.name) !== move) {
        to.forget(partition.topic, partition.index)
        throw new RelocationCancelled()
      }
      if (this.#stopped) throw new RelocationCancelled()
    } while (!relocation.finish(partition.log))
    partition.reopen(() => {
      to.futures.adopt(relocation.dir, partition.topic, partition.index)
      this.#moves.delete(partition.name)
      directories.moved(partition, to)
    })
    compact(partition)
    moved(partition)
    logger.info('moved a partition to another data directory', {
      partition: partition.name,
      directory: to.path,
      durationMs: Math.round(clock.monotonicMs() - beganMs),
    })
  }

  /** There are no descriptors: it goes on where it was, after a while. */
  async #tryAgain(move: Move, error: Error): Promise<void> {
    this.#warn(move.partition, move.to, error)
    const { clock } = this.#options
    await new Promise<void>(resolve => {
      const timer = clock.schedule(againMs, resolve)
      this.#endPause = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #warn({ name }: Partition, { path }: LogDirectory, error: Error): void {
    const { clock, logger } = this.#options
    const fields = { partition: name, directory: path }
    warnOfExhaustion(logger, clock.now(), 'a partition cannot be moved to another data directory', error, fields)
  }

  #failed(move: Move, error: Error): void {
    const { directories, logger } = this.#options
    logger.error('a partition was not moved to another data directory', { partition: move.partition.name, error })
    this.forget(move.partition)
    // An error of the log itself has taken its own directory offline.
    if (faultOf(error) !== 'disk') return
    const { path } = error as NodeJS.ErrnoException
    if (path?.startsWith(`${move.to.path}/`) === true) directories.failDirectory(move.to, error)
    else directories.fail(move.partition, error)
  }
}

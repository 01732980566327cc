/** The four checkpoint files of a data directory, which go together: recovery points, log starts, high watermarks, and how far logs were compacted. */
import type { Pause } from './checkpoints.ts'
import type { Files } from './files.ts'
import type { Log } from './log.ts'
import { cleanedOffsetsName, highWatermarksName, logStartsName, recoveryPointsName } from './names.ts'
import { OffsetCheckpoint } from './offset-checkpoint.ts'

/** Logs that are looked at between two pauses. */
const notedAtOnce = 100

/** See the head of the file. */
export class DirectoryCheckpoints {
  readonly recoveryPoints: OffsetCheckpoint
  readonly logStarts: OffsetCheckpoint
  readonly highWatermarks: OffsetCheckpoint
  readonly cleanedOffsets: OffsetCheckpoint

  /** Reads the files of a directory. `isSynced` is false where the disk may not have them as they are read. */
  constructor(files: Files, path: string, isSynced: boolean, warn: (message: string) => void) {
    this.recoveryPoints = new OffsetCheckpoint(files, `${path}/${recoveryPointsName}`, isSynced, warn)
    this.logStarts = new OffsetCheckpoint(files, `${path}/${logStartsName}`, isSynced, warn)
    this.highWatermarks = new OffsetCheckpoint(files, `${path}/${highWatermarksName}`, isSynced, warn)
    this.cleanedOffsets = new OffsetCheckpoint(files, `${path}/${cleanedOffsetsName}`, isSynced, warn)
  }

  get #all(): readonly OffsetCheckpoint[] {
    return [this.recoveryPoints, this.logStarts, this.highWatermarks, this.cleanedOffsets]
  }

  /** Takes in what they are to say of a log. */
  note(topic: string, partition: number, log: Log): void {
    this.recoveryPoints.set(topic, partition, log.recoveryPoint)
    // Of one whose disk failed nobody knows what came of the latest changes.
    if (log.failure !== null) return
    // As in Apache Kafka, a log that starts with its first segment needs no entry, unless earlier ones may come back.
    if (log.logStartOffset > (log.namesLast ? log.segments[0].baseOffset : 0)) {
      this.logStarts.set(topic, partition, log.logStartOffset)
    } else {
      this.logStarts.delete(topic, partition)
    }
    if (log.cleanedOffset > 0) this.cleanedOffsets.set(topic, partition, log.cleanedOffset)
    else this.cleanedOffsets.delete(topic, partition)
  }

  async noteAll(
    logs: Iterable<{ readonly topic: string; readonly partition: number; readonly log: Log }>,
    pause: Pause,
  ): Promise<void> {
    let count = 0
    for (const { topic, partition, log } of logs) {
      this.note(topic, partition, log)
      if (++count % notedAtOnce === 0) await pause()
    }
  }

  /** Takes in what they are to say of a partition whose copy is about to take its place here. */
  expect(topic: string, partition: number, log: Log, highWatermark: number): void {
    this.recoveryPoints.set(topic, partition, log.segments[log.segments.length - 1].baseOffset)
    this.logStarts.set(topic, partition, log.logStartOffset)
    this.cleanedOffsets.set(topic, partition, log.cleanedOffset)
    this.highWatermarks.set(topic, partition, highWatermark)
  }

  /** Says of a log that was opened no more than is true of it, at once. */
  lower(topic: string, partition: number, log: Log): void {
    this.recoveryPoints.lower(topic, partition, log.recoveryPoint)
    this.cleanedOffsets.lower(topic, partition, log.cleanedOffset)
  }

  /** Says of a log that ends at an offset soon no more than will be true of it, at once. */
  lowerTo(topic: string, partition: number, offset: number): void {
    for (const offsets of this.#all) offsets.lower(topic, partition, offset)
  }

  forget(topic: string, partition: number): void {
    for (const offsets of this.#all) offsets.delete(topic, partition)
  }

  /** Nothing is written any more, what is under way included. */
  discard(): void {
    for (const offsets of this.#all) offsets.discard()
  }

  /** Writes those in which something changed, one after the other. */
  async write(pause: Pause): Promise<void> {
    for (const offsets of this.#all) await offsets.write(pause)
  }
}

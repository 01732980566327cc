/**
 * Appends that take long, as their batches have to be packed in the topic's own codec (`compression.type`): large ones are packed in
 * a thread while others have their turn. Whatever comes to the same partition meanwhile waits behind them, so that order is kept.
 */

import { codecs } from '../../protocol/records/compression.ts'
import { compressionType, headerBytes } from '../../protocol/records/header.ts'
import type { AppendResult } from '../../storage/log.ts'
import { codecWanted } from '../../storage/recompression.ts'
import { RecompressionThread } from '../../storage/recompression-thread.ts'
import type { Clock } from '../base/clock.ts'
import type { Partition, PartitionAppend } from './partition.ts'
import type { Due, Timetable } from './waiting/timetable.ts'

/** Bytes that are packed at once: a fraction of a millisecond, less than handing them to a thread takes. */
const plainBytesMax = 8_192
/** The same of what is compressed already, and larger once it is not. */
const packedBytesMax = 2_048
/** How long the thread is kept for the next batch. */
const idleMs = 60_000

export class Recompression implements Due {
  readonly #clock: Clock
  readonly #timetable: Timetable
  readonly #thread = new RecompressionThread()
  /** The last append of each partition that has any under way; never rejects. */
  readonly #tails = new Map<Partition, Promise<unknown>>()

  constructor(clock: Clock, timetable: Timetable) {
    this.#clock = clock
    this.#timetable = timetable
  }

  /** Appends when it can be done; null where that is now, and the caller's to do. Rejects with what `append` would throw. */
  appendLater(partition: Partition, records: Buffer, append: PartitionAppend): Promise<AppendResult> | null {
    const { log: config } = partition.settings
    if (config.compressionType === 'producer' && this.#tails.size === 0) return null
    const tail = this.#tails.get(partition)
    const isLong = takesLong(records, codecWanted(config))
    if (tail === undefined && !isLong) return null
    // Once the request is answered, its bytes may be overwritten: where it runs out of time, before this is done.
    const prepared = isLong
      ? this.#thread.run(records, config, this.#clock.now())
      : Promise.resolve(Buffer.from(records))
    // Whoever comes first may fail later: nobody listens until then.
    prepared.catch(() => undefined)
    const appended = (tail ?? Promise.resolve()).then(() => prepared).then(bytes => partition.append(bytes, append))
    const settled = appended
      .catch(() => undefined)
      .then(() => {
        if (this.#tails.get(partition) === settled) this.#tails.delete(partition)
        if (this.#tails.size === 0) this.#timetable.in(idleMs, this)
      })
    this.#tails.set(partition, settled)
    return appended
  }

  /** Nothing was to be packed for a while. */
  due(): void {
    if (this.#tails.size === 0) void this.#thread.stop()
  }

  /** Resolves when all that is under way by now is appended, or refused. */
  async settled(): Promise<void> {
    await Promise.all(this.#tails.values())
  }

  /** Refuses what is under way, and ends the thread. */
  async stop(): Promise<void> {
    this.#timetable.cancel(this)
    await this.#thread.stop()
    await Promise.all(this.#tails.values())
  }
}

function takesLong(records: Buffer, codec: string | null): boolean {
  if (codec === null || records.length <= packedBytesMax) return false
  // What is no batch of the present format is converted; what is none at all is soon refused.
  const present = records.length >= headerBytes && records[16] === 2 ? codecs[compressionType(records, 0)] : undefined
  if (present === codec) return false
  return present !== 'none' || records.length > plainBytesMax
}

/**
 * Appends that take long, as their batches have to be packed in the topic's own codec (`compression.type`): large ones are packed in
 * a thread while others have their turn. What the same producer sends to the partition meanwhile waits behind them, so that order is kept.
 */
import { codecs } from '../../protocol/records/compression.ts'
import { compressionType, headerBytes, magicAt, producerId } from '../../protocol/records/header.ts'
import { faultOf, warnOfExhaustion } from '../../storage/faults.ts'
import type { AppendResult } from '../../storage/log.ts'
import { codecWanted } from '../../storage/recompression/recompression.ts'
import { RecompressionThread } from '../../storage/recompression/thread.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { offLoop } from '../base/off-loop.ts'
import type { AppendOrder } from './append-order.ts'
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
  readonly #order: AppendOrder
  readonly #logger: Logger
  readonly #thread = new RecompressionThread()

  constructor(clock: Clock, timetable: Timetable, order: AppendOrder, logger: Logger) {
    this.#clock = clock
    this.#timetable = timetable
    this.#order = order
    this.#logger = logger
    order.onIdle = () => timetable.in(idleMs, this)
  }

  /**
   * Appends when it can be done; null where that is now, and the caller's to do. `verified` is waited for where it is given. Rejects with what
   * `append` would throw, or `verified` rejects with.
   */
  appendLater(
    partition: Partition,
    records: Buffer,
    append: PartitionAppend,
    verified: Promise<void> | null = null,
  ): Promise<AppendResult> | null {
    const { log: config } = partition.settings
    if (verified === null && config.compressionType === 'producer' && this.#order.isIdle) return null
    const producerId = producerIdOf(records)
    const isLong = takesLong(records, codecWanted(config))
    if (verified === null && !isLong && !this.#order.isHeldUp(partition, producerId)) return null
    // Once the request is answered, its bytes may be overwritten: where it runs out of time, before this is done.
    const packed = isLong
      ? offLoop(this.#thread.run(records, config, this.#clock.now()))
      : Promise.resolve(Buffer.from(records))
    packed.catch(error => {
      if (faultOf(error) !== 'exhaustion') return
      const what = 'records cannot be packed in the codec of their topic'
      warnOfExhaustion(this.#logger, this.#clock.now(), what, error, { partition: partition.name })
    })
    const ready = verified === null ? packed : Promise.all([packed, verified]).then(([bytes]) => bytes)
    return this.#order.add(partition, producerId, ready, bytes => partition.append(bytes, append))
  }

  /** Nothing was to be packed for a while. */
  due(): void {
    if (this.#order.isIdle) void this.#thread.stop()
  }

  /** Refuses what is under way, and ends the thread. */
  async stop(): Promise<void> {
    this.#timetable.cancel(this)
    await this.#thread.stop()
    await this.#order.settled()
  }
}

/** The producer id of the first batch; −1 where there is none, or no batch of the present format. */
function producerIdOf(records: Buffer): number {
  return isPresentFormat(records) ? producerId(records, 0) : -1
}

function isPresentFormat(records: Buffer): boolean {
  return records.length >= headerBytes && records[magicAt] === 2
}

function takesLong(records: Buffer, codec: string | null): boolean {
  if (codec === null || records.length <= packedBytesMax) return false
  // What is no batch of the present format is converted; what is none at all is soon refused.
  const present = isPresentFormat(records) ? codecs[compressionType(records, 0)] : undefined
  if (present === codec) return false
  return present !== 'none' || records.length > plainBytesMax
}

/** The batches in which the records of an operation are written: one, or several where each record stands for itself. */
import { EncodeError } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { type BatchRecord, buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import type { Moment, RecordFormat } from './shard.ts'

/** Whose transaction the records of an operation belong to. */
export interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** A batch, and the index of the first record that is not in it or in those before it. */
export interface RecordBatch {
  readonly bytes: Buffer
  readonly to: number
}

/** Bytes of one of several batches. */
const dividedBytesMax = 512 * 1024
/** More than a record takes beside its key and value, and a batch beside its records. */
const overheadBytesMax = 64

/** Throws where a record cannot be encoded, or the records of one batch have more bytes than it may have. */
export function* recordBatches<R>(
  records: readonly R[],
  options: {
    readonly format: RecordFormat<R>
    readonly divisible: boolean
    /** Bytes that one batch may have. */
    readonly batchBytesMax: number
    readonly now: Moment
    readonly producer?: Producer
    /** How batches are compressed; not at all without. */
    readonly codec?: Codec
  },
): Iterable<RecordBatch> {
  const { format, divisible, batchBytesMax, now, producer, codec = 'none' } = options
  const transaction = producer && { ...producer, baseSequence: -1, isTransactional: true }
  const dividedMax = divisible ? Math.min(dividedBytesMax, batchBytesMax) : Number.POSITIVE_INFINITY
  for (let to = 0; to < records.length; ) {
    const batch: BatchRecord[] = []
    let bytes = 0
    for (; to < records.length; to++) {
      const { key, value } = encoded(format, records[to]!)
      bytes += key.length + (value?.length ?? 0)
      if (batch.length > 0 && bytes + (batch.length + 2) * overheadBytesMax > dividedMax) break
      if (bytes > batchBytesMax) {
        throw new KafkaError(
          codes.MESSAGE_TOO_LARGE,
          `records of an operation have ${bytes} bytes of ${batchBytesMax} or more`,
        )
      }
      batch.push({ timestamp: now.ms, key, value })
    }
    yield { bytes: buildBatch({ ...transaction, compression: codec, records: batch }), to }
  }
}

function encoded<R>(format: RecordFormat<R>, record: R): ReturnType<RecordFormat<R>['encode']> {
  try {
    return format.encode(record)
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
    throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, `a record cannot be written: ${error.message}`)
  }
}

/** A batch of the original as it is sent to the copy: byte for byte where brokers take it so, else made anew of its records. */
import { type BatchRecord, buildBatch } from '../../../protocol/records/batch.ts'
import { codecOf } from '../../../protocol/records/compression.ts'
import {
  baseOffset,
  compressionType,
  hasDeleteHorizon,
  lastOffsetDelta,
  magic,
  recordCount,
  sizeInBytes,
  timestampType,
} from '../../../protocol/records/header.ts'
import { type FetchedBatch, recordsOf } from '../../client/consumer.ts'

export interface CopiedBatch {
  readonly bytes: Buffer
  /** Offset of its first record in the original. */
  readonly source: number
  readonly count: number
}

/** What stands for a fetched batch: nothing where no record is left in it, several where compaction has left gaps. Throws KafkaError. */
export function copiedBatches(batch: FetchedBatch): CopiedBatch[] {
  const { bytes, at, fromOffset } = batch
  if (magic(bytes, at) === 2 && isSentAsItIs(bytes, at, fromOffset)) {
    const whole = bytes.subarray(at, at + sizeInBytes(bytes, at))
    return [{ bytes: whole, source: baseOffset(bytes, at), count: recordCount(bytes, at) }]
  }
  const records = recordsOf(batch)
  const compression = magic(bytes, at) === 2 ? codecOf(compressionType(bytes, at)) : 'none'
  return denseRuns(records).map(run => ({
    bytes: buildBatch({ baseOffset: 0, compression, records: run.map(withoutOffset) }),
    source: run[0]!.offset,
    count: run.length,
  }))
}

function isSentAsItIs(bytes: Buffer, at: number, fromOffset: number): boolean {
  const count = recordCount(bytes, at)
  if (count <= 0 || lastOffsetDelta(bytes, at) !== count - 1 || baseOffset(bytes, at) < fromOffset) return false
  return timestampType(bytes, at) === 'CreateTime' && !hasDeleteHorizon(bytes, at)
}

/** Records whose offsets follow one another: what is between is not there any more. */
function denseRuns<R extends { readonly offset: number }>(records: readonly R[]): R[][] {
  const runs: R[][] = []
  for (const record of records) {
    const run = runs.at(-1)
    if (run !== undefined && record.offset === run.at(-1)!.offset + 1) run.push(record)
    else runs.push([record])
  }
  return runs
}

function withoutOffset({ timestamp, key, value, headers }: BatchRecord): BatchRecord {
  return { timestamp, key, value, headers }
}

/**
 * Control records (KIP-98): the markers that end a transaction, and the types that a log may hold beside them. Key: version
 * int16, type int16. Value of a marker: version int16, epoch of the transaction's coordinator int32.
 */

import { codes, KafkaError } from '../errors.ts'
import { buildBatch, readRecords } from './batch.ts'
import { isControl, recordCount } from './header.ts'
import { readInt16, readInt32, writeInt16, writeInt32 } from './int.ts'
import type { RecordView } from './record.ts'

const controlTypes = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
] as const

/** Kafka's names of what a control record says. */
export type ControlType = (typeof controlTypes)[number] | 'UNKNOWN'

/** The marker that ends a transaction in one partition. `timestamp` in ms since the epoch. */
export interface EndTransactionMarker {
  readonly type: 'COMMIT' | 'ABORT'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly timestamp: number
  readonly baseOffset?: number
  readonly leaderEpoch?: number
}

/** The batch of one control record that ends a transaction. */
export function endTransactionMarker(marker: EndTransactionMarker): Buffer {
  const key = Buffer.alloc(4)
  writeInt16(key, 2, controlTypes.indexOf(marker.type))
  const value = Buffer.alloc(6)
  writeInt32(value, 2, marker.coordinatorEpoch)
  return buildBatch({
    baseOffset: marker.baseOffset ?? 0,
    partitionLeaderEpoch: marker.leaderEpoch ?? -1,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
    records: [{ timestamp: marker.timestamp, key, value }],
  })
}

/** The type of the first record of the control batch at `at`; types of later versions are UNKNOWN. */
export function readControlType(b: Buffer, at: number): ControlType {
  return controlTypeOf(firstRecord(b, at).key)
}

/** The type in a control record's key. */
export function controlTypeOf(key: Buffer | null): ControlType {
  if (key === null || key.length < 4) throw malformed('its key is shorter than 4 bytes')
  const version = readInt16(key, 0)
  if (version < 0) throw malformed(`the version of its key is ${version}`)
  return controlTypes[readInt16(key, 2)] ?? 'UNKNOWN'
}

/** The type and coordinator epoch of the marker at `at`, or null where the control batch is no marker, or was emptied by compaction. */
export function readEndTransactionMarker(
  b: Buffer,
  at: number,
): { type: 'COMMIT' | 'ABORT'; coordinatorEpoch: number; timestamp: number } | null {
  if (isControl(b, at) && recordCount(b, at) === 0) return null
  const { key, value, timestamp } = firstRecord(b, at)
  const type = controlTypeOf(key)
  if (type !== 'COMMIT' && type !== 'ABORT') return null
  if (value === null || value.length < 6) throw malformed('the value of its marker is shorter than 6 bytes')
  return { type, coordinatorEpoch: readInt32(value, 2), timestamp }
}

function firstRecord(b: Buffer, at: number): RecordView {
  if (!isControl(b, at)) throw malformed('it has no control records')
  const [record] = readRecords(b, at)
  if (record === undefined) throw malformed('it is empty')
  return record
}

function malformed(reason: string): KafkaError {
  return new KafkaError(codes.INVALID_RECORD, `the control batch is malformed: ${reason}; check who wrote it`)
}

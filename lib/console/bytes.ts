/** Records as the page gets them: the beginnings of keys, values and headers, copied out of the batches that they came in. */
import type { RecordView } from '../../protocol/records/record.ts'
import type { Bytes, RecordAnswer } from './answers.ts'

/** How much of a record is told, in bytes, and in headers. */
export interface Shown {
  readonly keyBytes: number
  readonly valueBytes: number
  readonly headers: number
  readonly headerBytes: number
}

/** In a list of records, and of one record by itself. */
export const shownInList: Shown = { keyBytes: 256, valueBytes: 1_024, headers: 8, headerBytes: 128 }
export const shownAlone: Shown = { keyBytes: 65_536, valueBytes: 262_144, headers: 1_000, headerBytes: 16_384 }

function begun(bytes: Buffer | null, bytesMax: number): Bytes | null {
  return bytes && { length: bytes.length, base64: bytes.subarray(0, bytesMax).toString('base64') }
}

/** A record of a partition, with as much of it as is to be shown. */
export function recordAnswer(
  partition: number,
  record: RecordView,
  timeOf: RecordAnswer['timeOf'],
  shown: Shown,
): RecordAnswer {
  return {
    partition,
    offset: record.offset,
    timestamp: record.timestamp,
    timeOf,
    key: begun(record.key, shown.keyBytes),
    value: begun(record.value, shown.valueBytes),
    headers: record.headers.slice(0, shown.headers).map(({ key, value }) => ({
      key: key.slice(0, shown.headerBytes),
      value: begun(value, shown.headerBytes),
    })),
    headerCount: record.headers.length,
  }
}

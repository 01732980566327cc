/** What prints a record. */
import type { RecordView } from '../../../protocol/records/record.ts'
import type { FetchedBatch } from '../../client/consumer.ts'
import type { Output } from './output.ts'

export interface Formatter {
  /** Prints a record of a batch. Throws an Error where it cannot. */
  write(record: RecordView, batch: FetchedBatch, output: Output): void
}

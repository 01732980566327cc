/** What can be said of a record set before the log looks into it. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import {
  batchLength,
  compressionType,
  headerBytes,
  isTransactional,
  magic,
  magicAt,
  sizeInBytes,
} from '../../protocol/records/header.ts'
import { messageLengthMin } from '../../protocol/records/message.ts'

const zstd = 4

/** Throws where the records are of a kind that produce requests of this version do not carry. */
export function checkForVersion(records: Buffer | null, version: number): asserts records is Buffer {
  if (records === null || records.length === 0) {
    throw new KafkaError(codes.INVALID_RECORD, 'the request holds no record batch; send exactly one per partition')
  }
  if (version < 3) return
  if (records.length <= magicAt) {
    throw new KafkaError(codes.INVALID_RECORD, 'the records are shorter than the header of a batch; send them whole')
  }
  if (batchLength(records, 0) < messageLengthMin(0)) {
    throw new KafkaError(codes.CORRUPT_MESSAGE, 'the records begin with no batch of a known format; resend them')
  }
  const format = magic(records, 0)
  if (format < 2) {
    throw new KafkaError(
      codes.INVALID_RECORD,
      `produce version ${version} carries record batches of magic 2, not ${format}`,
    )
  }
  checkIsOne(records)
  if (version < 7 && format === 2 && records.length >= headerBytes && compressionType(records, 0) === zstd) {
    throw new KafkaError(
      codes.UNSUPPORTED_COMPRESSION_TYPE,
      `produce version ${version} does not know zstd; it takes version 7`,
    )
  }
}

/** Throws unless there is one whole batch, as far as its length tells. */
function checkIsOne(records: Buffer): void {
  const bytes = sizeInBytes(records, 0)
  if (bytes > records.length) {
    throw new KafkaError(codes.INVALID_RECORD, 'the record batch is longer than what was sent; send it whole')
  }
  const rest = records.length - bytes
  if (bytes <= headerBytes || rest <= magicAt) return
  if (sizeInBytes(records, bytes) <= rest && magic(records, bytes) === 2) {
    throw new KafkaError(codes.INVALID_RECORD, 'there is more than one record batch; send exactly one per partition')
  }
}

/** Whether the records belong to a transaction. */
export function isTransactionalSet(records: Buffer | null): boolean {
  return records !== null && records.length >= headerBytes && magic(records, 0) === 2 && isTransactional(records, 0)
}

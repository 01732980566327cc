/** Batches that are handed on from another producer: the records stay as they are, byte for byte, and the header says who sends them now. */
import {
  attributesAt,
  isTransactional,
  setBaseOffset,
  setPartitionLeaderEpoch,
  transactionalBit,
  updateCrc,
} from '../../protocol/records/header.ts'
import { writeInt16, writeInt32, writeInt64 } from '../../protocol/records/int.ts'

/** Where the header of a batch has these fields. */
const [producerIdAt, producerEpochAt, baseSequenceAt] = [43, 51, 53]

/** A copy of a batch of magic 2 with another producer; −1 stands for none. */
export function producedBy(
  batch: Buffer,
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
  inTransaction: boolean,
): Buffer {
  const copy = Buffer.from(batch)
  setBaseOffset(copy, 0, 0)
  setPartitionLeaderEpoch(copy, 0, -1)
  if (isTransactional(copy, 0) !== inTransaction) copy[attributesAt + 1]! ^= transactionalBit
  writeInt64(copy, producerIdAt, producerId)
  writeInt16(copy, producerEpochAt, producerEpoch)
  writeInt32(copy, baseSequenceAt, baseSequence)
  updateCrc(copy, 0)
  return copy
}

import { array, type EncodableOf, int16, int32, int64, message, struct, uint32 } from '../schema.ts'

/** A `.snapshot` file: the producers that a partition remembers at an offset. The CRC covers what follows it. */
export const ProducerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  flexible: null,
  fields: {
    crc: uint32,
    producerEntries: array(
      struct({
        producerId: int64,
        epoch: int16,
        lastSequence: int32,
        lastOffset: int64,
        offsetDelta: int32,
        timestamp: int64,
        coordinatorEpoch: int32,
        currentTxnFirstOffset: int64,
      }),
    ),
  },
})

export interface ProducerSnapshot extends EncodableOf<typeof ProducerSnapshot> {}

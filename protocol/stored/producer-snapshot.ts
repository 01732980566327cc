import { array, type EncodableOf, int16, int32, int64, message, struct, uint32 } from '../schema.ts'

/** PURPOSE. v1 crc, producerEntries */
export const ProducerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  flexible: null,
  fields: {
    crc: uint32.since(1),
    producerEntries: array(
      struct({
        producerId: int64.since(1),
        epoch: int16.since(1),
        lastSequence: int32.since(1),
        lastOffset: int64.since(1),
        offsetDelta: int32.since(1),
        timestamp: int64.since(1),
        coordinatorEpoch: int32.since(1),
        currentTxnFirstOffset: int64.since(1),
      }),
    ).since(1),
  },
})

export interface ProducerSnapshot extends EncodableOf<typeof ProducerSnapshot> {}

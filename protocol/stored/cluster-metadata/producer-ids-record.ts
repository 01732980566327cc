import { type EncodableOf, int32, int64, message } from '../../schema.ts'

/** A block of producer ids that was given to a broker, and the first id after it (record type 15). */
export const ProducerIdsRecord = message({
  name: 'ProducerIdsRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    brokerId: int32,
    brokerEpoch: int64.default(-1),
    nextProducerId: int64,
  },
})

export interface ProducerIdsRecord extends EncodableOf<typeof ProducerIdsRecord> {}

import { type EncodableOf, int32, int64, message } from '../../schema.ts'

/** A broker that left the cluster for good (record type 1). */
export const UnregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    brokerId: int32,
    brokerEpoch: int64,
  },
})

export interface UnregisterBrokerRecord extends EncodableOf<typeof UnregisterBrokerRecord> {}

import { array, type EncodableOf, int64, message, string } from '../../schema.ts'

/** A delegation token, and until when it is good (record type 10). */
export const DelegationTokenRecord = message({
  name: 'DelegationTokenRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    owner: string,
    requester: string,
    renewers: array(string),
    issueTimestamp: int64,
    maxTimestamp: int64,
    expirationTimestamp: int64,
    tokenId: string,
  },
})

export interface DelegationTokenRecord extends EncodableOf<typeof DelegationTokenRecord> {}

import { type EncodableOf, message, string } from '../../schema.ts'

/** A delegation token that is good no longer (record type 26). */
export const RemoveDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    tokenId: string,
  },
})

export interface RemoveDelegationTokenRecord extends EncodableOf<typeof RemoveDelegationTokenRecord> {}

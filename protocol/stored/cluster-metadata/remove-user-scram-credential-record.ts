import { type EncodableOf, int8, message, string } from '../../schema.ts'

/** A SCRAM credential that holds no longer (record type 22). */
export const RemoveUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    name: string,
    mechanism: int8,
  },
})

export interface RemoveUserScramCredentialRecord extends EncodableOf<typeof RemoveUserScramCredentialRecord> {}

import { bytes, type EncodableOf, int8, int32, message, string } from '../../schema.ts'

/** What proves that somebody knows a user's password, for one SCRAM mechanism (record type 11). */
export const UserScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    name: string,
    mechanism: int8,
    salt: bytes,
    storedKey: bytes,
    serverKey: bytes,
    iterations: int32,
  },
})

export interface UserScramCredentialRecord extends EncodableOf<typeof UserScramCredentialRecord> {}

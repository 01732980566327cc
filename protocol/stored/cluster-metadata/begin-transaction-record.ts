import { type EncodableOf, message, string } from '../../schema.ts'

/** What follows counts only once the transaction ends (record type 23, KIP-868). */
export const BeginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    name: string.nullable().default(null).tagged(0),
  },
})

export interface BeginTransactionRecord extends EncodableOf<typeof BeginTransactionRecord> {}

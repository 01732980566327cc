import { type EncodableOf, message, string } from '../../schema.ts'

/** The records since the beginning of the transaction count for nothing (record type 25). */
export const AbortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    reason: string.nullable().default(null).tagged(0),
  },
})

export interface AbortTransactionRecord extends EncodableOf<typeof AbortTransactionRecord> {}

import { type EncodableOf, message } from '../../schema.ts'

/** The records since the beginning of the transaction count (record type 24). */
export const EndTransactionRecord = message({
  name: 'EndTransactionRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {},
})

export interface EndTransactionRecord extends EncodableOf<typeof EndTransactionRecord> {}

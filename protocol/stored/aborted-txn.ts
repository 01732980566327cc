import { type EncodableOf, int64, message } from '../schema.ts'

/** One entry of a `.txnindex` file: a transaction that was aborted, and where. */
export const AbortedTxn = message({
  name: 'AbortedTxn',
  versions: [0, 0],
  flexible: null,
  fields: {
    producerId: int64,
    firstOffset: int64,
    lastOffset: int64,
    lastStableOffset: int64,
  },
})

export interface AbortedTxn extends EncodableOf<typeof AbortedTxn> {}

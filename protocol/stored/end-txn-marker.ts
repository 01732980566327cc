import { type EncodableOf, int32, message } from '../schema.ts'

/** The value of the control record that ends a transaction. */
export const EndTxnMarker = message({
  name: 'EndTxnMarker',
  versions: [0, 0],
  flexible: null,
  fields: {
    coordinatorEpoch: int32,
  },
})

export interface EndTxnMarker extends EncodableOf<typeof EndTxnMarker> {}

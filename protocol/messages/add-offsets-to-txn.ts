import { api, int16, int32, int64, type RequestOf, type ResponseOf, string } from '../schema.ts'

/**
 * Tells the transaction coordinator that a transaction will commit offsets of a group (KIP-98).
 * v1 the client waits out its own throttle (KIP-219) · v2 may answer PRODUCER_FENCED (KIP-588) · v3 flexible ·
 * v4 may answer TRANSACTION_ABORTABLE (KIP-890)
 */
export const AddOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    groupId: string,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
  },
})

export interface AddOffsetsToTxnRequest extends RequestOf<typeof AddOffsetsToTxn> {}
export interface AddOffsetsToTxnResponse extends ResponseOf<typeof AddOffsetsToTxn> {}

import { api, bool, int16, int32, int64, type RequestOf, type ResponseOf, string } from '../schema.ts'

/**
 * Commits or aborts a transaction (KIP-98).
 * v1 the client waits out its own throttle (KIP-219) · v2 may answer PRODUCER_FENCED (KIP-588) · v3 flexible ·
 * v4 may answer TRANSACTION_ABORTABLE (KIP-890) ·
 * v5 the answer brings the epoch for the next transaction (KIP-890)
 */
export const EndTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    committed: bool,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: int64.default(-1).since(5),
    producerEpoch: int16.default(-1).since(5),
  },
})

export interface EndTxnRequest extends RequestOf<typeof EndTxn> {}
export interface EndTxnResponse extends ResponseOf<typeof EndTxn> {}

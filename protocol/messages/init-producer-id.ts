import { api, bool, int16, int32, int64, type RequestOf, type ResponseOf, string } from '../schema.ts'

/**
 * Gives a producer its id and epoch, and fences earlier ones of the same transactional id (KIP-98).
 * v1 the client waits out its own throttle (KIP-219) · v2 flexible ·
 * v3 a producer keeps its id and gets the next epoch (KIP-360) · v4 may answer PRODUCER_FENCED (KIP-588) ·
 * v5 may answer TRANSACTION_ABORTABLE (KIP-890) · v6 two-phase commit (KIP-939)
 */
export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  latestStable: 5,
  flexible: 2,
  request: {
    transactionalId: string.nullable(),
    transactionTimeoutMs: int32,
    producerId: int64.default(-1).since(3),
    producerEpoch: int16.default(-1).since(3),
    enable2Pc: bool.default(false).since(6),
    keepPreparedTxn: bool.default(false).since(6),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: int64.default(-1),
    producerEpoch: int16,
    ongoingTxnProducerId: int64.default(-1).since(6),
    ongoingTxnProducerEpoch: int16.default(-1).since(6),
  },
})

export interface InitProducerIdRequest extends RequestOf<typeof InitProducerId> {}
export interface InitProducerIdResponse extends ResponseOf<typeof InitProducerId> {}

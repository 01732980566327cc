import { api, bool, int16, int32, int64, type RequestOf, type ResponseOf, string } from '../schema.ts'

/** PURPOSE. v2 flexible · v3 producerId, producerEpoch · v6 enable2Pc, keepPreparedTxn, ongoingTxnProducerId, ongoingTxnProducerEpoch */
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

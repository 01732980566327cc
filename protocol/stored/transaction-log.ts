import { array, type EncodableOf, int8, int16, int32, int64, message, string, struct } from '../schema.ts'

/** Key of a transactional id in `__transaction_state` (record type 0). */
export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    transactionalId: string,
  },
})

export interface TransactionLogKey extends EncodableOf<typeof TransactionLogKey> {}

/**
 * Where a transaction stands, and which partitions it wrote to (record type 0).
 * v1 flexible, ids and epochs around an epoch bump, protocol of the client (KIP-890)
 */
export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  versions: [0, 1],
  flexible: 1,
  fields: {
    producerId: int64,
    previousProducerId: int64.default(-1).since(1).tagged(0),
    nextProducerId: int64.default(-1).since(1).tagged(1),
    producerEpoch: int16,
    nextProducerEpoch: int16.default(-1).since(1).tagged(3),
    transactionTimeoutMs: int32,
    transactionStatus: int8,
    transactionPartitions: array(
      struct({
        topic: string,
        partitionIds: array(int32),
      }),
    ).nullable(),
    transactionLastUpdateTimestampMs: int64,
    transactionStartTimestampMs: int64,
    clientTransactionVersion: int16.default(0).since(1).tagged(2),
  },
})

export interface TransactionLogValue extends EncodableOf<typeof TransactionLogValue> {}

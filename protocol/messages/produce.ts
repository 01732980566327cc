import {
  api,
  array,
  int16,
  int32,
  int64,
  type RequestOf,
  type ResponseOf,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts'

/**
 * Appends record batches to partitions.
 * v1 throttle time · v2 message format 1, log append time (KIP-32) · v3 record batches, transactional id (KIP-98) ·
 * v4 may answer KAFKA_STORAGE_ERROR (KIP-112) · v5 log start offset ·
 * v6 the client waits out its own throttle (KIP-219) · v7 zstd (KIP-110) · v8 errors of single records (KIP-467) ·
 * v9 flexible · v10 new leaders with their addresses (KIP-951) · v11 may answer TRANSACTION_ABORTABLE (KIP-890) ·
 * v12 adds partitions to the transaction by itself (KIP-890) · v13 topic ids in place of names (KIP-516)
 */
export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [0, 13],
  flexible: 9,
  request: {
    transactionalId: string.nullable().default(null).since(3),
    acks: int16,
    timeoutMs: int32,
    topicData: array(
      struct({
        name: string.until(12),
        topicId: uuid.since(13),
        partitionData: array(
          struct({
            index: int32,
            records: records.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    responses: array(
      struct({
        name: string.until(12),
        topicId: uuid.since(13),
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: int64.default(-1).since(2),
            logStartOffset: int64.default(-1).since(5),
            recordErrors: array(
              struct({
                batchIndex: int32,
                batchIndexErrorMessage: string.nullable().default(null),
              }),
            ).since(8),
            errorMessage: string.nullable().default(null).since(8),
            currentLeader: struct({
              leaderId: int32.default(-1),
              leaderEpoch: int32.default(-1),
            })
              .since(10)
              .tagged(0),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32.default(0).since(1),
    nodeEndpoints: array(
      struct({
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    )
      .since(10)
      .tagged(0),
  },
})

export interface ProduceRequest extends RequestOf<typeof Produce> {}
export interface ProduceResponse extends ResponseOf<typeof Produce> {}

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

/** PURPOSE. v1 throttleTimeMs · v3 transactionalId · v9 flexible · v10 nodeEndpoints · v13 without name, topicId */
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
                batchIndex: int32.since(8),
                batchIndexErrorMessage: string.nullable().default(null).since(8),
              }),
            ).since(8),
            errorMessage: string.nullable().default(null).since(8),
            currentLeader: struct({
              leaderId: int32.default(-1).since(10),
              leaderEpoch: int32.default(-1).since(10),
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
        nodeId: int32.since(10),
        host: string.since(10),
        port: int32.since(10),
        rack: string.nullable().default(null).since(10),
      }),
    )
      .since(10)
      .tagged(0),
  },
})

export interface ProduceRequest extends RequestOf<typeof Produce> {}
export interface ProduceResponse extends ResponseOf<typeof Produce> {}

import {
  api,
  array,
  bool,
  int8,
  int16,
  int32,
  type RequestOf,
  type ResponseOf,
  string,
  struct,
  uuid,
} from '../schema.ts'

/** PURPOSE. v1 validateOnly, errorMessage · v2 throttleTimeMs · v5 topicConfigErrorCode, numPartitions, replicationFactor, configs, flexible · v7 topicId */
export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 7],
  flexible: 5,
  request: {
    topics: array(
      struct({
        name: string,
        numPartitions: int32,
        replicationFactor: int16,
        assignments: array(
          struct({
            partitionIndex: int32,
            brokerIds: array(int32),
          }),
        ),
        configs: array(
          struct({
            name: string,
            value: string.nullable(),
          }),
        ),
      }),
    ),
    timeoutMs: int32.default(60000),
    validateOnly: bool.default(false).since(1),
  },
  response: {
    throttleTimeMs: int32.since(2),
    topics: array(
      struct({
        name: string,
        topicId: uuid.since(7),
        errorCode: int16,
        errorMessage: string.nullable().since(1),
        topicConfigErrorCode: int16.since(5).tagged(0),
        numPartitions: int32.default(-1).since(5),
        replicationFactor: int16.default(-1).since(5),
        configs: array(
          struct({
            name: string.since(5),
            value: string.nullable().since(5),
            readOnly: bool.since(5),
            configSource: int8.default(-1).since(5),
            isSensitive: bool.since(5),
          }),
        )
          .nullable()
          .since(5),
      }),
    ),
  },
})

export interface CreateTopicsRequest extends RequestOf<typeof CreateTopics> {}
export interface CreateTopicsResponse extends ResponseOf<typeof CreateTopics> {}

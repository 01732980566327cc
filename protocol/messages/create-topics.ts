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

/**
 * Creates topics, by a number of partitions or with given replicas (KIP-4).
 * v1 validation alone, error messages · v2 throttle time · v3 the client waits out its own throttle (KIP-219) ·
 * v4 -1 takes the default number of partitions and replicas (KIP-464) ·
 * v5 flexible, the answer describes the topic (KIP-525) · v6 may answer THROTTLING_QUOTA_EXCEEDED (KIP-599) ·
 * v7 topic ids (KIP-516)
 */
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
            name: string,
            value: string.nullable(),
            readOnly: bool,
            configSource: int8.default(-1),
            isSensitive: bool,
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

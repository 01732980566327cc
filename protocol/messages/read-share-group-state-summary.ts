import { api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, struct, uuid } from '../schema.ts'

/**
 * Reads where a share group is at partitions, without its records (KIP-932).
 * v1 how many records are done with (KIP-1226)
 */
export const ReadShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    topics: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partition: int32,
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
  },
  response: {
    results: array(
      struct({
        topicId: uuid,
        partitions: array(
          struct({
            partition: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            stateEpoch: int32,
            leaderEpoch: int32,
            startOffset: int64,
            deliveryCompleteCount: int32.default(-1).since(1),
          }),
        ),
      }),
    ),
  },
})

export interface ReadShareGroupStateSummaryRequest extends RequestOf<typeof ReadShareGroupStateSummary> {}
export interface ReadShareGroupStateSummaryResponse extends ResponseOf<typeof ReadShareGroupStateSummary> {}

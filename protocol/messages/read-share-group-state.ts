import {
  api,
  array,
  int8,
  int16,
  int32,
  int64,
  type RequestOf,
  type ResponseOf,
  string,
  struct,
  uuid,
} from '../schema.ts'

const stateBatch = struct({
  firstOffset: int64,
  lastOffset: int64,
  deliveryState: int8,
  deliveryCount: int16,
})

/** Reads the state of a share group at partitions, with what became of each record (KIP-932). */
export const ReadShareGroupState = api({
  key: 84,
  name: 'ReadShareGroupState',
  versions: [0, 0],
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
            startOffset: int64,
            stateBatches: array(stateBatch),
          }),
        ),
      }),
    ),
  },
})

export interface ReadShareGroupStateRequest extends RequestOf<typeof ReadShareGroupState> {}
export interface ReadShareGroupStateResponse extends ResponseOf<typeof ReadShareGroupState> {}

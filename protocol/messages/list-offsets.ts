import { api, array, int8, int16, int32, int64, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/** PURPOSE. v2 isolationLevel, throttleTimeMs · v6 flexible · v10 timeoutMs */
export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [0, 11],
  flexible: 6,
  request: {
    replicaId: int32,
    isolationLevel: int8.since(2),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            currentLeaderEpoch: int32.default(-1).since(4),
            timestamp: int64,
            maxNumOffsets: int32.default(1).until(0),
          }),
        ),
      }),
    ),
    timeoutMs: int32.since(10),
  },
  response: {
    throttleTimeMs: int32.since(2),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            oldStyleOffsets: array(int64).until(0),
            timestamp: int64.default(-1).since(1),
            offset: int64.default(-1).since(1),
            leaderEpoch: int32.default(-1).since(4),
          }),
        ),
      }),
    ),
  },
})

export interface ListOffsetsRequest extends RequestOf<typeof ListOffsets> {}
export interface ListOffsetsResponse extends ResponseOf<typeof ListOffsets> {}

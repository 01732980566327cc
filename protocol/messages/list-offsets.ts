import { api, array, int8, int16, int32, int64, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Finds offsets by timestamp, among them the earliest (-2) and the latest (-1).
 * v1 one offset in place of a list (KIP-79) · v2 isolation level (KIP-98), throttle time ·
 * v3 the client waits out its own throttle (KIP-219) · v4 leader epochs (KIP-320) ·
 * v5 may answer OFFSET_NOT_AVAILABLE (KIP-207) · v6 flexible · v7 the maximal timestamp as -3 (KIP-734) ·
 * v8 the earliest local offset as -4 (KIP-405) · v9 the last tiered offset as -5 (KIP-1005) ·
 * v10 timeout (KIP-1075) · v11 the earliest offset not yet tiered as -6 (KIP-1023)
 */
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

import { api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, struct, uuid } from '../schema.ts'

/** PURPOSE. v1 generationIdOrMemberEpoch, memberId · v2 retentionTimeMs · v3 throttleTimeMs · v5 without retentionTimeMs · v7 groupInstanceId · v8 flexible · v10 without name, topicId */
export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [0, 10],
  flexible: 8,
  request: {
    groupId: string,
    generationIdOrMemberEpoch: int32.default(-1).since(1),
    memberId: string.since(1),
    groupInstanceId: string.nullable().default(null).since(7),
    retentionTimeMs: int64.default(-1).since(2).until(4),
    topics: array(
      struct({
        name: string.until(9),
        topicId: uuid.since(10),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.default(-1).since(6),
            commitTimestamp: int64.default(-1).since(1).until(1),
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.since(3),
    topics: array(
      struct({
        name: string.until(9),
        topicId: uuid.since(10),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
})

export interface OffsetCommitRequest extends RequestOf<typeof OffsetCommit> {}
export interface OffsetCommitResponse extends ResponseOf<typeof OffsetCommit> {}

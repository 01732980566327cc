import { api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, struct, uuid } from '../schema.ts'

/**
 * Stores a group's offsets.
 * v1 member and generation, a timestamp for each offset · v2 retention time in its place · v3 throttle time ·
 * v4 the client waits out its own throttle (KIP-219) · v5 without retention time (KIP-211) ·
 * v6 leader epochs (KIP-320) · v7 static membership (KIP-345) · v8 flexible ·
 * v9 members of the consumer protocol (KIP-848) · v10 topic ids in place of names
 */
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

import {
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  type RequestOf,
  type ResponseOf,
  string,
  struct,
  uuid,
} from '../schema.ts'

/**
 * Reads a group's offsets.
 * v1 from the topic __consumer_offsets, no longer ZooKeeper · v2 null asks for all topics, one error for all ·
 * v3 throttle time · v4 the client waits out its own throttle (KIP-219) · v5 leader epochs (KIP-320) · v6 flexible ·
 * v7 waits for open transactions (KIP-447) · v8 several groups (KIP-709) ·
 * v9 members of the consumer protocol (KIP-848) · v10 topic ids in place of names
 */
export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [0, 10],
  flexible: 6,
  request: {
    groupId: string.until(7),
    topics: array(
      struct({
        name: string,
        partitionIndexes: array(int32),
      }),
    )
      .nullable(2)
      .until(7),
    groups: array(
      struct({
        groupId: string,
        memberId: string.nullable().default(null).since(9),
        memberEpoch: int32.default(-1).since(9),
        topics: array(
          struct({
            name: string.until(9),
            topicId: uuid.since(10),
            partitionIndexes: array(int32),
          }),
        ).nullable(),
      }),
    ).since(8),
    requireStable: bool.default(false).since(7),
  },
  response: {
    throttleTimeMs: int32.since(3),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.default(-1).since(5),
            metadata: string.nullable(),
            errorCode: int16,
          }),
        ),
      }),
    ).until(7),
    errorCode: int16.default(0).since(2).until(7),
    groups: array(
      struct({
        groupId: string,
        topics: array(
          struct({
            name: string.until(9),
            topicId: uuid.since(10),
            partitions: array(
              struct({
                partitionIndex: int32,
                committedOffset: int64,
                committedLeaderEpoch: int32.default(-1),
                metadata: string.nullable(),
                errorCode: int16,
              }),
            ),
          }),
        ),
        errorCode: int16.default(0),
      }),
    ).since(8),
  },
})

export interface OffsetFetchRequest extends RequestOf<typeof OffsetFetch> {}
export interface OffsetFetchResponse extends ResponseOf<typeof OffsetFetch> {}

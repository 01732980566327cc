import { api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, struct, uuid } from '../schema.ts'

/**
 * Stores a group's offsets as a part of a transaction (KIP-98).
 * v1 the client waits out its own throttle (KIP-219) · v2 leader epochs (KIP-320) ·
 * v3 flexible, member and generation (KIP-447) · v4 may answer TRANSACTION_ABORTABLE (KIP-890) ·
 * v5 adds the group to the transaction by itself (KIP-890) · v6 topic ids in place of names
 */
export const TxnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 6],
  flexible: 3,
  request: {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationIdOrMemberEpoch: int32.default(-1).since(3),
    memberId: string.default('').since(3),
    groupInstanceId: string.nullable().default(null).since(3),
    topics: array(
      struct({
        name: string.until(5),
        topicId: uuid.since(6),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.default(-1).since(2),
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    topics: array(
      struct({
        name: string.until(5),
        topicId: uuid.since(6),
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

export interface TxnOffsetCommitRequest extends RequestOf<typeof TxnOffsetCommit> {}
export interface TxnOffsetCommitResponse extends ResponseOf<typeof TxnOffsetCommit> {}

import { type EncodableOf, int32, int64, message, string, uuid } from '../schema.ts'

/** Key of a group's offset of a partition (record type 1). */
export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
})

export interface OffsetCommitKey extends EncodableOf<typeof OffsetCommitKey> {}

/**
 * A group's offset of a partition (record type 1).
 * v1 expiry time · v2 without it · v3 leader epoch (KIP-320) · v4 topic id, flexible
 */
export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    offset: int64,
    leaderEpoch: int32.default(-1).since(3),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: int64.default(-1).since(1).until(1),
    topicId: uuid.since(4).tagged(0),
  },
})

export interface OffsetCommitValue extends EncodableOf<typeof OffsetCommitValue> {}

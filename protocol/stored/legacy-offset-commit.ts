import { type EncodableOf, int32, int64, message, string } from '../schema.ts'

/** Key of an offset as the oldest brokers stored it (record type 0). */
export const LegacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
})

export interface LegacyOffsetCommitKey extends EncodableOf<typeof LegacyOffsetCommitKey> {}

/** An offset as the oldest brokers stored it (record type 0). */
export const LegacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  versions: [0, 0],
  flexible: null,
  fields: {
    offset: int64,
    metadata: string,
    commitTimestamp: int64,
  },
})

export interface LegacyOffsetCommitValue extends EncodableOf<typeof LegacyOffsetCommitValue> {}

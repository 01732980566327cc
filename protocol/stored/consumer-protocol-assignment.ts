import { array, bytes, type EncodableOf, int32, message, string, struct } from '../schema.ts'

/**
 * What the leader of a classic consumer group assigned to a member; the bytes within SyncGroup. All versions are
 * alike.
 */
export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  flexible: null,
  fields: {
    assignedPartitions: array(
      struct({
        topic: string,
        partitions: array(int32),
      }),
    ),
    userData: bytes.nullable().default(null),
  },
})

export interface ConsumerProtocolAssignment extends EncodableOf<typeof ConsumerProtocolAssignment> {}

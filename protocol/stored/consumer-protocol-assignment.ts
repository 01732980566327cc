import { array, bytes, type EncodableOf, int32, message, string, struct } from '../schema.ts'

/** PURPOSE */
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

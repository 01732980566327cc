import { api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Gives topics more partitions (KIP-195).
 * v1 the client waits out its own throttle (KIP-219) · v2 flexible ·
 * v3 may answer THROTTLING_QUOTA_EXCEEDED (KIP-599)
 */
export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexible: 2,
  request: {
    topics: array(
      struct({
        name: string,
        count: int32,
        assignments: array(
          struct({
            brokerIds: array(int32),
          }),
        ).nullable(),
      }),
    ),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        name: string,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    ),
  },
})

export interface CreatePartitionsRequest extends RequestOf<typeof CreatePartitions> {}
export interface CreatePartitionsResponse extends ResponseOf<typeof CreatePartitions> {}

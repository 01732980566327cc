import { api, array, int16, int32, type RequestOf, type ResponseOf, string, struct, uuid } from '../schema.ts'

/**
 * Deletes topics.
 * v1 throttle time · v2 the client waits out its own throttle (KIP-219) ·
 * v3 may answer TOPIC_DELETION_DISABLED (KIP-322) · v4 flexible ·
 * v5 error messages, may answer THROTTLING_QUOTA_EXCEEDED (KIP-599) · v6 by name or id (KIP-516)
 */
export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [0, 6],
  flexible: 4,
  request: {
    topics: array(
      struct({
        name: string.nullable().default(null),
        topicId: uuid,
      }),
    ).since(6),
    topicNames: array(string).until(5),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.since(1),
    responses: array(
      struct({
        name: string.nullable(6),
        topicId: uuid.since(6),
        errorCode: int16,
        errorMessage: string.nullable().default(null).since(5),
      }),
    ),
  },
})

export interface DeleteTopicsRequest extends RequestOf<typeof DeleteTopics> {}
export interface DeleteTopicsResponse extends ResponseOf<typeof DeleteTopics> {}

/** DeleteTopics: topics go with all their records; by name, or from version 6 on by id (KIP-516). */
import { codes } from '../../protocol/errors.ts'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/messages/delete-topics.ts'
import type { DeleteTopicResult } from '../metadata/cluster.ts'
import type { Context } from './context.ts'

type Item = Pick<DeleteTopicsRequest['topics'][number], 'name' | 'topicId'>
type Answer = DeleteTopicsResponse['responses'][number]

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
/** From this version on a request names topics by a structure. */
const itemsSince = 6
/** Earlier clients do not know TOPIC_DELETION_DISABLED. */
const disabledSince = 3

export async function deleteTopics(request: DeleteTopicsRequest, context: Context): Promise<DeleteTopicsResponse> {
  const { broker, apiVersion } = context
  const items: readonly Item[] =
    apiVersion >= itemsSince ? request.topics : request.topicNames.map(name => ({ name, topicId: zeroId }))
  const allowed: Item[] = []
  const refused: Answer[] = []
  for (const item of items) {
    const errorCode = authorizationError(item, context)
    if (errorCode === codes.NONE) allowed.push(item)
    else refused.push({ ...item, errorCode, errorMessage: 'not allowed to delete this topic' })
  }
  const results = await broker.cluster.deleteTopics(allowed)
  return { throttleTimeMs: 0, responses: [...results.map(result => answer(result, context)), ...refused] }
}

/** Whoever may not even see a topic learns nothing of its name. */
function authorizationError({ name, topicId }: Item, context: Context): number {
  const { broker } = context
  const known = name ?? broker.cluster.image.topicsById.get(topicId)?.name
  if (known === undefined || broker.authorize(context, 'delete', 'topic', known)) return codes.NONE
  return codes.TOPIC_AUTHORIZATION_FAILED
}

function answer({ name, topicId, errorCode, errorMessage }: DeleteTopicResult, { apiVersion }: Context): Answer {
  const disabled = errorCode === codes.TOPIC_DELETION_DISABLED && apiVersion < disabledSince
  return { name, topicId, errorCode: disabled ? codes.INVALID_REQUEST : errorCode, errorMessage }
}

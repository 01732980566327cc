/** DeleteTopics: topics go with all their records; by name, or from version 6 on by id (KIP-516). */
import { codes } from '../../protocol/errors.ts'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/messages/delete-topics.ts'
import type { DeleteTopicResult } from '../metadata/cluster.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

type Item = Pick<DeleteTopicsRequest['topics'][number], 'name' | 'topicId'>
type Answer = DeleteTopicsResponse['responses'][number]

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
/** From this version on a request names topics by a structure. */
const itemsSince = 6
/** Earlier clients do not know TOPIC_DELETION_DISABLED. */
const disabledSince = 3

/** REQUEST_TIMED_OUT for a client that leaves no time. */
export async function deleteTopics(request: DeleteTopicsRequest, context: Context): Promise<DeleteTopicsResponse> {
  const { broker, apiVersion } = context
  const items = itemsOf(request, apiVersion)
  checkTimeLeft(request.timeoutMs, items)
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

function itemsOf({ topics, topicNames }: DeleteTopicsRequest, apiVersion: number): readonly Item[] {
  return apiVersion >= itemsSince ? topics : topicNames.map(name => ({ name, topicId: zeroId }))
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

/** The code at each topic. */
export function refuseDeleteTopics(
  request: DeleteTopicsRequest,
  { errorCode, errorMessage, apiVersion }: Refusal,
): DeleteTopicsResponse {
  const items = itemsOf(request, apiVersion)
  return {
    throttleTimeMs: 0,
    responses: items.map(({ name, topicId }) => ({ name, topicId, errorCode, errorMessage })),
  }
}

/** DeleteTopics: topics go with all their records; by name, or from version 6 on by id (KIP-516). */
import { codes } from '../../protocol/errors.ts'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/messages/delete-topics.ts'
import type { DeleteTopicResult } from '../metadata/cluster.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { tooManyToChange } from './quota-questions.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

/** Clients from this version on know THROTTLING_QUOTA_EXCEEDED. */
const refusedSince = 5

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
  const mayDeleteAll = broker.authorize(context, 'delete', 'cluster', clusterResource, false)
  const allowed: Item[] = []
  const refused: Answer[] = []
  for (const item of items) {
    const name = mayDeleteAll ? undefined : refusedName(item, context)
    if (name === undefined) allowed.push(item)
    else {
      const errorMessage = 'not allowed to delete this topic'
      refused.push({ name, topicId: item.topicId, errorCode: codes.TOPIC_AUTHORIZATION_FAILED, errorMessage })
    }
  }
  const results = await broker.cluster.deleteTopics(allowed, { isTooMuch: tooManyToChange(context, refusedSince) })
  return { throttleTimeMs: 0, responses: [...results.map(result => answer(result, context)), ...refused] }
}

function itemsOf({ topics, topicNames }: DeleteTopicsRequest, apiVersion: number): readonly Item[] {
  return apiVersion >= itemsSince ? topics : topicNames.map(name => ({ name, topicId: zeroId }))
}

/**
 * The name under which deleting is refused; undefined where it is not, as also where the client hears that there is no such topic.
 * Whoever may not even see a topic learns nothing of its name, nor whether there is one of it.
 */
function refusedName({ name, topicId }: Item, context: Context): string | null | undefined {
  const { broker } = context
  const { image } = broker.cluster
  const may = (operation: 'delete' | 'describe', topic: string) => broker.authorize(context, operation, 'topic', topic)
  if (name === null) {
    const found = image.topicsById.get(topicId)?.name
    if (found === undefined || may('delete', found)) return undefined
    return may('describe', found) ? found : null
  }
  if (!may('describe', name)) return name
  return may('delete', name) || !image.topics.has(name) ? undefined : name
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

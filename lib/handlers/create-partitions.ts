/** CreatePartitions: topics grow; they never shrink. */
import { codes } from '../../protocol/errors.ts'
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/messages/create-partitions.ts'
import type { Context } from './context.ts'
import { tooManyToChange } from './quota-questions.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

/** Clients from this version on know THROTTLING_QUOTA_EXCEEDED. */
const refusedSince = 3

/** The partitions are there, on this broker, when the answer leaves. REQUEST_TIMED_OUT for a client that leaves no time. */
export async function createPartitions(
  request: CreatePartitionsRequest,
  context: Context,
): Promise<CreatePartitionsResponse> {
  const { broker } = context
  checkTimeLeft(request.timeoutMs, request.topics)
  const mayAlter = (name: string) => broker.authorize(context, 'alter', 'topic', name)
  const allowed = request.topics.filter(({ name }) => mayAlter(name))
  const refused = request.topics.filter(({ name }) => !mayAlter(name))
  const results = await broker.cluster.createPartitions(allowed, {
    validateOnly: request.validateOnly,
    isTooMuch: tooManyToChange(context, refusedSince),
  })
  return {
    throttleTimeMs: 0,
    results: [
      ...results.map(({ name, errorCode, errorMessage }) => ({ name, errorCode, errorMessage })),
      ...refused.map(({ name }) => ({
        name,
        errorCode: codes.TOPIC_AUTHORIZATION_FAILED,
        errorMessage: 'not allowed to alter this topic',
      })),
    ],
  }
}

/** The code at each topic. */
export function refuseCreatePartitions(
  { topics }: CreatePartitionsRequest,
  { errorCode, errorMessage }: Refusal,
): CreatePartitionsResponse {
  return { throttleTimeMs: 0, results: topics.map(({ name }) => ({ name, errorCode, errorMessage })) }
}

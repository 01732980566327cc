/** CreateTopics: new topics with their partitions and settings. */
import { codes } from '../../protocol/errors.ts'
import type { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/messages/create-topics.ts'
import { describeTopic } from '../config/describe.ts'
import type { CreateTopicResult } from '../metadata/cluster.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { tooManyToChange } from './quota-questions.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

/** Clients from this version on know THROTTLING_QUOTA_EXCEEDED. */
const refusedSince = 6

type TopicAnswer = CreateTopicsResponse['topics'][number]

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const notAllowed = 'not allowed to create this topic'

/** The topics are there, on this broker, when the answer leaves. REQUEST_TIMED_OUT for a client that leaves no time. */
export async function createTopics(request: CreateTopicsRequest, context: Context): Promise<CreateTopicsResponse> {
  const { broker } = context
  checkTimeLeft(request.timeoutMs, request.topics)
  const ofCluster = broker.authorize(context, 'create', 'cluster', clusterResource, false)
  const mayCreate = (name: string) => ofCluster || broker.authorize(context, 'create', 'topic', name)
  const allowed: CreateTopicsRequest['topics'][number][] = []
  const refused: typeof allowed = []
  for (const topic of request.topics) (mayCreate(topic.name) ? allowed : refused).push(topic)
  const results = await broker.cluster.createTopics(allowed, {
    validateOnly: request.validateOnly,
    isTooMuch: tooManyToChange(context, refusedSince),
  })
  return {
    throttleTimeMs: 0,
    topics: [
      ...results.map(result => topicAnswer(result, context)),
      ...refused.map(({ name }) => failed(name, codes.TOPIC_AUTHORIZATION_FAILED, notAllowed)),
    ],
  }
}

function topicAnswer({ name, topic, errorCode, errorMessage }: CreateTopicResult, context: Context): TopicAnswer {
  if (topic === null) return failed(name, errorCode, errorMessage)
  const answer = { name, topicId: topic.topicId, errorCode, errorMessage }
  if (!context.broker.authorize(context, 'describeConfigs', 'topic', name, false)) {
    return { ...answer, topicConfigErrorCode: codes.TOPIC_AUTHORIZATION_FAILED, configs: [] }
  }
  return {
    ...answer,
    numPartitions: topic.replicas.length,
    replicationFactor: topic.replicas[0]!.length,
    configs: describeTopic(topic.configs, context.broker.config),
  }
}

function failed(name: string, errorCode: number, errorMessage: string | null): TopicAnswer {
  return { name, topicId: zeroId, errorCode, errorMessage, configs: [] }
}

/** The code at each topic. */
export function refuseCreateTopics(
  { topics }: CreateTopicsRequest,
  { errorCode, errorMessage }: Refusal,
): CreateTopicsResponse {
  return { throttleTimeMs: 0, topics: topics.map(({ name }) => failed(name, errorCode, errorMessage)) }
}

/** Metadata: the brokers, and the topics with their partitions; topics that are used before they are there are made. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import type { ClusterImage, TopicImage } from '../cluster/image.ts'
import { healthTopic, isHiddenTopic, topicNameError } from '../cluster/topic-names.ts'
import {
  authorizedOperations,
  clusterOperations,
  clusterResource,
  operationsNotAsked,
} from './authorized-operations.ts'
import type { Context } from './context.ts'
import { allNodes, controllerFor } from './endpoints.ts'
import { partitionsOf } from './partition-answers.ts'
import type { Refusal } from './refusals.ts'

type TopicAnswer = MetadataResponse['topics'][number]
type TopicAsked = NonNullable<MetadataRequest['topics']>[number]

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
/** From this version on topics may be asked for by their id. */
const topicIdsSince = 12

/** The error of each topic stands with the topic; an auto-created one is in the same answer. */
export function metadata(request: MetadataRequest, context: Context): MetadataResponse | Promise<MetadataResponse> {
  const { topics } = request
  // Version 0 has no null, and asks for all topics with an empty list.
  if (topics === null || (context.apiVersion === 0 && topics.length === 0)) {
    return answer(request, context, allTopics(request, context))
  }
  const misused = misusedIds(topics, context)
  if (misused !== null) return misused
  if (topics.some(({ topicId }) => topicId !== zeroId)) {
    return answer(request, context, topicsById(topics, request, context))
  }
  const names = [...new Set(topics.map(({ name }) => name ?? ''))]
  const answers: (TopicAnswer | Promise<TopicAnswer>)[] = names.map(name => topicByName(name, request, context))
  if (!answers.some(topic => topic instanceof Promise)) return answer(request, context, answers as TopicAnswer[])
  return Promise.all(answers).then(all => answer(request, context, all))
}

/** Versions 10 and 11 have room for ids, which they may not use. */
function misusedIds(topics: readonly TopicAsked[], { apiVersion }: Context): MetadataResponse | null {
  if (apiVersion >= topicIdsSince) return null
  if (topics.every(({ name, topicId }) => name !== null && topicId === zeroId)) return null
  const refused = topics.map(({ name, topicId }) => failed(codes.INVALID_REQUEST, name ?? '', topicId))
  return { throttleTimeMs: 0, brokers: [], topics: refused, errorCode: codes.NONE }
}

function answer(request: MetadataRequest, context: Context, topics: readonly TopicAnswer[]): MetadataResponse {
  const { broker } = context
  const { image } = broker.cluster
  return {
    throttleTimeMs: 0,
    brokers: allNodes(context),
    clusterId: image.clusterId,
    controllerId: controllerFor(context),
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations(context)
      : operationsNotAsked,
    errorCode: codes.NONE,
  }
}

function allTopics(request: MetadataRequest, context: Context): TopicAnswer[] {
  const { broker } = context
  const { image } = broker.cluster
  const answers: TopicAnswer[] = []
  for (const topic of image.topics.values()) {
    if (isHiddenTopic(topic.name)) continue
    if (broker.authorize(context, 'describe', 'topic', topic.name, false))
      answers.push(found(topic, image, request, context))
  }
  return answers
}

function topicsById(topics: readonly TopicAsked[], request: MetadataRequest, context: Context): TopicAnswer[] {
  const { broker } = context
  const { image } = broker.cluster
  const ids = new Set(topics.map(({ topicId }) => topicId).filter(topicId => topicId !== zeroId))
  return [...ids].map(topicId => {
    const topic = image.topicsById.get(topicId)
    if (topic === undefined) return failed(codes.UNKNOWN_TOPIC_ID, null, topicId)
    if (!broker.authorize(context, 'describe', 'topic', topic.name)) {
      return failed(codes.TOPIC_AUTHORIZATION_FAILED, null, topicId)
    }
    return found(topic, image, request, context)
  })
}

function topicByName(name: string, request: MetadataRequest, context: Context): TopicAnswer | Promise<TopicAnswer> {
  const { broker } = context
  if (!broker.authorize(context, 'describe', 'topic', name)) return failed(codes.TOPIC_AUTHORIZATION_FAILED, name)
  const { image } = broker.cluster
  const topic = image.topics.get(name)
  if (topic !== undefined) return found(topic, image, request, context)
  const isMade = request.allowAutoTopicCreation && broker.config.get('auto.create.topics.enable')
  if (isMade && name !== healthTopic && !mayCreate(name, context)) return failed(codes.TOPIC_AUTHORIZATION_FAILED, name)
  if (topicNameError(name) !== null) return failed(codes.INVALID_TOPIC_EXCEPTION, name)
  // It is named by checks alone, which must not make a topic at a broker that does not hide it.
  if (name === healthTopic) return created(name, request, context)
  if (!isMade) {
    const topicAuthorizedOperations = operationsOn(name, request, context)
    return { ...failed(codes.UNKNOWN_TOPIC_OR_PARTITION, name), topicAuthorizedOperations }
  }
  return created(name, request, context)
}

/** Any topic, or this one. */
function mayCreate(name: string, context: Context): boolean {
  const { broker } = context
  return (
    broker.authorize(context, 'create', 'cluster', clusterResource, false) ||
    broker.authorize(context, 'create', 'topic', name)
  )
}

async function created(name: string, request: MetadataRequest, context: Context): Promise<TopicAnswer> {
  const { cluster } = context.broker
  try {
    return found(await cluster.autoCreateTopic(name), cluster.image, request, context)
  } catch (error) {
    if (error instanceof KafkaError) return failed(error.code, name)
    throw error
  }
}

function found(topic: TopicImage, image: ClusterImage, request: MetadataRequest, context: Context): TopicAnswer {
  return {
    errorCode: codes.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: topic.internal,
    partitions: partitionsOf(topic, image, context.broker),
    topicAuthorizedOperations: operationsOn(topic.name, request, context),
  }
}

/** Also of a topic that is not there, where the client may hear that. */
function operationsOn(name: string, { includeTopicAuthorizedOperations: asked }: MetadataRequest, context: Context) {
  return asked ? authorizedOperations(context, 'topic', name) : operationsNotAsked
}

function failed(errorCode: number, name: string | null, topicId = zeroId): TopicAnswer {
  return { errorCode, name, topicId, isInternal: false, partitions: [] }
}

/** The code at each topic that was asked for, and at the top for versions that have it there. */
export function refuseMetadata({ topics }: MetadataRequest, { errorCode }: Refusal): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: [],
    topics: (topics ?? []).map(({ name, topicId }) => failed(errorCode, name ?? '', topicId)),
    errorCode,
  }
}

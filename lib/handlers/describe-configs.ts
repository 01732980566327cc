/** DescribeConfigs: the settings of topics, brokers, groups and client metrics subscriptions, and where each comes from. */

import { codes, KafkaError } from '../../protocol/errors.ts'
import type { DescribeConfigsRequest, DescribeConfigsResponse } from '../../protocol/messages/describe-configs.ts'
import {
  type DescribedConfig,
  describeBroker,
  describeBrokerDefault,
  describeClientMetrics,
  describeGroup,
  describeTopic,
} from '../config/describe.ts'
import { describeLoggers } from './broker-loggers.ts'
import { authorizeConfigs, checkTopicName, configResourceTypes, ownName } from './config-resources.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type Result = DescribeConfigsResponse['results'][number]

const noSettings: ReadonlyMap<string, string> = new Map()

/** The error of a resource stands with the resource. */
export function describeConfigs(request: DescribeConfigsRequest, context: Context): DescribeConfigsResponse {
  return { throttleTimeMs: 0, results: request.resources.map(resource => describe(resource, request, context)) }
}

function describe(resource: Resource, request: DescribeConfigsRequest, context: Context): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  const answer = { errorCode: codes.NONE, errorMessage: '', resourceType, resourceName }
  try {
    authorizeConfigs(context, 'describeConfigs', resource)
    const asked = configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys)
    const configs = configsOf(resource, context).filter(({ name }) => asked === null || asked.has(name))
    return { ...answer, configs: configs.map(config => configAnswer(config, request)) }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { ...answer, errorCode: error.code, errorMessage: error.message, configs: [] }
  }
}

function configAnswer(config: DescribedConfig, request: DescribeConfigsRequest): Result['configs'][number] {
  return {
    ...config,
    synonyms: request.includeSynonyms ? config.synonyms : [],
    documentation: request.includeDocumentation ? config.documentation : null,
  }
}

function configsOf({ resourceType, resourceName }: Resource, context: Context): DescribedConfig[] {
  const { broker } = context
  const { image } = broker.cluster
  switch (resourceType) {
    case configResourceTypes.TOPIC: {
      checkTopicName(resourceName)
      const topic = image.topics.get(resourceName)
      // Kafka has no words for it either.
      if (!topic) throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, '')
      return describeTopic(topic.configs, broker.config)
    }
    case configResourceTypes.BROKER:
      if (resourceName === '') return describeBrokerDefault(image.brokerConfigs.get('') ?? noSettings)
      ownName(resourceName, context)
      return describeBroker(broker.config)
    case configResourceTypes.BROKER_LOGGER:
      ownName(resourceName, context)
      return describeLoggers(broker.logger.levels)
    case configResourceTypes.GROUP:
      if (resourceName === '') throw new KafkaError(codes.INVALID_REQUEST, 'the group is not named')
      return describeGroup(image.groupConfigs.get(resourceName) ?? noSettings, broker.config)
    case configResourceTypes.CLIENT_METRICS:
      if (resourceName === '') throw new KafkaError(codes.INVALID_REQUEST, 'the subscription is not named')
      return describeClientMetrics(image.otherConfigs.get(`client-metrics/${resourceName}`) ?? noSettings)
    default:
      throw new KafkaError(codes.INVALID_REQUEST, `there are no configs of type ${resourceType}`)
  }
}

/** The code at each resource. */
export function refuseDescribeConfigs(
  { resources }: DescribeConfigsRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeConfigsResponse {
  const results = resources.map(({ resourceType, resourceName }) => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
    configs: [],
  }))
  return { throttleTimeMs: 0, results }
}

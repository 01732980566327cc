/** DescribeClientQuotas: the quotas of users, clients and addresses that a filter matches (KIP-546). */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../protocol/messages/describe-client-quotas.ts'
import { inOrder, matchesQuota, type QuotaFilter } from '../cluster/quotas.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Component = DescribeClientQuotasRequest['components'][number]

const entityTypes: readonly string[] = ['user', 'client-id', 'ip']
/** How a component matches the name of an entity. */
const matchTypes = { EXACT: 0, DEFAULT: 1, ANY: 2 }

/** INVALID_REQUEST for a filter that can match nothing, UNSUPPORTED_VERSION for entities of an unknown type. */
export function describeClientQuotas(
  { components, strict }: DescribeClientQuotasRequest,
  context: Context,
): DescribeClientQuotasResponse {
  checkClusterOperation(context, 'describeConfigs')
  const seen = new Set<string>()
  for (const component of components) {
    check(component, seen)
    seen.add(component.entityType)
  }
  if (seen.has('ip') && seen.size > 1) {
    throw invalid('quotas of addresses are not combined with those of users and clients')
  }
  const filters = components.map(filterOf)
  const entries = [...context.broker.cluster.image.quotas.values()]
    .filter(quota => matchesQuota(quota, filters, strict))
    .sort(inOrder)
    .map(({ entity, values }) => ({
      entity: entity.map(([entityType, entityName]) => ({ entityType, entityName })),
      values: [...values].map(([key, value]) => ({ key, value })),
    }))
  return { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: '', entries }
}

function filterOf({ entityType: type, matchType, match }: Component): QuotaFilter {
  return { type, name: matchType === matchTypes.ANY ? undefined : match }
}

function check({ entityType, matchType, match }: Component, seen: ReadonlySet<string>): void {
  if (entityType === '') throw invalid('a component has no entity type')
  if (!entityTypes.includes(entityType)) {
    throw new KafkaError(codes.UNSUPPORTED_VERSION, `there are no quotas of entities of type ${entityType}`)
  }
  if (seen.has(entityType)) throw invalid(`entity type ${entityType} stands in the filter more than once`)
  if (!Object.values(matchTypes).includes(matchType)) throw invalid(`there is no match type ${matchType}`)
  if ((matchType === matchTypes.EXACT) !== (match !== null)) {
    throw invalid(`match type ${matchType} ${match === null ? 'needs' : 'takes no'} name`)
  }
}

function invalid(reason: string): KafkaError {
  return new KafkaError(codes.INVALID_REQUEST, reason)
}

/** The code, and null for quotas. */
export function refuseDescribeClientQuotas(
  _request: DescribeClientQuotasRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeClientQuotasResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, entries: null }
}

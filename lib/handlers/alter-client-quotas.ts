/** AlterClientQuotas: sets quotas of users, clients and addresses (KIP-546). On this broker they hold once that is answered. */
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
} from '../../protocol/messages/alter-client-quotas.ts'
import { planQuotas } from '../cluster/quotas.ts'
import { loadClientQuotas } from '../quotas/loading.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** One result for each entity: what others ask for counts all the same. */
export async function alterClientQuotas(
  { entries, validateOnly }: AlterClientQuotasRequest,
  context: Context,
): Promise<AlterClientQuotasResponse> {
  checkClusterOperation(context, 'alterConfigs')
  const { cluster } = context.broker
  if (!validateOnly) await loadClientQuotas()
  const results = validateOnly
    ? planQuotas(cluster.image.quotas, entries).result
    : await cluster.changeBy(({ quotas }) => planQuotas(quotas, entries))
  return { throttleTimeMs: 0, entries: results.map(result => ({ ...result, entity: [...result.entity] })) }
}

/** The code at each entity. */
export function refuseAlterClientQuotas(
  { entries }: AlterClientQuotasRequest,
  { errorCode, errorMessage }: Refusal,
): AlterClientQuotasResponse {
  return { throttleTimeMs: 0, entries: entries.map(({ entity }) => ({ errorCode, errorMessage, entity })) }
}

/** AlterClientQuotas: sets quotas of users, clients and addresses (KIP-546). Quotas are not served. */
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
} from '../../protocol/messages/alter-client-quotas.ts'
import type { Refusal } from './refusals.ts'

/** The code at each entity. */
export function refuseAlterClientQuotas(
  { entries }: AlterClientQuotasRequest,
  { errorCode, errorMessage }: Refusal,
): AlterClientQuotasResponse {
  return { throttleTimeMs: 0, entries: entries.map(({ entity }) => ({ errorCode, errorMessage, entity })) }
}

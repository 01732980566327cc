/** DeleteAcls: deletes the access rules that filters match (KIP-140). There is no authorizer that could have any. */
import type { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/messages/delete-acls.ts'
import { noAuthorizer } from './acls.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** SECURITY_DISABLED. */
export function deleteAcls(_request: DeleteAclsRequest, context: Context): DeleteAclsResponse {
  checkClusterOperation(context, 'alter')
  throw noAuthorizer()
}

/** The code for each filter, and no rules. */
export function refuseDeleteAcls(
  { filters }: DeleteAclsRequest,
  { errorCode, errorMessage }: Refusal,
): DeleteAclsResponse {
  return { throttleTimeMs: 0, filterResults: filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })) }
}

/** DeleteAcls: deletes the access rules that filters match (KIP-140). */
import { codes } from '../../protocol/errors.ts'
import type { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/messages/delete-acls.ts'
import { planAclDeletions } from '../cluster/acl-plans.ts'
import { checkHasAuthorizer } from './acls.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

const done = { errorCode: codes.NONE, errorMessage: null }

/** One result for each filter, with the rules that it deleted. */
export async function deleteAcls({ filters }: DeleteAclsRequest, context: Context): Promise<DeleteAclsResponse> {
  checkClusterOperation(context, 'alter')
  checkHasAuthorizer(context)
  const results = await context.broker.cluster.changeBy(({ acls }) => planAclDeletions(acls, filters))
  return {
    throttleTimeMs: 0,
    filterResults: results.map(({ error, deleted }) => ({
      ...(error === null ? done : { errorCode: error.code, errorMessage: error.message }),
      matchingAcls: deleted.map(acl => ({ ...done, ...acl })),
    })),
  }
}

/** The code for each filter, and no rules. */
export function refuseDeleteAcls(
  { filters }: DeleteAclsRequest,
  { errorCode, errorMessage }: Refusal,
): DeleteAclsResponse {
  return { throttleTimeMs: 0, filterResults: filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })) }
}

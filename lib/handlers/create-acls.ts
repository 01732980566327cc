/** CreateAcls: makes access rules (KIP-140). There is no authorizer that could keep them. */
import type { CreateAclsRequest, CreateAclsResponse } from '../../protocol/messages/create-acls.ts'
import { noAuthorizer } from './acls.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** SECURITY_DISABLED. */
export function createAcls(_request: CreateAclsRequest, context: Context): CreateAclsResponse {
  checkClusterOperation(context, 'alter')
  throw noAuthorizer()
}

/** The code for each rule. */
export function refuseCreateAcls(
  { creations }: CreateAclsRequest,
  { errorCode, errorMessage }: Refusal,
): CreateAclsResponse {
  return { throttleTimeMs: 0, results: creations.map(() => ({ errorCode, errorMessage })) }
}

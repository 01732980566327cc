/** DescribeAcls: the access rules that a filter matches (KIP-140). There is no authorizer that could have any. */
import type { DescribeAclsRequest, DescribeAclsResponse } from '../../protocol/messages/describe-acls.ts'
import { noAuthorizer } from './acls.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** SECURITY_DISABLED. */
export function describeAcls(_request: DescribeAclsRequest, context: Context): DescribeAclsResponse {
  checkClusterOperation(context, 'describe')
  throw noAuthorizer()
}

/** The code, and no rules. */
export function refuseDescribeAcls(
  _request: DescribeAclsRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeAclsResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, resources: [] }
}

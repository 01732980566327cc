/** DescribeAcls: the access rules that a filter matches (KIP-140). */
import { codes } from '../../protocol/errors.ts'
import type { DescribeAclsRequest, DescribeAclsResponse } from '../../protocol/messages/describe-acls.ts'
import { aclsThatMatch } from '../cluster/acl-plans.ts'
import { checkHasAuthorizer } from './acls.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Resource = DescribeAclsResponse['resources'][number]
type Entry = Resource['acls'][number]

/** By what they are about. A filter for what nobody knows matches nothing. */
export function describeAcls(filter: DescribeAclsRequest, context: Context): DescribeAclsResponse {
  checkClusterOperation(context, 'describe')
  checkHasAuthorizer(context)
  const resources: Resource[] = []
  let last: (Resource & { readonly acls: Entry[] }) | undefined
  // Rules about the same stand together.
  for (const acl of aclsThatMatch(context.broker.cluster.image.acls, filter)) {
    const { resourceType, resourceName, patternType, ...entry } = acl
    if (last?.resourceType !== resourceType || last.resourceName !== resourceName || last.patternType !== patternType) {
      last = { resourceType, resourceName, patternType, acls: [] }
      resources.push(last)
    }
    last.acls.push(entry)
  }
  return { throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: '', resources }
}

/** The code, and no rules. */
export function refuseDescribeAcls(
  _request: DescribeAclsRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeAclsResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, resources: [] }
}

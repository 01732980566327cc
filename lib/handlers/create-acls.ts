/** CreateAcls: makes access rules (KIP-140). Those that are good are made, whatever the others are. */
import { codes } from '../../protocol/errors.ts'
import type { CreateAclsRequest, CreateAclsResponse } from '../../protocol/messages/create-acls.ts'
import { planAclCreations } from '../cluster/acl-plans.ts'
import { checkHasAuthorizer } from './acls.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** One result for each rule. */
export async function createAcls({ creations }: CreateAclsRequest, context: Context): Promise<CreateAclsResponse> {
  checkClusterOperation(context, 'alter')
  checkHasAuthorizer(context)
  const rules = creations.map(({ resourcePatternType: patternType, ...rule }) => ({ ...rule, patternType }))
  const results = await context.broker.cluster.changeBy(({ acls }) => planAclCreations(acls, rules))
  return {
    throttleTimeMs: 0,
    results: results.map(({ error }) =>
      error === null
        ? { errorCode: codes.NONE, errorMessage: '' }
        : { errorCode: error.code, errorMessage: error.message },
    ),
  }
}

/** The code for each rule. */
export function refuseCreateAcls(
  { creations }: CreateAclsRequest,
  { errorCode, errorMessage }: Refusal,
): CreateAclsResponse {
  return { throttleTimeMs: 0, results: creations.map(() => ({ errorCode, errorMessage })) }
}

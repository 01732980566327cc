/** An administrator's operations on access rules. */
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import { type Acl, anyNumber } from '../cluster/acls.ts'
import type { Admin } from './admin.ts'
import { AdminError } from './admin-error.ts'

/** Rules that are meant: all that agree with what is said here. */
export interface AclsMeant {
  readonly resourceType: number
  /** Null for any. */
  readonly resourceName: string | null
  readonly patternType: number
  /** Of one rule alone, where it is said. */
  readonly rule?: Pick<Acl, 'principal' | 'host' | 'operation' | 'permissionType'>
}

function filterOf({ resourceType, resourceName, patternType, rule }: AclsMeant) {
  return {
    resourceTypeFilter: resourceType,
    resourceNameFilter: resourceName,
    patternTypeFilter: patternType,
    principalFilter: rule?.principal ?? null,
    hostFilter: rule?.host ?? null,
    operation: rule?.operation ?? anyNumber,
    permissionType: rule?.permissionType ?? anyNumber,
  }
}

/** The rules that there are. Rejects with AdminError. */
export async function describeAcls(admin: Admin, meant: AclsMeant): Promise<Acl[]> {
  const { resources } = await admin.ask({ to: 'any' }, DescribeAcls, filterOf(meant))
  return resources.flatMap(({ resourceType, resourceName, patternType, acls }) =>
    acls.map(({ principal, host, operation, permissionType }) => ({
      ...{ resourceType, resourceName, patternType, principal, host, operation, permissionType },
    })),
  )
}

/** Makes rules, each for itself; rejects with AdminError of the first that is refused. */
export async function createAcls(admin: Admin, acls: readonly Acl[]): Promise<void> {
  const creations = acls.map(({ patternType, ...acl }) => ({ ...acl, resourcePatternType: patternType }))
  const { results } = await admin.ask({ to: 'controller' }, CreateAcls, { creations })
  refuseFailed(results)
}

/** Deletes the rules that are meant, and tells which. Rejects with AdminError of the first filter that is refused. */
export async function deleteAcls(admin: Admin, meant: readonly AclsMeant[]): Promise<Acl[]> {
  const { filterResults } = await admin.ask({ to: 'controller' }, DeleteAcls, { filters: meant.map(filterOf) })
  refuseFailed(filterResults)
  return filterResults.flatMap(({ matchingAcls }) => {
    refuseFailed(matchingAcls)
    return matchingAcls
  })
}

function refuseFailed(results: readonly { readonly errorCode: number; readonly errorMessage: string | null }[]): void {
  const failed = results.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new AdminError(failed.errorCode, failed.errorMessage)
}

/** An access rule, as tests have it. */
import { type Acl, operations, patternTypes, permissions, resourceTypes } from '../lib/cluster/acls.ts'

/** That alice may read orders from everywhere, but for what is said otherwise. */
export function rule(fields: Partial<Acl> = {}): Acl {
  return {
    resourceType: resourceTypes.topic,
    resourceName: 'orders',
    patternType: patternTypes.literal,
    principal: 'User:alice',
    host: '*',
    operation: operations.read,
    permissionType: permissions.allow,
    ...fields,
  }
}

/** CreateAcls, DescribeAcls and DeleteAcls where there is an authorizer. */
import t from 'tap'
import { anyNumber, operations, patternTypes, permissions, resourceTypes } from '../../lib/cluster/acls.ts'
import { createAcls } from '../../lib/handlers/create-acls.ts'
import { deleteAcls } from '../../lib/handlers/delete-acls.ts'
import { describeAcls } from '../../lib/handlers/describe-acls.ts'
import { codes } from '../../protocol/errors.ts'
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import { clusterContext, encodable } from './cluster-context.ts'

const rule = {
  resourceType: resourceTypes.topic,
  resourceName: 'orders',
  resourcePatternType: patternTypes.literal,
  principal: 'User:alice',
  host: '*',
  operation: operations.read,
  permissionType: permissions.allow,
}

const anything = {
  resourceTypeFilter: anyNumber,
  resourceNameFilter: null,
  patternTypeFilter: anyNumber,
  principalFilter: null,
  hostFilter: null,
  operation: anyNumber,
  permissionType: anyNumber,
}

t.test('rules that were made are described by what they are about, and deleted', async t => {
  const { at, cluster } = await clusterContext(t, { hasAuthorizer: true })
  const creations = [
    rule,
    { ...rule, operation: operations.write },
    { ...rule, principal: '' },
    { ...rule, resourceName: 'a' },
  ]
  const made = await createAcls({ creations }, at(3))
  t.same(
    made.results.map(({ errorCode }) => errorCode),
    [codes.NONE, codes.NONE, codes.INVALID_REQUEST, codes.NONE],
  )
  t.equal(cluster.image.acls.size, 3, 'the image has them before the answer')
  const described = describeAcls(anything, at(3))
  const { resourcePatternType: patternType, principal, host, permissionType } = rule
  const entry = (operation: number) => ({ principal, host, operation, permissionType })
  const about = (resourceName: string) => ({ resourceType: rule.resourceType, resourceName, patternType })
  t.same(described.resources, [
    { ...about('a'), acls: [entry(operations.read)] },
    { ...about('orders'), acls: [entry(operations.read), entry(operations.write)] },
  ])
  const deleted = await deleteAcls({ filters: [{ ...anything, resourceNameFilter: 'orders' }, anything] }, at(3))
  t.same(
    deleted.filterResults.map(({ matchingAcls }) => matchingAcls.length),
    [2, 3],
  )
  t.same(describeAcls(anything, at(3)).resources, [])
  encodable(t, CreateAcls, made)
  encodable(t, DescribeAcls, described)
  encodable(t, DeleteAcls, deleted)
})

/** All cases, in the order in which they run. The answers of a group are recorded in the file of its name. */
import { aclDecisionCases } from './acl-decisions.ts'
import { aclCases } from './acls.ts'
import type { Case } from './case.ts'
import { clusterCases } from './cluster.ts'
import { configValueCases } from './config-values.ts'
import { configCases } from './configs.ts'
import { consumerGroupCases } from './consumer-groups.ts'
import { coordinationCases } from './coordination.ts'
import { eligibleReplicaCases } from './eligible-replicas.ts'
import { everyApiCases } from './every-api.ts'
import { everyPropertyCases } from './every-property.ts'
import { fetchCases } from './fetch.ts'
import { groupCases } from './groups.ts'
import { listOffsetsCases } from './list-offsets.ts'
import { loginCases } from './logins.ts'
import { oddClusterCases } from './odd/cluster.ts'
import { oddConfigCases } from './odd/configs.ts'
import { oddGroupCases } from './odd/groups.ts'
import { oddRecordCases } from './odd/records.ts'
import { oddSecurityCases } from './odd/security.ts'
import { oddTopicCases } from './odd/topics.ts'
import { oddTransactionCases } from './odd/transactions.ts'
import { offsetCases } from './offsets.ts'
import { oldFormatCases } from './old-formats.ts'
import { produceCases } from './produce.ts'
import { quotaCases } from './quotas.ts'
import { heldCases } from './quotas-held.ts'
import { recreatedTopicCases } from './recreated-topics.ts'
import { rejoiningCases } from './rejoining-members.ts'
import { securityCases } from './security.ts'
import { sizeCases } from './sizes.ts'
import { staticMemberCases } from './static-members.ts'
import { subscriptionCases } from './subscriptions.ts'
import { tokenRightCases } from './token-rights.ts'
import { tokenCases } from './tokens.ts'
import { topicCases } from './topics.ts'
import { transactionCases } from './transactions/index.ts'
import { versionCases } from './versions.ts'

export const caseGroups: Readonly<Record<string, readonly Case[]>> = {
  versions: versionCases,
  topics: topicCases,
  'recreated-topics': recreatedTopicCases,
  produce: produceCases,
  fetch: fetchCases,
  'old-formats': oldFormatCases,
  offsets: offsetCases,
  groups: groupCases,
  'static-members': staticMemberCases,
  'consumer-groups': consumerGroupCases,
  'rejoining-members': rejoiningCases,
  subscriptions: subscriptionCases,
  sizes: sizeCases,
  coordination: coordinationCases,
  'list-offsets': listOffsetsCases,
  configs: configCases,
  'config-values': configValueCases,
  'every-property': everyPropertyCases,
  security: securityCases,
  logins: loginCases,
  tokens: [...tokenCases, ...tokenRightCases],
  acls: aclCases,
  'acl-decisions': aclDecisionCases,
  quotas: [...quotaCases, ...heldCases],
  cluster: [...clusterCases, ...eligibleReplicaCases],
  transactions: transactionCases,
  'every-api': everyApiCases,
  'odd-topics': oddTopicCases,
  'odd-records': oddRecordCases,
  'odd-groups': oddGroupCases,
  'odd-configs': oddConfigCases,
  'odd-cluster': oddClusterCases,
  'odd-security': oddSecurityCases,
  'odd-transactions': oddTransactionCases,
}

/** The cases of the suite `tools`, by the files in which their outputs are recorded. Each group has a broker of its own. */
import type { ToolGroup } from '../case.ts'
import { acls, aclsOff } from './acls.ts'
import { administration } from './administration.ts'
import { clientMetrics } from './client-metrics.ts'
import { clusterTools } from './cluster.ts'
import { configs } from './configs.ts'
import { consoleTools } from './console.ts'
import { consumerGroups } from './consumer-groups.ts'
import { dumpLog } from './dump-log.ts'
import { groups } from './groups.ts'
import { keys } from './keys.ts'
import { olderWords } from './older-words.ts'
import { quotas } from './quotas.ts'
import { reassign } from './reassign.ts'
import { reassignThrottled } from './reassign-throttled.ts'
import { tokensOfUsers } from './tokens.ts'
import { topics } from './topics.ts'
import { topicsOfThree } from './topics-of-three.ts'
import { transactions } from './transactions.ts'
import { users } from './users.ts'
import { versions } from './versions.ts'

export const toolGroups: Readonly<Record<string, ToolGroup>> = {
  ...consoleTools,
  topics,
  'topics-of-three': topicsOfThree,
  configs,
  groups,
  'consumer-groups': consumerGroups,
  administration,
  cluster: clusterTools,
  reassign,
  'reassign-throttled': reassignThrottled,
  quotas,
  'client-metrics': clientMetrics,
  users,
  tokens: tokensOfUsers,
  'dump-log': dumpLog,
  'older-words': olderWords,
  transactions,
  versions,
  keys,
  acls,
  'acls-off': aclsOff,
}

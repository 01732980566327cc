/** What administrators ask of the cluster: its brokers, configuration, users and access rules. */
import { AddRaftVoter } from '../../../protocol/messages/add-raft-voter.ts'
import { AlterClientQuotas } from '../../../protocol/messages/alter-client-quotas.ts'
import { AlterConfigs } from '../../../protocol/messages/alter-configs.ts'
import { AlterReplicaLogDirs } from '../../../protocol/messages/alter-replica-log-dirs.ts'
import { AlterUserScramCredentials } from '../../../protocol/messages/alter-user-scram-credentials.ts'
import { ApiVersions } from '../../../protocol/messages/api-versions.ts'
import { CreateAcls } from '../../../protocol/messages/create-acls.ts'
import { CreateDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { DeleteAcls } from '../../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../../protocol/messages/describe-acls.ts'
import { DescribeClientQuotas } from '../../../protocol/messages/describe-client-quotas.ts'
import { DescribeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { DescribeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { DescribeDelegationToken } from '../../../protocol/messages/describe-delegation-token.ts'
import { DescribeLogDirs } from '../../../protocol/messages/describe-log-dirs.ts'
import { DescribeQuorum } from '../../../protocol/messages/describe-quorum.ts'
import { DescribeUserScramCredentials } from '../../../protocol/messages/describe-user-scram-credentials.ts'
import { ExpireDelegationToken } from '../../../protocol/messages/expire-delegation-token.ts'
import { IncrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { ListConfigResources } from '../../../protocol/messages/list-config-resources.ts'
import { RemoveRaftVoter } from '../../../protocol/messages/remove-raft-voter.ts'
import { RenewDelegationToken } from '../../../protocol/messages/renew-delegation-token.ts'
import { SaslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { UnregisterBroker } from '../../../protocol/messages/unregister-broker.ts'
import { UnregisterController } from '../../../protocol/messages/unregister-controller.ts'
import { UpdateFeatures } from '../../../protocol/messages/update-features.ts'
import { unknownTopicId } from '../../cases/case.ts'
import { ask, names, type Question } from './question.ts'

const timeoutMs = 10_000

/** Kafka's numbers of what has properties, with one of them each. */
const configured = [
  ...names.map(resourceName => ({ resourceType: 2, resourceName, key: 'retention.ms', value: '604800000' })),
  { resourceType: 4, resourceName: '1', key: 'log.cleaner.threads', value: '1' },
  // One that Kafka does not let go of where all are replaced.
  { resourceType: 4, resourceName: '', key: 'min.insync.replicas', value: '1' },
  { resourceType: 8, resourceName: '1', key: 'kafka', value: 'INFO' },
  { resourceType: 16, resourceName: 'mine', key: 'interval.ms', value: '1000' },
  ...['mine', 'mine-none', 'other'].map(resourceName => ({
    ...{ resourceType: 32, resourceName, key: 'consumer.session.timeout.ms', value: '45000' },
  })),
]
const configKinds: Readonly<Record<number, string>> = {
  2: 'topics',
  4: 'brokers',
  8: 'loggers',
  16: 'clients',
  32: 'groups',
}

/** Those of each type by a request of their own: one that a broker does not know must not hide what it says of others. */
function ofEachKind(questions: (resources: typeof configured, kind: string) => readonly Question[]): Question[] {
  return Object.entries(configKinds).flatMap(([type, kind]) =>
    questions(
      configured.filter(({ resourceType }) => resourceType === Number(type)),
      kind,
    ),
  )
}

/** Rules of a user that has none. */
const nobodysRules = {
  ...{ resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, principalFilter: 'User:nobody' },
  ...{ hostFilter: null, operation: 1, permissionType: 1 },
}

export const clusterQuestions: readonly Question[] = [
  ...ask(ApiVersions, [4], '', { clientSoftwareName: 'conformance', clientSoftwareVersion: '1' }),
  ...ask(SaslHandshake, [1], 'once more', { mechanism: 'PLAIN' }),
  ...ask(SaslAuthenticate, [2], 'once more', { authBytes: Buffer.from('\0user\0password') }),
  ...ask(DescribeCluster, [0, 2], '', { includeClusterAuthorizedOperations: true }),
  ...ask(DescribeQuorum, [0, 2], '', {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }),
  ...ofEachKind((resources, kind) => [
    ...ask(DescribeConfigs, [4], kind, {
      resources: resources.map(({ key, ...resource }) => ({ ...resource, configurationKeys: [key] })),
    }),
    ...ask(AlterConfigs, [2], kind, {
      resources: resources.map(({ key, value, ...resource }) => ({ ...resource, configs: [{ name: key, value }] })),
      validateOnly: true,
    }),
    ...ask(IncrementalAlterConfigs, [1], kind, {
      resources: resources.map(({ key, value, ...resource }) => ({
        ...resource,
        configs: [{ name: key, configOperation: 0, value }],
      })),
      validateOnly: true,
    }),
  ]),
  ...ask(ListConfigResources, [0, 1], '', (_, version) => (version === 0 ? {} : { resourceTypes: [2, 32] })),
  ...ask(DescribeLogDirs, [1, 5], '', { topics: [{ topic: 'mine', partitions: [0] }] }),
  ...ask(AlterReplicaLogDirs, [2], '', {
    dirs: [{ path: '/no/such/directory', topics: names.map(name => ({ name, partitions: [0] })) }],
  }),
  ...ask(AlterClientQuotas, [1], '', {
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'nobody' }],
        ops: [{ key: 'producer_byte_rate', value: 1_000_000, remove: false }],
      },
    ],
    validateOnly: true,
  }),
  ...ask(DescribeClientQuotas, [1], '', { components: [], strict: false }),
  // Not all users: Kafka never answers those who may not ask it.
  ...ask(DescribeUserScramCredentials, [0], '', { users: [{ name: 'nobody' }] }),
  ...ask(AlterUserScramCredentials, [0], '', { deletions: [{ name: 'nobody', mechanism: 1 }] }),
  ...ask(UpdateFeatures, [2], '', {
    timeoutMs,
    featureUpdates: [{ feature: 'no.such.feature', maxVersionLevel: 1 }],
    validateOnly: true,
  }),
  ...ask(UnregisterBroker, [0], '', { brokerId: 99 }),
  ...ask(UnregisterController, [0], '', { controllerId: 99 }),
  ...ask(AddRaftVoter, [1], '', {
    ...{ clusterId: 'another', timeoutMs, voterId: 99, voterDirectoryId: unknownTopicId },
    listeners: [{ name: 'CONTROLLER', host: 'localhost', port: 1 }],
  }),
  ...ask(RemoveRaftVoter, [0], '', { clusterId: 'another', voterId: 99, voterDirectoryId: unknownTopicId }),
  ...ask(DescribeAcls, [3], '', nobodysRules),
  ...ask(CreateAcls, [3], '', {
    creations: [
      {
        ...{ resourceType: 2, resourceName: '', resourcePatternType: 3, principal: 'User:nobody', host: '*' },
        ...{ operation: 3, permissionType: 3 },
      },
    ],
  }),
  ...ask(DeleteAcls, [3], '', { filters: [nobodysRules] }),
  ...ask(CreateDelegationToken, [2, 3], '', { ownerPrincipalType: null, ownerPrincipalName: null, maxLifetimeMs: -1 }),
  ...ask(CreateDelegationToken, [3], 'for another', {
    ...{ ownerPrincipalType: 'User', ownerPrincipalName: 'mine', maxLifetimeMs: -1 },
  }),
  ...ask(RenewDelegationToken, [2], '', { hmac: Buffer.from('nobody'), renewPeriodMs: -1 }),
  ...ask(ExpireDelegationToken, [2], '', { hmac: Buffer.from('nobody'), expiryTimePeriodMs: -1 }),
  ...ask(DescribeDelegationToken, [3], 'all', { owners: null }),
  ...ask(DescribeDelegationToken, [3], 'of one', { owners: [{ principalType: 'User', principalName: 'mine' }] }),
]

/** Names and values as long as the protocol lets them be: whatever is told of them can be encoded, in every version. */
import t from 'tap'
import { alterConfigs } from '../../lib/handlers/alter-configs.ts'
import { alterPartitionReassignments } from '../../lib/handlers/alter-partition-reassignments.ts'
import { createPartitions } from '../../lib/handlers/create-partitions.ts'
import { createTopics } from '../../lib/handlers/create-topics.ts'
import { deleteTopics } from '../../lib/handlers/delete-topics.ts'
import { describeConfigs } from '../../lib/handlers/describe-configs.ts'
import { describeGroups } from '../../lib/handlers/describe-groups.ts'
import { findCoordinator } from '../../lib/handlers/find-coordinator.ts'
import { incrementalAlterConfigs } from '../../lib/handlers/incremental-alter-configs.ts'
import { metadata } from '../../lib/handlers/metadata.ts'
import { produce } from '../../lib/handlers/produce.ts'
import { codes } from '../../protocol/errors.ts'
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts'
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { batchOf, PartitionsFixture } from '../partitions/fixture.ts'
import { clusterContext, encodable, topic } from './cluster-context.ts'
import { groupContext } from './group-context.ts'
import { promised } from './promised.ts'

/** Of three bytes a character, so that no count of characters hides a count of bytes. */
const long = `${'字'.repeat(10_922)}x`
const resourceTypes = [0, 2, 4, 8, 16, 32]
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

t.test('topics of the longest names and settings', async t => {
  const { at } = await clusterContext(t)
  const named = (name: string, settings: [name: string, value: string][] = []) => ({
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: settings.map(([name, value]) => ({ name, value })),
  })
  const topics = [
    named(long),
    named('name', [[long, '1']]),
    named('value', [['retention.ms', long]]),
    named('list', [['cleanup.policy', long]]),
  ]
  const created = await createTopics({ topics, timeoutMs: 1, validateOnly: false }, at(7))
  t.same(
    created.topics.map(({ errorCode }) => errorCode),
    [codes.INVALID_TOPIC_EXCEPTION, codes.INVALID_CONFIG, codes.INVALID_CONFIG, codes.INVALID_CONFIG],
  )
  for (const { errorMessage } of created.topics) t.ok(errorMessage!.length < 1_100)
  encodable(t, CreateTopics, created)
  encodable(
    t,
    CreatePartitions,
    await createPartitions(
      { topics: [{ name: long, count: 3, assignments: null }], timeoutMs: 1, validateOnly: false },
      at(3),
    ),
  )
  encodable(
    t,
    DeleteTopics,
    await deleteTopics({ topics: [{ name: long, topicId: noTopicId }], topicNames: [long], timeoutMs: 1 }, at(6)),
  )
  encodable(
    t,
    AlterPartitionReassignments,
    alterPartitionReassignments(
      {
        topics: [{ name: long, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
        timeoutMs: 1,
        allowReplicationFactorChange: true,
      },
      at(1),
    ),
  )
  encodable(
    t,
    Metadata,
    await metadata(
      {
        topics: [{ name: long, topicId: noTopicId }],
        allowAutoTopicCreation: true,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      },
      at(12),
    ),
  )
})

t.test('settings of the longest names and values', async t => {
  const { at, cluster } = await clusterContext(t)
  await cluster.createTopics([topic('a')])
  const changes: [type: number, name: string, key: string, value: string][] = [
    ...resourceTypes.map(type => [type, long, 'x', '1'] as [number, string, string, string]),
    ...[2, 4, 16, 32].flatMap(type => {
      const name = type === 2 ? 'a' : type === 4 ? '1' : 'b'
      return [
        [type, name, long, '1'] as [number, string, string, string],
        [type, name, type === 2 ? 'retention.ms' : 'message.max.bytes', long] as [number, string, string, string],
      ]
    }),
  ]
  for (const [resourceType, resourceName, name, value] of changes) {
    const resources = [{ resourceType, resourceName, configs: [{ name, configOperation: 0, value }] }]
    encodable(t, IncrementalAlterConfigs, await incrementalAlterConfigs({ resources, validateOnly: true }, at(1)))
    encodable(t, AlterConfigs, await alterConfigs({ resources, validateOnly: true }, at(2)))
    encodable(
      t,
      DescribeConfigs,
      describeConfigs(
        {
          resources: [{ resourceType, resourceName, configurationKeys: [long] }],
          includeDocumentation: true,
          includeSynonyms: true,
        },
        at(4),
      ),
    )
  }
})

t.test('groups and coordinators of the longest names', async t => {
  const { at } = await groupContext(t)
  for (const version of [5, 6]) {
    const request = { groups: [long], includeAuthorizedOperations: true }
    encodable(t, DescribeGroups, await describeGroups(request, at(version)))
  }
  for (const keyType of [0, 1, 9]) {
    encodable(t, FindCoordinator, await findCoordinator({ key: long, keyType, coordinatorKeys: [long] }, at(4)))
  }
})

t.test('records for topics of the longest names', async t => {
  const fixture = new PartitionsFixture({})
  const request = {
    transactionalId: long,
    acks: -1,
    timeoutMs: 0,
    topicData: [{ name: long, topicId: noTopicId, partitionData: [{ index: 0, records: batchOf(['x']) }] }],
  }
  const answer = await promised(produce(request, fixture.context(12)))
  t.equal(answer!.responses[0]!.partitionResponses[0]!.errorCode, codes.UNKNOWN_TOPIC_OR_PARTITION)
  encodable(t, Produce, answer!)
})

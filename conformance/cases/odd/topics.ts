/** Odd values in the requests about topics and the cluster. */
import { codes } from '../../../protocol/errors.ts'
import { AlterPartitionReassignments } from '../../../protocol/messages/alter-partition-reassignments.ts'
import { ApiVersions } from '../../../protocol/messages/api-versions.ts'
import { CreatePartitions } from '../../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { DescribeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { DescribeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { ListPartitionReassignments } from '../../../protocol/messages/list-partition-reassignments.ts'
import { Metadata } from '../../../protocol/messages/metadata.ts'
import type { Session } from '../../session.ts'
import { type Case, type Difference, saysMore } from '../case.ts'
import { oddCase } from './odd.ts'
import type { Plain } from './variants.ts'

const timeoutMs = 10_000
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Which other topics there are is not this case's affair. */
function ours(answer: Plain, session: Session): Plain {
  const isOurs = (name: string | null) => name === null || name === '' || name.includes(session.run)
  const topics = (answer.topics as readonly { readonly name: string | null }[]).filter(({ name }) => isOurs(name))
  const { nextCursor } = answer as { readonly nextCursor?: { readonly topicName: string } }
  const cut = nextCursor && !isOurs(nextCursor.topicName) ? { nextCursor: null } : {}
  return { ...answer, topics, ...cut }
}

/** A topic with neither a name nor an id. */
function nameless(answer: string): Difference[] {
  const reason =
    '**Metadata** for a topic without name and id tells what is wrong with the topic; Kafka fails as a whole'
  return [
    { answer, path: 'brokers.length', ours: 1, reason },
    { answer, path: 'clusterId', ours: '<clusterId>', reason },
    { answer, path: 'controllerId', ours: 1, reason },
    { answer, path: 'topics..errorCode', ours: codes.INVALID_TOPIC_EXCEPTION, reason },
    { answer, path: 'errorCode', ours: codes.NONE, reason },
  ]
}

async function topicOf(session: Session): Promise<{ name: string; topicId: string }> {
  const name = session.name('there')
  return { name, topicId: await session.topic(name, 2) }
}

/** What a topic's settings are is compared where settings are. */
function withoutConfigs(answer: Plain): Plain {
  return { ...answer, topics: (answer.topics as readonly Plain[]).map(topic => ({ ...topic, configs: null })) }
}

export const oddTopicCases: readonly Case[] = [
  oddCase({
    api: Metadata,
    make: topicOf,
    good: ({ made: { name } }) => ({ topics: [{ topicId: noTopicId, name }], allowAutoTopicCreation: false }),
    compared: ours,
    differs: nameless('* topics[0].name = null'),
  }),
  oddCase({
    api: Metadata,
    what: 'by id',
    since: 12,
    make: topicOf,
    good: ({ made: { topicId } }) => ({ topics: [{ topicId, name: null }], allowAutoTopicCreation: false }),
    compared: ours,
    differs: nameless(`* topics[0].topicId = ${noTopicId}`),
  }),
  oddCase({
    api: CreateTopics,
    good: ({ own }) => {
      const configs = [{ name: 'retention.ms', value: '1000' }]
      return { topics: [{ name: own('made'), numPartitions: 1, replicationFactor: 1, configs }], timeoutMs }
    },
    compared: withoutConfigs,
  }),
  oddCase({
    api: CreateTopics,
    what: 'assigned by hand',
    good: ({ own }) => {
      const assignments = [{ partitionIndex: 0, brokerIds: [1] }]
      return { topics: [{ name: own('assigned'), numPartitions: -1, replicationFactor: -1, assignments }], timeoutMs }
    },
    compared: withoutConfigs,
  }),
  oddCase({
    api: CreatePartitions,
    good: async ({ session, own }) => {
      const name = own('grown')
      await session.topic(name)
      return { topics: [{ name, count: 2, assignments: [{ brokerIds: [1] }] }], timeoutMs }
    },
    differs: [saysMore('* topics[0].name = *')],
  }),
  oddCase({
    api: DeleteTopics,
    good: async ({ session, own }) => {
      const name = own('deleted')
      await session.topic(name)
      return { topics: [{ name, topicId: noTopicId }], topicNames: [name], timeoutMs }
    },
  }),
  oddCase({
    api: DeleteTopics,
    what: 'by id',
    since: 6,
    good: async ({ session, own }) => {
      const topicId = await session.topic(own('deleted'))
      return { topics: [{ name: null, topicId }], timeoutMs }
    },
    without: path => !path.startsWith('topics'),
  }),
  oddCase({
    api: DescribeTopicPartitions,
    make: topicOf,
    good: ({ made: { name } }) => ({
      topics: [{ name }],
      responsePartitionLimit: 2,
      cursor: { topicName: name, partitionIndex: 0 },
    }),
    compared: ours,
    differs: [
      {
        answer: '* cursor.partitionIndex = 2147483647',
        path: 'nextCursor',
        ours: null,
        reason:
          '**DescribeTopicPartitions** goes on behind a cursor at the greatest number there is; Kafka’s next one is negative',
      },
    ],
  }),
  oddCase({
    api: DescribeCluster,
    good: () => ({ endpointType: 1 }),
  }),
  oddCase({
    api: ApiVersions,
    good: () => ({ clientSoftwareName: 'conformance', clientSoftwareVersion: '1', clusterId: null, nodeId: -1 }),
    compared: ({ errorCode }) => ({ errorCode }),
  }),
  oddCase({
    api: AlterPartitionReassignments,
    make: topicOf,
    good: ({ made: { name } }) => ({
      timeoutMs,
      topics: [{ name, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
    }),
  }),
  oddCase({
    api: ListPartitionReassignments,
    make: topicOf,
    good: ({ made: { name } }) => ({ timeoutMs, topics: [{ name, partitionIndexes: [0] }] }),
  }),
]

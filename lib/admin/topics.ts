/** An administrator's operations on topics. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import type { PartitionView, TopicView } from '../client/cluster-view.ts'
import type { Admin } from './admin.ts'

/** A topic to be made. −1 leaves a number to the broker. */
export interface NewTopic {
  readonly name: string
  readonly partitions?: number
  readonly replicationFactor?: number
  /** By partition index: the brokers that have it. */
  readonly assignments?: readonly (readonly number[])[]
  readonly configs?: Readonly<Record<string, string>>
}

/** What became of one topic. */
export interface TopicResult {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** A partition with what only newer brokers tell. */
export interface DescribedPartition extends PartitionView {
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

/** A topic with partitions so described. */
export interface DescribedTopic extends TopicView {
  readonly partitions: readonly DescribedPartition[]
}

/** Partitions described in one page: the most that a broker gives by default. */
const partitionsInPage = 2_000

/** Makes topics; with `validateOnly` it is only said what would become of them. */
export async function createTopics(
  admin: Admin,
  topics: readonly NewTopic[],
  options: { readonly validateOnly?: boolean } = {},
): Promise<readonly TopicResult[]> {
  const response = await admin.ask({ to: 'controller' }, CreateTopics, {
    timeoutMs: admin.timeoutMs,
    validateOnly: options.validateOnly ?? false,
    topics: topics.map(({ name, partitions = -1, replicationFactor = -1, assignments = [], configs = {} }) => ({
      name,
      numPartitions: assignments.length > 0 ? -1 : partitions,
      replicationFactor: assignments.length > 0 ? -1 : replicationFactor,
      assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })),
  })
  return response.topics
}

/** Deletes topics with all their records. */
export async function deleteTopics(admin: Admin, names: readonly string[]): Promise<readonly TopicResult[]> {
  const { responses } = await admin.ask({ to: 'controller' }, DeleteTopics, version => ({
    timeoutMs: admin.timeoutMs,
    ...(version >= 6 ? { topics: names.map(name => ({ name })) } : { topicNames: names }),
  }))
  return responses.map(({ name, errorCode, errorMessage }) => ({ name: name ?? '', errorCode, errorMessage }))
}

/** How many partitions a topic is to have, and the brokers of those that are new, where that is not left to the cluster. */
export interface MorePartitions {
  readonly count: number
  readonly assignments?: readonly (readonly number[])[] | null
}

/** Raises numbers of partitions. */
export async function createPartitions(
  admin: Admin,
  topics: Readonly<Record<string, MorePartitions>>,
): Promise<readonly TopicResult[]> {
  const { results } = await admin.ask({ to: 'controller' }, CreatePartitions, {
    timeoutMs: admin.timeoutMs,
    topics: Object.entries(topics).map(([name, { count, assignments = null }]) => ({
      ...{ name, count },
      assignments: assignments?.map(brokerIds => ({ brokerIds })) ?? null,
    })),
  })
  return results
}

/** All topics, by name; internal ones where they are asked for. */
export async function listTopics(
  admin: Admin,
  options: { readonly internal?: boolean } = {},
): Promise<readonly TopicView[]> {
  const { topics } = await admin.metadata(null)
  const all = [...topics.values()].filter(({ isInternal }) => options.internal || !isInternal)
  return all.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Topics with all that is known of their partitions, page by page where the broker can. */
export async function describeTopics(admin: Admin, names: readonly string[]): Promise<readonly DescribedTopic[]> {
  try {
    return await describeInPages(admin, names)
  } catch (error) {
    if (!(error instanceof KafkaError && error.code === codes.UNSUPPORTED_VERSION)) throw error
  }
  const { topics } = await admin.metadata(names)
  return names.flatMap(name => {
    const topic = topics.get(name)
    if (topic === undefined) return []
    const partitions = topic.partitions.map(each => ({ ...each, eligibleLeaderReplicas: null, lastKnownElr: null }))
    return [{ ...topic, partitions }]
  })
}

type Page = ClientResponseOf<typeof DescribeTopicPartitions>
type PagePartition = Page['topics'][number]['partitions'][number]

async function describeInPages(admin: Admin, names: readonly string[]): Promise<readonly DescribedTopic[]> {
  const described = new Map<string, DescribedTopic & { partitions: DescribedPartition[] }>()
  const sorted = [...names].sort()
  let cursor: Page['nextCursor'] = null
  do {
    const from = cursor?.topicName ?? ''
    const page: Page = await admin.ask({ to: 'any' }, DescribeTopicPartitions, {
      topics: sorted.filter(name => name >= from).map(name => ({ name })),
      responsePartitionLimit: partitionsInPage,
      cursor,
    })
    for (const { name, topicId, errorCode, isInternal, partitions } of page.topics) {
      const topic = described.get(name ?? '') ?? { name: name ?? '', topicId, errorCode, isInternal, partitions: [] }
      described.set(topic.name, topic)
      for (const each of partitions) topic.partitions.push(partitionOf(each))
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return [...described.values()]
}

function partitionOf(page: PagePartition): DescribedPartition {
  return {
    index: page.partitionIndex,
    errorCode: page.errorCode,
    leader: page.leaderId,
    leaderEpoch: page.leaderEpoch,
    replicas: page.replicaNodes,
    isr: page.isrNodes,
    offlineReplicas: page.offlineReplicas,
    eligibleLeaderReplicas: page.eligibleLeaderReplicas,
    lastKnownElr: page.lastKnownElr,
  }
}

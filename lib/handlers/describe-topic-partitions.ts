/** DescribeTopicPartitions (KIP-966): topics with their partitions, page by page. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/messages/describe-topic-partitions.ts'
import type { ClusterImage, TopicImage } from '../cluster/image.ts'
import { isHiddenTopic, topicNameError } from '../cluster/topic-names.ts'
import { authorizedOperations } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { type PartitionAnswer, partitionsOf } from './partition-answers.ts'
import type { Refusal } from './refusals.ts'

type TopicAnswer = DescribeTopicPartitionsResponse['topics'][number]
type Cursor = NonNullable<DescribeTopicPartitionsRequest['cursor']>

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Topics come in the order of their names, from the cursor on, until the limit of partitions is reached. INVALID_REQUEST for a bad cursor. */
export function describeTopicPartitions(
  request: DescribeTopicPartitionsRequest,
  context: Context,
): DescribeTopicPartitionsResponse {
  const { broker } = context
  const { image } = broker.cluster
  const { cursor } = request
  // An empty list asks for all topics, of which those that the client may not see are left out.
  const all = request.topics.length === 0
  const listed = () => [...image.topics.keys()].filter(name => !isHiddenTopic(name))
  const names = all ? listed() : [...new Set(request.topics.map(({ name }) => name))].sort()
  if (cursor !== null) checkCursor(cursor, all ? null : names)
  const limit = Math.max(
    1,
    Math.min(request.responsePartitionLimit, broker.config.get('max.request.partition.size.limit')),
  )
  const page = new Page(limit)
  const refused: TopicAnswer[] = []
  for (const name of names) {
    if (cursor !== null && name < cursor.topicName) continue
    if (!broker.authorize(context, 'describe', 'topic', name, !all)) {
      if (!all) refused.push(failed(codes.TOPIC_AUTHORIZATION_FAILED, name))
    } else if (!page.add(name, image, cursor, context)) break
  }
  return { throttleTimeMs: 0, topics: [...page.topics, ...refused], nextCursor: page.nextCursor }
}

/** Throws INVALID_REQUEST where a cursor stands before the first partition, or at none of the topics that are asked for. */
function checkCursor({ topicName, partitionIndex }: Cursor, names: readonly string[] | null): void {
  if (partitionIndex < 0) throw new KafkaError(codes.INVALID_REQUEST, `a cursor cannot stand at ${partitionIndex}`)
  if (names?.includes(topicName) === false) {
    throw new KafkaError(codes.INVALID_REQUEST, 'the topic of the cursor is none of those that are asked for')
  }
}

class Page {
  readonly topics: TopicAnswer[] = []
  nextCursor: Cursor | null = null
  #left: number

  constructor(limit: number) {
    this.#left = limit
  }

  /** False once the page is full. */
  add(name: string, image: ClusterImage, cursor: Cursor | null, context: Context): boolean {
    if (this.#left === 0) {
      this.nextCursor = { topicName: name, partitionIndex: 0 }
      return false
    }
    const topic = image.topics.get(name)
    if (topic === undefined) {
      const wrongName = topicNameError(name) !== null
      const answer = failed(wrongName ? codes.INVALID_TOPIC_EXCEPTION : codes.UNKNOWN_TOPIC_OR_PARTITION, name)
      this.topics.push({ ...answer, topicAuthorizedOperations: authorizedOperations(context, 'topic', name) })
      return true
    }
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0
    const partitions = partitionsOf(topic, image, context.broker).slice(first, first + this.#left)
    this.topics.push(found(topic, partitions, context))
    this.#left -= partitions.length
    const next = first + partitions.length
    if (next >= topic.partitions.length) return true
    this.nextCursor = { topicName: name, partitionIndex: next }
    return false
  }
}

function found(topic: TopicImage, partitions: readonly PartitionAnswer[], context: Context): TopicAnswer {
  return {
    errorCode: codes.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: topic.internal,
    partitions,
    topicAuthorizedOperations: authorizedOperations(context, 'topic', topic.name),
  }
}

function failed(errorCode: number, name: string): TopicAnswer {
  return { errorCode, name, topicId: zeroId, isInternal: false, partitions: [] }
}

/** The code at each topic that was asked for. */
export function refuseDescribeTopicPartitions(
  { topics }: DescribeTopicPartitionsRequest,
  { errorCode }: Refusal,
): DescribeTopicPartitionsResponse {
  return { throttleTimeMs: 0, topics: topics.map(({ name }) => failed(errorCode, name)) }
}

/** Where requests and answers of each API name topics and partitions, and how an answer says that one of them failed. */
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteRecords } from '../../protocol/messages/delete-records.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts'

/** A struct of a decoded message, or one to be encoded. */
export type Fields = Record<string, unknown>

/** A list of topics in a message. */
export interface TopicList {
  /** The field that holds it. */
  readonly field: string
  /** The field of a topic that holds its partitions; null where topics are named alone. */
  readonly partitions: string | null
  /** The field of a partition that holds its index; null where a partition is a number. */
  readonly index: string | null
  /** The field that holds lists of lists: those of several groups. */
  readonly within?: string
}

/** How an API names topics, and how some of them can fail by themselves. */
export interface Shape {
  readonly request: TopicList
  readonly response: TopicList
  /**
   * 'apart': what fails is taken out of the request, so that it does not happen, and its refusal is put into the answer. 'after': only the
   * answer is changed; for APIs that read.
   */
  readonly way: 'apart' | 'after'
  /** What the answer says of a partition that failed, beside its index and code; for 'after'. */
  readonly failed?: Fields
  /** What it says of a topic that failed as a whole; for 'after', where topics have codes. */
  readonly failedTopic?: Fields
}

function list(field: string, partitions: string | null = null, index: string | null = null): TopicList {
  return { field, partitions, index }
}

const byIndex = list('topics', 'partitions', 'partitionIndex')
const noOffset = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }
const nothingRead = {
  ...{ highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, abortedTransactions: null },
  ...{ preferredReadReplica: -1, records: Buffer.alloc(0) },
}

const shapes: ReadonlyMap<number, Shape> = new Map<number, Shape>([
  [
    Produce.key,
    {
      request: list('topicData', 'partitionData', 'index'),
      response: list('responses', 'partitionResponses', 'index'),
      way: 'apart',
    },
  ],
  [
    Fetch.key,
    {
      request: list('topics', 'partitions', 'partition'),
      response: list('responses', 'partitions', 'partitionIndex'),
      way: 'after',
      failed: nothingRead,
    },
  ],
  [ListOffsets.key, { request: byIndex, response: byIndex, way: 'apart' }],
  [
    Metadata.key,
    {
      request: list('topics'),
      response: byIndex,
      way: 'after',
      failed: { leaderId: -1 },
      failedTopic: { partitions: [] },
    },
  ],
  [OffsetCommit.key, { request: byIndex, response: byIndex, way: 'apart' }],
  [TxnOffsetCommit.key, { request: byIndex, response: byIndex, way: 'apart' }],
  [DeleteRecords.key, { request: byIndex, response: byIndex, way: 'apart' }],
  [
    OffsetForLeaderEpoch.key,
    {
      request: list('topics', 'partitions', 'partition'),
      response: list('topics', 'partitions', 'partition'),
      way: 'apart',
    },
  ],
  [
    AddPartitionsToTxn.key,
    {
      request: list('v3AndBelowTopics', 'partitions'),
      response: list('resultsByTopicV3AndBelow', 'resultsByPartition', 'partitionIndex'),
      way: 'apart',
    },
  ],
  [CreateTopics.key, { request: list('topics'), response: list('topics'), way: 'apart' }],
  [CreatePartitions.key, { request: list('topics'), response: list('results'), way: 'apart' }],
])

/** From these versions on OffsetFetch names groups, and DeleteTopics topics in structs. */
const [groupsSince, structsSince] = [8, 6]

/** How an API names topics at a version; undefined where it names none, or where one of them cannot fail by itself. */
export function shapeOf(apiKey: number, version: number): Shape | undefined {
  if (apiKey === OffsetFetch.key) {
    const within = version >= groupsSince ? { within: 'groups' } : {}
    return {
      request: { ...list('topics', 'partitionIndexes'), ...within },
      response: { ...byIndex, ...within },
      way: 'after',
      failed: noOffset,
    }
  }
  if (apiKey === DeleteTopics.key) {
    const field = version >= structsSince ? 'topics' : 'topicNames'
    return { request: list(field), response: list('responses'), way: 'apart' }
  }
  return shapes.get(apiKey)
}

/** The lists of topics that a message holds: one, or one of each group. */
export function topicLists(message: Fields, { field, within }: TopicList): unknown[][] {
  const holders = within === undefined ? [message] : (message[within] as Fields[])
  return holders.flatMap(holder => (Array.isArray(holder[field]) ? [holder[field]] : []))
}

/** The name of a topic as an entry of such a list says it; undefined for one whose id nobody has. */
export function topicOf(entry: unknown, nameOfId: (topicId: string) => string | undefined): string | undefined {
  if (typeof entry === 'string') return entry
  const { name, topic, topicId } = entry as { name?: string | null; topic?: string; topicId?: string }
  return name || topic || (topicId === undefined ? undefined : nameOfId(topicId))
}

/** The index of a partition as an entry of a topic's list says it. */
export function indexOf(entry: unknown, { index }: TopicList): number {
  return (index === null ? entry : (entry as Fields)[index]) as number
}

/** The partitions that a topic of such a list names; null where it names the topic alone. */
export function partitionsOf(entry: unknown, { partitions }: TopicList): unknown[] | null {
  return partitions === null ? null : ((entry as Fields)[partitions] as unknown[])
}

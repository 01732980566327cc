/** ListOffsets: the offset at a moment, at the beginning or at the end of partitions. */

import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/messages/list-offsets.ts'
import { checkLeadsIn } from '../partitions/leader-epoch-checks.ts'
import type { Isolation, Partition, TimestampAndOffset } from '../partitions/partition.ts'
import type { Context } from './context.ts'
import { isolationOf } from './isolation.ts'
import { partitionFor } from './partition-for.ts'
import type { Refusal } from './refusals.ts'

type Topic = ListOffsetsRequest['topics'][number]
type Wish = Topic['partitions'][number]
type Answer = ListOffsetsResponse['topics'][number]['partitions'][number]

/** Timestamps that stand for a place, and the first version that knows each. */
const latest = -1
const earliest = -2
const maxTimestamp = -3
const earliestLocal = -4
const latestTiered = -5
const earliestPendingUpload = -6
const sinceVersion: Readonly<Record<number, number>> = {
  [latest]: 0,
  [earliest]: 0,
  [maxTimestamp]: 7,
  [earliestLocal]: 8,
  [latestTiered]: 9,
  [earliestPendingUpload]: 11,
}

/** First version that has a code of its own for an end that is not known yet. */
const notAvailableSince = 5

const nowhere: TimestampAndOffset = { timestamp: -1, offset: -1, leaderEpoch: -1 }

/**
 * Each partition is answered with its own offset (-1 where there is none) or error. UNKNOWN_SERVER_ERROR for an isolation level that
 * there is not.
 */
export function listOffsets(request: ListOffsetsRequest, context: Context): ListOffsetsResponse {
  const asked = isolationOf(request.isolationLevel)
  // A replica reads to the end of the log.
  const isolation = request.replicaId >= 0 ? 'logEnd' : asked
  return {
    throttleTimeMs: 0,
    topics: onceByName(request.topics).map(topic => ({
      name: topic.name,
      partitions: listTopic(topic, isolation, context),
    })),
  }
}

/** A topic that is named several times is answered once, and one without partitions is not answered. */
function onceByName(topics: readonly Topic[]): readonly Topic[] {
  if (topics.length === 1 && topics[0]!.partitions.length > 0) return topics
  const named = new Map<string, Topic>()
  for (const topic of topics) {
    const before = named.get(topic.name)
    if (before !== undefined)
      named.set(topic.name, { ...topic, partitions: [...before.partitions, ...topic.partitions] })
    else if (topic.partitions.length > 0) named.set(topic.name, topic)
  }
  return [...named.values()]
}

function listTopic(topic: Topic, isolation: Isolation, context: Context): Answer[] {
  if (!context.broker.authorize(context, 'describe', 'topic', topic.name)) {
    return topic.partitions.map(wish => failure(wish, codes.TOPIC_AUTHORIZATION_FAILED))
  }
  const twice = context.apiVersion === 0 ? none : askedTwice(topic.partitions)
  const once = twice.size === 0 ? topic.partitions : topic.partitions.filter(wish => !twice.has(wish.partitionIndex))
  const refused = [...twice].map(partitionIndex => failure({ partitionIndex }, codes.INVALID_REQUEST))
  const answers = once.map(wish => {
    try {
      const partition = partitionFor(context, topic.name, wish.partitionIndex)
      checkLeadsIn(partition, wish.currentLeaderEpoch)
      if (!isKnown(wish.timestamp, context.apiVersion)) return failure(wish, codes.UNSUPPORTED_VERSION)
      return context.apiVersion === 0 ? listSegments(partition, wish) : listOne(partition, wish, isolation)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const isNotAvailable = error.code === codes.OFFSET_NOT_AVAILABLE && context.apiVersion < notAvailableSince
      return failure(wish, isNotAvailable ? codes.LEADER_NOT_AVAILABLE : error.code)
    }
  })
  return twice.size === 0 ? answers : [...answers, ...refused]
}

/** Whether a timestamp is one, or stands for a place that this version knows. */
function isKnown(timestamp: number, apiVersion: number): boolean {
  return timestamp >= 0 || apiVersion >= (sinceVersion[timestamp] ?? Number.POSITIVE_INFINITY)
}

function listOne(partition: Partition, wish: Wish, isolation: Isolation): Answer {
  const { offset, timestamp: foundTimestamp, leaderEpoch } = find(partition, wish.timestamp, isolation)
  return {
    partitionIndex: wish.partitionIndex,
    errorCode: codes.NONE,
    oldStyleOffsets: [],
    timestamp: foundTimestamp,
    offset,
    leaderEpoch,
  }
}

function find(partition: Partition, timestamp: number, isolation: Isolation): TimestampAndOffset {
  const { log } = partition
  const end = partition.readableEnd(isolation)
  switch (timestamp) {
    case latest:
      if (isolation !== 'logEnd') checkEndIsKnown(partition)
      return { timestamp: -1, offset: end, leaderEpoch: partition.leaderEpoch }
    // All segments are local.
    case earliest:
    case earliestLocal:
      return { timestamp: -1, offset: log.logStartOffset, leaderEpoch: log.epochs.epochFor(log.logStartOffset) }
    // Nothing is in tiered storage, nor on its way there.
    case latestTiered:
    case earliestPendingUpload:
      return nowhere
    default: {
      const found = timestamp === maxTimestamp ? log.maxTimestampOffset() : log.offsetForTimestamp(timestamp)
      if (found === null || found.offset < end) return found ?? nowhere
      if (isolation !== 'logEnd') checkEndIsKnown(partition)
      return nowhere
    }
  }
}

/** Throws where a new leader does not know yet how much was committed before its epoch: a client would go back by what it tells now. */
function checkEndIsKnown({ name, leading, highWatermark }: Partition): void {
  if (leading.isAlone || leading.epochStartOffset <= highWatermark) return
  throw new KafkaError(codes.OFFSET_NOT_AVAILABLE, `${name} has a new leader that waits for its replicas; try again`)
}

/** Version 0: the newest offsets at which segments begin, no later than the timestamp; the end of the log counts as one. */
function listSegments(partition: Partition, { partitionIndex, timestamp, maxNumOffsets }: Wish): Answer {
  const { log, highWatermark } = partition
  const begins = log.segments.map(({ baseOffset, timeMs }) => ({
    offset: Math.max(baseOffset, log.logStartOffset),
    timeMs,
  }))
  const last = log.segments[log.segments.length - 1]
  if (last.sizeInBytes > 0) begins.push({ offset: log.logEndOffset, timeMs: last.timeMs })
  let count = begins.length
  if (timestamp === earliest) count = 1
  else if (timestamp !== latest) while (count > 0 && begins[count - 1].timeMs > timestamp) count--
  const offsets = begins
    .slice(Math.max(0, count - Math.max(0, maxNumOffsets)), count)
    .map(({ offset }) => Math.min(offset, highWatermark))
    .reverse()
  return { partitionIndex, errorCode: codes.NONE, oldStyleOffsets: offsets }
}

const none: ReadonlySet<number> = new Set()

function askedTwice(partitions: readonly Wish[]): ReadonlySet<number> {
  if (partitions.length < 2) return none
  const seen = new Set<number>()
  const twice = new Set<number>()
  for (const { partitionIndex } of partitions) {
    if (seen.has(partitionIndex)) twice.add(partitionIndex)
    seen.add(partitionIndex)
  }
  return twice
}

function failure({ partitionIndex }: Pick<Wish, 'partitionIndex'>, errorCode: number): Answer {
  return { partitionIndex, errorCode, oldStyleOffsets: [] }
}

/** The code at each partition. */
export function refuseListOffsets({ topics }: ListOffsetsRequest, { errorCode }: Refusal): ListOffsetsResponse {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(wish => failure(wish, errorCode)),
    })),
  }
}

/** DeleteRecords: lets go of the records before an offset. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { DeleteRecordsRequest, DeleteRecordsResponse } from '../../protocol/messages/delete-records.ts'
import { Deferred } from '../base/deferred.ts'
import type { Partition } from '../partitions/partition.ts'
import { ProduceWait } from '../partitions/waiting/waiters.ts'
import type { Context } from './context.ts'
import { partitionFor } from './partition-for.ts'
import type { Refusal } from './refusals.ts'

type Answer = DeleteRecordsResponse['topics'][number]['partitions'][number]
type MutableAnswer = { -readonly [K in keyof Answer]: Answer[K] }

/**
 * Each partition is answered with its low watermark once the records are gone from all replicas, or with an error; -1 is the low watermark of
 * one that cannot be asked. One that is named twice loses what is before its last offset.
 */
export function deleteRecords(
  request: DeleteRecordsRequest,
  context: Context,
): DeleteRecordsResponse | Deferred<DeleteRecordsResponse> {
  const wait = new ProduceWait(context.broker.partitions, Math.max(0, request.timeoutMs))
  const deletions: { readonly partition: Partition; readonly answer: MutableAnswer }[] = []
  const topics = [...offsetsByTopic(request)].map(([name, partitions]) => ({
    name,
    partitions: [...partitions].map(([partitionIndex, offset]) => {
      const answer: MutableAnswer = { partitionIndex, lowWatermark: -1, errorCode: codes.NONE }
      try {
        const partition = partitionToDeleteFrom(name, partitionIndex, context)
        const logStart = partition.deleteRecordsBefore(offset)
        deletions.push({ partition, answer })
        wait.expect(answer)
        partition.awaitDeleted(logStart, wait, answer)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        answer.errorCode = error.code
      }
      return answer
    }),
  }))
  const response = { throttleTimeMs: 0, topics }
  const finish = () => {
    for (const { partition, answer } of deletions) {
      if (partition.standing === 'online' && partition.isLeader) answer.lowWatermark = partition.lowWatermark
    }
    return response
  }
  if (wait.count === 0) return finish()
  const later = new Deferred<DeleteRecordsResponse>()
  wait.whenDone({ done: () => later.resolve(finish()) })
  return later
}

/** Offsets by topic and partition; a topic of which no partition is named is not there. */
function offsetsByTopic({ topics }: DeleteRecordsRequest): Map<string, Map<number, number>> {
  const byTopic = new Map<string, Map<number, number>>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, offset } of partitions) {
      const ofTopic = byTopic.get(name) ?? new Map<number, number>()
      byTopic.set(name, ofTopic.set(partitionIndex, offset))
    }
  }
  return byTopic
}

function partitionToDeleteFrom(topic: string, index: number, context: Context): Partition {
  if (!context.broker.authorize(context, 'delete', 'topic', topic)) {
    throw new KafkaError(codes.TOPIC_AUTHORIZATION_FAILED, `not allowed to delete from ${topic}`)
  }
  const partition = partitionFor(context, topic, index)
  if (partition.internal) {
    throw new KafkaError(codes.INVALID_TOPIC_EXCEPTION, `${topic} is written by the broker only`)
  }
  partition.checkLeads()
  const { cleanupPolicy } = partition.log.config
  // A topic without any policy keeps all by itself, and yet may be told to let go.
  if (cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete')) {
    throw new KafkaError(
      codes.POLICY_VIOLATION,
      `${topic} is compacted only; its cleanup.policy does not allow deletion`,
    )
  }
  return partition
}

/** The code at each partition. */
export function refuseDeleteRecords({ topics }: DeleteRecordsRequest, { errorCode }: Refusal): DeleteRecordsResponse {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
    })),
  }
}

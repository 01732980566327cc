/** DeleteRecords: lets go of the records before an offset. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { DeleteRecordsRequest, DeleteRecordsResponse } from '../../protocol/messages/delete-records.ts'
import type { Context } from './context.ts'
import { partitionFor } from './partition-for.ts'
import type { Refusal } from './refusals.ts'

/** Each partition is answered with its new log start, or -1 and an error. One that is named twice loses what is before its last offset. */
export function deleteRecords(request: DeleteRecordsRequest, context: Context): DeleteRecordsResponse {
  return {
    throttleTimeMs: 0,
    topics: [...offsetsByTopic(request)].map(([name, partitions]) => ({
      name,
      partitions: [...partitions].map(([partitionIndex, offset]) => {
        try {
          return {
            partitionIndex,
            lowWatermark: deleteBefore(name, partitionIndex, offset, context),
            errorCode: codes.NONE,
          }
        } catch (error) {
          if (!(error instanceof KafkaError)) throw error
          return { partitionIndex, lowWatermark: -1, errorCode: error.code }
        }
      }),
    })),
  }
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

function deleteBefore(topic: string, index: number, offset: number, context: Context): number {
  if (!context.broker.authorize(context, 'delete', 'topic', topic)) {
    throw new KafkaError(codes.TOPIC_AUTHORIZATION_FAILED, `not allowed to delete from ${topic}`)
  }
  const partition = partitionFor(context, topic, index)
  if (partition.internal) {
    throw new KafkaError(codes.INVALID_TOPIC_EXCEPTION, `${topic} is written by the broker only`)
  }
  partition.checkLeads()
  if (!partition.log.config.cleanupPolicy.includes('delete')) {
    throw new KafkaError(
      codes.POLICY_VIOLATION,
      `${topic} is compacted only; its cleanup.policy does not allow deletion`,
    )
  }
  return partition.deleteRecordsBefore(offset)
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

/** Faults put into a broker on purpose, at its handlers: a simulation that finds none of them would find nothing. */

import { Deferred } from '../../../lib/base/deferred.ts'
import type { Context } from '../../../lib/handlers/context.ts'
import type { Answer, HandlerRow, HandlerTable } from '../../../lib/server/server.ts'
import { OffsetCommit, type OffsetCommitRequest } from '../../../protocol/messages/offset-commit.ts'
import { Produce, type ProduceRequest, type ProduceResponse } from '../../../protocol/messages/produce.ts'
import { SyncGroup, type SyncGroupRequest } from '../../../protocol/messages/sync-group.ts'
import { buildBatch, readRecords } from '../../../protocol/records/batch.ts'

type Sabotage = (handlers: HandlerTable<Context>) => HandlerTable<Context>

/** Replaces how one API is handled; `asked` counts its requests in one life of the broker. */
export function handling(
  key: number,
  handle: (request: object, context: Context, row: HandlerRow<Context>, asked: number) => Answer<object>,
): Sabotage {
  return handlers => {
    const row = handlers.get(key)!
    let asked = 0
    return new Map([
      ...handlers,
      [key, { ...row, handle: (request: object, context: Context) => handle(request, context, row, ++asked) }],
    ])
  }
}

export function promised(answer: Answer<object>): Promise<object | null> {
  if (!(answer instanceof Deferred)) return Promise.resolve(answer)
  return new Promise((resolved, rejected) => answer.whenSettled({ resolved, rejected }))
}

export const brokerSabotages: Readonly<Record<string, Sabotage>> = {
  'acknowledge what was not written': handling(Produce.key, (request, context, row, asked) => {
    const { topicData } = request as ProduceRequest
    if (asked % 20 > 0) return row.handle(request, context)
    const responses = topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({
        index,
        errorCode: 0,
        baseOffset: 1_000_000,
        recordErrors: [],
      })),
    }))
    return { responses, throttleTimeMs: 0 } as object
  }),

  'append twice': handling(Produce.key, async (request, context, row, asked) => {
    const { topicData } = request as ProduceRequest
    const again = topicData.map(topic => ({
      ...topic,
      partitionData: topic.partitionData.map(each => ({ ...each, records: withoutProducer(each.records) })),
    }))
    const first = (await promised(row.handle(request, context))) as ProduceResponse
    const acknowledged = first.responses.every(each =>
      each.partitionResponses.every(({ errorCode }) => errorCode === 0),
    )
    if (acknowledged && asked % 10 === 0) await promised(row.handle({ ...request, topicData: again }, context))
    return first
  }),

  'forget commits': handling(OffsetCommit.key, (request, context, row, asked) => {
    const { topics } = request as OffsetCommitRequest
    if (asked % 5 > 0) return row.handle(request, context)
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
      })),
    } as object
  }),

  'give a partition to two members': handling(SyncGroup.key, async (request, context, row) => {
    const { assignments } = request as SyncGroupRequest
    const all = Buffer.from('0 1 2')
    const greedy = assignments.map(each => ({ ...each, assignment: all }))
    return promised(row.handle({ ...request, assignments: greedy }, context))
  }),
}

/** The same records, of which it is not known who sent them. */
function withoutProducer(records: Buffer | null): Buffer | null {
  return records && buildBatch({ records: readRecords(records, 0).map(each => ({ ...each, offset: undefined })) })
}

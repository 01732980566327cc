/** What a consumer makes of a partition: all its records, without markers, and at `read_committed` without what was aborted. */
import type { Client } from '../../lib/client/client.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { batches, type RecordView, readRecords } from '../../protocol/records/batch.ts'
import { readEndTransactionMarker } from '../../protocol/records/control.ts'
import { isControl, isTransactional, lastOffset, producerId, timestampType } from '../../protocol/records/header.ts'

export type Isolation = 'read_uncommitted' | 'read_committed'

/** A record, and whose its timestamp is. */
export interface Consumed extends RecordView {
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
}

export interface Consumption {
  readonly start: number
  /** Where a reader of this isolation has to stop. */
  readonly end: number
  readonly highWatermark: number
  readonly records: readonly Consumed[]
}

type Answer = Awaited<ReturnType<typeof fetchAt>>

/** Reads a partition from its start to its end. */
export async function consume(
  client: Client,
  topic: string,
  partition: number,
  isolation: Isolation,
): Promise<Consumption> {
  const isolationLevel = isolation === 'read_committed' ? 1 : 0
  const start = await offsetAt(client, topic, partition, -2, isolationLevel)
  const end = await offsetAt(client, topic, partition, -1, isolationLevel)
  const records: Consumed[] = []
  let highWatermark = -1
  for (let offset = start; offset < end; ) {
    const answer = await fetchAt(client, topic, partition, offset, isolationLevel)
    highWatermark = answer.highWatermark
    const next = take(answer, offset, records)
    if (next <= offset) throw new Error(`${topic}-${partition} has nothing to read at ${offset}, before its end ${end}`)
    offset = next
  }
  return { start, end, highWatermark, records }
}

/** Adds the records of an answer from an offset on; gives the offset to go on with. */
function take({ records, abortedTransactions }: Answer, from: number, into: Consumed[]): number {
  const all = records ?? Buffer.alloc(0)
  const beginnings = [...(abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborted = new Set<number>()
  let next = from
  for (const at of batches(all)) {
    const last = lastOffset(all, at)
    while (beginnings[0] && beginnings[0].firstOffset <= last) aborted.add(beginnings.shift()!.producerId)
    next = last + 1
    if (isControl(all, at)) {
      if (readEndTransactionMarker(all, at)?.type === 'ABORT') aborted.delete(producerId(all, at))
      continue
    }
    if (isTransactional(all, at) && aborted.has(producerId(all, at))) continue
    for (const record of readRecords(all, at)) {
      if (record.offset >= from) into.push({ ...record, timestampType: timestampType(all, at) })
    }
  }
  return next
}

async function fetchAt(client: Client, topic: string, partition: number, fetchOffset: number, isolationLevel: number) {
  const answer = await client.send(Fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 300_000,
    isolationLevel,
    topics: [{ topic, topicId: '', partitions: [{ partition, fetchOffset, partitionMaxBytes: 300_000 }] }],
    forgottenTopicsData: [],
    replicaState: {},
  })
  const one = answer.responses[0]?.partitions[0]
  if (answer.errorCode !== 0 || one === undefined || one.errorCode !== 0) {
    throw new Error(`${topic}-${partition} cannot be read: ${answer.errorCode} ${one?.errorCode}`)
  }
  return one
}

/** The offset of a timestamp, of which -2 stands for the start and -1 for the end. */
export async function offsetAt(
  client: Client,
  name: string,
  partitionIndex: number,
  timestamp: number,
  isolationLevel: number,
): Promise<number> {
  const { topics } = await client.send(ListOffsets, 7, {
    replicaId: -1,
    isolationLevel,
    topics: [{ name, partitions: [{ partitionIndex, timestamp }] }],
    timeoutMs: 0,
  })
  return topics[0]!.partitions[0]!.offset
}

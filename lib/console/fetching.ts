/** Fetches from one partition, a piece at a time, for who looks at records; nothing waits for more to come. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import type { Admin } from '../admin/admin.ts'
import { type FetchedBatch, FetchedSet } from '../client/fetched-set.ts'

/** Where records are fetched. */
export interface FetchedPartition {
  readonly topic: string
  readonly index: number
  readonly leader: number
}

/** What one Fetch has brought. */
export interface Piece {
  readonly batches: readonly FetchedBatch[]
  /** Where to go on; where it is what was asked for, there is nothing more. */
  readonly nextOffset: number
  readonly bytes: number
}

/** The newest version that names topics. */
const versionMax = 12

/**
 * The batches from an offset on: at least one where there is any, and no more bytes than that takes, or `bytesMax`. An offset before the
 * first record begins with that. Rejects with KafkaError, or ClientError where the connection is lost.
 */
export async function fetchPiece(
  admin: Admin,
  { topic, index, leader }: FetchedPartition,
  fromOffset: number,
  { bytesMax, committedOnly }: { readonly bytesMax: number; readonly committedOnly: boolean },
): Promise<Piece> {
  const { errorCode, responses } = await admin.ask(
    { to: 'broker', nodeId: leader },
    Fetch,
    {
      ...{ replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: bytesMax, isolationLevel: committedOnly ? 1 : 0 },
      topics: [{ topic, partitions: [{ partition: index, fetchOffset: fromOffset, partitionMaxBytes: bytesMax }] }],
    },
    { mostVersion: versionMax },
  )
  const told = responses[0]?.partitions[0]
  if (errorCode !== 0 || told === undefined) throw new KafkaError(errorCode || codes.UNKNOWN_SERVER_ERROR)
  if (told.errorCode === codes.OFFSET_OUT_OF_RANGE && told.logStartOffset > fromOffset)
    return { batches: [], nextOffset: told.logStartOffset, bytes: 0 }
  if (told.errorCode === codes.OFFSET_OUT_OF_RANGE) return { batches: [], nextOffset: fromOffset, bytes: 0 }
  if (told.errorCode !== 0) throw new KafkaError(told.errorCode)
  const records = told.records ?? Buffer.alloc(0)
  const aborted = committedOnly ? (told.abortedTransactions ?? []) : null
  const set = new FetchedSet(topic, index, records, fromOffset, told.highWatermark, aborted)
  const nextOffset = set.nextOffset
  const batches: FetchedBatch[] = []
  for (let batch = set.take(); batch !== null; batch = set.take()) batches.push(batch)
  return { batches, nextOffset, bytes: records.length }
}

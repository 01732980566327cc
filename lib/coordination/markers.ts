/**
 * The ends of transactions, as they are written into the partitions that this broker leads: a control batch in each log, and for offsets of
 * groups what follows from it in their coordinator.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import type { Clock } from '../base/clock.ts'
import type { Partition } from '../partitions/partition.ts'
import type { OffsetWaiter } from '../partitions/waiting/offset-queue.ts'
import type { TopicPartitions } from '../transactions/transaction.ts'
import type { Answer } from './answer.ts'
import { raisesEpochSince, type TransactionEnd } from './coordinator.ts'
import { offsetsTopic } from './groups.ts'

/** What the markers need of the rest of the broker. */
export interface MarkersOptions {
  readonly partitions: {
    get(topic: string, index: number): Partition | undefined
    whyMissing(topic: string, index: number): number
  }
  readonly groups: { endTransaction(index: number, end: TransactionEnd): Answer<number> }
  readonly clock: Clock
}

/** Writes the markers of a transaction, and resolves with what became of each. */
export type WriteMarkers = (end: TransactionEnd, partitions: TopicPartitions) => Promise<readonly MarkerResult[]>

/** What became of the marker in one partition. */
export interface MarkerResult {
  readonly topic: string
  readonly index: number
  readonly errorCode: number
}

export class MarkerWriter {
  readonly #options: MarkersOptions

  constructor(options: MarkersOptions) {
    this.#options = options
  }

  /** Writes the markers, and resolves with what became of each once they are committed. */
  async write(end: TransactionEnd, partitions: TopicPartitions): Promise<MarkerResult[]> {
    const results: Promise<MarkerResult>[] = []
    for (const [topic, indexes] of partitions) {
      for (const index of indexes) {
        const code =
          topic === offsetsTopic ? this.#options.groups.endTransaction(index, end) : this.#end(topic, index, end)
        results.push(Promise.resolve(code).then(errorCode => ({ topic, index, errorCode })))
      }
    }
    return Promise.all(results)
  }

  #end(topic: string, index: number, { committed, transactionVersion, ...end }: TransactionEnd): Answer<number> {
    const { partitions, clock } = this.#options
    const partition = partitions.get(topic, index)
    if (partition === undefined) return partitions.whyMissing(topic, index)
    const marker = endTransactionMarker({ ...end, type: committed ? 'COMMIT' : 'ABORT', timestamp: clock.now() })
    try {
      const raisesEpoch = transactionVersion >= raisesEpochSince
      const { lastOffset } = partition.append(marker, { origin: 'coordinator', requiredAcks: -1, raisesEpoch })
      return new Promise(resolve => partition.awaitCommitted(lastOffset, resolver, resolve))
    } catch (error) {
      if (error instanceof KafkaError) return error.code
      throw error
    }
  }
}

const resolver: OffsetWaiter<(errorCode: number) => void> = {
  settled: (resolve, errorCode) => resolve(errorCode),
}

/** Codes after which a marker is not tried again: its partition is gone, or has a newer one. */
export const markersSettled: ReadonlySet<number> = new Set([
  codes.NONE,
  codes.UNKNOWN_TOPIC_OR_PARTITION,
  codes.INVALID_PRODUCER_EPOCH,
  codes.TRANSACTION_COORDINATOR_FENCED,
])

/** What a client or replica believes of a partition's leader epochs, against what is so (KIP-320, KIP-595). */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Log } from '../../storage/log.ts'

interface EpochPartition {
  readonly name: string
  readonly standing: string
  readonly leaderEpoch: number
  readonly logStartOffset: number
  readonly log: Log
}

/** Throws where this broker does not lead the partition in the epoch that a client knows: as in Apache Kafka, the epoch is what it hears of first. */
export function checkLeadsIn(
  partition: Pick<EpochPartition, 'name' | 'standing' | 'leaderEpoch'> & { checkLeads(): void },
  currentLeaderEpoch: number,
): void {
  if (partition.standing === 'online') checkLeaderEpoch(partition, currentLeaderEpoch)
  partition.checkLeads()
}

/** Throws where a client's idea of the leader epoch is not the current one; -1 where the client has none. */
export function checkLeaderEpoch(
  { name, leaderEpoch }: Pick<EpochPartition, 'name' | 'leaderEpoch'>,
  currentLeaderEpoch: number,
): void {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === leaderEpoch) return
  if (currentLeaderEpoch < leaderEpoch) {
    throw new KafkaError(
      codes.FENCED_LEADER_EPOCH,
      `${name} is led in epoch ${leaderEpoch}, the request says ${currentLeaderEpoch}; refresh the metadata`,
    )
  }
  throw new KafkaError(
    codes.UNKNOWN_LEADER_EPOCH,
    `${name} is led in epoch ${leaderEpoch}, epoch ${currentLeaderEpoch} is not known here yet; try again`,
  )
}

/**
 * Where the log of a reader, whose last record has this epoch and stands before `fetchOffset`, parts from this one (KIP-595);
 * null where it does not. Throws OFFSET_OUT_OF_RANGE where the epoch is not known, or the log begins after the offset.
 */
export function divergence(
  { name, log, logStartOffset }: Omit<EpochPartition, 'standing'>,
  lastFetchedEpoch: number,
  fetchOffset: number,
): { epoch: number; endOffset: number } | null {
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
  if (endOffset === -1) {
    throw new KafkaError(
      codes.OFFSET_OUT_OF_RANGE,
      `${name} knows no records of epoch ${lastFetchedEpoch}; reset the offset`,
    )
  }
  // A reader that is sent back to where the logs part would find as little there.
  if (fetchOffset < logStartOffset) {
    throw new KafkaError(
      codes.OFFSET_OUT_OF_RANGE,
      `${name} begins at ${logStartOffset}, after offset ${fetchOffset}; reset the offset`,
    )
  }
  return leaderEpoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch: leaderEpoch, endOffset } : null
}

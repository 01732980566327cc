/** What a partition does that another broker leads: takes what its leader gives, and drops what its leader does not have. */
import { firstOffsets, type Log } from '../../../storage/log.ts'

/** The partition that follows. */
export interface FollowingPartition {
  readonly log: Log
  readonly highWatermark: number
  /** Takes over records; their buffer belongs to the log until it is written. */
  appendReceived(records: Buffer, leaderEpoch: number): void
  advanceHighWatermark(offset: number): void
  advanceLogStart(offset: number): void
  /** Drops what is from an offset on; with `restart` all, to go on there. */
  cut(offset: number, restart: boolean): void
}

/** What a follower is to ask its leader for. */
export interface NextFetch {
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  /** Epoch of its last record, -1 without any. */
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
}

/** What the leader answered, but for errors. */
export interface LeaderAnswer {
  readonly records: Buffer
  readonly highWatermark: number
  readonly logStartOffset: number
}

/** Where the leader's records of an epoch end, the greatest that both may know; -1 each where it does not say. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** See the head of the file. One for each epoch of a leader. */
export class Follower {
  readonly leader: number
  readonly leaderEpoch: number
  readonly #partition: FollowingPartition

  constructor(partition: FollowingPartition, leader: number, leaderEpoch: number) {
    this.#partition = partition
    this.leader = leader
    this.leaderEpoch = leaderEpoch
  }

  /**
   * Null while something is not in the file, as by the offset that it fetches from a follower says that it has what is below; and while the disk
   * may bring back what was cut off, as whatever comes would have to wait for it.
   */
  nextFetch(): NextFetch | null {
    const { log } = this.#partition
    if (log.writtenOffset < log.logEndOffset || log.mayResurrect) return null
    return {
      currentLeaderEpoch: this.leaderEpoch,
      fetchOffset: log.logEndOffset,
      lastFetchedEpoch: log.latestEpoch,
      logStartOffset: log.logStartOffset,
    }
  }

  /**
   * Takes over what the leader answered. Throws what makes the records unacceptable, having changed nothing but, at the most, where an empty
   * log begins.
   */
  take({ records, highWatermark, logStartOffset }: LeaderAnswer): void {
    const partition = this.#partition
    if (records.length > 0) {
      const { log } = partition
      const offsets = firstOffsets(records)
      // The leader's log may begin within a batch, which is given whole.
      const beginsWithin = offsets !== null && offsets.first < log.logEndOffset && offsets.last >= log.logEndOffset
      if (beginsWithin && log.logStartOffset === log.logEndOffset) partition.cut(offsets.first, true)
      partition.appendReceived(records, this.leaderEpoch)
    }
    partition.advanceHighWatermark(Math.min(highWatermark, partition.log.logEndOffset))
    partition.advanceLogStart(Math.min(logStartOffset, partition.highWatermark))
  }

  /** Drops what the leader does not have, as far as it told (KIP-101, KIP-595): where the epochs differ, another fetch tells the rest. */
  part({ epoch, endOffset }: EpochEnd): void {
    const { log, highWatermark } = this.#partition
    if (endOffset < 0) {
      // Nothing is known to be common but what was committed.
      this.#partition.cut(highWatermark, false)
      return
    }
    const own = log.endOffsetForEpoch(epoch)
    const bound = own.endOffset < 0 || own.leaderEpoch === epoch ? endOffset : log.logEndOffset
    this.#partition.cut(Math.min(own.endOffset < 0 ? bound : own.endOffset, bound), false)
  }

  /** Begins anew where the leader's log begins, which is beyond the end of this one. */
  restart(logStartOffset: number): void {
    this.#partition.cut(logStartOffset, true)
  }
}

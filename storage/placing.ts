/** What happens to each batch when it gets its place in a log: it is stamped, indexed, and its producer remembered. */
import {
  baseOffset,
  lastOffsetDelta,
  maxTimestamp,
  partitionLeaderEpoch,
  producerId,
  setBaseOffset,
  setPartitionLeaderEpoch,
  sizeInBytes,
} from '../protocol/records/header.ts'
import type { LogConfig } from './config.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import { endMarkerOf } from './markers.ts'
import type { Producers } from './producers.ts'
import type { Segment } from './segment.ts'

/**
 * Places batches from an offset on, in a leader's epoch, which is assigned already; with a negative epoch, as a replica does, they have
 * both already. Gives the offset behind them.
 */
export function placeBatches(
  bytes: Buffer,
  first: number,
  leaderEpoch: number,
  producers: Producers,
  segment: Segment,
  { indexIntervalBytes }: LogConfig,
): number {
  let next = first
  for (let at = 0; at < bytes.length; ) {
    const size = sizeInBytes(bytes, at)
    if (leaderEpoch >= 0) {
      setBaseOffset(bytes, at, next)
      setPartitionLeaderEpoch(bytes, at, leaderEpoch)
    }
    const base = baseOffset(bytes, at)
    const last = base + lastOffsetDelta(bytes, at)
    segment.note(size, last, maxTimestamp(bytes, at), indexIntervalBytes)
    if (producerId(bytes, at) >= 0) noteProducer(segment, producers, bytes, at, base)
    next = last + 1
    at += size
  }
  producers.endOffset = next
  return next
}

/** Notes the epochs of batches that have theirs. */
export function assignEpochs(bytes: Buffer, epochs: LeaderEpochs): void {
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
    epochs.assign(partitionLeaderEpoch(bytes, at), baseOffset(bytes, at))
  }
}

/** Takes a producer's batch into the state, and the transaction that it aborts into the index, which has those up to `knownTo`. */
export function noteProducer(
  segment: Segment,
  producers: Producers,
  b: Buffer,
  at: number,
  base: number,
  knownTo = -1,
): void {
  const completed = producers.append(b, at, base, endMarkerOf(b, at))
  if (completed === null || !completed.aborted || completed.lastOffset <= knownTo) return
  const { producerId, firstOffset, lastOffset } = completed
  const lastStableOffset = producers.lastStableOffsetAfter(completed)
  segment.transactionIndex.append({ producerId, firstOffset, lastOffset, lastStableOffset })
}

/** How many offsets batches take that have none yet. */
export function countOffsets(bytes: Buffer): number {
  let count = 0
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) count += 1 + lastOffsetDelta(bytes, at)
  return count
}

/** Offset of the last record of batches that have theirs. */
export function lastOffsetIn(bytes: Buffer): number {
  let last = -1
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at))
    last = baseOffset(bytes, at) + lastOffsetDelta(bytes, at)
  return last
}

/** Greatest timestamp of batches, −1 without. */
export function latestTimestampIn(bytes: Buffer): number {
  let latest = -1
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) latest = Math.max(latest, maxTimestamp(bytes, at))
  return latest
}

/** What happens to each batch when it gets its place in a log: it is stamped, indexed, and its producer remembered. */
import {
  baseOffset,
  lastOffsetDelta,
  magic,
  maxTimestamp,
  producerId,
  setBaseOffset,
  setPartitionLeaderEpoch,
  sizeInBytes,
} from '../protocol/records/header.ts'
import type { LogConfig } from './config.ts'
import { frameLastOffset, frameLeaderEpoch, frameMaxTimestamp, frameSize } from './frames.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import { endMarkerOf } from './markers.ts'
import type { Producers } from './producers.ts'
import type { Segment } from './segment.ts'

/** Places batches from an offset on, in a leader's epoch, which is assigned already. Gives the offset behind them. */
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
    setBaseOffset(bytes, at, next)
    setPartitionLeaderEpoch(bytes, at, leaderEpoch)
    const last = next + lastOffsetDelta(bytes, at)
    segment.note(size, last, maxTimestamp(bytes, at), indexIntervalBytes)
    if (producerId(bytes, at) >= 0) noteProducer(segment, producers, bytes, at, next)
    next = last + 1
    at += size
  }
  producers.endOffset = next
  return next
}

/** Takes in batches that have their offsets and epochs, of whatever format. Gives the offset behind them. */
export function placeReceived(
  bytes: Buffer,
  producers: Producers,
  segment: Segment,
  { indexIntervalBytes }: LogConfig,
): number {
  let next = 0
  for (let at = 0; at < bytes.length; ) {
    const size = frameSize(bytes, at)
    const last = frameLastOffset(bytes, at)
    segment.note(size, last, frameMaxTimestamp(bytes, at), indexIntervalBytes)
    if (magic(bytes, at) === 2 && producerId(bytes, at) >= 0)
      noteProducer(segment, producers, bytes, at, baseOffset(bytes, at))
    next = last + 1
    at += size
  }
  producers.endOffset = next
  return next
}

/** Notes the epochs of batches that have theirs. */
export function assignEpochs(bytes: Buffer, epochs: LeaderEpochs): void {
  for (let at = 0; at < bytes.length; at += frameSize(bytes, at)) {
    epochs.assign(frameLeaderEpoch(bytes, at), baseOffset(bytes, at))
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

/** Greatest timestamp of batches, −1 without. */
export function latestTimestampIn(bytes: Buffer): number {
  let latest = -1
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) latest = Math.max(latest, maxTimestamp(bytes, at))
  return latest
}

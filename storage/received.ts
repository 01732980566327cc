/**
 * Batches that a replica got from the leader of its partition: they keep their bytes, offsets and epochs. Checked is only what would damage
 * the log, as what their records hold was the leader's to check.
 */
import { codes, KafkaError } from '../protocol/errors.ts'
import { baseOffset, isControl, magic } from '../protocol/records/header.ts'
import {
  frameHeaderBytes,
  frameIsSound,
  frameLastOffset,
  frameLeaderEpoch,
  frameMaxTimestamp,
  frameSize,
} from './frames.ts'
import { relativeOffsetMax } from './offset-index.ts'

/** Batches that go into one segment. */
export interface ReceivedRun {
  readonly bytes: Buffer
  /** The least offset that the first batch may have. */
  readonly first: number
  readonly last: number
  /** Greatest timestamp, −1 without. */
  readonly latest: number
  readonly hasControl: boolean
}

/** The log that they are to follow. */
interface Before {
  readonly logEndOffset: number
  /** Epoch of its last record, −1 where unknown. */
  readonly latestEpoch: number
  readonly segmentBytes: number
}

/** First and last offset of the first batch; null where there is no sound one. */
export function firstOffsets(records: Buffer): { readonly first: number; readonly last: number } | null {
  const size = records.length >= frameHeaderBytes ? frameSize(records, 0) : 0
  if (size === 0 || size > records.length || !frameIsSound(records, 0, size)) return null
  return { first: firstOffset(records, 0), last: frameLastOffset(records, 0) }
}

/**
 * The batches in runs that fit a segment. Gaps between offsets stay, as compaction leaves such. A batch from an epoch above `leaderEpoch`, in
 * which they were asked for, and what follows it, is left out: the log that they were read from was cut while they were on their way. Throws
 * CORRUPT_MESSAGE where one is damaged, OFFSET_OUT_OF_RANGE where one is here already, and INVALID_RECORD where offsets or epochs go back.
 */
export function receivedRuns(records: Buffer, before: Before, leaderEpoch: number): ReceivedRun[] {
  const runs: ReceivedRun[] = []
  let expected = before.logEndOffset
  let epochBefore = before.latestEpoch
  let run: { from: number; first: number; last: number; latest: number; hasControl: boolean } | null = null
  let at = 0
  const end = () => {
    if (run === null) return
    const { from, ...rest } = run
    runs.push({ bytes: records.subarray(from, at), ...rest })
    run = null
  }
  while (at < records.length) {
    const size = at + frameHeaderBytes <= records.length ? frameSize(records, at) : 0
    if (size === 0 || at + size > records.length || !frameIsSound(records, at, size)) {
      throw new KafkaError(codes.CORRUPT_MESSAGE, `the batch at byte ${at} of the records is damaged; fetch them again`)
    }
    const epoch = frameLeaderEpoch(records, at)
    if (epoch > leaderEpoch) break
    const first = firstOffset(records, at)
    const last = frameLastOffset(records, at)
    checkFollows({ first, last, epoch }, expected, epochBefore, at === 0)
    const isFull: boolean = run !== null && at + size - run.from > before.segmentBytes
    if (isFull || (run !== null && last - run.first > relativeOffsetMax)) end()
    run ??= { from: at, first, last, latest: -1, hasControl: false }
    run.last = last
    run.latest = Math.max(run.latest, frameMaxTimestamp(records, at))
    run.hasControl ||= magic(records, at) === 2 && isControl(records, at)
    expected = last + 1
    if (epoch >= 0) epochBefore = epoch
    at += size
  }
  end()
  return runs
}

/** A compressed message of an old format tells only its last offset. */
function firstOffset(b: Buffer, at: number): number {
  return magic(b, at) === 2 ? baseOffset(b, at) : frameLastOffset(b, at)
}

function checkFollows(
  { first, last, epoch }: { readonly first: number; readonly last: number; readonly epoch: number },
  expected: number,
  epochBefore: number,
  isFirst: boolean,
): void {
  if (first < expected && isFirst) {
    throw new KafkaError(
      codes.OFFSET_OUT_OF_RANGE,
      `a batch from offset ${first} on cannot follow a log that ends at ${expected}; fetch from there`,
    )
  }
  if (first < expected || last < first || !Number.isSafeInteger(last)) {
    throw new KafkaError(
      codes.INVALID_RECORD,
      `a batch of the offsets ${first} to ${last} cannot follow offset ${expected - 1}; its leader's log is damaged`,
    )
  }
  if (epoch >= 0 && epoch < epochBefore) {
    throw new KafkaError(
      codes.INVALID_RECORD,
      `a batch of epoch ${epoch} cannot follow one of epoch ${epochBefore}; its leader's log is damaged`,
    )
  }
}

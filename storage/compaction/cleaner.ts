/**
 * The cleaning of one log's files, as Apache Kafka's: first the greatest offset of each key in the dirty part is collected, as far as
 * the memory goes; then all segments up to there are copied without the records that a later one of the same key replaces, and
 * neighbours that have become small go into one. The log's own files are only read: see `swap.ts` for what follows.
 */

import { readRecords } from '../../protocol/records/batch.ts'
import { baseOffset, isControl, magic } from '../../protocol/records/header.ts'
import type { Files } from '../files.ts'
import { frameLastOffset } from '../frames.ts'
import { fileName } from '../names.ts'
import { relativeOffsetMax } from '../offset-index.ts'
import { BatchRecords } from './batches.ts'
import { FrameReader } from './frame-reader.ts'
import type { CleanedGroup, CompactionJob, CompactionResult, CompactionSource } from './job.ts'
import { KeyOffsets, keySlotBytes } from './keys.ts'
import { CompactionMemory } from './memory.ts'
import type { Pace } from './pace.ts'
import { SegmentCleaner } from './segment-cleaner.ts'
import { CleanedTransactions } from './transactions.ts'

/** Does one job. `cleaned` is told of each group when its files are on the disk. */
export async function compact(
  job: CompactionJob,
  files: Files,
  pace: Pace,
  cleaned: (group: CleanedGroup) => void,
  memory = new CompactionMemory(),
): Promise<CompactionResult> {
  const keys = new KeyOffsets(keyBytes(job), job.keyLoadFactor, bytes => memory.keys(bytes))
  let bytesRead = 0
  const counting: Pace = bytes => {
    bytesRead += bytes
    return pace(bytes)
  }
  await collectKeys(job, files, keys, counting, memory)
  const endOffset = keys.latestOffset + 1
  const totals = { bytesBefore: 0, bytesAfter: 0, recordsBefore: 0, recordsAfter: 0 }
  const transactions = new CleanedTransactions(job.aborted)
  for (const group of groupsOf(job, endOffset)) {
    const cleaner = new SegmentCleaner(job, files, keys, transactions, memory, group[0].baseOffset)
    try {
      for (const source of group) await cleaner.clean(source, counting)
      const changed = cleaner.changed || group.length > 1
      totals.bytesBefore += group.reduce((bytes, source) => bytes + source.sizeInBytes, 0)
      totals.bytesAfter += cleaner.sizeInBytes
      totals.recordsBefore += cleaner.recordsBefore
      totals.recordsAfter += cleaner.recordsAfter
      if (changed) await cleaner.finish()
      else cleaner.discard()
      cleaned({ baseOffset: group[0].baseOffset, sourceCount: group.length, changed })
    } catch (error) {
      cleaner.discard()
      throw error
    }
  }
  return { endOffset, keyCount: keys.size, keyBytes: keys.bytes, bytesRead, ...totals }
}

/** No more memory than the dirty part can fill. */
function keyBytes({ sources, firstDirtyOffset, keyBytesMax, keyLoadFactor }: CompactionJob): number {
  const offsets = sources[sources.length - 1].endOffset - firstDirtyOffset
  return Math.min(keyBytesMax, (Math.ceil(offsets / keyLoadFactor) + 2) * keySlotBytes)
}

/** Goes over the dirty part until it ends or the memory is full. */
async function collectKeys(
  job: CompactionJob,
  files: Files,
  keys: KeyOffsets,
  pace: Pace,
  memory: CompactionMemory,
): Promise<void> {
  const { firstDirtyOffset } = job
  const transactions = new CleanedTransactions(job.aborted)
  const dirty = job.sources.filter(({ endOffset }) => endOffset > firstDirtyOffset)
  for (const source of dirty) {
    const file = files.file(fileName(job.dir, source.baseOffset, 'log'))
    const reader = new FrameReader(file, source.sizeInBytes, job.bufferBytes >> 1, memory)
    try {
      for (;;) {
        if (reader.needsMore) {
          const wait = pace(reader.fill())
          if (wait !== undefined) await wait
        }
        if (!reader.next()) break
        if (frameLastOffset(reader.b, reader.at) < firstDirtyOffset) continue
        if (!collectBatch(reader, transactions, keys, job)) return
      }
    } finally {
      reader.close()
    }
    // Behind its last batch there may be nothing any more.
    keys.latestOffset = Math.max(keys.latestOffset, source.endOffset - 1)
  }
}

/** Takes in the keys of a batch; false where the memory is full. */
function collectBatch(
  { b, at }: FrameReader,
  transactions: CleanedTransactions,
  keys: KeyOffsets,
  { firstDirtyOffset, decompressedBytesMax }: CompactionJob,
): boolean {
  if (magic(b, at) < 2) {
    for (const { key, offset } of readRecords(b, at, decompressedBytesMax)) {
      if (key === null || offset < firstDirtyOffset) continue
      if (keys.isFull) return false
      keys.put(key, offset)
    }
  } else if (isControl(b, at)) transactions.control(b, at)
  else if (!transactions.data(b, at)) {
    const records = new BatchRecords(b, at, decompressedBytesMax)
    const base = baseOffset(b, at)
    while (records.next()) {
      const offset = base + records.offsetDelta
      if (records.key === null || offset < firstDirtyOffset) continue
      if (keys.isFull) return false
      keys.put(records.key, offset)
    }
  }
  keys.latestOffset = Math.max(keys.latestOffset, frameLastOffset(b, at))
  return true
}

/** The segments below an offset, neighbours together as far as they fit into one by their sizes of before. */
function groupsOf(job: CompactionJob, endOffset: number): CompactionSource[][] {
  const groups: CompactionSource[][] = []
  let group: CompactionSource[] = []
  let logBytes = 0
  let offsetIndexBytes = 0
  let timeIndexBytes = 0
  for (const source of job.sources) {
    if (source.baseOffset >= endOffset) break
    logBytes += source.sizeInBytes
    offsetIndexBytes += source.offsetIndexBytes
    timeIndexBytes += source.timeIndexBytes
    const fits =
      logBytes <= job.segmentBytes &&
      offsetIndexBytes <= job.segmentIndexBytes &&
      timeIndexBytes <= job.segmentIndexBytes &&
      group.length > 0 &&
      source.endOffset - 1 - group[0].baseOffset <= relativeOffsetMax
    if (!fits) {
      group = []
      groups.push(group)
      logBytes = source.sizeInBytes
      offsetIndexBytes = source.offsetIndexBytes
      timeIndexBytes = source.timeIndexBytes
    }
    group.push(source)
  }
  return groups
}

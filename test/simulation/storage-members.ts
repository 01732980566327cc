/** The partitions of the storage simulation: each with settings by chance, small enough for everything to happen to it. */
import type { Random } from '../../lib/base/random.ts'
import type { CleaningLimits } from '../../storage/compaction/compaction.ts'
import { defaultLogConfig, type Log, type LogConfig } from '../../storage/log.ts'
import { PartitionModel } from './storage-model.ts'

/** A partition, its log in this life, and what that must hold. */
export interface Member {
  readonly index: number
  readonly config: LogConfig
  model: PartitionModel
  /** How often its topic was deleted, and made again. */
  remade: number
  readonly limits: CleaningLimits
  log: Log
  compacting: boolean
}

/** One of some choices. */
export function pickOf<T>(random: Random, ...choices: T[]): T {
  return choices[random.int(choices.length)]
}

/** A partition whose log has yet to be opened. */
export function newMember(index: number, random: Random): Member {
  const pick = <T>(...choices: T[]) => pickOf(random, ...choices)
  const deleteRetentionMs = pick(0, 60, 1_000, 1_000)
  const cleanupPolicy = pick<LogConfig['cleanupPolicy']>(['delete'], ['delete'], ['compact'], ['compact', 'delete'])
  const config: LogConfig = {
    ...defaultLogConfig,
    cleanupPolicy,
    segmentBytes: pick(520, 1_000, 3_000, 1_000_000),
    segmentMs: pick(100, defaultLogConfig.segmentMs),
    segmentIndexBytes: pick(40, 200, 10_000),
    indexIntervalBytes: pick(0, 150, 600, 4_096),
    flushMessages: pick(1, 5, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    flushMs: pick(20, Number.MAX_SAFE_INTEGER),
    fileDeleteDelayMs: pick(0, 10),
    messageTimestampType: pick('CreateTime', 'CreateTime', 'LogAppendTime'),
    retentionMs: pick(-1, 100, 400),
    retentionBytes: pick(-1, -1, 2_000),
    preallocate: pick(false, false, true),
    minCleanableDirtyRatio: 0,
    deleteRetentionMs,
  }
  const limits = {
    keyBytesMax: pick(96, 480, 100_000),
    keyLoadFactor: pick(0.5, 0.9),
    bufferBytes: pick(64, 300, 20_000),
    bytesPerSecondMax: pick(1, Number.MAX_VALUE),
  }
  const model = new PartitionModel(deleteRetentionMs)
  return { index, config, model, remade: 0, limits, log: null as unknown as Log, compacting: false }
}

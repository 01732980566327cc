/** What a log is told about itself: its part of a topic's configuration. */

/** Numbers are milliseconds or bytes as the name says; unlimited is a number no clock or disk reaches. */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly maxMessageBytes: number
  /** The longest record of a compressed batch that a client may append. */
  readonly maxDecompressedMessageBytes: number
  /** What one batch may decompress to, whoever wrote it. */
  readonly decompressedBatchBytesMax: number
  /** Records after which the disk must have them before they are acknowledged. */
  readonly flushMessages: number
  readonly flushMs: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly cleanupPolicy: readonly ('delete' | 'compact')[]
  /** `producer` keeps what the producer chose. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** −1 is the library's own. */
  readonly compressionGzipLevel: number
  readonly compressionZstdLevel: number
  readonly preallocate: boolean
  readonly fileDeleteDelayMs: number
  /** −1 keeps for ever. */
  readonly retentionMs: number
  /** −1 keeps any size. */
  readonly retentionBytes: number
  /** Share of the bytes that may be compacted from which on they are. */
  readonly minCleanableDirtyRatio: number
  /** Age that records reach before they are compacted. */
  readonly minCompactionLagMs: number
  /** Age from which on records are compacted whatever their share is. */
  readonly maxCompactionLagMs: number
  /** How long tombstones and the markers of transactions stay behind the records that they outlived. */
  readonly deleteRetentionMs: number
}

/** Apache Kafka's defaults. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4_096,
  maxMessageBytes: 1_048_588,
  maxDecompressedMessageBytes: 2_147_483_639,
  decompressedBatchBytesMax: 2_147_483_639,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  cleanupPolicy: ['delete'],
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionZstdLevel: 3,
  preallocate: false,
  fileDeleteDelayMs: 60_000,
  retentionMs: 604_800_000,
  retentionBytes: -1,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 86_400_000,
}

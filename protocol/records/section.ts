/** The records of a batch as a range of memory, and the result of a walk over them. */

/** The result of a walk over the records of a batch. */
export interface Walk {
  recordCount: number
  minTimestamp: number
  maxTimestamp: number
  /** Offset delta of the first record with the greatest timestamp. */
  maxTimestampDelta: number
  /** Offset delta of the first record whose key is null, −1 where all have one. */
  nullKeyDelta: number
  /** Bytes of the records, decompressed. */
  recordBytes: number
}

/** Where records are, and the header fields that are needed to read them. */
export interface Section {
  readonly b: Buffer
  readonly start: number
  readonly end: number
  readonly count: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  /** The timestamp of all records where the broker set it (LogAppendTime), otherwise null. */
  readonly logAppendTime: number | null
}

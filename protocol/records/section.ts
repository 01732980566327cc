/** The records of a batch as a place in memory, and what a walk over them finds. */

/** What a walk over the records of a batch found. */
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

/** Where records are and how the header of their batch says to take them. */
export interface Section {
  readonly b: Buffer
  readonly start: number
  readonly end: number
  readonly count: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  /** Stands for all timestamps where the broker set them, else null. */
  readonly logAppendTime: number | null
}

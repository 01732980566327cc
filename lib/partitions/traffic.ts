/** What went into a partition and came out of it since the broker holds it: plain numbers, written where records pass. */

/** See the head of the file. */
export class Traffic {
  /** Bytes of record batches that clients produced, as they came, and the records in them. Repetitions are not among them. */
  bytesIn = 0
  recordsIn = 0
  /** Bytes of records that consumers were given. */
  bytesOut = 0
  /** The same from its leader, and to its followers. */
  replicationBytesIn = 0
  replicationBytesOut = 0
}

/** A partition as far as it is counted; null until something passes. */
export interface Counted {
  traffic: Traffic | null
}

/** Clients produced so many bytes with so many records. */
export function produced(partition: Counted, bytes: number, records: number): void {
  partition.traffic ??= new Traffic()
  partition.traffic.bytesIn += bytes
  partition.traffic.recordsIn += records
}

/** A consumer, or a follower, is given so many bytes. */
export function fetched(partition: Counted, bytes: number, isReplica: boolean): void {
  partition.traffic ??= new Traffic()
  if (isReplica) partition.traffic.replicationBytesOut += bytes
  else partition.traffic.bytesOut += bytes
}

/** So many bytes were taken over from the leader. */
export function received(partition: Counted, bytes: number): void {
  partition.traffic ??= new Traffic()
  partition.traffic.replicationBytesIn += bytes
}

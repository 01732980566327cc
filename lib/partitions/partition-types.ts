/** What a partition is told and asked, and what it asks of those who keep it. */
import type { FileTaker, Log, LogConfig } from '../../storage/log.ts'
import { type PartitionImage, plainPartition } from '../cluster/image.ts'
import type { Throttled } from './throttled.ts'
import type { Verification } from './verifications.ts'

/** How much of a partition a reader may see: all that is committed, only what no open transaction can take back, or, as a replica, all there is. */
export type Isolation = 'readUncommitted' | 'readCommitted' | 'logEnd'

/** What a topic's settings mean to its partitions. */
export interface PartitionSettings {
  readonly log: LogConfig
  readonly minInsyncReplicas: number
  readonly throttled: Throttled
}

/** How an append is to be done. */
export interface PartitionAppend {
  readonly origin: 'client' | 'coordinator'
  /** -1: all in-sync replicas, of which there must be `min.insync.replicas`. */
  readonly requiredAcks: -1 | 0 | 1
  /** Given by `verify` before the transaction's coordinator was asked; for a client's transactional batch that begins in this partition. */
  readonly verification?: Verification
  /** Markers of a coordinator have to come with an epoch above the producer's. */
  readonly raisesEpoch?: boolean | undefined
}

/** What a reader may be given at most. Offsets end where `isolation` says. */
export interface PartitionRead {
  readonly bytesMax: number
  readonly isolation: Isolation
  /** Give one batch even if it is larger than `bytesMax`. */
  readonly minOneMessage: boolean
  /** Given where the records may be a place in a file instead of their bytes. */
  readonly taker?: FileTaker
}

/** Why a partition cannot be used, or that it can. */
export type Standing = 'online' | 'offline' | 'deleted'

/** What a log tells its partition. */
export interface LogEvents {
  readonly onWritten: () => unknown
  readonly onFailed: (error: Error) => unknown
}

/** What a partition asks of those who keep it, and tells them. */
export interface PartitionHost<Partition> {
  /** Opens its log, or makes it; null where the disk cannot be used. Throws ExhaustionError where it may be opened later. */
  openLog(partition: Partition, events: LogEvents): Log | null
  /** Closes its log, where nothing happened to it since it was opened; false where something did. */
  releaseLog(partition: Partition): boolean
  /** Closes its log, where nothing is under way in it; false where something is. */
  letGoOfLog(partition: Partition): boolean
  /** Bytes of the segments of a log that is not open. Throws ExhaustionError where they cannot be counted now. */
  sizeInBytes(partition: Partition): number
  /** How far it was committed by the last checkpoint. */
  storedHighWatermark(partition: Partition): number
  /** Records were written, or committed. */
  written(partition: Partition): void
  /** Records were let go of, and perhaps files with them. */
  logStartMoved(partition: Partition): void
  /** Its log is about to be cut at an offset: no checkpoint may promise more from then on. Throws where the disk fails. */
  beforeCut(partition: Partition, offset: number): void
  /** The disk has failed. */
  failed(partition: Partition, error: Error): void
  /** A partition cannot be used any more, as its disk failed. */
  wentOffline(partition: Partition): void
  /** Milliseconds of the wire clock. */
  wireMs(): number
  /** `replica.lag.time.max.ms`. */
  lagMsMax(): number
  /** Whether this broker's lease holds, as far as it knows at this moment: without it, others may lead by now. */
  isMember(): boolean
  /** Whether a broker is active, in the run that has this epoch (-1: in any). */
  isActive(brokerId: number, brokerEpoch: number): boolean
  /** A replica has caught up, and may join those in sync. */
  mayJoin(partition: Partition, brokerId: number): void
}

/** What a partition is made with. */
export interface PartitionOptions<Partition> {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly internal: boolean
  readonly nodeId: number
  readonly settings: PartitionSettings
  readonly host: PartitionHost<Partition>
}

/** A partition before the metadata say anything of it. */
export const unknownPartition: PartitionImage = {
  ...plainPartition,
  ...{ index: -1, leader: -1, leaderEpoch: -1, partitionEpoch: -1, replicas: [], isr: [] },
}

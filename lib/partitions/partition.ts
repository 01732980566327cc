/**
 * One partition of a topic as this broker serves it: its log, who leads it, and how far it may be read.
 *
 * Appending is synchronous and gives offsets at once; bytes are written at the end of the turn. The high watermark follows the in-sync
 * replicas, or what is written where there is but one. A partition is led here (roles/leader.ts) or follows (roles/follower.ts), never half of each.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { producerEpoch } from '../../protocol/records/header.ts'
import type { AppendResult, Log } from '../../storage/log.ts'
import type { ReadResult } from '../../storage/read-result.ts'
import type { PartitionImage } from '../cluster/image.ts'
import { PartitionLog } from './partition-log.ts'
import {
  type Isolation,
  type PartitionAppend,
  type PartitionHost,
  type PartitionOptions,
  type PartitionRead,
  type PartitionSettings,
  type Standing,
  unknownPartition,
} from './partition-types.ts'
import { Follower } from './roles/follower.ts'
import { Leader, type LeaderView, viewOf } from './roles/leader.ts'
import type { ReplicaFetch } from './roles/replica.ts'
import { received, type Traffic } from './traffic.ts'
import { Verifications } from './verifications.ts'
import type { OffsetWaiter } from './waiting/offset-queue.ts'
import { PartitionWaits, type Watcher } from './waiting/partition-waits.ts'

export type { AppendResult, TimestampAndOffset } from '../../storage/log.ts'
export { type RecordError, RecordValidationError, recordErrorsMax } from '../../storage/log.ts'
export type { ProducerState } from '../../storage/producers.ts'
export type { ReadResult } from '../../storage/read-result.ts'
export type { Isolation, PartitionAppend, PartitionRead, PartitionSettings, Standing } from './partition-types.ts'

/** Told when a partition may have something new for a reader: records, another log start, or an end. */
export interface PartitionWatcher extends Watcher<Partition> {}

export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  /** True for partitions of the topics in which the broker keeps its own state. */
  readonly internal: boolean
  settings: PartitionSettings
  /** From when on retention may have something to do, as of its last look, in ms since the epoch. Only while the log is not loaded. */
  retentionDueMs = 0
  /** Whether compaction has looked and will find nothing to do until something is appended. Only while the log is not loaded. */
  isCompacted = false
  /** Since when the upkeep has found nobody to use the log, in ms of the monotonic clock. Only while it is loaded. */
  unusedSinceMs = 0
  traffic: Traffic | null = null
  readonly #own: PartitionLog<Partition>
  readonly #nodeId: number
  readonly #host: PartitionHost<Partition>
  #image = unknownPartition
  #leader: Leader | null = null
  #follower: Follower | null = null
  /** Null until another replica has a say. */
  #view: LeaderView | null = null
  #highWatermark = 0
  /** Bytes appended since the broker started, and how many of them watchers were told of, as committed and as in the log. */
  #bytesAppended = 0
  #bytesAnnounced = 0
  #bytesAtEnd = 0
  /** Null until somebody waits. */
  #waits: PartitionWaits<Partition> | null = null
  #verifications: Verifications | null = null

  constructor(options: PartitionOptions<Partition>) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.internal = options.internal
    this.settings = options.settings
    this.#nodeId = options.nodeId
    this.#host = options.host
    this.#own = new PartitionLog<Partition>(this, options.host)
  }

  /** As Kafka names the directory of the partition: 'topic-0'. */
  get name(): string {
    return `${this.topic}-${this.index}`
  }

  get standing(): Standing {
    return this.#own.standing
  }

  /** The log; throws KAFKA_STORAGE_ERROR or UNKNOWN_TOPIC_OR_PARTITION where it cannot be used any more. */
  get log(): Log {
    return this.#own.opened
  }

  /** Whether the log is open. While it is not, nothing happens to it, and it costs nothing. */
  get isLoaded(): boolean {
    return this.#own.current !== null
  }

  /** First offset that is not committed: consumers read below it. Throws KAFKA_STORAGE_ERROR where the log cannot be opened now. */
  get highWatermark(): number {
    if (this.#own.current === null && !this.load() && this.standing === 'online') throw this.#own.unusable()
    return this.#highWatermark
  }

  get sizeInBytes(): number {
    return this.#own.sizeInBytes
  }

  /** First offset that an open transaction can still take back, at most the high watermark. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset(this.highWatermark)
  }

  get logStartOffset(): number {
    return this.log.logStartOffset
  }

  get logEndOffset(): number {
    return this.log.logEndOffset
  }

  /** Node id of the leader, -1 where there is none. */
  get leader(): number {
    return this.#image.leader
  }

  get leaderEpoch(): number {
    return this.#image.leaderEpoch
  }

  get isLeader(): boolean {
    return this.#leader !== null
  }

  /** Whether it is led here, by a broker that is still in its cluster: where not, `leading` throws. */
  get isLedHere(): boolean {
    return this.standing === 'online' && this.isLeader && this.#host.isMember()
  }

  /** What is known of the replicas. Throws NOT_LEADER_OR_FOLLOWER, or why the partition cannot be used. */
  get leading(): Leader {
    this.checkLeads()
    return this.#leader!
  }

  /** What the fetcher of its leader's records does with them. Throws FENCED_LEADER_EPOCH where that epoch is over, or why the partition cannot be used. */
  following(leaderEpoch: number): Follower {
    if (this.standing !== 'online') throw this.#own.unusable()
    if (this.#follower === null || this.leaderEpoch !== leaderEpoch) {
      throw new KafkaError(codes.FENCED_LEADER_EPOCH, `${this.name} follows nobody in epoch ${leaderEpoch} any more`)
    }
    return this.#follower
  }

  /** The offset at which a reader of this isolation has to stop. */
  readableEnd(isolation: Isolation): number {
    if (isolation === 'logEnd') return this.log.logEndOffset
    return isolation === 'readCommitted' ? this.lastStableOffset : this.highWatermark
  }

  /**
   * Takes over what the metadata say of the partition: it is led here or follows from now on, and whoever waits for what is not to be is told.
   * Producers whose records are in the file go on waiting for the in-sync replicas in a new epoch of the same leader, as in Apache Kafka.
   */
  become(image: PartitionImage): void {
    const before = this.#image
    if (image === before) return
    this.#image = image
    const wasLed = this.#leader !== null
    const isNewEpoch = image.leaderEpoch !== before.leaderEpoch || image.leader !== before.leader
    if (image.leader === this.#nodeId) {
      this.#follower = null
      this.#leader ??= new Leader(this.#nodeId, image)
      this.#leader.follow(image, this.#host.wireMs())
    } else if (isNewEpoch || wasLed) {
      this.#leader = null
      this.#follower = image.leader < 0 ? null : new Follower(this, image.leader, image.leaderEpoch)
    }
    if (this.standing !== 'online') return
    const log = this.#own.current
    if (log !== null) {
      if (this.#leader === null) {
        if (wasLed) this.#endLeading(log)
      } else {
        this.#beginEpoch(this.#leader, log)
        // Where the others have left the in-sync replicas, what waited for them is committed.
        this.#followReplicas()
      }
    }
    if (isNewEpoch) this.#waits?.tellAll()
  }

  /** Whether the records of the last leader last is the next one's to say. Only its own buffers are not given back before they are in the file. */
  #endLeading(log: Log): void {
    this.#verifications = null
    if (log.hasQueued) log.writeNow()
    if (!log.hasQueued) this.#waits?.failPromises(codes.NOT_LEADER_OR_FOLLOWER)
  }

  #beginEpoch(leader: Leader, log: Log): void {
    if (leader.epochStartOffset >= 0) return
    log.beginEpoch(leader.leaderEpoch)
    leader.epochStartOffset = log.logEndOffset
  }

  /** Takes over other settings of its topic. */
  configure(settings: PartitionSettings): void {
    this.settings = settings
    this.retentionDueMs = 0
    this.isCompacted = false
    if (this.standing !== 'online' || this.#own.current === null) return
    this.#own.current.updateConfig(settings.log)
    this.#followReplicas()
  }

  /** Lets go of the log, unless something happened to it or somebody waits; it is opened again when it is asked for. */
  unload(): void {
    this.#own.unload()
  }

  /** Whether anybody appended or read, or had the log opened, since this was last asked. */
  takeUse(): boolean {
    return this.#own.takeUse()
  }

  /** Lets go of the log whatever happened to it, unless something is under way or somebody waits; false where it stays. */
  letGo(): boolean {
    return this.#own.letGo()
  }

  /**
   * Opens the log, unless it is; false where the partition is offline or deleted, perhaps by this, and where the process has no
   * descriptors for it: then it stays online, to be opened another time.
   */
  load(): boolean {
    return this.#own.load()
  }

  /** Has the log given up where it is, by `move`, and opened where it lies then; whoever waits goes on waiting. */
  reopen(move: () => void): void {
    this.#own.reopen(move)
  }

  /** Completes the files of the log, so that a copy of them is one of a log that was closed well; false where something is under way. */
  completeFiles(): boolean {
    return this.#own.complete()
  }

  get #awaited(): PartitionWaits<Partition> {
    this.#waits ??= new PartitionWaits<Partition>(this)
    return this.#waits
  }

  get isAwaited(): boolean {
    return this.#waits?.isAnybodyThere === true
  }

  /** Told by its log. */
  logOpened(log: Log): void {
    if (this.#leader !== null) this.#beginEpoch(this.#leader, log)
    // Who waited while it lay elsewhere, or was not opened for want of descriptors.
    this.#waits?.written(log.writtenOffset)
    if (this.#leader?.isAlone !== true) {
      const stored = Math.min(this.#host.storedHighWatermark(this), log.logEndOffset)
      this.advanceHighWatermark(Math.max(stored, log.logStartOffset))
    }
    this.#followReplicas()
  }

  /** Throws where this broker does not lead the partition or its log cannot be used. */
  checkLeads(): void {
    if (this.isLedHere) return
    if (this.standing !== 'online') throw this.#own.unusable()
    const reason = `${this.name} is led by node ${this.leader}; refresh the metadata`
    throw new KafkaError(codes.NOT_LEADER_OR_FOLLOWER, reason)
  }

  /** Gives the records their offsets, in place, and queues their buffer, which is the log's until then. Throws what makes them unacceptable. */
  append(records: Buffer, { origin, requiredAcks, verification, raisesEpoch }: PartitionAppend): AppendResult {
    this.checkLeads()
    // A topic with fewer replicas than it asks for would otherwise never take a record.
    if (requiredAcks === -1 && this.#leader!.isUnderMinIsr(this.settings.minInsyncReplicas)) {
      throw new KafkaError(
        codes.NOT_ENOUGH_REPLICAS,
        `${this.name} has ${this.#image.isr.length} in-sync replicas, min.insync.replicas asks for ${this.settings.minInsyncReplicas}`,
      )
    }
    this.#own.isUsed = true
    const begins = verification && !this.hasOpenTransaction(verification.producerId, producerEpoch(records, 0))
    const beginning = begins ? this.verifications.redeem(verification, this.name) : undefined
    const result = this.log.append(records, { origin, leaderEpoch: this.leaderEpoch, raisesEpoch, beginning })
    // Only what was taken begins or ends a transaction: a marker that comes late is refused.
    this.#verifications?.appended(records, { origin, verification, raisesEpoch })
    if (!result.duplicate) this.#bytesAppended += records.length
    return result
  }

  /** Whether a producer's transaction has written here in this epoch and is not ended: it needs no asking about. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    const state = this.log.producers.states.get(producerId)
    return state !== undefined && state.currentTxnFirstOffset >= 0 && state.epoch === producerEpoch
  }

  /** Transactions that are being asked about; void once another has led. */
  get verifications(): Verifications {
    this.#verifications ??= new Verifications()
    return this.#verifications
  }

  /** Bytes that one batch may have (`max.message.bytes`). */
  get batchBytesMax(): number {
    return this.settings.log.maxMessageBytes
  }

  /** Settles `waiter` once the record at `offset` is in the file; at once where it is. */
  awaitWritten<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    if (this.standing !== 'online') waiter.settled(slot, this.#own.unusable().code)
    else if (this.log.writtenOffset > offset) waiter.settled(slot, codes.NONE)
    else this.#awaited.awaitWritten(offset, waiter, slot)
  }

  /** Settles `waiter` once the record at `offset` is committed; at once where it is. */
  awaitCommitted<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    if (this.standing !== 'online') waiter.settled(slot, this.#own.unusable().code)
    else if (this.highWatermark > offset) waiter.settled(slot, this.#committedCode)
    else if (!this.isLeader) waiter.settled(slot, codes.NOT_LEADER_OR_FOLLOWER)
    else this.#awaited.awaitCommitted(offset, waiter, slot)
  }

  /** What is told of a record that is committed: that the in-sync replicas have become too few since it was appended, as Apache Kafka does. */
  get #committedCode(): number {
    const isUnder = this.#leader?.isAlone === false && this.#leader.mayBeUnderMinIsr(this.settings.minInsyncReplicas)
    return isUnder ? codes.NOT_ENOUGH_REPLICAS_AFTER_APPEND : codes.NONE
  }

  /** Whole batches from the one that holds `fetchOffset`, up to where the isolation ends. Throws OFFSET_OUT_OF_RANGE. */
  read(fetchOffset: number, limits: PartitionRead & { taker?: undefined }): ReadResult
  read(fetchOffset: number, limits: PartitionRead): ReadResult<Chunk>
  read(fetchOffset: number, { bytesMax, isolation, minOneMessage, taker }: PartitionRead): ReadResult<Chunk> {
    this.#own.isUsed = true
    const maxOffset = this.readableEnd(isolation)
    return this.log.read(fetchOffset, { maxBytes: bytesMax, maxOffset, minOneMessage, taker })
  }

  /** What its leader's decisions rest on. */
  get view(): LeaderView {
    this.#view ??= viewOf(this, this.#host)
    return this.#view
  }

  /**
   * Takes over what a follower's fetch says of it, once the fetch was found to be good: in this epoch, within the log and without divergence.
   * Throws what `Leader.fetched` does.
   */
  fetchedBy(replicaId: number, fetch: Pick<ReplicaFetch, 'fetchOffset' | 'logStartOffset' | 'brokerEpoch'>): void {
    const { leading, view } = this
    leading.fetched(replicaId, { ...fetch, leaderEndOffset: view.logEndOffset, atMs: view.nowMs })
    this.#followReplicas()
    if (leading.mayJoin(replicaId, this.#highWatermark, view)) this.#host.mayJoin(this, replicaId)
    if (this.#waits?.isDeletionAwaited) this.#waits.deleted(this.lowWatermark)
  }

  /** The leader's proposal of other in-sync replicas was not taken over, which is certain. */
  withdrawProposal(): void {
    this.#leader?.withdraw()
    this.#followReplicas()
  }

  /** For `Follower`. */
  appendReceived(records: Buffer, leaderEpoch: number): void {
    this.#own.isUsed = true
    this.log.appendReceived(records, leaderEpoch)
    this.#bytesAppended += records.length
    received(this, records.length)
  }

  /** For `Follower`: the high watermark is never beyond the end. */
  cut(offset: number, restart: boolean): void {
    const { log } = this
    this.#host.beforeCut(this, offset)
    if (restart) log.truncateFullyAndStartAt(offset)
    else log.truncateTo(offset)
    this.#highWatermark = restart ? offset : Math.min(this.#highWatermark, log.logEndOffset)
    this.#waits?.failWritten(codes.NOT_LEADER_OR_FOLLOWER)
    this.#logStartMoved()
  }

  /**
   * Lets go of everything before `offset` (-1: the high watermark); returns the new log start. Other replicas follow: see `lowWatermark`.
   * Throws OFFSET_OUT_OF_RANGE.
   */
  deleteRecordsBefore(offset: number): number {
    this.checkLeads()
    const { highWatermark } = this
    const before = offset === -1 ? highWatermark : offset
    if (before < 0 || before > highWatermark) {
      throw new KafkaError(
        codes.OFFSET_OUT_OF_RANGE,
        `${this.name} cannot delete up to offset ${offset}: its high watermark is ${highWatermark}`,
      )
    }
    this.advanceLogStart(before)
    return this.log.logStartOffset
  }

  /** Offset below which no replica that is there has records any more. Only where it is led here. */
  get lowWatermark(): number {
    return (this.#leader ?? this.leading).lowWatermark(this.logStartOffset, id => this.#host.isActive(id, -1))
  }

  /** Settles `waiter` once the low watermark has reached `offset`; at once where it has. */
  awaitDeleted<S>(offset: number, waiter: OffsetWaiter<S>, slot: S): void {
    if (this.standing !== 'online') waiter.settled(slot, this.#own.unusable().code)
    else if (!this.isLeader) waiter.settled(slot, codes.NOT_LEADER_OR_FOLLOWER)
    else if (this.lowWatermark >= offset) waiter.settled(slot, codes.NONE)
    else this.#awaited.awaitDeleted(offset, waiter, slot)
  }

  /** Lets go of everything before an offset, as far as the log goes. */
  advanceLogStart(offset: number): void {
    if (offset <= this.log.logStartOffset) return
    this.log.advanceLogStartOffset(offset)
    this.#logStartMoved()
  }

  /** Lets go of what retention does not keep any more; gives the number of segments. */
  deleteOldSegments(): number {
    const count = this.log.deleteOldSegments(this.highWatermark)
    if (count > 0) this.#logStartMoved()
    return count
  }

  /** Has the watcher told of records up to there, and of other changes: a follower's fetch waits for what is in the log, be it committed or not. */
  watch(watcher: PartitionWatcher, upTo: 'highWatermark' | 'logEnd' = 'highWatermark'): void {
    this.#awaited.watch(watcher, upTo)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#waits?.unwatch(watcher)
  }

  /** Told by its log. */
  logWritten(): void {
    if (this.standing !== 'online') return
    this.#waits?.written(this.log.writtenOffset)
    if (this.#leader === null) this.#waits?.failPromises(codes.NOT_LEADER_OR_FOLLOWER)
    this.#waits?.tellOfEnd(this.#bytesAppended - this.#bytesAtEnd)
    this.#bytesAtEnd = this.#bytesAppended
    this.#followReplicas()
    this.#host.written(this)
  }

  #logStartMoved(): void {
    this.#waits?.tellAll()
    if (this.#leader !== null && this.#waits?.isDeletionAwaited) this.#waits.deleted(this.lowWatermark)
    this.#host.logStartMoved(this)
  }

  /** Moves the high watermark forward: all in-sync replicas have what is below `offset`. */
  advanceHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return
    this.#highWatermark = offset
    this.#own.current?.producers.forgetCommitted(offset)
    this.#waits?.committed(offset)
    const bytes = this.#bytesAppended - this.#bytesAnnounced
    this.#bytesAnnounced = this.#bytesAppended
    this.#waits?.tell(bytes)
  }

  /** The disk has failed: nothing can be read or written from now on. */
  fail(): void {
    this.#own.end('offline')
  }

  /** The topic is gone: waiting requests are answered, later ones refused. */
  delete(): void {
    this.#own.end('deleted')
  }

  /** Told by its log. */
  logEnded({ code }: KafkaError): void {
    this.#waits?.failWritten(code)
    this.#waits?.failPromises(code)
    this.#waits?.tellAll()
  }

  /** Moves the high watermark on as far as the in-sync replicas are. */
  #followReplicas(): void {
    if (this.#leader === null) return
    if (this.#leader.isAlone) this.advanceHighWatermark(this.log.writtenOffset)
    else {
      const before = this.#highWatermark
      this.advanceHighWatermark(this.#leader.committedEnd(this.view, this.settings.minInsyncReplicas))
      if (this.#highWatermark > before) this.#host.written(this)
    }
  }
}

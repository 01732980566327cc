/**
 * Fetch: gives records from offsets on. What is there is given at once; a client may also wait for so many bytes, and
 * may keep a session, of which only the partitions with something new are looked at.
 */

import { codes, KafkaError } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import { Deferred } from '../base/deferred.ts'
import { checkLeadsIn, divergence } from '../partitions/leader-epoch-checks.ts'
import { knownRecords, readMessages } from '../partitions/old-formats.ts'
import type { Isolation, Partition, ReadResult } from '../partitions/partition.ts'
import type { FetchSession, SessionListener } from '../partitions/sessions/fetch-sessions.ts'
import type { FetchSlot } from '../partitions/sessions/fetch-slot.ts'
import { fetched } from '../partitions/traffic.ts'
import { FetchWait } from '../partitions/waiting/waiters.ts'
import { clusterResource } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { type CurrentLeader, currentLeader, endpointsOf, leaderToldSince } from './current-leader.ts'
import { slotsOf } from './fetch-slots.ts'
import { isolationOf } from './isolation.ts'
import { isTooMuchToFetch } from './quota-questions.ts'
import { checkReadableIn, followersReadSince, readReplicaFor } from './read-replicas.ts'
import type { Refusal } from './refusals.ts'
import { ThrottledShare } from './throttled-share.ts'

type TopicAnswer = FetchResponse['responses'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

/** What a look at one partition found. */
interface Found {
  readonly slot: FetchSlot
  readonly answer: PartitionAnswer
  /** The partition is here: its end is worth waiting for. */
  readonly here: boolean
  /** The client has to know at once. */
  readonly urgent: boolean
  readonly bytes: number
  readonly read: ReadResult<Chunk> | null
}

const noRecords = Buffer.alloc(0)
/** First version that asks for topics by their ids, and has the code of a refusal at the top alone. */
const topicIdsSince = 13
/** First version in which a replica tells its broker's epoch. */
const replicaStateSince = 15
/** First version whose records are batches, which are never null. */
const batchesSince = 4

/** Answers at once where it can, without a promise; with null where the client left while its fetch was waiting. */
export function fetch(request: FetchRequest, context: Context): FetchResponse | Deferred<FetchResponse | null> {
  const asked = isolationOf(request.isolationLevel)
  const ofReplica = replicaIdOf(request, context) >= 0
  const opened = context.broker.fetchSessions.open(request, context.apiVersion >= topicIdsSince, ofReplica)
  if (opened.kind === 'error') return { throttleTimeMs: 0, errorCode: opened.errorCode, sessionId: 0, responses: [] }
  const [session, incremental] = opened.kind === 'session' ? [opened.session, opened.incremental] : [null, false]
  return new Fetching(request, context, ofReplica ? 'logEnd' : asked, session, incremental).answer()
}

/** Negative where the client is no broker. */
function replicaIdOf({ replicaId, replicaState }: FetchRequest, { apiVersion }: Context): number {
  return apiVersion >= replicaStateSince ? replicaState.replicaId : replicaId
}

/** One fetch from its request to its answer. */
class Fetching implements SessionListener {
  readonly #request: FetchRequest
  readonly #context: Context
  readonly #session: FetchSession | null
  readonly #incremental: boolean
  /** The session's number when this request came: another request since then makes this answer void. */
  readonly #epoch: number
  readonly #isolation: Isolation
  /** Negative where the client is no broker. */
  readonly #replicaId: number
  /** Null where the client is no broker. */
  readonly #share: ThrottledShare | null
  /** What a request says of a replica counts once, when it comes. */
  #isNew = true
  readonly #bytesMax: number
  readonly #bytesMin: number
  /** The partitions of a fetch without a session. */
  readonly #ownSlots: FetchSlot[]
  /** Leaders that the client is told of, as it does not know them. */
  #leaders: CurrentLeader[] | null = null
  #bytes = 0
  #wait: FetchWait | null = null

  constructor(
    request: FetchRequest,
    context: Context,
    isolation: Isolation,
    session: FetchSession | null,
    incremental: boolean,
  ) {
    this.#request = request
    this.#context = context
    this.#session = session
    this.#incremental = incremental
    this.#epoch = session?.epoch ?? 0
    this.#isolation = isolation
    this.#replicaId = replicaIdOf(request, context)
    this.#share = this.#replicaId < 0 ? null : new ThrottledShare(context.broker.leaderThrottle, this.#replicaId)
    this.#bytesMax = Math.max(0, Math.min(request.maxBytes, context.broker.config.get('fetch.max.bytes')))
    this.#bytesMin = Math.min(request.minBytes, this.#bytesMax)
    this.#ownSlots = session === null ? slotsOf(request, context.apiVersion >= topicIdsSince, this) : []
    if (session !== null && this.#replicaId >= 0) {
      const { partitions } = context.broker
      session.activateNowAndThen(partitions.wireMs(), partitions.lagMsMax() / 4)
    }
    if (session !== null && session.isolationLevel !== request.isolationLevel) {
      session.isolationLevel = request.isolationLevel
      session.activateAll()
    }
  }

  answer(): FetchResponse | Deferred<FetchResponse | null> {
    const response = this.#look(this.#request.maxWaitMs <= 0)
    this.#isNew = false
    if (response !== null) return response
    const later = new Deferred<FetchResponse | null>()
    this.#begin(later)
    return later
  }

  slotChanged(slot: FetchSlot, bytes: number): void {
    // What a reader of committed records may not see yet is nothing to wake up for.
    const { partition } = slot
    if (
      bytes > 0 &&
      partition?.standing === 'online' &&
      this.#isolation === 'readCommitted' &&
      partition.readableEnd(this.#isolation) <= slot.fetchOffset
    ) {
      return
    }
    this.#wait?.slotChanged(slot, bytes)
  }

  superseded(): void {
    this.#wait?.due()
  }

  #begin(later: Deferred<FetchResponse | null>): void {
    this.#wait = new FetchWait({
      partitions: this.#context.broker.partitions,
      bytes: this.#bytes,
      bytesMin: this.#bytesMin,
      waitMsMax: this.#request.maxWaitMs,
      look: final => {
        const response = this.#look(final)
        if (response === null) {
          this.#wait?.found(this.#bytes)
          return false
        }
        this.#end()
        later.resolve(response)
        return true
      },
    })
    if (this.#session !== null) this.#session.listener = this
    else for (const slot of this.#ownSlots) slot.watch()
    this.#context.exchange.afterSend(() => {
      this.#abandon()
      // Whoever keeps account of the request has to hear that it is over.
      later.resolve(null)
    })
  }

  /** Without effect once it is answered; before that, the connection has died. */
  #abandon(): void {
    this.#wait?.abandon()
    this.#end()
  }

  #end(): void {
    if (this.#session === null) for (const slot of this.#ownSlots) slot.unwatch()
    else if (this.#session.listener === this) this.#session.listener = null
  }

  /** Reads what there is; null where that is not enough yet. */
  #look(final: boolean): FetchResponse | null {
    if (this.#session !== null && this.#session.epoch !== this.#epoch) {
      return { throttleTimeMs: 0, errorCode: codes.INVALID_FETCH_SESSION_EPOCH, sessionId: 0, responses: [] }
    }
    const found: Found[] = []
    this.#share?.begin()
    let bytes = 0
    let enough = final
    let missing = 0
    for (const slot of this.#slots()) {
      const one = this.#lookAt(slot, bytes)
      found.push(one)
      bytes += one.bytes
      enough ||= one.urgent
      if (!one.here) missing++
    }
    // Where there is nothing to wait for, waiting would only hide it.
    enough ||= bytes >= this.#bytesMin || missing === (this.#session?.size ?? this.#ownSlots.length)
    if (!enough) {
      this.#bytes = this.#readable(found)
      enough = this.#bytes >= this.#bytesMin
    }
    if (!enough) {
      for (const { read } of found) read?.release()
      if (this.#incremental) for (const one of found) this.#rest(one)
      return null
    }
    return this.#respond(found)
  }

  /**
   * Bytes that are there as far as the limits go. Whole batches seldom fill a limit: what is left counts as filled where more
   * is behind, as no waiting would fill it.
   */
  #readable(found: readonly Found[]): number {
    let bytes = 0
    for (const { slot, read, bytes: size } of found) {
      const limit = Math.min(slot.bytesMax, this.#bytesMax)
      const isCut = read !== null && size < limit && read.endOffset < slot.partition!.readableEnd(this.#isolation)
      bytes += isCut ? limit : size
    }
    return bytes
  }

  /** The partitions to look at: a copy, as looking changes which are active. */
  #slots(): FetchSlot[] {
    if (this.#session === null) return this.#ownSlots
    return this.#incremental ? [...this.#session.active] : [...this.#session.slots()]
  }

  #respond(found: Found[]): FetchResponse {
    if (isTooMuchToFetch(this.#context, found)) {
      for (const { read } of found) read?.release()
      const sessionId = this.#incremental ? this.#session!.id : 0
      return { throttleTimeMs: 0, errorCode: codes.NONE, sessionId, responses: [] }
    }
    this.#share?.give()
    const responses: TopicAnswer[] = []
    let last: { topic: string; topicId: string; partitions: PartitionAnswer[] } | null = null
    const reads: ReadResult<Chunk>[] = []
    for (const one of found) {
      const { slot, answer, read } = one
      if (read !== null) reads.push(read)
      if (one.bytes > 0) fetched(slot.partition!, one.bytes, this.#replicaId >= 0)
      if (!this.#incremental || isNews(one)) {
        if (last === null || last.topic !== slot.topic || last.topicId !== slot.topicId) {
          last = { topic: slot.topic, topicId: slot.topicId, partitions: [] }
          responses.push(last)
        }
        last.partitions.push(answer)
        slot.toldHighWatermark = answer.errorCode === codes.NONE ? answer.highWatermark : -1
        slot.toldLogStartOffset = answer.logStartOffset ?? -1
      }
      if (this.#session !== null) this.#rest(one)
    }
    if (reads.length > 0) this.#context.exchange.afterSend(() => release(reads))
    const sessionId = this.#session?.id ?? 0
    if (this.#leaders === null) return { throttleTimeMs: 0, errorCode: codes.NONE, sessionId, responses }
    // A replica knows where brokers are.
    const nodeEndpoints = this.#replicaId < 0 ? endpointsOf(this.#leaders, this.#context) : []
    return { throttleTimeMs: 0, errorCode: codes.NONE, sessionId, responses, nodeEndpoints }
  }

  /** Tells the leader where the error is that the client does not know it. */
  #withLeader({ topic, topicId }: FetchSlot, answer: PartitionAnswer): PartitionAnswer {
    if (this.#context.apiVersion < leaderToldSince.fetch) return answer
    const leader = currentLeader(this.#context, answer.errorCode, { name: topic, topicId }, answer.partitionIndex)
    if (leader === undefined) return answer
    this.#leaders ??= []
    this.#leaders.push(leader)
    return { ...answer, currentLeader: leader }
  }

  /** Stops looking at a partition of the session that has nothing more for its client, until it changes. */
  #rest(one: Found): void {
    const { slot, bytes } = one
    const { active } = this.#session!
    if (bytes > 0) {
      // Who was served stands at the back next time.
      active.delete(slot)
      active.add(slot)
    } else if (!isNews(one) && slot.partition!.readableEnd(this.#isolation) <= slot.fetchOffset) {
      active.delete(slot)
    }
  }

  #lookAt(slot: FetchSlot, bytesBefore: number): Found {
    const { broker } = this.#context
    const missing = slot.resolve(broker.partitions)
    if (missing !== codes.NONE) {
      const errorCode = this.#mayHearOf(slot) ? missing : codes.TOPIC_AUTHORIZATION_FAILED
      const answer = this.#withLeader(slot, failure(slot, errorCode, []))
      return { slot, answer, here: false, urgent: false, bytes: 0, read: null }
    }
    const partition = slot.partition!
    if (!this.#mayRead(partition.topic)) {
      const answer = failure(slot, codes.TOPIC_AUTHORIZATION_FAILED, [])
      return { slot, answer, here: false, urgent: false, bytes: 0, read: null }
    }
    try {
      return this.#readFrom(partition, slot, bytesBefore)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const refusal = failure(slot, codeFor(error.code, this.#context.apiVersion), null)
      const answer = this.#withLeader(slot, refusal)
      return { slot, answer, here: true, urgent: true, bytes: 0, read: null }
    }
  }

  #mayRead(topic: string): boolean {
    const { broker } = this.#context
    return this.#replicaId >= 0
      ? broker.authorize(this.#context, 'clusterAction', 'cluster', clusterResource)
      : broker.authorize(this.#context, 'read', 'topic', topic)
  }

  /** Whether the client is told that there is no such partition. An id that no topic has says nothing of any name. */
  #mayHearOf({ topic, topicId }: FetchSlot): boolean {
    const name = topic === '' ? this.#context.broker.partitions.topicNameOf(topicId) : topic
    return this.#replicaId < 0 && name === undefined ? true : this.#mayRead(name ?? '')
  }

  /** Takes over what the fetch says of the replica, as it was found to be good. */
  #noteReplica(partition: Partition, { fetchOffset, logStartOffset }: FetchSlot): void {
    // What it does not have is not told of it; reading refuses it.
    if (fetchOffset < partition.logStartOffset || fetchOffset > partition.logEndOffset) return
    const brokerEpoch = this.#context.apiVersion >= replicaStateSince ? this.#request.replicaState.replicaEpoch : -1
    partition.fetchedBy(this.#replicaId, { fetchOffset, logStartOffset, brokerEpoch })
  }

  #readFrom(partition: Partition, slot: FetchSlot, bytesBefore: number): Found {
    const version = this.#context.apiVersion
    const isReplica = this.#replicaId >= 0
    if (isReplica) {
      checkLeadsIn(partition, slot.currentLeaderEpoch)
      partition.leading.checkReplica(this.#replicaId, slot.currentLeaderEpoch)
    } else checkReadableIn(partition, slot, version)
    const answer: PartitionAnswer = {
      partitionIndex: slot.index,
      errorCode: codes.NONE,
      highWatermark: partition.highWatermark,
      lastStableOffset: isReplica ? -1 : partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      abortedTransactions: this.#isolation === 'readCommitted' ? [] : null,
      records: noRecords,
    }
    if (!isReplica && version >= followersReadSince) {
      const preferred = readReplicaFor(this.#context, partition, this.#request.rackId, slot.fetchOffset)
      if (preferred >= 0) {
        answer.preferredReadReplica = preferred
        return { slot, answer, here: true, urgent: true, bytes: 0, read: null }
      }
    }
    if (slot.lastFetchedEpoch >= 0) {
      const diverging = divergence(partition, slot.lastFetchedEpoch, slot.fetchOffset)
      if (diverging !== null) {
        answer.divergingEpoch = diverging
        return { slot, answer, here: true, urgent: true, bytes: 0, read: null }
      }
    }
    let urgent = false
    if (isReplica) {
      if (this.#isNew) this.#noteReplica(partition, slot)
      answer.highWatermark = partition.highWatermark
      // Whoever may lead next is to know how far records are committed, and where the log begins.
      urgent = this.#incremental && isTold(slot) && !isUpToDate(slot, answer)
    }
    // Nothing to read at the end itself; an offset beyond it is refused by the log.
    const end = partition.readableEnd(this.#isolation)
    const shareMax = this.#share?.bytesMax(partition) ?? Infinity
    const spent = shareMax === 0 || (bytesBefore > 0 && bytesBefore >= this.#bytesMax)
    if (slot.fetchOffset === end || (spent && slot.fetchOffset < end && slot.fetchOffset >= partition.logStartOffset)) {
      return { slot, answer, here: true, urgent, bytes: 0, read: null }
    }
    if (slot.bytesMax < 0 || this.#request.maxBytes < 0) {
      throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, `nobody can be given less than no bytes of ${partition.name}`)
    }
    const bytesMax = Math.min(slot.bytesMax, shareMax, Math.max(0, this.#bytesMax - bytesBefore))
    const isolation = this.#isolation
    const minOneMessage = bytesBefore === 0
    if (version < batchesSince) {
      const asked = { apiVersion: version, isolation, bytesMax, isFirst: minOneMessage }
      const { messages, bytes } = readMessages(partition, slot.fetchOffset, asked)
      if (messages !== null) answer.records = messages
      return { slot, answer, here: true, urgent: false, bytes, read: null }
    }
    let read: ReadResult<Chunk>
    if (version >= 10) {
      const taker = this.#context.exchange
      read = partition.read(slot.fetchOffset, { bytesMax, isolation, minOneMessage, taker })
      answer.records = read.records
    } else {
      const inMemory = partition.read(slot.fetchOffset, { bytesMax, isolation, minOneMessage })
      if (inMemory.sizeInBytes > 0) answer.records = knownRecords(inMemory)
      read = inMemory
    }
    if (read.sizeInBytes === 0) return { slot, answer, here: true, urgent, bytes: 0, read: null }
    this.#share?.found(partition, read.sizeInBytes)
    if (this.#isolation === 'readCommitted') {
      answer.abortedTransactions = partition.log.abortedTransactions(slot.fetchOffset, read.endOffset)
    }
    return { slot, answer, here: true, urgent, bytes: read.sizeInBytes, read }
  }
}

/** Whether the client of a session has to be told. */
function isNews({ slot, answer, bytes }: Found): boolean {
  const { errorCode, divergingEpoch, preferredReadReplica } = answer
  const isSent = divergingEpoch !== undefined || preferredReadReplica !== undefined
  return bytes > 0 || errorCode !== codes.NONE || isSent || !isUpToDate(slot, answer)
}

function isTold({ toldHighWatermark }: FetchSlot): boolean {
  return toldHighWatermark >= 0
}

function isUpToDate(slot: FetchSlot, { highWatermark, logStartOffset }: PartitionAnswer): boolean {
  return highWatermark === slot.toldHighWatermark && logStartOffset === slot.toldLogStartOffset
}

function failure(slot: FetchSlot, errorCode: number, abortedTransactions: [] | null): PartitionAnswer {
  return { partitionIndex: slot.index, errorCode, highWatermark: -1, abortedTransactions, records: noRecords }
}

/** Clients below version 6 know no storage errors: they look for another leader instead. */
function codeFor(code: number, version: number): number {
  return code === codes.KAFKA_STORAGE_ERROR && version < 6 ? codes.NOT_LEADER_OR_FOLLOWER : code
}

function release(reads: readonly ReadResult<Chunk>[]): void {
  for (const read of reads) read.release()
}

/** The code at the top, and before topic ids at each partition too. */
export function refuseFetch({ sessionId, topics }: FetchRequest, { errorCode, apiVersion }: Refusal): FetchResponse {
  const named = apiVersion < topicIdsSince ? topics : []
  const records = apiVersion < batchesSince ? null : noRecords
  const responses = named.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => ({
      partitionIndex: partition,
      errorCode,
      highWatermark: -1,
      abortedTransactions: [],
      records,
    })),
  }))
  return { throttleTimeMs: 0, errorCode, sessionId, responses }
}

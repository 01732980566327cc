/**
 * Fetch sessions (KIP-227): the broker remembers which partitions a client fetches, so that requests and answers carry only
 * what changed. Each session also keeps the few partitions worth looking at, told by the partitions themselves, so that a
 * fetch costs what is new and not what is in the session.
 */
import { codes } from '../../../protocol/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { FetchSlot, type PartitionWish, type SlotOwner } from './fetch-slot.ts'

/** What a request says of one topic; the name is empty where the client goes by ids, and the other way round. */
export interface TopicWish {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly PartitionWish[]
}

/** A topic's partitions that a client does not want any more. */
export interface ForgottenTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** The part of a fetch request that sessions are made of. */
export interface SessionRequest {
  /** 0 where there is none. */
  readonly sessionId: number
  /** 0 asks for a new session, -1 for none; else the next number of the session. */
  readonly sessionEpoch: number
  readonly topics: readonly TopicWish[]
  readonly forgottenTopicsData: readonly ForgottenTopic[]
}

/** What waits on a session: told when one of its partitions may have something new. */
export interface SessionListener extends SlotOwner {
  /** The session has moved on: nobody waits for this answer but to get the next one. */
  superseded(): void
}

/** A session that is used was not idle for so long, in milliseconds; one that was may make room for another. */
const idleMsMax = 120_000
/** After no room was found for a session, no smaller one is tried for so long. */
const noRoomMs = 1_000
/** All partitions of a replica's session are looked at so often at least, in milliseconds: that it has nothing new to ask is news of it. */
const wholeLookMs = 1_000

export class FetchSession implements SlotOwner {
  readonly id: number
  readonly byId: boolean
  /** Its client is a broker that replicates: it keeps its place before consumers. */
  readonly ofReplica: boolean
  readonly createdMs: number
  lastUsedMs: number
  /** The number that the next request has to carry. */
  epoch = 1
  /** The partitions worth looking at, in the order in which they are to be served. */
  readonly active = new Set<FetchSlot>()
  /** The fetch that waits for this session's partitions. */
  listener: SessionListener | null = null
  /** The isolation level of the last request: another one sees other ends. */
  isolationLevel = -1
  readonly #slots = new Map<string, Map<number, FetchSlot>>()
  #size = 0
  #wholeLookMs: number

  constructor(id: number, byId: boolean, ofReplica: boolean, nowMs: number) {
    this.id = id
    this.byId = byId
    this.ofReplica = ofReplica
    this.#wholeLookMs = nowMs
    this.createdMs = nowMs
    this.lastUsedMs = nowMs
  }

  /** Partitions in the session. */
  get size(): number {
    return this.#size
  }

  *slots(): IterableIterator<FetchSlot> {
    for (const ofTopic of this.#slots.values()) yield* ofTopic.values()
  }

  /** Adds partitions and takes over what a request says of those that are there. */
  include(topics: readonly TopicWish[]): void {
    for (const { topic, topicId, partitions } of topics) {
      const key = this.byId ? topicId : topic
      let ofTopic = this.#slots.get(key)
      if (ofTopic === undefined) {
        ofTopic = new Map()
        this.#slots.set(key, ofTopic)
      }
      for (const wish of partitions) {
        let slot = ofTopic.get(wish.partition)
        if (slot === undefined) {
          slot = new FetchSlot(topic, topicId, this.byId, wish.partition, this, this.ofReplica)
          slot.watch()
          ofTopic.set(wish.partition, slot)
          this.#size++
        }
        slot.wish(wish)
        this.active.add(slot)
      }
    }
  }

  forget(topics: readonly ForgottenTopic[]): void {
    for (const { topic, topicId, partitions } of topics) {
      const key = this.byId ? topicId : topic
      const ofTopic = this.#slots.get(key)
      if (ofTopic === undefined) continue
      for (const index of partitions) {
        const slot = ofTopic.get(index)
        if (slot === undefined) continue
        slot.unwatch()
        this.active.delete(slot)
        ofTopic.delete(index)
        this.#size--
      }
      if (ofTopic.size === 0) this.#slots.delete(key)
    }
  }

  slotChanged(slot: FetchSlot, bytes: number): void {
    this.active.add(slot)
    this.listener?.slotChanged(slot, bytes)
  }

  /** Looks at every partition again where that was not done for a while, or for so many milliseconds. */
  activateNowAndThen(nowMs: number, everyMs: number): void {
    if (nowMs - this.#wholeLookMs < Math.min(wholeLookMs, everyMs)) return
    this.#wholeLookMs = nowMs
    this.activateAll()
  }

  /** Looks at every partition again. */
  activateAll(): void {
    for (const slot of this.slots()) this.active.add(slot)
  }

  close(): void {
    for (const slot of this.slots()) slot.unwatch()
    this.active.clear()
  }
}

/** How a request is to be served: as an error, by a session, or once. */
export type Opened =
  | { readonly kind: 'error'; readonly errorCode: number }
  /** `incremental`: answer only what is new. */
  | { readonly kind: 'session'; readonly session: FetchSession; readonly incremental: boolean }
  | { readonly kind: 'once' }

const once: Opened = { kind: 'once' }

export class FetchSessions {
  readonly #slotsMax: number
  readonly #clock: Clock
  readonly #random: Random
  /** By id, the one that was not used for longest first. */
  readonly #sessions = new Map<number, FetchSession>()
  #noRoomUntilMs = Number.NEGATIVE_INFINITY
  #noRoomForSize = 0

  /** `slotsMax`: `max.incremental.fetch.session.cache.slots`. */
  constructor(options: { slotsMax: number; clock: Clock; random: Random }) {
    this.#slotsMax = options.slotsMax
    this.#clock = options.clock
    this.#random = options.random
  }

  get size(): number {
    return this.#sessions.size
  }

  /** The session that a request belongs to, opened, moved on or closed as the request says. */
  open(request: SessionRequest, byId: boolean, ofReplica = false): Opened {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch === 0 || sessionEpoch === -1) {
      if (sessionId !== 0) this.#close(sessionId)
      if (sessionEpoch === -1) return once
      return this.#create(request, byId, ofReplica)
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return { kind: 'error', errorCode: codes.FETCH_SESSION_ID_NOT_FOUND }
    if (session.epoch !== sessionEpoch) return { kind: 'error', errorCode: codes.INVALID_FETCH_SESSION_EPOCH }
    if (session.byId !== byId) return { kind: 'error', errorCode: codes.FETCH_SESSION_TOPIC_ID_ERROR }
    if (session.ofReplica !== ofReplica) return { kind: 'error', errorCode: codes.INVALID_FETCH_SESSION_EPOCH }
    session.include(request.topics)
    session.forget(request.forgottenTopicsData)
    if (session.size === 0) {
      this.#close(sessionId)
      return once
    }
    session.epoch = session.epoch === 0x7fffffff ? 1 : session.epoch + 1
    session.lastUsedMs = this.#clock.monotonicMs()
    this.#sessions.delete(sessionId)
    this.#sessions.set(sessionId, session)
    session.listener?.superseded()
    return { kind: 'session', session, incremental: true }
  }

  #create(request: SessionRequest, byId: boolean, ofReplica: boolean): Opened {
    const nowMs = this.#clock.monotonicMs()
    let size = 0
    for (const topic of request.topics) size += topic.partitions.length
    if (this.#sessions.size >= this.#slotsMax && !this.#makeRoom(size, ofReplica, nowMs)) return once
    let id = 0
    while (id === 0 || this.#sessions.has(id)) id = this.#random.int(0x7fffffff)
    const session = new FetchSession(id, byId, ofReplica, nowMs)
    session.include(request.topics)
    this.#sessions.set(id, session)
    return { kind: 'session', session, incremental: false }
  }

  /** Closes a session that is idle, one that had its time and saves less than one of `size` partitions would, or for a replica any of a consumer. */
  #makeRoom(size: number, ofReplica: boolean, nowMs: number): boolean {
    const [oldest] = this.#sessions.values()
    if (oldest === undefined) return false
    if (nowMs - oldest.lastUsedMs > idleMsMax) {
      this.#close(oldest.id)
      return true
    }
    if (ofReplica) {
      for (const session of this.#sessions.values()) {
        if (session.ofReplica) continue
        this.#close(session.id)
        return true
      }
    }
    if (nowMs < this.#noRoomUntilMs && size <= this.#noRoomForSize) return false
    let smallest: FetchSession | null = null
    for (const session of this.#sessions.values()) {
      if (session.ofReplica || nowMs - session.createdMs <= idleMsMax || session.size >= size) continue
      if (smallest === null || session.size < smallest.size) smallest = session
    }
    if (smallest === null) {
      this.#noRoomUntilMs = nowMs + noRoomMs
      this.#noRoomForSize = size
      return false
    }
    this.#close(smallest.id)
    return true
  }

  #close(id: number): void {
    const session = this.#sessions.get(id)
    if (session === undefined) return
    this.#sessions.delete(id)
    session.close()
  }
}

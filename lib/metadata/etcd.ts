/**
 * The metadata store of brokers in several processes: keys in etcd, by the HTTP gateway that each of its members has. Etcd's
 * transactions, leases and watches are the store's; what a network may do to them is dealt with in etcd/.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import { bytesOf } from './etcd/batch.ts'
import { AnswerTooLarge, isCompacted, isLeaseGone, readable } from './etcd/faults.ts'
import { Gateway, type GatewayOptions } from './etcd/gateway.ts'
import { insist } from './etcd/insist.ts'
import { Lane } from './etcd/lane.ts'
import { EtcdSession, grantLease, keepAlive, revokeLease } from './etcd/lease.ts'
import { encoded, entryOf, type KeyValue, type RangeResponse, rangeOf, revisionOf } from './etcd/messages.ts'
import { RevisionTimes } from './etcd/revision-times.ts'
import { WatchStream } from './etcd/stream.ts'
import {
  type Entry,
  type MetadataStore,
  operationsMax,
  type Session,
  SessionEnded,
  StoreClosed,
  StoreUnavailable,
  type Transaction,
  type TransactionResult,
  TransactionTooLarge,
  transactionBytesMax,
  type Watch,
  type WatchEvent,
} from './store.ts'

export interface EtcdStoreOptions extends GatewayOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Keys of the store itself, which no user of it sees. */
const ownKeys = '.store/'
/**
 * Entries that are asked for at a time: for each page etcd counts all that follow, so there should not be many. A page of the largest topics
 * is smaller.
 */
const pageEntriesMax = 10_000
/** A large page takes etcd a while where the machine is busy. */
const pageMaxMs = 10_000
const attemptMaxMs = 3_000
/** After so long an operation is given up. */
const operationMaxMs = 20_000
/** The lease of what the store keeps for itself; what a broker keeps has the lease of its session. */
const ownLeaseMs = 60_000

export class EtcdStore implements MetadataStore {
  readonly #prefix: string
  readonly #gateway: Gateway
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #lane: Lane
  readonly #stream: WatchStream
  readonly #sessions = new Set<EtcdSession>()
  readonly #times: RevisionTimes
  #ownLease: Promise<string> | null = null
  #ownLeaseTimer: Timer | null = null
  #closed = false

  constructor(options: EtcdStoreOptions) {
    const { clock, random, logger } = options
    const { prefix } = options.address
    this.#prefix = prefix
    this.#clock = clock
    this.#logger = logger
    this.#times = new RevisionTimes(clock)
    this.#gateway = new Gateway(options)
    const ownPrefix = prefix + ownKeys
    const shared = { gateway: this.#gateway, prefix, clock, logger }
    this.#lane = new Lane({ ...shared, markPrefix: ownPrefix, lease: lost => this.#leaseOfOwn(lost), random })
    this.#stream = new WatchStream({ ...shared, ownPrefix })
  }

  async get(key: string): Promise<Entry | null> {
    const { kvs } = await this.#range({ key: encoded(this.#prefix + key) })
    return kvs?.[0] === undefined ? null : readable(() => entryOf(kvs[0]!, this.#prefix))
  }

  async list(prefix: string): Promise<{ entries: readonly Entry[]; revision: number }> {
    for (;;) {
      try {
        return await this.#list(prefix)
      } catch (error) {
        // It took so long that the revision was forgotten over it.
        if (!isCompacted(error)) throw error
      }
    }
  }

  async #list(prefix: string): Promise<{ entries: readonly Entry[]; revision: number }> {
    const range = rangeOf(this.#prefix + prefix)
    const entries: Entry[] = []
    let { key } = range
    let revision = 0
    let limit = pageEntriesMax
    const ask = () => {
      const pinned = revision > 0 && { revision: String(revision) }
      return this.#range({ ...range, key, limit: String(limit), ...pinned }, pageMaxMs)
    }
    let page = ask()
    for (;;) {
      let answer: RangeResponse
      try {
        answer = await page
      } catch (error) {
        if (!(error instanceof AnswerTooLarge) || limit === 1) throw error
        limit = Math.ceil(limit / 10)
        page = ask()
        continue
      }
      const { kvs, more } = readable(() => ({ kvs: [...(answer.kvs ?? [])], more: answer.more }))
      const goesOn = more && kvs.length > 0
      if (revision === 0) revision = readable(() => revisionOf(answer.header?.revision))
      if (goesOn) {
        // Etcd has the next page ready while this one is read.
        key = readable(() => after(kvs.at(-1)!))
        page = ask()
      }
      for (const entry of readable(() => kvs.map(kv => entryOf(kv, this.#prefix)))) {
        if (!entry.key.startsWith(ownKeys)) entries.push(entry)
      }
      if (!goesOn) return { entries: inOrder(entries), revision }
    }
  }

  async watch(
    prefix: string,
    afterRevision: number,
    listener: (event: WatchEvent) => void,
    gone: () => void,
  ): Promise<Watch> {
    this.#checkOpen()
    return this.#stream.watch(prefix, afterRevision, listener, gone)
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen()
    const { conditions = [], changes } = transaction
    if (conditions.length > operationsMax || changes.length > operationsMax) {
      throw new TransactionTooLarge(`a transaction has ${conditions.length} conditions and ${changes.length} changes`)
    }
    if (changes.some(change => 'prefix' in change && change.prefix === '')) throw new RangeError('a prefix is empty')
    const bytes = bytesOf(transaction)
    if (bytes > transactionBytesMax) throw new TransactionTooLarge(`a transaction has ${bytes} bytes`)
    const sessions = new Set(changes.flatMap(change => ('key' in change && change.session) || []))
    if ([...sessions].some(({ ended }) => ended)) throw new SessionEnded()
    try {
      const { result, revision } = await this.#lane.transact(transaction)
      this.#times.note(revision)
      await this.#stream.reached(revision)
      return result
    } catch (error) {
      if (!isLeaseGone(error) || sessions.size === 0) throw error
      // Which of them it was, etcd does not say.
      for (const session of sessions) if (session instanceof EtcdSession && sessions.size === 1) session.lost()
      throw new SessionEnded()
    }
  }

  async openSession(ttlMs: number): Promise<Session> {
    this.#checkOpen()
    const grantedAtMs = this.#clock.monotonicMs()
    const id = await grantLease(this.#gateway, ttlMs, this.#clock, operationMaxMs)
    const session = new EtcdSession({
      id,
      ttlMs,
      grantedAtMs,
      gateway: this.#gateway,
      prove: () => this.#prove(),
      clock: this.#clock,
      logger: this.#logger,
    })
    this.#sessions.add(session)
    session.onEnd(() => this.#sessions.delete(session))
    if (this.#closed) await session.close()
    this.#checkOpen()
    return session
  }

  async compact(olderThanMs: number): Promise<void> {
    const revision = this.#times.newestBefore(olderThanMs)
    if (revision === null) return
    try {
      await this.#insist(() => this.#gateway.call('/v3/kv/compaction', { revision: String(revision) }, attemptMaxMs))
    } catch (error) {
      // Somebody else did it.
      if (!isCompacted(error)) throw error
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#lane.close()
    this.#stream.close()
    await Promise.all([...this.#sessions].map(session => session.close()))
    this.#ownLeaseTimer?.cancel()
    const lease = await this.#ownLease?.catch(() => undefined)
    if (lease !== undefined) await revokeLease(this.#gateway, lease, this.#clock, attemptMaxMs)
    this.#gateway.close()
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreClosed()
  }

  /** Reading may be done again and again. */
  async #range(request: object, timeoutMs = attemptMaxMs): Promise<RangeResponse> {
    const answer = await this.#insist(() => this.#gateway.call<RangeResponse>('/v3/kv/range', request, timeoutMs))
    this.#times.note(Number(answer.header?.revision))
    return answer
  }

  async #insist<T>(ask: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    try {
      return await insist(ask, this.#clock, operationMaxMs, () => this.#closed)
    } finally {
      this.#checkOpen()
    }
  }

  /** Something is written, and seen by those who watch. */
  async #prove(): Promise<number> {
    const { revision, sentAtMs } = await this.#lane.transact({ changes: [] })
    this.#times.note(revision)
    await this.#stream.reached(revision)
    if (this.#stream.isLost) throw new StoreUnavailable('what the watch missed is read again')
    return sentAtMs
  }

  #leaseOfOwn(lost: boolean): Promise<string> {
    if (lost) {
      this.#ownLease = null
      this.#ownLeaseTimer?.cancel()
    }
    this.#ownLease ??= grantLease(this.#gateway, ownLeaseMs, this.#clock, operationMaxMs).then(
      id => {
        this.#keepOwn(id)
        return id
      },
      error => {
        this.#ownLease = null
        throw error
      },
    )
    return this.#ownLease
  }

  #keepOwn(id: string): void {
    this.#ownLeaseTimer = this.#clock.schedule(ownLeaseMs / 4, async () => {
      const alive = await keepAlive(this.#gateway, id, attemptMaxMs).catch(() => true)
      if (this.#closed) return
      if (alive) this.#keepOwn(id)
      else this.#ownLease = null
    })
  }
}

/** Etcd's order is that of bytes, which differs from that of texts beyond the first 65,536 characters of Unicode. */
function inOrder(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** The first key that could follow. */
function after({ key }: KeyValue): string {
  return Buffer.concat([Buffer.from(key, 'base64'), Buffer.of(0)]).toString('base64')
}

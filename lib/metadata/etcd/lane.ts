/**
 * The one lane in which a store object's transactions go to etcd: a request at a time, with all that came meanwhile. What is in doubt is
 * sent again, which does no harm (batch.ts), until etcd tells what became of it.
 */
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Random } from '../../base/random.ts'
import { StoreClosed, StoreUnavailable, type Transaction, type TransactionResult } from '../store.ts'
import { batchLength, batchMax, batchRequest, batchResults, type Mark, markIn, resultBy } from './batch.ts'
import { EtcdRefusal, EtcdSilence, isLeaseGone, readable } from './faults.ts'
import type { Gateway } from './gateway.ts'
import {
  decoded,
  encoded,
  type KeyValue,
  type RangeResponse,
  rangeOf,
  revisionOf,
  type TxnRequest,
  type TxnResponse,
} from './messages.ts'

/** What is told of a transaction: besides its result, how far etcd was, and when the request was sent that was answered. */
export interface LaneResult {
  readonly result: TransactionResult
  readonly revision: number
  readonly sentAtMs: number
}

interface Waiting {
  readonly transaction: Transaction
  readonly resolve: (result: LaneResult) => void
  readonly reject: (error: unknown) => void
}

export interface LaneOptions {
  readonly gateway: Gateway
  readonly prefix: string
  /** What the keys of marks begin with. */
  readonly markPrefix: string
  /** The lease with which the mark goes: another one where the last was lost. */
  readonly lease: (lost: boolean) => Promise<string>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** An election of etcd takes one to two seconds, so a request to a member that is cut off should not take all the time there is. */
const attemptMaxMs = 3_000
/** After so long nobody is told any more what became of a transaction. */
const doubtMaxMs = 20_000
const againMs = 50

export class Lane {
  readonly #options: LaneOptions
  #waiting: Waiting[] = []
  #running = false
  #mark: Mark | null = null
  #number = 0
  #closed = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  transact(transaction: Transaction): Promise<LaneResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new StoreClosed())
        return
      }
      this.#waiting.push({ transaction, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  close(): void {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new StoreClosed())
  }

  async #run(): Promise<void> {
    this.#running = true
    // What else this turn brings goes with it.
    await null
    while (this.#waiting.length > 0) {
      const length = batchLength(this.#waiting.slice(0, batchMax).map(({ transaction }) => transaction))
      await this.#carryOut(this.#waiting.splice(0, length))
    }
    this.#running = false
  }

  async #carryOut(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#send(batch.map(({ transaction }) => transaction))
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve(results[i]!)
    } catch (error) {
      if (error instanceof EtcdRefusal && batch.length > 1) {
        // One of them is at fault, and the others are not.
        for (const one of batch) await this.#carryOut([one])
        return
      }
      for (const { reject } of batch) reject(this.#closed ? new StoreClosed() : error)
    }
  }

  /** Sends a batch until its outcome is known. Rejects with EtcdRefusal where it was not carried out, with another where nobody knows. */
  async #send(transactions: readonly Transaction[]): Promise<LaneResult[]> {
    const { prefix, clock } = this.#options
    const giveUpMs = clock.monotonicMs() + doubtMaxMs
    let inDoubt = false
    for (;;) {
      if (this.#closed) throw new StoreClosed()
      const mark = this.#mark ?? (await this.#begin(giveUpMs))
      const number = ++this.#number
      const request = batchRequest(transactions, prefix, mark, number)
      for (;;) {
        const sentAtMs = clock.monotonicMs()
        const answer = await this.#attempt(request, giveUpMs, inDoubt)
        if (answer === null) {
          inDoubt = true
          continue
        }
        const { results, found, revision } = readable(() => ({
          results: batchResults(transactions, answer),
          found: markIn(answer),
          revision: revisionOf(answer.header?.revision),
        }))
        if (results !== null) {
          this.#mark = { ...mark, revision }
          return results.map(result => ({ result, revision, sentAtMs }))
        }
        this.#mark = null
        if (found !== null && readable(() => decoded(found.value)) === String(number)) {
          const carriedOutAt = readable(() => revisionOf(found.mod_revision))
          this.#mark = { ...mark, revision: carriedOutAt }
          return await this.#resultsBefore(transactions, carriedOutAt, sentAtMs, giveUpMs)
        }
        // The mark went with its lease, or is somebody else's: what was never in doubt was not done, and is sent under a new mark.
        if (inDoubt)
          throw new StoreUnavailable('etcd was out of reach for too long to know what became of a transaction')
        break
      }
    }
  }

  /** Null where nobody knows whether it was carried out. */
  async #attempt(request: TxnRequest, giveUpMs: number, inDoubt: boolean): Promise<TxnResponse | null> {
    const { gateway, clock } = this.#options
    try {
      return await gateway.call<TxnResponse>('/v3/kv/txn', request, attemptMaxMs)
    } catch (error) {
      if (!(error instanceof EtcdSilence)) {
        // A lease that is gone is looked at only where the mark was as it was left, so nothing was done before either.
        if (!inDoubt || isLeaseGone(error)) throw error
        this.#mark = null
        throw new StoreUnavailable(`${(error as Error).message}; what became of a transaction before that is unknown`)
      }
      if (this.#closed || clock.monotonicMs() >= giveUpMs) {
        // Whoever comes next writes under a new mark, so that this one, should it be carried out later, does not confuse it.
        this.#mark = null
        throw error
      }
      await new Promise<void>(resolve => clock.schedule(againMs, resolve))
      return null
    }
  }

  /** Writes a first mark, under a key that nobody had. */
  async #begin(giveUpMs: number): Promise<Mark> {
    const { gateway, markPrefix, lease, clock, random } = this.#options
    let lost = false
    for (;;) {
      try {
        const mark = { key: `${markPrefix}${random.uuid()}`, lease: await lease(lost) }
        const key = encoded(mark.key)
        const answer = await gateway.call<TxnResponse>(
          '/v3/kv/txn',
          {
            // A request that arrives twice would change what the first one began.
            compare: [{ key, target: 'CREATE', result: 'EQUAL', create_revision: '0' }],
            success: [{ request_put: { key, value: encoded('0'), lease: mark.lease } }],
            failure: [],
          },
          attemptMaxMs,
        )
        if (answer.succeeded) {
          this.#mark = { ...mark, revision: readable(() => revisionOf(answer.header?.revision)) }
          return this.#mark
        }
      } catch (error) {
        lost = isLeaseGone(error)
        if (!(lost || error instanceof EtcdSilence) || this.#closed || clock.monotonicMs() >= giveUpMs) throw error
        await new Promise<void>(resolve => clock.schedule(againMs, resolve))
      }
    }
  }

  /** The results of a batch whose answer was lost: its conditions, and what it deletes, are looked at as they were before it. */
  async #resultsBefore(
    transactions: readonly Transaction[],
    revision: number,
    sentAtMs: number,
    giveUpMs: number,
  ): Promise<LaneResult[]> {
    const changes = transactions.flatMap(transaction => transaction.changes)
    const conditions = transactions.flatMap(transaction => transaction.conditions ?? [])
    const deleted = changes.filter(change => 'key' in change && change.value === null) as { readonly key: string }[]
    const { prefix } = this.#options
    const before = new Map<string, KeyValue>()
    for (const key of new Set([...conditions, ...deleted].map(each => each.key))) {
      const found = await this.#firstAt({ key: encoded(prefix + key) }, revision - 1, giveUpMs)
      if (found !== null) before.set(key, found)
    }
    const full = new Set<string>()
    for (const change of changes) {
      if (!('prefix' in change)) continue
      const found = await this.#firstAt(rangeOf(prefix + change.prefix), revision - 1, giveUpMs)
      if (found !== null) full.add(change.prefix)
    }
    return transactions.map(transaction => ({
      result: resultBy(transaction, before, revision, full),
      revision,
      sentAtMs,
    }))
  }

  async #firstAt(
    range: { readonly key: string; readonly range_end?: string },
    revision: number,
    giveUpMs: number,
  ): Promise<KeyValue | null> {
    const { gateway, clock } = this.#options
    for (;;) {
      try {
        const body = { ...range, limit: '1', revision: String(revision) }
        const { kvs } = await gateway.call<RangeResponse>('/v3/kv/range', body, attemptMaxMs)
        return kvs?.[0] ?? null
      } catch (error) {
        if (!(error instanceof EtcdSilence) || this.#closed || clock.monotonicMs() >= giveUpMs) throw error
        await new Promise<void>(resolve => clock.schedule(againMs, resolve))
      }
    }
  }
}

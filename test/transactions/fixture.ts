/** A shard of transactions under test: records take effect at once, and the time is the test's. */
import type { Moment, Outcome } from '../../lib/base/outcome.ts'
import { type InitAnswer, type Markers, TransactionShard } from '../../lib/transactions/shard.ts'
import { decodeTransaction, encodeTransaction, type TransactionRecord } from '../../lib/transactions/stored.ts'
import type { ClientTransactionVersion, TopicPartitions } from '../../lib/transactions/transaction.ts'

export const startMs = 1_700_000_000_000

export const partitionsOf = (...names: string[]): TopicPartitions => {
  const topics = new Map<string, Set<number>>()
  for (const name of names) {
    const dash = name.lastIndexOf('-')
    const topic = name.slice(0, dash)
    topics.set(topic, (topics.get(topic) ?? new Set()).add(Number(name.slice(dash + 1))))
  }
  return topics
}

export interface Producer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

export class ShardFixture {
  ms = startMs
  nextProducerId = 100
  /** All that was written, as in the log. */
  readonly log: TransactionRecord[] = []
  told = 0
  shard: TransactionShard
  readonly #settings = {
    timeoutMsMax: 900_000,
    idExpirationMs: 604_800_000,
    abortCheckIntervalMs: 10_000,
    expiryCheckIntervalMs: 3_600_000,
  }

  constructor() {
    this.shard = this.#loaded()
  }

  get now(): Moment {
    return { ms: this.ms, monotonicMs: this.ms - startMs }
  }

  #loaded(): TransactionShard {
    const shard = new TransactionShard(this.#settings, () => this.told++)
    for (const record of this.log) {
      const { key, value } = encodeTransaction(record, 2)
      shard.replay(decodeTransaction(key, value)!)
    }
    shard.loaded(this.now)
    return shard
  }

  /** The coordinator dies, and another one reads the log. */
  restart(): void {
    this.shard.close()
    this.shard = this.#loaded()
  }

  run<T>({ records, response }: Outcome<TransactionRecord, T>): T {
    for (const record of records) {
      this.log.push(record)
      this.shard.replay(record)
    }
    return response
  }

  init(transactionalId: string, claim: Partial<Producer> & { timeoutMs?: number } = {}): InitAnswer {
    const request = {
      transactionalId,
      timeoutMs: claim.timeoutMs ?? 60_000,
      producerId: claim.producerId ?? -1,
      producerEpoch: claim.producerEpoch ?? -1,
    }
    const first = this.run(this.shard.initProducerId(request, null, this.now))
    return first.needsProducerId ? this.run(this.shard.initProducerId(request, this.nextProducerId++, this.now)) : first
  }

  /** A producer that may begin. */
  producer(transactionalId: string, claim: { timeoutMs?: number } = {}): Producer {
    const { producerId, producerEpoch } = this.init(transactionalId, claim)
    return { transactionalId, producerId, producerEpoch }
  }

  add(producer: Producer, names: readonly string[], version: ClientTransactionVersion = 2): number {
    return this.run(this.shard.addPartitions(producer, partitionsOf(...names), version, this.now))
  }

  end(producer: Producer, committed: boolean, clientTransactionVersion: ClientTransactionVersion = 2): InitAnswer {
    const request = { ...producer, committed, clientTransactionVersion }
    const first = this.run(this.shard.endTxn(request, null, this.now))
    return first.needsProducerId ? this.run(this.shard.endTxn(request, this.nextProducerId++, this.now)) : first
  }

  /** Writes all markers that are due, and says so. */
  settle(): Markers[] {
    const due = this.shard.markersDue()
    for (const markers of due) this.run(this.shard.completed(markers, this.now))
    return due
  }

  /** Lets time pass, with what the shard does by itself. */
  pass(ms: number): void {
    const end = this.ms + ms
    while (this.shard.nextTimerMs + startMs <= end) {
      this.ms = Math.max(this.ms, this.shard.nextTimerMs + startMs)
      const outcome = this.shard.expire(this.now)
      if (outcome) this.run(outcome)
      while (this.shard.hasWork) this.run(this.shard.work(this.now))
    }
    this.ms = end
  }

  state(transactionalId: string): string {
    return this.shard.get(transactionalId)?.state ?? 'none'
  }
}

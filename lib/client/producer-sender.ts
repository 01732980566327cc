/** Sends the batches of a producer: which of them can go, to whom, by what request. What an answer means for a batch is in producer-answers.ts. */
import { codes, isRetriable, KafkaError } from '../../protocol/errors.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { type BatchRecord, buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { Alarm } from '../base/alarm.ts'
import type { Connection } from './connections.ts'
import { producedBy } from './produced-by.ts'
import { halvesOf, isHalved, isPassing, losesEpoch, lost, type Verdict, verdictOf } from './producer-answers.ts'
import { byTopicName, type PartitionName, type ProducerIdentity } from './producer-identity.ts'
import { type ProducerBatch, ProducerQueue } from './producer-queue.ts'
import type { Routes } from './routes.ts'
import type { TopicLeaders } from './topic-leaders.ts'

export interface SenderOptions<R extends BatchRecord> {
  readonly routes: Routes
  readonly leaders: TopicLeaders
  readonly identity: ProducerIdentity | null
  readonly acks: 0 | 1 | -1
  readonly compression: Codec
  readonly compressionLevel: number | undefined
  readonly batchBytesMax: number
  readonly lingerMs: number
  readonly requestBytesMax: number
  readonly inFlightMax: number
  readonly retriesMax: number
  readonly retryBackoffMs: number
  readonly requestTimeoutMs: number
  readonly deliveryTimeoutMs: number
  readonly done: (batch: ProducerBatch<R>, baseOffset: number, error: Error | null) => void
}

interface Node {
  readonly id: number
  connection: Connection | null
  isOpening: boolean
  inFlight: number
}

/** The newest versions that name topics, and that leave adding partitions to transactions to the producer. */
const [versionMax, versionMaxTransactional] = [12, 11]

export class ProducerSender<R extends BatchRecord> {
  readonly #options: SenderOptions<R>
  readonly #queues = new Map<string, Map<number, ProducerQueue<R>>>()
  /** Those that have something to send. */
  readonly #active = new Set<ProducerQueue<R>>()
  readonly #nodes = new Map<number, Node>()
  readonly #alarm: Alarm
  #batchesInFlight = 0
  #isDue = false
  #isHurried = false
  /** Whether an id and epoch have to be asked for before anything else is sent. */
  #needsIdentity: boolean
  #isIdentifying = false
  /** Partitions of the transaction that is open; null outside of one. */
  #transaction: Set<ProducerQueue<R>> | null = null
  #isAdding = false
  #endsSomething = false
  #isClosed = false

  constructor(options: SenderOptions<R>) {
    this.#options = options
    this.#needsIdentity = options.identity !== null
    this.#alarm = new Alarm(options.routes.clock, () => this.#drain(), 'monotonicMs')
  }

  add(topic: string, partition: number, record: R, bytes: number): void {
    const queue = this.#queueOf(topic, partition)
    const wasEmpty = queue.isEmpty
    this.#isHurried = false
    // Timers tick by the millisecond: one that is counted from a fraction rings early as often as not, and is late by a whole one after that.
    if (queue.add(record, bytes, this.#options.batchBytesMax, Math.floor(this.#now))) this.#drainSoon()
    else if (wasEmpty) {
      if (this.#options.lingerMs === 0) this.#drainSoon()
      else this.#alarm.set(Math.min(this.#nextMs, queue.openSinceMs + this.#options.lingerMs))
    }
    if (wasEmpty) this.#active.add(queue)
  }

  /** Adds a whole batch, to be sent as it is but for who produced it. */
  addMade(topic: string, partition: number, made: Buffer, count: number, tag: unknown): void {
    const queue = this.#queueOf(topic, partition)
    queue.addMade(made, count, tag, this.#now)
    this.#active.add(queue)
    this.#drainSoon()
  }

  #queueOf(topic: string, partition: number): ProducerQueue<R> {
    const partitions = this.#queues.get(topic) ?? new Map<number, ProducerQueue<R>>()
    const queue = partitions.get(partition) ?? new ProducerQueue<R>(topic, partition)
    if (partitions.size === 0) this.#queues.set(topic, partitions)
    partitions.set(partition, queue)
    return queue
  }

  /** Sends also what could wait for more. */
  hurry(): void {
    this.#isHurried = true
    this.#drainSoon()
  }

  async begin(): Promise<void> {
    const { identity } = this.#options
    if (identity === null || identity.transactionalId === null) {
      throw new KafkaError(codes.INVALID_TXN_STATE, 'a producer without a transactional id has no transactions')
    }
    if (this.#transaction !== null) throw new KafkaError(codes.INVALID_TXN_STATE, 'a transaction is open already')
    if (this.#needsIdentity) {
      await identity.begin()
      this.#identified()
    }
    this.#transaction = new Set()
    this.#endsSomething = false
  }

  /** Ends the transaction; the coordinator is not asked where it has not heard of it. */
  async end(committed: boolean): Promise<void> {
    if (this.#transaction === null) throw new KafkaError(codes.INVALID_TXN_STATE, 'no transaction is open')
    const isKnown = this.#endsSomething
    this.#transaction = null
    if (!isKnown) return
    if (!this.#needsIdentity) await this.#options.identity!.end(committed)
    else {
      // The coordinator aborts what the last epoch has left open before it gives the next one.
      await this.#options.identity!.begin()
      this.#identified()
    }
  }

  /** The transaction has offsets, of which its coordinator knows. */
  hasOffsets(): void {
    this.#endsSomething = true
  }

  /** Gives up what is not under way. */
  giveUp(error: Error): void {
    for (const queue of this.#active) for (const batch of queue.clear()) this.#options.done(batch, -1, error)
    this.#active.clear()
  }

  close(): void {
    this.#isClosed = true
    this.#alarm.cancel()
  }

  get #now(): number {
    return this.#options.routes.clock.monotonicMs()
  }

  #nextMs = Number.POSITIVE_INFINITY

  #drainSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#options.routes.clock.immediate(() => this.#drain())
  }

  #drain(): void {
    this.#isDue = false
    if (this.#isClosed) return
    if (this.#needsIdentity) {
      this.#identify()
      return
    }
    // One moment for all that follows: what was held up when it was looked at has its alarm, also where its time has come since.
    const now = this.#now
    while (this.#drainOnce(now));
    this.#rearm(now)
  }

  /** Sends one request to each leader that has fewer than the most in flight. True where at least one was sent. */
  #drainOnce(now: number): boolean {
    const { leaders, acks, requestBytesMax, inFlightMax } = this.#options
    const requests = new Map<Node, { bytes: number; batches: ProducerBatch<R>[] }>()
    const toAdd: ProducerQueue<R>[] = []
    let isLost = false
    for (const queue of this.#active) {
      this.#closeIfDue(queue, now)
      const batch = queue.peek()
      if (batch === undefined || queue.heldUntilMs > now || !this.#mayGo(queue)) continue
      if (this.#isLate(batch, now)) {
        this.#giveUpLate(queue)
        continue
      }
      if (this.#transaction !== null && !this.#transaction.has(queue)) {
        toAdd.push(queue)
        continue
      }
      const leader = leaders.leaderOf(queue.topic, queue.partition)
      if (leader < 0) {
        queue.heldUntilMs = now + this.#options.retryBackoffMs
        isLost = true
        continue
      }
      const node = this.#nodeOf(leader)
      if (node.connection === null) this.#connect(node)
      if (node.connection === null || node.inFlight >= inFlightMax) continue
      const request = requests.get(node) ?? { bytes: 0, batches: [] }
      if (request.bytes > 0 && request.bytes + batch.bytes > requestBytesMax) continue
      request.bytes += batch.bytes
      request.batches.push(queue.take())
      requests.set(node, request)
      if (queue.isEmpty) this.#active.delete(queue)
    }
    if (isLost) void leaders.refresh().then(() => this.#drainSoon())
    if (toAdd.length > 0) this.#addToTransaction(toAdd)
    for (const [node, { batches }] of requests) {
      if (acks === 0) void this.#tell(node, batches)
      else void this.#ask(node, batches)
    }
    return requests.size > 0
  }

  #mayGo(queue: ProducerQueue<R>): boolean {
    return this.#options.identity === null || queue.isOpen
  }

  #closeIfDue(queue: ProducerQueue<R>, now: number): void {
    if (this.#isHurried || now - queue.openSinceMs >= this.#options.lingerMs) queue.close()
  }

  /** The moment at which something is to be done that no answer brings about. */
  #rearm(now: number): void {
    let nextMs = Number.POSITIVE_INFINITY
    for (const queue of this.#active) {
      if (queue.heldUntilMs > now) nextMs = Math.min(nextMs, queue.heldUntilMs)
      else nextMs = Math.min(nextMs, queue.openSinceMs + this.#options.lingerMs)
    }
    this.#nextMs = nextMs
    this.#alarm.set(nextMs)
  }

  #nodeOf(id: number): Node {
    const node = this.#nodes.get(id) ?? { id, connection: null, isOpening: false, inFlight: 0 }
    this.#nodes.set(id, node)
    return node
  }

  #connect(node: Node): void {
    if (node.isOpening) return
    node.isOpening = true
    this.#options.routes.connectionTo({ to: 'broker', nodeId: node.id }).then(
      connection => {
        node.isOpening = false
        node.connection = connection
        this.#drainSoon()
      },
      error => {
        node.isOpening = false
        this.#unreachable(node, error as Error)
      },
    )
  }

  /** Nobody answers there: its partitions are tried again later, perhaps elsewhere. */
  #unreachable(node: Node, error: Error): void {
    const now = this.#now
    for (const queue of this.#active) {
      if (this.#options.leaders.leaderOf(queue.topic, queue.partition) !== node.id) continue
      if (!(error instanceof KafkaError) || isRetriable(error.code)) {
        queue.heldUntilMs = now + this.#options.retryBackoffMs
        continue
      }
      this.#active.delete(queue)
      for (const batch of queue.clear()) this.#giveUpOne(batch, error)
    }
    void this.#options.leaders.refresh().then(() => this.#drainSoon())
  }

  #encode(batch: ProducerBatch<R>): Buffer {
    const { identity, compression, compressionLevel } = this.#options
    const { queue, records, made } = batch
    if (identity !== null && batch.sequence < 0) {
      batch.sequence = queue.nextSequence
      queue.nextSequence = (queue.nextSequence + batch.count) % 2 ** 31
    }
    if (made !== null) {
      const isTransactional = identity?.transactionalId != null
      const { id, epoch } = identity ?? { id: -1, epoch: -1 }
      batch.encoded ??= producedBy(made, id, epoch, batch.sequence, isTransactional)
      return batch.encoded
    }
    batch.encoded ??= buildBatch({
      ...{ records, compression, baseOffset: 0 },
      ...(compressionLevel !== undefined && { level: compressionLevel }),
      ...(identity !== null && {
        ...{ producerId: identity.id, producerEpoch: identity.epoch, baseSequence: batch.sequence },
        isTransactional: identity.transactionalId !== null,
      }),
    })
    return batch.encoded
  }

  #requestOf(batches: readonly ProducerBatch<R>[]) {
    const named = batches.map(batch => ({ topic: batch.queue.topic, partition: batch.queue.partition, batch }))
    return {
      transactionalId: this.#options.identity?.transactionalId ?? null,
      acks: this.#options.acks,
      timeoutMs: this.#options.requestTimeoutMs,
      topicData: [...byTopicName(named)].map(([name, all]) => ({
        name,
        partitionData: all.map(({ partition, batch }) => ({ index: partition, records: this.#encode(batch) })),
      })),
    }
  }

  get #version(): number {
    return this.#options.identity?.transactionalId == null ? versionMax : versionMaxTransactional
  }

  #sent(node: Node, batches: readonly ProducerBatch<R>[], count: 1 | -1): void {
    node.inFlight += count
    this.#batchesInFlight += count * batches.length
    if (count > 0) for (const batch of batches) batch.attempts++
  }

  async #tell(node: Node, batches: ProducerBatch<R>[]): Promise<void> {
    this.#sent(node, batches, 1)
    const failure = await node.connection!.tell(Produce, this.#requestOf(batches), this.#version).then(
      () => null,
      error => error as Error,
    )
    this.#sent(node, batches, -1)
    if (failure) this.#disconnected(node, node.connection)
    for (const batch of batches) {
      batch.queue.settle(batch)
      this.#options.done(batch, -1, failure)
    }
    this.#drainSoon()
  }

  async #ask(node: Node, batches: ProducerBatch<R>[]): Promise<void> {
    const connection = node.connection!
    this.#sent(node, batches, 1)
    const verdicts = await connection
      .ask(Produce, this.#requestOf(batches), {
        mostVersion: this.#version,
        timeoutMs: this.#options.requestTimeoutMs,
      })
      .then(
        answer => {
          const results = new Map<string, Verdict>()
          for (const { name, partitionResponses } of answer.responses)
            for (const each of partitionResponses) results.set(`${name} ${each.index}`, verdictOf(each))
          return batches.map(({ queue }) => results.get(`${queue.topic} ${queue.partition}`) ?? lost)
        },
        error => {
          if (!(error instanceof KafkaError)) this.#disconnected(node, connection)
          const verdict: Verdict = error instanceof KafkaError ? { error, baseOffset: -1 } : lost
          return batches.map(() => verdict)
        },
      )
    this.#sent(node, batches, -1)
    const again: ProducerBatch<R>[] = []
    for (const [index, batch] of batches.entries()) this.#settle(batch, verdicts[index]!, again)
    if (again.length > 0) {
      const heldUntilMs = this.#now + this.#options.retryBackoffMs
      for (const { queue } of again) {
        queue.heldUntilMs = heldUntilMs
        this.#active.add(queue)
      }
      void this.#options.leaders.refresh().then(() => this.#drainSoon())
    }
    this.#drainSoon()
  }

  #settle(batch: ProducerBatch<R>, verdict: Verdict, again: ProducerBatch<R>[]): void {
    const { queue } = batch
    const { error, baseOffset } = verdict
    const isFirst = queue.isFirst(batch)
    queue.settle(batch)
    if (error === null) {
      queue.confirm()
      this.#options.done(batch, baseOffset, null)
      return
    }
    if (isHalved(batch, error.code)) {
      queue.putBack(halvesOf(batch))
      again.push(batch)
      return
    }
    const { identity, retriesMax } = this.#options
    const isTransactional = identity?.transactionalId != null
    if (losesEpoch(error.code) && identity !== null && !isTransactional) this.#needsIdentity = true
    // Behind one that was given up all are out of order, and go again in the next epoch.
    else if (!isPassing(error.code, isFirst && !this.#needsIdentity)) {
      this.#giveUpOne(batch, error)
      return
    }
    if (batch.attempts > retriesMax || this.#isLate(batch, this.#now)) {
      this.#giveUpOne(batch, error)
      return
    }
    queue.putBack([batch])
    again.push(batch)
  }

  #isLate(batch: ProducerBatch<R>, now: number): boolean {
    return now - batch.createdMs >= this.#options.deliveryTimeoutMs
  }

  #giveUpLate(queue: ProducerQueue<R>): void {
    const batch = queue.take()
    queue.settle(batch)
    if (queue.isEmpty) this.#active.delete(queue)
    const what = `${batch.count} record(s) for ${queue.topic}-${queue.partition}`
    const message = `Expiring ${what}:${this.#options.deliveryTimeoutMs} ms has passed since batch creation`
    this.#giveUpOne(batch, new KafkaError(codes.REQUEST_TIMED_OUT, message))
  }

  /** The sequence of a batch that is given up is missing for those behind it: they get others, in another epoch. */
  #giveUpOne(batch: ProducerBatch<R>, error: Error): void {
    if (batch.sequence >= 0) this.#needsIdentity = true
    this.#options.done(batch, -1, error)
  }

  #disconnected(node: Node, connection: Connection | null): void {
    if (node.connection !== connection || connection === null) return
    node.connection = null
    this.#options.routes.drop(connection)
  }

  /** Asks for an id or the next epoch, once nothing is under way whose sequences are of the last one. */
  #identify(): void {
    if (this.#isIdentifying || this.#batchesInFlight > 0 || this.#active.size === 0) return
    // A transaction is over where a part of it was given up: its epoch comes with the next one.
    if (this.#transaction !== null) {
      this.giveUp(new KafkaError(codes.TRANSACTION_ABORTABLE, 'a record of the transaction was given up'))
      return
    }
    this.#isIdentifying = true
    this.#options.identity!.begin().then(
      () => {
        this.#isIdentifying = false
        this.#identified()
        this.#drain()
      },
      error => {
        this.#isIdentifying = false
        this.giveUp(error)
      },
    )
  }

  #identified(): void {
    this.#needsIdentity = false
    for (const partitions of this.#queues.values()) for (const queue of partitions.values()) queue.restart()
  }

  #addToTransaction(queues: readonly ProducerQueue<R>[]): void {
    const transaction = this.#transaction
    if (this.#isAdding || transaction === null) return
    this.#isAdding = true
    this.#endsSomething = true
    const partitions: PartitionName[] = queues.map(({ topic, partition }) => ({ topic, partition }))
    this.#options.identity!.addPartitions(partitions).then(
      () => {
        this.#isAdding = false
        for (const queue of queues) transaction.add(queue)
        this.#drain()
      },
      error => {
        this.#isAdding = false
        for (const queue of queues) {
          this.#active.delete(queue)
          for (const batch of queue.clear()) this.#options.done(batch, -1, error)
        }
      },
    )
  }
}

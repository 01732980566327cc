/**
 * What transactions promise, and what was seen of them: nobody who reads what is committed sees a record before its producer asked to commit, or one
 * that was aborted; what is committed is there whole, once, and in the order of its producer; epochs never go back.
 */
import { Violation } from '../broker/model.ts'

/**
 * `open`: nobody may see it. `deciding`: its producer asked to commit, and does not know yet. `committed`, `aborted`: it was told so, or its
 * producer gave it up before it asked.
 */
export type Outcome = 'open' | 'deciding' | 'committed' | 'aborted'

/** What a producer is told apart by. */
export interface Epoch {
  readonly producerId: number
  readonly epoch: number
}

interface Sent {
  readonly partition: string
  readonly value: string
  /** −1 until it is acknowledged. */
  offset: number
}

/** One transaction as its producer knows it. */
export interface Transaction {
  readonly id: string
  outcome: Outcome
  readonly sent: Sent[]
  /** What it commits for a group, by partition of the input. */
  readonly offsets: Map<string, number>
}

export class TransactionModel {
  readonly #transactions = new Map<string, Transaction>()
  readonly #numbers = new Map<string, number>()
  /** Values by partition and offset, as they were acknowledged or read. */
  readonly #values = new Map<string, Map<number, string>>()
  /** Where each committed value was read. */
  readonly #places = new Map<string, string>()
  /** Who was given a producer id and epoch. */
  readonly #given = new Map<string, string>()
  /** By transactional id. */
  readonly #epochs = new Map<string, Epoch>()
  /** Whose a producer id is. */
  readonly #producerIds = new Map<number, string>()
  readonly #stableOffsets = new Map<string, number>()
  /** The clock was turned so far that logs may have forgotten producers. */
  mayForgetProducers = false
  acknowledgements = 0
  reads = 0
  commits = 0
  aborts = 0

  #next(counter: string): number {
    const number = (this.#numbers.get(counter) ?? 0) + 1
    this.#numbers.set(counter, number)
    return number
  }

  // Producers

  /** The newest epoch that is known of a transactional id. */
  newestEpoch(transactionalId: string): Epoch {
    return this.#epochs.get(transactionalId) ?? { producerId: -1, epoch: -1 }
  }

  /**
   * An instance of a producer was given an id and an epoch that nobody else may have; `isAgain`: it may have had them before. `before` was the newest
   * when it asked.
   */
  given(
    transactionalId: string,
    instance: string,
    { producerId, epoch }: Epoch,
    before: Epoch,
    isAgain: boolean,
  ): void {
    const key = `${producerId}:${epoch}`
    const owner = this.#given.get(key)
    if (owner !== undefined && (owner !== instance || !isAgain))
      throw new Violation(`${instance} is given producer ${producerId} and epoch ${epoch}, as was ${owner}`)
    this.#given.set(key, instance)
    const owned = this.#producerIds.get(producerId) ?? transactionalId
    this.#producerIds.set(producerId, owned)
    if (owned !== transactionalId)
      throw new Violation(`producer id ${producerId} of ${owned} is given to ${transactionalId}`)
    if (producerId === before.producerId && (isAgain ? epoch < before.epoch : epoch <= before.epoch))
      throw new Violation(`${transactionalId} is given epoch ${epoch} after ${before.epoch}`)
    const newest = this.newestEpoch(transactionalId)
    const isNewer = producerId > newest.producerId || (producerId === newest.producerId && epoch > newest.epoch)
    if (isNewer) this.#epochs.set(transactionalId, { producerId, epoch })
  }

  begin(transactionalId: string): Transaction {
    const id = `${transactionalId}#${this.#next(transactionalId)}`
    const transaction: Transaction = { id, outcome: 'open', sent: [], offsets: new Map() }
    this.#transactions.set(id, transaction)
    return transaction
  }

  /** A value that nobody else sends. `source` says what it was made of. */
  value(transaction: Transaction, partition: string, source = ''): string {
    const transactionalId = transaction.id.split('#')[0]!
    const value = `${transaction.id}:${this.#next(`${transactionalId} values`)}:${source}`
    transaction.sent.push({ partition, value, offset: -1 })
    return value
  }

  acknowledge(transaction: Transaction, partition: string, baseOffset: number, values: readonly string[]): void {
    values.forEach((value, i) => {
      const offset = baseOffset + i
      this.#at(partition, offset, value)
      transaction.sent.find(each => each.value === value)!.offset = offset
    })
    this.acknowledgements++
  }

  /** Its producer asks for it to be committed: from now on it may be. */
  deciding(transaction: Transaction): void {
    if (transaction.outcome === 'open') transaction.outcome = 'deciding'
  }

  committed(transaction: Transaction): void {
    transaction.outcome = 'committed'
    this.commits++
  }

  aborted(transaction: Transaction): void {
    transaction.outcome = 'aborted'
    this.aborts++
    for (const { value } of transaction.sent) {
      if (this.#places.has(value)) throw new Violation(`${value} was read as committed, and is aborted`)
    }
  }

  // Readers

  #at(partition: string, offset: number, value: string): void {
    const values = this.#values.get(partition) ?? new Map<number, string>()
    this.#values.set(partition, values)
    const before = values.get(offset)
    if (before !== undefined && before !== value)
      throw new Violation(`${partition}: offset ${offset} held ${before}, and now ${value}`)
    values.set(offset, value)
  }

  /** A record was read, by whoever reads what is not committed, too. */
  saw(partition: string, offset: number, value: string): void {
    this.#at(partition, offset, value)
  }

  /** A record was read by who wants only what is committed. */
  sawCommitted(partition: string, offset: number, value: string): void {
    this.#at(partition, offset, value)
    const transaction = this.#transactions.get(value.split(':')[0]!)
    if (transaction === undefined) throw new Violation(`${partition}: nobody sent ${value}, which is at ${offset}`)
    if (transaction.outcome === 'open' || transaction.outcome === 'aborted')
      throw new Violation(`${partition}: ${value} at ${offset} is read as committed, and is ${transaction.outcome}`)
    const place = `${partition}@${offset}`
    const before = this.#places.get(value) ?? place
    if (before !== place) throw new Violation(`${value} is at ${before} and at ${place}`)
    this.#places.set(value, place)
  }

  /** What is decided stays so: the last stable offset of a partition never goes back. */
  sawStableOffset(partition: string, offset: number): void {
    const before = this.#stableOffsets.get(partition) ?? 0
    if (offset < before)
      throw new Violation(`${partition}: the last stable offset went back from ${before} to ${offset}`)
    this.#stableOffsets.set(partition, offset)
    this.reads++
  }

  // Groups

  /** The last offset of a group that is known to be committed: whoever asks from now on hears of none before it. */
  leastOffset(partition: string): number {
    let least = 0
    for (const { outcome, offsets } of this.#transactions.values()) {
      if (outcome === 'committed') least = Math.max(least, offsets.get(partition) ?? 0)
    }
    return least
  }

  /** A group's offset was answered: one that was committed, or of a transaction that may be, and none before `least`. */
  sawOffset(partition: string, offset: number, least: number): void {
    let isKnown = offset === 0
    for (const { outcome, offsets } of this.#transactions.values()) {
      const committed = offsets.get(partition)
      if (committed === undefined) continue
      if (committed === offset && (outcome === 'committed' || outcome === 'deciding')) isKnown = true
    }
    if (!isKnown) throw new Violation(`${partition}: the group's offset is ${offset}, which nobody committed`)
    if (offset < least) throw new Violation(`${partition}: the group's offset is ${offset}, and ${least} was committed`)
  }

  // The end

  /** All that can be read as committed at the end, by partition: offsets and values in order. */
  checkAll(partitions: ReadonlyMap<string, readonly (readonly [number, string])[]>): void {
    const found = new Set<string>()
    for (const [partition, values] of partitions) {
      const last = new Map<string, number>()
      for (const [offset, value] of values) {
        this.sawCommitted(partition, offset, value)
        if (found.has(value)) throw new Violation(`${partition}: ${value} is there twice`)
        found.add(value)
        const [id, text] = value.split(':') as [string, string]
        const transactionalId = id.split('#')[0]!
        const [number, before] = [Number(text), last.get(transactionalId) ?? 0]
        if (number <= before) throw new Violation(`${partition}: ${value} comes after number ${before} of its producer`)
        last.set(transactionalId, number)
      }
    }
    for (const value of this.#places.keys()) {
      if (!found.has(value)) throw new Violation(`${value} was read as committed, and is lost`)
    }
    for (const { id, outcome, sent } of this.#transactions.values()) {
      const there = sent.filter(({ value }) => found.has(value))
      const mayMiss = outcome === 'open' || outcome === 'aborted' || (outcome === 'deciding' && there.length === 0)
      if (!mayMiss && there.length !== sent.length)
        throw new Violation(`${id} is ${outcome}, and ${there.length} of its ${sent.length} records are there`)
    }
  }

  /** What was made of a partition's committed records up to a group's offset is there once for each, and in their order. */
  checkCopies(partition: string, offset: number, inputs: readonly number[], copies: readonly string[]): void {
    const wanted = inputs.filter(each => each < offset).map(each => `${partition}@${each}`)
    const sources = copies.map(each => each.split(':')[2]!).filter(each => each.startsWith(`${partition}@`))
    wanted.forEach((source, i) => {
      if (sources[i] !== source) throw new Violation(`copy ${i} is of ${sources[i] ?? 'nothing'}, not of ${source}`)
    })
    if (sources.length > wanted.length)
      throw new Violation(`${sources[wanted.length]} was copied, and the group's offset is ${offset}`)
  }
}

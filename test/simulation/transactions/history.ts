/**
 * One history of transactions in a whole broker, out of a seed: instances of producers and copiers that replace one another, fall asleep and wake, in both
 * protocols; readers; markers late and repeated; a broker that dies at any step, and whose clock is turned. At the end nothing may hang.
 */

import type { Client } from '../../../lib/client/client.ts'
import { codes } from '../../../protocol/errors.ts'
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { ListOffsets } from '../../../protocol/messages/list-offsets.ts'
import { ListTransactions } from '../../../protocol/messages/list-transactions.ts'
import { OffsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../../protocol/schema.ts'
import { type Loose, wholeRequest } from '../../../protocol/whole-request.ts'
import { Actor } from '../broker/actor.ts'
import { Lives } from '../broker/lives.ts'
import { Violation } from '../broker/model.ts'
import { brokerHost, World } from '../broker/world.ts'
import type { SeedOptions } from '../simulation.ts'
import { Copier } from './copier.ts'
import { troubledMarkers } from './markers.ts'
import { TransactionModel } from './model.ts'
import { TransactionalProducer } from './producer.ts'
import { committedRecords, fetchRequest, TransactionReader } from './reader.ts'
import { transactionSabotages } from './sabotage.ts'
import type { Target } from './session.ts'

const partitions = 2
/** What producers write and copiers read, what copiers write, and a topic that comes and goes. */
const [letters, copies, fleeting] = ['letters', 'copies', 'fleeting']
const stateTopics = { __consumer_offsets: 2, __transaction_state: 2 }
/** Connections that are cut in about a second. */
const cutsMax = 12
/** How often the ends of a partition are looked at, 100 ms apart, until they agree. */
const lastWordsMax = 50
const [idExpirationMs, producerExpirationMs] = [90_000, 120_000]

/** What came of a seed. */
export interface TransactionFigures {
  readonly commits: number
  readonly aborts: number
  readonly acknowledgements: number
  readonly reads: number
  readonly copied: number
  readonly lives: number
}

/** Runs a seed to its end; rejects where something is not as it must be. */
export async function runTransactions(seed: number, options: SeedOptions = {}): Promise<TransactionFigures> {
  return new TransactionHistory(seed, options).run()
}

class TransactionHistory {
  readonly #world: World
  readonly #model = new TransactionModel()
  readonly #lives: Lives
  readonly #inputs = targets(letters)
  #client: Client | null = null
  #actors: readonly Actor<TransactionModel>[] = []
  #turnedMs = 0

  constructor(seed: number, { sabotage, trace }: SeedOptions) {
    const isFlushed = seed % 3 === 0
    const fault = sabotage === undefined ? {} : transactionSabotages[sabotage]!
    this.#world = new World(seed, {
      properties: {
        'offsets.topic.num.partitions': String(stateTopics.__consumer_offsets),
        'transaction.state.log.num.partitions': String(stateTopics.__transaction_state),
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
        'transaction.remove.expired.transaction.cleanup.interval.ms': '5000',
        'transactional.id.expiration.ms': String(idExpirationMs),
        'producer.id.expiration.ms': String(producerExpirationMs),
        'producer.id.expiration.check.interval.ms': '5000',
        ...(seed % 2 === 0 ? { 'log.roll.ms': '1000' } : {}),
        ...(isFlushed ? { 'log.flush.interval.messages': '1' } : {}),
      },
      turnsClock: true,
      markers: (write, clock) => {
        const troubled = troubledMarkers(write, clock, this.#world.random)
        return fault.markers?.(troubled) ?? troubled
      },
      sabotage: fault.handlers,
      trace,
    })
    this.#lives = new Lives(this.#world, { isFlushed, trouble: () => this.#trouble() })
  }

  async run(): Promise<TransactionFigures> {
    const lives = this.#lives
    await lives.begin()
    await lives.create({ [letters]: partitions, [copies]: partitions, [fleeting]: 1 })
    this.#actors = this.#cast()
    await lives.run(this.#actors)
    this.#client = await lives.client()
    await this.#comeToRest()
    const copied = await this.#check()
    await this.#forget()
    await this.#client.close()
    await this.#world.stop()
    lives.raise()
    const { commits, aborts, acknowledgements, reads } = this.#model
    return { commits, aborts, acknowledgements, reads, copied, lives: lives.count }
  }

  /** Connections are cut; the clock is turned, now and then past the time of transactions, of ids, and of what logs know of producers. */
  #trouble(): void {
    const { random, network, clock } = this.#world
    const choice = random.int(40)
    if (choice === 0) this.#turn(random.int(2 * producerExpirationMs))
    else if (choice < 4) this.#turn(random.int(10_000))
    for (let cuts = random.int(cutsMax); cuts > 0; cuts--) {
      const { name } = this.#actors[random.int(this.#actors.length)]!
      clock.schedule(random.int(2_000), () => network.cut(name, brokerHost))
    }
  }

  #turn(ms: number): void {
    this.#turnedMs += ms
    if (this.#turnedMs > producerExpirationMs / 2) this.#model.mayForgetProducers = true
    this.#world.turn(ms)
  }

  #cast(): Actor<TransactionModel>[] {
    const [world, model] = [this.#world, this.#model]
    const { random } = world
    const drawn = () => ({
      protocol: random.int(2) === 0 ? (1 as const) : (2 as const),
      timeoutMs: 1_000 + random.int(8_000),
    })
    const outputs = targets(copies)
    const fleetingTarget: Target = { topic: fleeting, partition: 0, isFleeting: true }
    const hasFleeting = random.int(3) === 0
    const actors: Actor<TransactionModel>[] = []
    for (let id = 0; id < 2; id++) {
      // Instances of an id may be of different releases.
      for (const instance of ['a', 'b'].slice(0, 1 + random.int(2))) {
        const to = [...this.#inputs, ...(hasFleeting ? [fleetingTarget] : [])]
        const options = { ...drawn(), transactionalId: `t${id}`, targets: to }
        actors.push(new TransactionalProducer(`t${id}${instance}`, world, model, options))
      }
    }
    for (const from of this.#inputs) {
      for (const instance of ['a', 'b'].slice(0, 1 + random.int(2))) {
        const name = `c${from.partition}`
        const options = { ...drawn(), transactionalId: name, from, to: outputs, group: 'copiers' }
        actors.push(new Copier(`${name}${instance}`, world, model, options))
      }
    }
    for (const topic of [letters, copies]) {
      const isolationLevel = random.int(4) === 0 ? 0 : 1
      actors.push(new TransactionReader(`r-${topic}`, world, model, { topic, partitions, isolationLevel }))
    }
    if (hasFleeting) actors.push(new Deleter('deleter', world, model))
    return actors
  }

  #ask<A extends Api>(api: A, version: number, request: Loose<ClientRequestOf<A>>): Promise<ClientResponseOf<A>> {
    return this.#lives.passing(this.#client!.send(api, version, wholeRequest(api, request)))
  }

  /** Time goes on: all transactions come to an end, and nothing is held back from anybody. */
  async #comeToRest(): Promise<void> {
    this.#world.turn(20_000)
    await this.#world.pass(20_000)
    for (const keyType of [0, 1]) await this.#ask(FindCoordinator, 4, { keyType, coordinatorKeys: ['copiers'] })
    const stateFilters = ['Ongoing', 'PrepareCommit', 'PrepareAbort']
    const { transactionStates } = await this.#ask(ListTransactions, 0, { stateFilters })
    for (const { transactionalId, transactionState } of transactionStates)
      throw new Violation(`${transactionalId} hangs in ${transactionState}`)
    const all = { [letters]: partitions, [copies]: partitions, [fleeting]: 1, ...stateTopics }
    for (const [topic, count] of Object.entries(all)) {
      for (let partition = 0; partition < count; partition++) {
        for (let attempt = 0; ; attempt++) {
          const [high, stable] = [await this.#latest(topic, partition, 0), await this.#latest(topic, partition, 1)]
          if (stable === high) break
          // Between the two answers a coordinator may write the last of what it has to say.
          if (attempt === lastWordsMax)
            throw new Violation(`${topic}-${partition} is stable up to ${stable} of ${high}`)
          await this.#world.pass(100)
        }
      }
    }
  }

  async #latest(name: string, partitionIndex: number, isolationLevel: number): Promise<number> {
    const { topics } = await this.#ask(ListOffsets, 5, {
      isolationLevel,
      topics: [{ name, partitions: [{ partitionIndex, timestamp: -1 }] }],
    })
    const { errorCode, offset } = topics[0]!.partitions[0]!
    const isGone = errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION && name === fleeting
    if (errorCode !== 0 && !isGone) throw new Violation(`${name}-${partitionIndex} tells no offset: ${errorCode}`)
    return offset
  }

  /** Reads all there is, and holds it against what was promised; gives how many records were copied. */
  async #check(): Promise<number> {
    const found = new Map<string, (readonly [number, string])[]>()
    for (const { topic, partition } of [...this.#inputs, ...targets(copies)]) {
      const values: (readonly [number, string])[] = []
      for (let at = 0; ; ) {
        const answer = await this.#ask(Fetch, 11, fetchRequest(topic, [[partition, at]]))
        const { records, next } = committedRecords(answer.responses[0]!.partitions[0]!, at)
        for (const { offset, value } of records) values.push([offset, value])
        if (next === at) break
        at = next
      }
      found.set(`${topic}-${partition}`, values)
    }
    this.#model.checkAll(found)
    const { topics } = await this.#ask(OffsetFetch, 7, {
      groupId: 'copiers',
      requireStable: true,
      topics: [{ name: letters, partitionIndexes: this.#inputs.map(({ partition }) => partition) }],
    })
    const outputs = targets(copies).flatMap(({ partition }) => found.get(`${copies}-${partition}`)!)
    const copied = outputs.map(([, value]) => value).sort((a, b) => Number(a.split(':')[1]) - Number(b.split(':')[1]))
    for (const { partitionIndex, committedOffset, errorCode } of topics[0]!.partitions) {
      if (errorCode !== 0) throw new Violation(`the offset of ${letters}-${partitionIndex} is not told: ${errorCode}`)
      const key = `${letters}-${partitionIndex}`
      const offset = Math.max(0, committedOffset)
      this.#model.sawOffset(key, offset, this.#model.leastOffset(key))
      const inputs = found.get(key)!.map(([at]) => at)
      this.#model.checkCopies(key, offset, inputs, copied)
    }
    return copied.length
  }

  /** Ids that nobody uses any more are forgotten. */
  async #forget(): Promise<void> {
    this.#world.turn(idExpirationMs + 10_000)
    await this.#world.pass(10_000)
    const { transactionStates } = await this.#ask(ListTransactions, 0, {})
    for (const { transactionalId } of transactionStates) throw new Violation(`${transactionalId} is not forgotten`)
  }
}

function targets(topic: string): Target[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition, isFleeting: false }))
}

/** Deletes a topic that others write to, and makes it anew. */
class Deleter extends Actor<TransactionModel> {
  protected override async round(): Promise<void> {
    const { random } = this.world
    await this.sleep(random.int(4_000))
    await this.send(DeleteTopics, 5, { topics: [], topicNames: [fleeting], timeoutMs: 2_000 })
    await this.sleep(random.int(500))
    const topics = [{ name: fleeting, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    await this.send(CreateTopics, 5, { topics, timeoutMs: 2_000 })
  }
}

/**
 * One history of a whole broker with its clients, out of a seed: producers, readers and groups over a network that delays and cuts, while
 * the broker is stopped, killed at any step of its disk, or loses its power. Afterwards all of it is held against the model.
 */
import { Client } from '../../../lib/client/client.ts'
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { readRecords } from '../../../protocol/records/batch.ts'
import { sizeInBytes } from '../../../protocol/records/header.ts'
import type { Actor } from './actor.ts'
import { type Counter, Member } from './member.ts'
import { Model, Violation } from './model.ts'
import { Producer } from './producer.ts'
import { Reader } from './reader.ts'
import { brokerSabotages } from './sabotage.ts'
import { brokerHost, brokerPort, World } from './world.ts'

const topic = 'letters'
const partitions = 3

/** How a seed is run. */
export interface BrokerHistoryOptions {
  /** A fault put in on purpose, by name. */
  readonly sabotage?: string
  /** Told of every step. */
  readonly trace?: (line: string) => void
}

/** What came of a seed. */
export interface BrokerHistoryFigures {
  readonly acknowledgements: number
  readonly reads: number
  readonly assignments: number
  readonly commits: number
  readonly lives: number
}

/** Runs a seed to its end; rejects where something is not as it must be. */
export async function runBrokerHistory(
  seed: number,
  options: BrokerHistoryOptions = {},
): Promise<BrokerHistoryFigures> {
  const history = new BrokerHistory(seed, options)
  await history.run()
  return history.figures
}

class BrokerHistory {
  readonly #world: World
  readonly #model = new Model()
  /** All that is acknowledged is on the disk: the power may go. */
  readonly #isFlushed: boolean
  #actors: Actor[] = []
  #lives = 0

  constructor(seed: number, { sabotage, trace }: BrokerHistoryOptions) {
    this.#isFlushed = seed % 3 === 0
    this.#world = new World(seed, {
      properties: {
        'group.initial.rebalance.delay.ms': '0',
        'offsets.topic.num.partitions': '2',
        ...(seed % 2 === 0 ? { 'log.roll.ms': '1000' } : {}),
        'group.min.session.timeout.ms': '100',
        'connections.max.idle.ms': seed % 5 === 0 ? '2000' : '600000',
        ...(this.#isFlushed ? { 'log.flush.interval.messages': '1' } : {}),
      },
      sabotage: sabotage === undefined ? undefined : brokerSabotages[sabotage],
      trace,
    })
  }

  get figures(): BrokerHistoryFigures {
    const { acknowledgements, reads, assignments, commits } = this.#model
    return { acknowledgements, reads, assignments, commits, lives: this.#lives }
  }

  async run(): Promise<void> {
    const world = this.#world
    const { random } = world
    await this.#begin()
    await this.#create()
    this.#actors = this.#cast()
    for (const actor of this.#actors) actor.start()
    for (let life = 1 + random.int(3); life > 0; life--) {
      await this.#live()
      await this.#end()
      // Clients may find nobody for a while, or not notice that anybody was gone.
      if (random.int(2) === 0) await world.pass(random.int(5_000))
      await this.#begin()
    }
    await world.pass(3_000)
    for (const actor of this.#actors) actor.end()
    await this.#drained()
    await this.#checkAll()
    await world.stop()
    this.#raise()
  }

  #cast(): Actor[] {
    const world = this.#world
    const model = this.#model
    const { random } = world
    const counter: Counter = { next: 1 }
    const of = { topic, partitions }
    const members = 2 + random.int(3)
    const groups = 1 + random.int(2)
    return [
      new Producer('i1', world, model, { ...of, idempotent: true }),
      new Producer('i2', world, model, { ...of, idempotent: true }),
      new Producer('p1', world, model, { ...of, idempotent: false }),
      new Reader('r1', world, model, of),
      ...Array.from({ length: members }, (_, i) => {
        const instanceId = random.int(3) === 0 ? `instance-${i}` : null
        return new Member(`m${i}`, world, model, { ...of, group: `g${i % groups}`, counter, instanceId })
      }),
    ]
  }

  /** Time passes, and the network has its troubles. */
  async #live(): Promise<void> {
    const world = this.#world
    const { random, network } = world
    if (random.int(2) === 0) world.dieAtStep(20 + random.int(600))
    for (let ms = 2_000 + random.int(15_000); ms > 0 && !world.hasDied; ) {
      const part = 100 + random.int(2_000)
      const { name } = this.#actors[random.int(this.#actors.length)]!
      const trouble = random.int(6)
      if (trouble === 0) {
        world.say(() => `the connection of ${name} is cut`)
        network.cut(name, brokerHost)
      }
      if (trouble === 1) {
        world.say(() => `nothing gets through from or to ${name}`)
        network.block(name, brokerHost)
      }
      await world.pass(part)
      network.unblock(name, brokerHost)
      ms -= part
      this.#raise()
    }
  }

  async #end(): Promise<void> {
    const world = this.#world
    if (world.hasDied) world.kill(this.#isFlushed && world.random.int(2) === 0)
    else if (world.random.int(3) === 0) await world.stop()
    else world.kill(this.#isFlushed && world.random.int(2) === 0)
    if (world.hasDied) world.kill(false)
    this.#raise()
  }

  async #begin(): Promise<void> {
    this.#lives++
    // A start, too, may end with the process.
    const { random } = this.#world
    if (this.#lives > 1 && random.int(5) === 0) this.#world.dieAtStep(random.int(200))
    if (!(await this.#world.start())) await this.#world.start()
    this.#world.dieAtStep(Number.POSITIVE_INFINITY)
    this.#raise()
  }

  async #client(): Promise<Client> {
    const world = this.#world
    const network = world.network.host('checker')
    return this.#passing(
      Client.connect({ host: brokerHost, port: brokerPort, clock: world.clock, network, timeoutMs: 60_000 }),
    )
  }

  async #create(): Promise<void> {
    const client = await this.#client()
    const topics = [{ name: topic, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }]
    const answer = await this.#passing(client.send(CreateTopics, 5, { topics, timeoutMs: 30_000 }))
    if (answer.topics[0]!.errorCode !== 0) throw new Violation(`no topic: ${answer.topics[0]!.errorCode}`)
    await client.close()
  }

  /** Actors end with the round that they are in. */
  async #drained(): Promise<void> {
    await this.#passing(Promise.all(this.#actors.map(actor => actor.ended)))
    this.#raise()
  }

  /** Reads all there is, and holds it against what was promised. */
  async #checkAll(): Promise<void> {
    const client = await this.#client()
    for (let partition = 0; partition < partitions; partition++) {
      const values: string[] = []
      for (;;) {
        const answer = await this.#passing(client.send(Fetch, 11, fetchOf(partition, values.length)))
        const { errorCode, records } = answer.responses[0]!.partitions[0]!
        if (errorCode !== 0) throw new Violation(`${topic}-${partition} cannot be read: ${errorCode}`)
        if (records === null || records.length === 0) break
        for (let at = 0; at < records.length; at += sizeInBytes(records, at))
          for (const record of readRecords(records, at))
            if (record.offset === values.length) values.push(String(record.value))
      }
      this.#model.checkAll(`${topic}-${partition}`, values)
    }
    await client.close()
  }

  async #passing<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => undefined)
    while (!isSettled) await this.#world.step(this.#world.clock.now() + 1_000)
    return settled
  }

  #raise(): void {
    const [error] = this.#world.errors
    if (error) throw error
  }
}

function fetchOf(partition: number, fetchOffset: number) {
  return {
    ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0, forgottenTopicsData: [] },
    topics: [{ topic, topicId: '', partitions: [{ partition, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
  }
}

/** The lives of a simulated broker one after another, with clients around it: what all histories of whole brokers share. */
import { Client } from '../../../lib/client/client.ts'
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import type { Actor } from './actor.ts'
import { Violation } from './model.ts'
import { brokerHost, brokerPort, type World } from './world.ts'

/** How the lives go. */
export interface LivesOptions {
  /** All that is acknowledged is on the disk: the power may go. */
  readonly isFlushed: boolean
  /** Called now and then while the broker lives. */
  readonly trouble?: () => void
}

export class Lives {
  readonly world: World
  readonly #options: LivesOptions
  #actors: readonly Actor<unknown>[] = []
  /** How often the broker was started. */
  count = 0

  constructor(world: World, options: LivesOptions) {
    this.world = world
    this.#options = options
  }

  /** From now on they work, while the broker lives, dies and comes back; then each ends its round. */
  async run(actors: readonly Actor<unknown>[]): Promise<void> {
    const { world } = this
    const { random } = world
    this.#actors = actors
    for (const actor of actors) actor.start()
    for (let life = 1 + random.int(3); life > 0; life--) {
      await this.#live()
      await this.#end()
      // Clients may find nobody for a while, or not notice that anybody was gone.
      if (random.int(2) === 0) await world.pass(random.int(5_000))
      await this.begin()
    }
    await world.pass(3_000)
    for (const actor of actors) actor.end()
    await this.passing(Promise.all(actors.map(actor => actor.ended)))
    this.raise()
  }

  async begin(): Promise<void> {
    this.count++
    // A start, too, may end with the process.
    const { random } = this.world
    if (this.count > 1 && random.int(5) === 0) this.world.dieAtStep(random.int(200))
    if (!(await this.world.start())) await this.world.start()
    this.world.dieAtStep(Number.POSITIVE_INFINITY)
    if (this.world.hasDied) {
      // Right after it was up.
      this.world.kill(false)
      await this.world.start()
    }
    this.raise()
  }

  /** Time passes, and the network has its troubles. */
  async #live(): Promise<void> {
    const { world } = this
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
      this.#options.trouble?.()
      await world.pass(part)
      network.unblock(name, brokerHost)
      ms -= part
      this.raise()
    }
  }

  async #end(): Promise<void> {
    const { world } = this
    const { isFlushed } = this.#options
    if (world.hasDied) world.kill(isFlushed && world.random.int(2) === 0)
    else if (world.random.int(3) === 0) await world.stop()
    else world.kill(isFlushed && world.random.int(2) === 0)
    if (world.hasDied) world.kill(false)
    this.raise()
  }

  /** A client with a connection of its own, without troubles. */
  async client(): Promise<Client> {
    const { clock, network } = this.world
    return this.passing(
      Client.connect({
        ...{ host: brokerHost, port: brokerPort, clock, timeoutMs: 60_000 },
        network: network.host('checker'),
      }),
    )
  }

  /** Makes topics, given their numbers of partitions. */
  async create(topics: Readonly<Record<string, number>>): Promise<void> {
    const client = await this.client()
    const wanted = Object.entries(topics).map(([name, numPartitions]) => ({
      ...{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] },
    }))
    const answer = await this.passing(client.send(CreateTopics, 5, { topics: wanted, timeoutMs: 30_000 }))
    for (const { name, errorCode } of answer.topics)
      if (errorCode !== 0) throw new Violation(`no ${name}: ${errorCode}`)
    await client.close()
  }

  /** Time goes on until the promise is settled. */
  async passing<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => undefined)
    while (!isSettled) await this.world.step(this.world.clock.now() + 1_000)
    return settled
  }

  /** Throws what a part ran into where nobody waited for it. */
  raise(): void {
    const [error] = this.world.errors
    if (error) throw error
  }
}

/**
 * One history of a whole cluster with its clients, out of a seed: producers and readers, while brokers are stopped, killed at any step of
 * their disks, stand still, lose their power, are cut off from each other or from the store, and hear late of what the store says; and while
 * the store loses answers and ends leases too early. Afterwards all is well, and all of it is held against the model.
 */

import { Client, ClientError } from '../../../lib/client/client.ts'
import { inSyncWhenMade } from '../../../lib/cluster/leader-epochs.ts'
import { partitionsPrefix, type StoredPartition, type StoredTopic, topicKey } from '../../../lib/cluster/stored.ts'
import type { WatchEvent } from '../../../lib/metadata/store.ts'
import { AlterPartitionReassignments } from '../../../protocol/messages/alter-partition-reassignments.ts'
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import { wholeRequest } from '../../../protocol/whole-request.ts'
import { Model, Violation } from '../broker/model.ts'
import type { SeedOptions } from '../simulation.ts'
import { checkReplicas } from './check-replicas.ts'
import type { ClusterClient } from './client.ts'
import { goAway } from './go-away.ts'
import { joinLate } from './late-join.ts'
import { writeLate } from './late-write.ts'
import { loseMinIsr } from './min-isr.ts'
import { brokerPort, hostOf, type Node } from './node.ts'
import { Observer } from './observer.ts'
import { ClusterProducer } from './producer.ts'
import { ClusterReader } from './reader.ts'
import { clusterSabotages } from './sabotage.ts'
import { throttle } from './throttle.ts'
import { ClusterWorld } from './world.ts'

const topic = 'letters'
/** One that is made while a broker is away. */
const topicMadeAway = 'notes'
const partitions = 3
const replicas = 3
const insyncMin = 2

/** What came of a seed. */
export interface ClusterHistoryFigures {
  readonly acknowledgements: number
  readonly reads: number
  readonly elections: number
  /** Of those, the ones of replicas that were eligible and not in sync. */
  readonly eligibleElections: number
  readonly starts: number
}

/** Runs a seed to its end; rejects where something is not as it must be. */
export async function runClusterHistory(seed: number, options: SeedOptions = {}): Promise<ClusterHistoryFigures> {
  const sabotage = options.sabotage === undefined ? undefined : clusterSabotages[options.sabotage]
  const undo = sabotage?.()
  try {
    return await new ClusterHistory(seed, options).run()
  } finally {
    undo?.()
  }
}

/** A topic that is written, and what sees that all is well with it. */
interface WrittenTopic {
  readonly name: string
  readonly replicas: number
  readonly observer: Observer
}

class ClusterHistory {
  readonly #world: ClusterWorld
  readonly #model = new Model()
  readonly #topics: WrittenTopic[] = []
  #clients: readonly ClusterClient[] = []
  /** Starts under way. */
  readonly #starting = new Set<Node>()
  #looks = 0
  /** The last that lost what its disk did not have. */
  #torn: Node | null = null
  readonly #seed: number

  constructor(seed: number, { trace }: SeedOptions) {
    this.#seed = seed
    this.#world = new ClusterWorld(seed, {
      brokers: seed % 3 === 0 ? 5 : 3,
      lost: seed % 2 === 0 ? 30 : 0,
      properties: {
        'replica.lag.time.max.ms': '3000',
        'replica.fetch.backoff.ms': '300',
        'min.insync.replicas': String(insyncMin),
        'default.replication.factor': String(replicas),
        ...(seed % 4 === 0 ? { 'log.flush.interval.messages': '1' } : {}),
        'leader.imbalance.check.interval.seconds': '5',
        ...(seed % 2 === 0 ? { 'log.roll.ms': '1000' } : {}),
      },
      trace,
    })
    this.#world.observe = () => {
      // Each step would take more time than all the rest.
      if (++this.#looks % 20 === 0) for (const { observer } of this.#topics) observer.look()
    }
  }

  async run(): Promise<ClusterHistoryFigures> {
    const world = this.#world
    for (const node of world.nodes) await node.format()
    for (const node of world.nodes) {
      // The store may lose an answer without which a broker does not start.
      while (!(await world.passing(node.start(), `start of ${node.id}`))) await world.pass(1_000)
    }
    await world.pass(2_000)
    this.#clients = this.#cast(await this.#create(topic, replicas, 1))
    for (const client of this.#clients) client.start()
    for (let round = 4 + world.random.int(8); round > 0; round--) await this.#trouble()
    if (this.#seed % 4 === 0) await this.#throttle()
    if (this.#seed % 4 === 1) await this.#writeLate()
    if (this.#seed % 4 === 2) await this.#loseMinIsr()
    if (this.#seed % 4 === 3) await this.#makeAway()
    await this.#heal()
    for (const client of this.#clients) client.end()
    await world.passing(Promise.all(this.#clients.map(({ ended }) => ended)), 'the end of all clients')
    await world.pass(3_000)
    for (const { name, observer } of this.#topics)
      await checkReplicas(world, { name, partitions, observer, model: this.#model })
    for (const node of world.nodes) await world.passing(node.stop(), `stop of ${node.id}`)
    world.raise()
    const { acknowledgements, reads } = this.#model
    const starts = world.nodes.reduce((sum, node) => sum + node.starts, 0)
    const sum = (of: 'elections' | 'eligibleElections') =>
      this.#topics.reduce((all, { observer }) => all + observer[of], 0)
    return {
      ...{ acknowledgements, reads, starts },
      ...{ elections: sum('elections'), eligibleElections: sum('eligibleElections') },
    }
  }

  #cast({ observer }: WrittenTopic): ClusterClient[] {
    const world = this.#world
    const shared = this.#shared(topic, observer)
    return [
      new ClusterProducer('i1', world, { ...shared, isIdempotent: true }),
      new ClusterProducer('i2', world, { ...shared, isIdempotent: true }),
      new ClusterProducer('p1', world, { ...shared, isIdempotent: false }),
      new ClusterReader('r1', world, shared),
      new ClusterReader('r2', world, shared),
    ]
  }

  #shared(name: string, observer: Observer) {
    const isLedBy = (id: number, index: number) => observer.isLedBy(id, index)
    return { model: this.#model, topic: name, partitions, isLedBy }
  }

  get #hosts(): string[] {
    return [...this.#world.nodes.map(({ id }) => hostOf(id)), ...this.#clients.map(({ name }) => name)]
  }

  /** Something happens to a broker, and ends after a while. */
  async #trouble(): Promise<void> {
    const world = this.#world
    const { random, nodes } = world
    const node = nodes[random.int(nodes.length)]!
    const forMs = 200 + random.int(8_000)
    for (const { observer } of this.#topics) await observer.checkStore()
    if (!node.isUp) {
      await this.#start(node)
      return world.pass(random.int(4_000))
    }
    switch (random.int(12)) {
      case 0:
      case 1:
        if (!(await this.#mayGo(node))) break
        node.kill((await this.#mayTear(node)) && random.int(4) > 0)
        // Before its lease is over, so that nobody has noticed.
        if (node.isTorn && random.int(3) > 0) await this.#start(node)
        break
      case 2:
        if (await this.#mayGo(node)) node.dieAtStep(random.int(300))
        break
      case 3:
        await world.passing(node.stop(), `stop of ${node.id}`)
        break
      case 4: {
        node.pause()
        const hosts = this.#hosts
        world.block(node, hosts)
        await world.pass(forMs)
        world.unblock(node, hosts)
        node.goOn()
        break
      }
      case 5: {
        const other = nodes[random.int(nodes.length)]!
        world.say(() => `nothing comes through between ${node.id} and ${other.id}`)
        world.network.block(hostOf(node.id), hostOf(other.id))
        await world.pass(forMs)
        world.network.unblock(hostOf(node.id), hostOf(other.id))
        break
      }
      case 6: {
        world.say(() => `${node.id} is cut off from the store`)
        const { store } = node
        store!.isCut = true
        await world.pass(forMs / 8)
        // Others lead, perhaps while it goes on asking the store.
        if (forMs > 3_000) store!.expire(random.int(10_000) - 2_000)
        await world.pass((forMs * 7) / 8)
        store!.isCut = false
        break
      }
      case 7:
        world.say(() => `the lease of ${node.id} ends`)
        node.store!.expire(random.int(8_000) - 2_000)
        break
      case 8:
        world.say(() => `${node.id} hears late of what the store says`)
        node.store!.watchLateMs = random.int(6_000)
        await world.pass(forMs)
        if (node.store !== null) node.store.watchLateMs = 0
        break
      case 9:
        node.skewMs += random.int(20_000) - 10_000
        world.network.cut(hostOf(node.id))
        break
      case 10:
        await joinLate(world, node, {
          topic,
          mayTear: each => this.#mayTear(each),
          start: each => this.#start(each),
        })
        break
      case 11:
        await this.#reassign(node)
    }
    await world.pass(random.int(6_000))
    const isBack = random.int(2) === 0
    for (const each of nodes) if (isBack && !each.isUp && random.int(2) === 0) await this.#start(each)
  }

  /** Once all are there and in sync, all replicas of a partition go one after the other. */
  async #loseMinIsr(): Promise<void> {
    await this.#heal()
    const world = this.#world
    const { topicId } = JSON.parse((await world.store.get(`topics/${topic}`))!.value) as StoredTopic
    const start = (node: Node) => this.#start(node)
    await loseMinIsr(world, { topicId, index: world.random.int(partitions), hosts: this.#hosts, start })
  }

  /** Once all are there and in sync, one goes that has to catch up at a rate when it comes back, while others come and go; then at none. */
  async #throttle(): Promise<void> {
    await this.#heal()
    const world = this.#world
    const { random, nodes } = world
    const takeOff = await throttle(world, topic, partitions)
    const node = nodes[random.int(nodes.length)]!
    node.kill((await this.#mayTear(node)) && random.int(2) === 0)
    await world.pass(12_000 + random.int(6_000))
    await this.#start(node)
    for (let round = 1 + random.int(3); round > 0; round--) await this.#trouble()
    await takeOff()
  }

  /** Once all are there and in sync, leases end one after the other, while what a leader wrote is on its way. */
  async #writeLate(): Promise<void> {
    await this.#heal()
    await writeLate(this.#world, topic)
  }

  /**
   * Once all are there and in sync, one goes, and may be unregistered; a topic is made of which it is to have a replica if it was not, and written
   * while it comes back and others go.
   */
  async #makeAway(): Promise<void> {
    await this.#heal()
    const world = this.#world
    const { random, nodes } = world
    const { node, isUnregistered } = await goAway(world, {
      mayTear: each => this.#mayTear(each),
      connect: id => this.#connect(id),
    })
    const others = nodes.filter(each => each !== node)
    const made = await this.#create(
      topicMadeAway,
      nodes.length - (isUnregistered ? 1 : 0),
      others[random.int(others.length)]!.id,
    )
    const shared = this.#shared(made.name, made.observer)
    const clients = [
      new ClusterProducer('i3', world, { ...shared, isIdempotent: true }),
      new ClusterProducer('p2', world, { ...shared, isIdempotent: false }),
      new ClusterReader('r3', world, shared),
    ]
    for (const client of clients) client.start()
    this.#clients = [...this.#clients, ...clients]
    for (let round = 2 + random.int(3); round > 0; round--) await this.#trouble()
  }

  /** Has a broker move a partition elsewhere, or give that up; whether it does so does not matter. */
  async #reassign(node: Node): Promise<void> {
    const world = this.#world
    const { random, nodes } = world
    const left = nodes.map(({ id }) => id)
    const chosen = Array.from({ length: replicas }, () => left.splice(random.int(left.length), 1)[0]!)
    const target = random.int(5) === 0 ? null : chosen
    const partitionIndex = random.int(partitions)
    world.say(() => `${topic}-${partitionIndex} is to be on ${target ?? 'those where it was'}`)
    const topics = [{ name: topic, partitions: [{ partitionIndex, replicas: target }] }]
    const request = wholeRequest(AlterPartitionReassignments, { timeoutMs: 10_000, topics })
    try {
      const client = await world.passing(this.#connect(node.id), 'a connection')
      try {
        await world.passing(client.send(AlterPartitionReassignments, 0, request), 'a reassignment')
      } finally {
        await client.close()
      }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
    }
  }

  /**
   * Whether a broker may lose what its disk has not, which Kafka survives of one replica at a time: as many others as have to be in sync are, and
   * all are there. A record is acknowledged when it is in files, not on disks.
   */
  async #mayTear(node: Node): Promise<boolean> {
    const { nodes } = this.#world
    if (nodes.some(({ isUp }) => !isUp)) return false
    const hasEnough = (await this.#inSync()).every(isr => isr.filter(id => id !== node.id).length >= insyncMin)
    if (!hasEnough || !this.#areEqual(node)) return false
    for (const each of nodes) {
      each.isTorn = false
      // Nobody else is to go by surprise before others know of this one.
      each.dieAtStep(Number.POSITIVE_INFINITY)
    }
    this.#torn = node
    this.#world.say(() => `${node.id} may lose what its disk does not have`)
    return true
  }

  /**
   * Whether a broker may end without stopping. While one that has lost what it had counts as in sync still, another that is in sync has to stay:
   * where all have gone like that, nobody is eligible, and the last leader leads with what it has, by Kafka's rules too.
   */
  async #mayGo(node: Node): Promise<boolean> {
    const torn = this.#torn
    if (torn === null || torn === node || !torn.isTorn || torn.isUp) return true
    const { nodes } = this.#world
    const stays = (id: number) =>
      id !== torn.id && id !== node.id && nodes.some(each => each.id === id && each.isUp && !each.isDoomed)
    return (await this.#inSync()).every(isr => !isr.includes(torn.id) || isr.some(stays))
  }

  /** Who is in sync, of each partition: where nothing is written of it, all are that were there when it was made. */
  async #inSync(): Promise<readonly (readonly number[])[]> {
    const { store } = this.#world
    const inSync: (readonly number[])[] = []
    for (const { name } of this.#topics) {
      const { topicId, replicas, made = [] } = JSON.parse((await store.get(topicKey(name)))!.value) as StoredTopic
      const prefix = partitionsPrefix(topicId)
      const written = new Map((await store.list(prefix)).entries.map(({ key, value }) => [key, value]))
      for (const [index, all] of replicas.entries()) {
        const value = written.get(`${prefix}${index}`)
        const { isr } =
          value === undefined ? { isr: inSyncWhenMade(made, index, all) } : (JSON.parse(value) as StoredPartition)
        inSync.push(isr)
      }
    }
    return inSync
  }

  /** Whether all other replicas have all that any leader has told as committed: so nobody is without what this one may lose. */
  #areEqual(node: Node): boolean {
    return this.#topics.every(({ name, observer }) =>
      this.#world.nodes.every(
        each =>
          each === node ||
          (each.services?.partitions.ofTopic(name) ?? []).every(
            of => !of || of.logEndOffset >= (observer.told.get(of.index) ?? 0),
          ),
      ),
    )
  }

  async #start(node: Node): Promise<void> {
    if (this.#starting.has(node)) return this.#world.pass(1_000)
    this.#starting.add(node)
    node.dieAtStep(Number.POSITIVE_INFINITY)
    if (node.hasDied) node.kill(false)
    const { random } = this.#world
    // A start, too, may end with the process.
    if (random.int(8) === 0) node.dieAtStep(random.int(200))
    void node
      .start()
      .then(isUp => {
        if (isUp) node.dieAtStep(Number.POSITIVE_INFINITY)
      })
      .catch(error => this.#world.failed(error))
      .finally(() => this.#starting.delete(node))
    // Its process may be dead before it says so.
    await this.#world.pass(1_000)
    if (node.hasDied) this.#starting.delete(node)
  }

  /** From now on all is well. */
  async #heal(): Promise<void> {
    const world = this.#world
    world.say(() => 'all is well from now on')
    for (const node of world.nodes) node.dieAtStep(Number.POSITIVE_INFINITY)
    for (let tries = 0; world.nodes.some(({ isUp }) => !isUp); tries++) {
      if (tries > 50) throw new Violation('not all brokers come up')
      for (const node of world.nodes) if (!node.isUp) await this.#start(node)
      for (const node of world.nodes) node.dieAtStep(Number.POSITIVE_INFINITY)
    }
    const isHealthy = () =>
      world.nodes.every(({ services }) => services !== null) &&
      this.#images().every(image =>
        this.#topics.every(({ name, replicas: wanted }) => {
          const found = image.topics.get(name)?.partitions ?? []
          return found.length === partitions && found.every(each => each.leader >= 0 && each.isr.length === wanted)
        }),
      )
    await this.#untilHealthy(isHealthy)
    await world.pass(3_000)
  }

  async #untilHealthy(isHealthy: () => boolean): Promise<void> {
    try {
      await this.#world.until(isHealthy, 'all in sync', 120_000)
    } catch (error) {
      const states = this.#images().map(image =>
        this.#topics.map(({ name }) =>
          image.topics
            .get(name)
            ?.partitions.map(({ leader, leaderEpoch, isr }) => `${leader} in epoch ${leaderEpoch}, in sync ${isr}`),
        ),
      )
      throw new Violation(`the replicas do not come to be in sync: ${JSON.stringify(states)}`, { cause: error })
    }
  }

  #images() {
    return this.#world.nodes.flatMap(({ services }) => (services === null ? [] : [services.cluster.image]))
  }

  /** Has a broker make a topic, which is looked after from then on. */
  async #create(name: string, replicationFactor: number, by: number): Promise<WrittenTopic> {
    const world = this.#world
    const client = await world.passing(this.#connect(by), 'a connection')
    for (let tries = 0; ; tries++) {
      const topics = [{ name, numPartitions: partitions, replicationFactor }]
      const request = wholeRequest(CreateTopics, { topics, timeoutMs: 30_000 })
      const answer = await world.passing(client.send(CreateTopics, 5, request), 'a topic')
      const { errorCode, errorMessage } = answer.topics[0]!
      if (errorCode === 0 || errorCode === 36) break
      if (tries > 20) throw new Violation(`no ${name}: ${errorCode} ${errorMessage}`)
      await world.pass(1_000)
    }
    await client.close()
    const { topicId } = JSON.parse((await world.store.get(topicKey(name)))!.value) as StoredTopic
    const observer = new Observer(world, name)
    const take = ({ changes }: WatchEvent) => {
      for (const { key, value } of changes) if (value !== null) observer.written(key, value)
    }
    await world.store.watch(partitionsPrefix(topicId), 0, take, () => {})
    const made = { name, replicas: replicationFactor, observer }
    this.#topics.push(made)
    return made
  }

  #connect(id: number): Promise<Client> {
    const { clock, network } = this.#world
    const at = { host: hostOf(id), port: brokerPort, clock, timeoutMs: 60_000 }
    return Client.connect({ ...at, network: network.host('checker') })
  }
}

/** Several brokers of one cluster, for tests: what is put around them, what is asked of them as one, and what is done to each. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { seededRandom, systemRandom } from '../../base/random.ts'
import type { ClusterBroker, ClusterOptions } from '../../composition/cluster-options.ts'
import { exceptPeers } from '../../composition/except-peers.ts'
import { LocalCluster } from '../../composition/local-cluster.ts'
import type { Composition, CompositionOptions } from '../../composition.ts'
import { offsetsTopic } from '../../coordination/groups.ts'
import { HeldReplicas } from '../../replication/held.ts'
import type { TraceLine } from '../../trace/line.ts'
import type { Family } from '../family.ts'
import { Instruments } from '../instruments.ts'
import type { WaitOptions } from '../options.ts'
import type { KitServices } from '../services.ts'
import type { Look } from '../waiting.ts'
import { leaveIsr, moveLeader } from './moves.ts'
import type { Coordinated, PartitionReplicas, TestBroker } from './options.ts'
import { together } from './together.ts'

const transactionsTopic = '__transaction_state'
/** How often a change is planned anew that others were quicker than. */
const attemptsMax = 50

/** See the head of the file. */
export class Brokers {
  readonly instruments: Instruments
  readonly services: KitServices
  readonly #family: Family
  readonly #held = new HeldReplicas()
  /** Told that another set of brokers runs. */
  onChange: () => void = () => {}
  declare cluster: LocalCluster

  private constructor(family: Family) {
    this.#family = family
    const { seed, persona } = family
    const random = seed === undefined ? systemRandom : seededRandom(~seed)
    const running = () => this.running
    this.services = together(running, topic => this.#isLed(topic))
    const serving = {
      services: this.services,
      get listeners() {
        return running().flatMap(({ listeners }) => listeners)
      },
      settle: async () => void (await Promise.all(running().map(each => each.settle()))),
    }
    this.instruments = new Instruments(() => (this.running.length === 0 ? null : serving), random, family)
    if (family.isTraced) this.instruments.trace.begin()
    if (persona !== null) this.#own.push(persona)
    this.instruments.watch.onMemberGone = (groupId, memberId) => {
      if (this.running.length === 0) return
      void this.services.groups.write<number>(
        groupId,
        () => 0,
        (shard, now) => shard.evict(groupId, memberId, now, { keepsStatic: true }),
      )
    }
  }

  /** What stands around requests beside the instruments. */
  readonly #own: NonNullable<CompositionOptions['interceptors']>[number][] = []

  static async start(options: ClusterOptions, family: Family, onTrace?: (line: TraceLine) => void): Promise<Brokers> {
    const brokers = new Brokers(family)
    if (onTrace !== undefined) brokers.instruments.trace.onLine = onTrace
    brokers.cluster = await LocalCluster.start(options, composed => brokers.#around(composed))
    return brokers
  }

  get running(): readonly Composition[] {
    // None is known before all have started.
    return (this.cluster?.brokers ?? []).flatMap(({ running }) => running ?? [])
  }

  get all(): readonly TestBroker[] {
    return this.cluster.brokers.map(each => this.#told(each))
  }

  /** Throws RangeError where there is none of the id. */
  broker(nodeId: number): TestBroker {
    return this.#told(this.cluster.broker(nodeId))
  }

  /** Throws RangeError where there is no such partition. */
  replicas(topic: string, index: number): PartitionReplicas {
    const partition = this.services.cluster.image.topics.get(topic)?.partitions[index]
    if (partition === undefined) throw new RangeError(`there is no partition ${topic}-${index}`)
    const { leader, leaderEpoch, replicas, isr } = partition
    return { leader, leaderEpoch, replicas, inSync: isr }
  }

  async moveLeader(topic: string, index: number, broker: number): Promise<void> {
    this.cluster.broker(broker)
    await this.#change(({ services: { cluster, config } }) => moveLeader(cluster, config, topic, index, broker))
    const leads = () => this.#leads(topic, index, broker)
    await this.#until(`broker ${broker} leads ${topic}-${index}`, topic, index, leads)
  }

  async holdFollower(topic: string, index: number, broker: number): Promise<AsyncDisposable> {
    this.cluster.broker(broker)
    const release = this.#held.hold(broker, `${topic}-${index}`)
    try {
      await this.#change(({ services: { cluster, config } }) => leaveIsr(cluster, config, topic, index, broker))
      await this.#until(
        `broker ${broker} is out of sync with ${topic}-${index}`,
        topic,
        index,
        ({ isr }) => !isr.includes(broker),
      )
    } catch (error) {
      release()
      throw error
    }
    return { [Symbol.asyncDispose]: async () => release() }
  }

  async inSync(topic: string, index: number, count?: number, options?: WaitOptions): Promise<readonly number[]> {
    const wanted = count ?? this.replicas(topic, index).replicas.length
    const isIt = ({ isr }: { readonly isr: readonly number[] }) => isr.length === wanted
    await this.#until(`${wanted} replicas in sync with ${topic}-${index}`, topic, index, isIt, options)
    return this.replicas(topic, index).inSync
  }

  group(groupId: string): Coordinated {
    return this.#coordinated(offsetsTopic, ({ services }) => services.groups.partitionOf(groupId))
  }

  transaction(transactionalId: string): Coordinated {
    return this.#coordinated(transactionsTopic, ({ services }) => services.transactions.partitionOf(transactionalId))
  }

  #coordinated(topic: string, indexIn: (broker: Composition) => number): Coordinated {
    return {
      coordinator: () => this.services.cluster.image.topics.get(topic)?.partitions[indexIn(this.#first)]?.leader ?? -1,
      moveCoordinator: async broker => {
        await this.services.cluster.autoCreateTopic(topic)
        await this.moveLeader(topic, indexIn(this.#first), broker)
      },
    }
  }

  get #first(): Composition {
    const [first] = this.running
    if (first === undefined) throw new KafkaError(codes.BROKER_NOT_AVAILABLE, 'no broker of the cluster runs')
    return first
  }

  #told(broker: ClusterBroker): TestBroker {
    const then = async (done: Promise<void>) => {
      try {
        await done
      } finally {
        this.onChange()
      }
    }
    return {
      nodeId: broker.nodeId,
      get isRunning() {
        return broker.isRunning
      },
      get bootstrap() {
        return broker.bootstrap
      },
      stop: () => then(broker.stop()),
      kill: () => then(broker.kill()),
      start: () => then(broker.start()),
    }
  }

  /** Plans anew where others were quicker. */
  async #change(change: (broker: Composition) => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await change(this.#first)
        return
      } catch (error) {
        const isLate = error instanceof KafkaError && error.code === codes.NOT_CONTROLLER
        if (!isLate || attempt === attemptsMax) throw error
      }
    }
  }

  #leads(topic: string, index: number, broker: number): boolean {
    const leader = this.running.find(({ nodeId }) => nodeId === broker)
    return leader?.services.partitions.get(topic, index)?.isLedHere ?? false
  }

  #isLed(topic: string): Promise<void> {
    const { waiting } = this.instruments
    return waiting.until(`${topic} on all brokers`, () => {
      const images = this.running.map(({ services }) => services.cluster.image.topics.get(topic))
      const isThere = images.every(image =>
        image?.partitions.every(({ index, leader }) => this.#leads(topic, index, leader)),
      )
      return isThere ? { met: undefined } : { seen: 'some do not know it, or who leads' }
    })
  }

  /** Until all brokers that run see a partition so. */
  #until(
    what: string,
    topic: string,
    index: number,
    isIt: (partition: { readonly leader: number; readonly isr: readonly number[] }) => boolean,
    options?: WaitOptions,
  ): Promise<void> {
    const look = (): Look<void> => {
      const seen = this.running.flatMap(
        ({ services }) => services.cluster.image.topics.get(topic)?.partitions[index] ?? [],
      )
      if (seen.length === this.running.length && seen.every(isIt)) return { met: undefined }
      const all = seen.map(({ leader, isr }) => `broker ${leader} leads, in sync are ${isr.join(', ')}`)
      return { seen: [...new Set(all)].join('; ') || 'nobody knows it', state: seen }
    }
    return this.instruments.waiting.until(what, look, options)
  }

  #around(composed: CompositionOptions): CompositionOptions {
    const { parts } = composed
    const { instruments } = this
    return {
      ...composed,
      held: this.#held,
      parts: {
        ...parts,
        network: instruments.network.around(parts.network),
        clocks: instruments.clocks,
        files: composed.ephemeral ? parts.files : instruments.disk.around(parts.files),
        ...(this.#family.random !== null && { random: this.#family.random }),
      },
      interceptors: [...instruments.interceptors, ...this.#own].map(each => exceptPeers(each)),
      groupTimers: instruments.clock.timersOfGroups,
    }
  }
}

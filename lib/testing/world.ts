/**
 * One place where clients connect, and the broker that serves there: first the one that was started, and after a reset another, opened from a
 * snapshot. Connections stay. What clients have seen does not come again: epochs of leaders, generations of groups and epochs of producers go on.
 */
import { codes } from '../../protocol/errors.ts'
import { type MemoryTree, memoryFiles } from '../../storage/memory-files.ts'
import { seededRandom, systemRandom } from '../base/random.ts'
import { clusterKey, startsKey, writeStored } from '../cluster/stored.ts'
import { Door } from '../composition/door.ts'
import { Composition, type CompositionOptions } from '../composition.ts'
import { EmbeddedStore } from '../metadata/embedded.ts'
import { type JournalChange, memoryJournal } from '../metadata/journal.ts'
import type { Network } from '../network/network.ts'
import type { Interceptor } from '../server/interceptor.ts'
import type { ConnectionInfo } from '../server/server.ts'
import type { Family } from './family.ts'
import { Instruments } from './instruments.ts'
import { Entrance } from './network/entrance.ts'
import { type Beginning, beginningOf, type Snapshot, takeSnapshot } from './snapshot.ts'
import type { ConnectedClient } from './state-options.ts'

/** What a broker is in memory. */
interface Held {
  readonly files: MemoryTree
  readonly topicIds: ReadonlyMap<string, string>
}

/** What of a broker the next one keeps. */
export interface Keeping {
  readonly connections: boolean
  /** Of topics that both have. */
  readonly topicIds: boolean
}

/** Turns of the event loop that answers are waited for which are under way when everything else has ended. */
const turnsMax = 50

/** See the head of the file. */
export class World {
  /** What stands around every request; the list may change while requests come. */
  readonly interceptors: Interceptor[] = []
  /** What breaks and watches whichever broker serves. */
  readonly instruments: Instruments
  /** Where clients come in, of which some may be for virtual clusters. */
  readonly entrance: Entrance
  readonly family: Family
  /** Makes what it listens on of the machine's network. */
  readonly #through: (network: Network) => Network
  readonly #door = new Door()
  #serving: Composition | null = null
  #held: Held | null = null
  /** How often brokers have started here. */
  #starts = 0
  #generationMax = 0
  readonly #producerEpochs = new Map<string, { readonly producerId: number; readonly producerEpoch: number }>()
  /** The end of the broker before. */
  #discarded: Promise<void> = Promise.resolve()

  constructor(family: Family, through: (network: Network) => Network = network => network) {
    this.family = family
    this.#through = through
    this.entrance = new Entrance(family.clock, () => family.base.logger.child('entrance'))
    // Numbers of their own: what a fault draws changes no id.
    const { seed, persona } = family
    const random = seed === undefined ? systemRandom : seededRandom(~seed)
    this.instruments = new Instruments(() => this.#serving, random, family)
    if (family.isTraced) this.instruments.trace.begin()
    this.interceptors.push(...this.instruments.interceptors)
    if (persona !== null) this.interceptors.push(persona)
    this.instruments.watch.onMemberGone = (groupId, memberId) => this.#memberGone(groupId, memberId)
  }

  /** Who serves now. */
  get serving(): Composition {
    return this.#serving!
  }

  /** Whether everything is in memory, so that it can be copied. */
  get isInMemory(): boolean {
    return this.#held !== null
  }

  /** Starts the first broker, or one that goes on from a snapshot. */
  async open(composed: CompositionOptions, from: Snapshot | null = null): Promise<Composition> {
    if (!composed.ephemeral) {
      const around = this.#around(composed)
      const files = this.instruments.disk.around(around.parts.files)
      this.#serving = await Composition.start({ ...around, parts: { ...around.parts, files } })
    } else this.#serving = await this.#compose(composed, from)
    return this.#serving
  }

  /** All that the broker holds now. */
  snapshot(): Promise<Snapshot> {
    const { files, topicIds } = this.#held!
    const { topicsById } = this.serving.services.cluster.image
    const formerIds = new Map<string, string>()
    for (const [former, id] of topicIds) {
      const topic = topicsById.get(id)
      if (topic !== undefined) formerIds.set(former, topic.name)
    }
    return takeSnapshot(this.serving, { files, formerIds, settle: () => this.serving.settle() })
  }

  /**
   * Another broker serves from now on, that holds what a snapshot says, or nothing. What waits is answered, what was received before is done
   * before; what connects or comes meanwhile is served by the next. A connection on which half a request has come is closed.
   */
  async become(composed: CompositionOptions, to: Snapshot | null, keeping: Keeping): Promise<Composition> {
    const next = await this.#replace(composed, to, keeping)
    // Groups are loaded, and transactions that were open are ended.
    await next.settle()
    return next
  }

  async #replace(composed: CompositionOptions, to: Snapshot | null, keeping: Keeping): Promise<Composition> {
    const before = this.serving
    const server = this.#door.server!
    await before.settle()
    server.handOnNothing()
    const torn = new Set(server.unread())
    try {
      await this.#end(before)
      server.closeWhere((client, outstanding) => !keeping.connections || torn.has(client) || outstanding > 0)
      this.#note(before)
      this.#serving = await this.#compose(composed, to, keeping.topicIds ? idsIn(before) : undefined)
      this.#discarded = before.discard()
      return this.#serving
    } finally {
      server.handOn()
    }
  }

  /** Who is connected. */
  clients(): ConnectedClient[] {
    return (this.#door.server?.clients() ?? []).map(info => ({
      clientId: this.#door.clientIds.get(info.id) ?? null,
      software: softwareOf(info),
      address: `${info.remoteAddress}:${info.remotePort}`,
    }))
  }

  /** Nobody waits out the session of a member whose connection is closed. A static member is to come back, which is what it is static for. */
  #memberGone(groupId: string, memberId: string): void {
    void this.#serving?.services.groups.write<number>(
      groupId,
      () => 0,
      (shard, now) => shard.evict(groupId, memberId, now, { keepsStatic: true }),
    )
  }

  /** To be awaited beside the end of who serves. */
  async stopped(): Promise<void> {
    await this.#discarded
  }

  /** Whoever waits hears that what it waits for is gone. */
  async #end({ services }: Composition): Promise<void> {
    const { groups, transactions, partitions } = services
    groups.close(codes.UNKNOWN_MEMBER_ID)
    transactions.close()
    for (const partition of partitions.all()) partition.delete()
    partitions.endWaits()
    for (let turn = 0; turn < turnsMax && this.#door.server!.outstanding > 0; turn++) await this.#turnOver()
  }

  #turnOver(): Promise<void> {
    return new Promise(resolve => this.family.base.parts.clocks.wire.immediate(resolve))
  }

  /** What clients have seen of a broker that ends. */
  #note({ services: { cluster, transactions } }: Composition): void {
    let epochMax = 0
    for (const { partitions } of cluster.image.topics.values())
      for (const { leaderEpoch } of partitions) epochMax = Math.max(epochMax, leaderEpoch)
    // Epochs grow by two with each start.
    this.#starts = Math.max(this.#starts, cluster.brokerEpoch, Math.ceil(epochMax / 2) + 1)
    for (const { transactionalId, producerId, producerEpoch } of transactions.known())
      this.#producerEpochs.set(transactionalId, { producerId, producerEpoch })
  }

  async #compose(
    composed: CompositionOptions,
    from: Snapshot | null,
    idsKept: ReadonlyMap<string, string> = new Map(),
  ): Promise<Composition> {
    const nodeId = composed.config.get('node.id')
    const random = this.family.random ?? composed.parts.random
    // Of a cluster that goes on; a copy is another.
    const clusterId = this.#serving?.clusterId ?? random.uuid()
    const beginning: Beginning =
      from === null
        ? { files: memoryFiles(), entries: emptyStore(nodeId, this.#starts, clusterId), topicIds: new Map() }
        : beginningOf(from, { nodeId, starts: this.#starts, clusterId, random, idsKept })
    const world = this
    const store = new EmbeddedStore(memoryJournal(beginning.entries))
    const { files, topicIds } = beginning
    const next = await Composition.start({
      ...this.#around(composed),
      door: this.#door,
      parts: { ...this.#around(composed).parts, files, openStore: async () => store },
      continued: {
        generations: {
          floor: this.#generationMax,
          get max() {
            return world.#generationMax
          },
          set max(max) {
            world.#generationMax = max
          },
        },
        membersAreGone: from !== null,
        topicIds,
        offsetVersion: this.family.offsetVersion,
        allocateProducerIds: this.family.allocateProducerIds,
        // Epochs of new topics go on, too.
        countsSince: new Map([[nodeId, 1]]),
        producerEpochs: this.#producerEpochs,
      },
    })
    this.#held = { files, topicIds }
    return next
  }

  #around(composed: CompositionOptions): CompositionOptions {
    const { parts } = composed
    const { random } = this.family
    return {
      ...composed,
      parts: {
        ...parts,
        network: this.instruments.network.around(this.entrance.around(this.#through(parts.network))),
        clocks: this.instruments.clocks,
        ...(random !== null && { random }),
      },
      interceptors: this.interceptors,
      groupTimers: this.instruments.clock.timersOfGroups,
    }
  }
}

/** A store in which nothing is but whose it is, and how often its broker has started. */
function emptyStore(nodeId: number, starts: number, clusterId: string): JournalChange[] {
  const cluster = { key: clusterKey, value: writeStored({ clusterId }) }
  return starts === 0 ? [cluster] : [cluster, { key: startsKey(nodeId), value: writeStored({ count: starts }) }]
}

function idsIn({ services }: Composition): Map<string, string> {
  return new Map([...services.cluster.image.topics.values()].map(({ name, topicId }) => [name, topicId]))
}

function softwareOf({ clientSoftwareName: name, clientSoftwareVersion: version }: ConnectionInfo): string {
  return name === 'unknown' ? 'unknown' : `${name} ${version}`
}

/**
 * What stands behind a `TestKafka`: the broker that serves now, and what is done to it. The words over HTTP ask it, too; `TestKafka` passes on to
 * it, and says what is for programs.
 */
import { KafkaError } from '../../protocol/errors.ts'
import { createLogger } from '../base/logger.ts'
import type { NamesOf } from '../base/names.ts'
import { offLoop } from '../base/off-loop.ts'
import type { ClusterOptions } from '../composition/cluster-options.ts'
import type { BrokerOptions, BrokerRun } from '../composition/options.ts'
import { Run, startRun } from '../composition/run.ts'
import type { CompositionOptions } from '../composition.ts'
import type { BrokerConfig } from '../config/config.ts'
import { listenersOf } from '../config/listeners.ts'
import type { HttpRoutes } from '../http/routes.ts'
import { speaksTls } from '../tls/listeners.ts'
import type { Brokers } from './brokers/brokers.ts'
import { Family } from './family.ts'
import { checkKind, checkNames, checkOneOf, checkText } from './given.ts'
import type { Instruments } from './instruments.ts'
import type { Guest } from './network/entrance.ts'
import type { PersonaName, TraceLine } from './options.ts'
import type { KitServices } from './services.ts'
import type { Snapshot } from './snapshot.ts'
import type { ResetOptions, ResetResult, VirtualClusterOptions } from './state-options.ts'
import { StoppedError } from './stopped-error.ts'
import { type Keeping, World } from './world.ts'

interface Alone {
  readonly world: World
  readonly run: Run
}

type ChosenBy = NonNullable<VirtualClusterOptions['by']>

const resetNames: NamesOf<ResetOptions> = { connections: true, topicIds: true }
const clusterNames: NamesOf<VirtualClusterOptions> = { by: true, strict: true }

/** Snapshots of all kits of this process: the id of one kit's means nothing to another. */
let snapshotsTaken = 0

const waysToCome: readonly string[] = ['port', 'serverName', 'clientId'] satisfies ChosenBy[]

/** How a kit is started, beside its broker. */
export interface KitOptions {
  readonly seed?: number | undefined
  readonly offsetCommitVersion?: 3 | 4 | undefined
  readonly routes?: HttpRoutes | undefined
  /** What the broker's log is to warn of. */
  readonly advice?: string | null
  /** Told of each request and answer as it comes. */
  readonly onTrace?: ((line: TraceLine) => void) | undefined
  /** Whether it is traced from the start, with all copies and virtual clusters. */
  readonly trace?: boolean | undefined
  readonly persona?: PersonaName | undefined
  /** How long is waited where a call says nothing of it. */
  readonly timeoutMs?: number | undefined
}

/** See the head of the file. */
export class Kit {
  readonly run: BrokerRun
  readonly instruments: Instruments
  /** Where there are several; null for a broker alone. */
  readonly brokers: Brokers | null
  /** A broker alone, which can be copied and set back. */
  readonly #alone: Alone | null
  readonly #family: Family
  /** What differs from the family's settings. */
  #changes: Readonly<Record<string, string | undefined>>
  /** What `reset` goes to; null for nothing. */
  #baseline: Snapshot | null = null
  readonly #snapshots = new Map<string, Snapshot>()
  /** Virtual clusters by name, and copies; of both, those that are being made, too. */
  readonly #clusters = new Map<string, { readonly by: ChosenBy; readonly kit: Promise<Kit> }>()
  readonly #forks = new Set<Promise<Kit>>()
  /** The end, once it has begun. */
  #stopped: Promise<void> | null = null
  /** Called at its end. */
  #ended: () => void = () => {}
  /** One thing at a time is done to the state. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(
    family: Family,
    changes: Readonly<Record<string, string | undefined>>,
    of: Alone | { readonly brokers: Brokers; readonly run: BrokerRun },
  ) {
    this.#family = family
    this.#changes = changes
    this.run = of.run
    this.brokers = 'brokers' in of ? of.brokers : null
    this.#alone = 'brokers' in of ? null : of
    this.instruments = 'brokers' in of ? of.brokers.instruments : of.world.instruments
  }

  /** Starts a broker. What it begins with is what `reset` goes to. */
  static async start(options: BrokerOptions, given: KitOptions): Promise<Kit> {
    const { onTrace, routes, advice } = given
    const family = new Family(given)
    const world = new World(family)
    if (onTrace !== undefined) world.instruments.trace.onLine = onTrace
    const run = await startRun(options, {
      compose: (composed, configOf) => {
        if (advice) composed.logger.warn(advice)
        family.base = composed
        family.configOf = configOf
        return world.open(composed)
      },
      ...(routes && { routes }),
    })
    const kit = new Kit(family, {}, { world, run })
    if (world.isInMemory && family.base.contents) await kit.baseline()
    return kit
  }

  /** Starts several brokers that are one cluster. */
  static async startCluster(
    options: ClusterOptions,
    given: KitOptions,
    asked: BrokerOptions['http'] = undefined,
  ): Promise<Kit> {
    const { Brokers } = await offLoop(import('./brokers/brokers.ts'))
    const { ClusterRun, openClusterHttp } = await offLoop(import('./brokers/cluster-run.ts'))
    const family = new Family(given)
    const logger = options.logger ?? createLogger(options.logLevel ?? 'warn')
    if (given.advice) logger.warn(given.advice)
    const http = asked === undefined ? null : await openClusterHttp(asked, { ...options, logger }, given.routes)
    try {
      const brokers = await Brokers.start(options, family, given.onTrace)
      return new Kit(family, {}, { brokers, run: new ClusterRun(brokers, http) })
    } catch (error) {
      await http?.server.close()
      throw error
    }
  }

  /** What is asked of the broker that serves now, or of those that do. */
  get services(): KitServices {
    this.mustRun()
    return this.#alone?.run.parts.services ?? this.brokers!.services
  }

  /** What there is now is what `reset` goes to from now on. */
  baseline(): Promise<void> {
    return this.#inTurn('baseline', async () => {
      this.#baseline = await this.#one('baseline').world.snapshot()
    })
  }

  /** Goes to the baseline, or to nothing where there is none, without faults; gives the clients that are connected still. */
  async reset(options: ResetOptions = {}): Promise<ResetResult> {
    checkNames('reset', options, resetNames)
    const { connections = 'keep', topicIds = 'new' } = options
    checkOneOf('connections', connections, ['keep', 'close'])
    checkOneOf('topicIds', topicIds, ['new', 'keep'])
    return this.#inTurn('reset', async () => {
      // What waits for a fault's delay would hold up the end.
      this.instruments.clear()
      await this.#become(this.#baseline, { connections: connections === 'keep', topicIds: topicIds === 'keep' })
      return { leftovers: this.#one('reset').world.clients() }
    })
  }

  /** Takes a snapshot; gives its id. */
  snapshot(): Promise<string> {
    return this.#inTurn('snapshot', async () => {
      const id = String(++snapshotsTaken)
      this.#snapshots.set(id, await this.#one('snapshot').world.snapshot())
      return id
    })
  }

  /** Forgets a snapshot; false where there is none of the id. */
  forget(id: string): boolean {
    return this.#snapshots.delete(id)
  }

  /** The ids of snapshots that were not forgotten. */
  get snapshots(): string[] {
    return [...this.#snapshots.keys()]
  }

  /** Goes to what a snapshot says. Throws RangeError where there is none of the id. */
  async restore(id: string): Promise<void> {
    const snapshot = this.#snapshotOf(id)
    await this.#inTurn('restore', () => this.#become(snapshot, { connections: true, topicIds: false }))
  }

  /** Another broker beside this one, on a port of its own, that begins with what a snapshot says, or with what there is now. */
  async fork(id?: string): Promise<Kit> {
    const snapshot =
      id === undefined ? await this.#inTurn('fork', () => this.#one('fork').world.snapshot()) : this.#snapshotOf(id)
    this.#mustBeInMemory('fork')
    const made = this.#beside(snapshot)
    const gone = () => this.#forks.delete(made)
    this.#forks.add(made)
    made.then(fork => {
      fork.#ended = gone
    }, gone)
    return made
  }

  /** Clients are told to find the broker there, as `advertised.listeners` says it; also after a reset. */
  async advertise(listeners: string): Promise<void> {
    checkText('listeners', listeners)
    await this.#alter({ 'advertised.listeners': listeners })
  }

  /** The virtual cluster of a name: made where there is none, with what a snapshot says, or what `reset` goes to. */
  async cluster(name: string, options: VirtualClusterOptions = {}, snapshotId?: string): Promise<Kit> {
    this.mustRun()
    checkText('the name of a cluster', name)
    checkNames('cluster', options, clusterNames)
    const { by, strict = false } = options
    checkKind('strict', strict, 'boolean')
    const known = this.#clusters.get(name)
    if (known !== undefined) {
      if (by === undefined || by === known.by) return known.kit
      throw new RangeError(`clients come to the cluster '${name}' by ${known.by}, not by ${by}`)
    }
    checkOneOf('by', by, waysToCome)
    this.#mustBeInMemory('a virtual cluster')
    const snapshot = snapshotId === undefined ? this.#baseline : this.#snapshotOf(snapshotId)
    const guest = by === undefined || by === 'port' ? null : { by, name, isStrict: strict }
    if (strict && guest === null) throw new RangeError('strict is for a cluster that shares the ports of the broker')
    const kit = this.#beside(snapshot, guest)
    const made = { by: by ?? 'port', kit }
    const gone = () => {
      if (this.#clusters.get(name) === made) this.#clusters.delete(name)
    }
    this.#clusters.set(name, made)
    kit.then(each => {
      each.#ended = gone
    }, gone)
    return kit
  }

  /** The virtual clusters by name. */
  async clusters(): Promise<Map<string, Kit>> {
    const all = new Map<string, Kit>()
    for (const [name, { kit }] of [...this.#clusters]) all.set(name, await kit)
    return all
  }

  /** How clients come to a virtual cluster; undefined where there is none of the name. */
  wayTo(name: string): ChosenBy | undefined {
    return this.#clusters.get(name)?.by
  }

  /** Ends a virtual cluster; false where there is none of the name. */
  async endCluster(name: string): Promise<boolean> {
    const cluster = this.#clusters.get(name)
    this.#clusters.delete(name)
    await (await cluster?.kit)?.stop()
    return cluster !== undefined
  }

  /** Stops it all, copies and virtual clusters included. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Throws StoppedError once it is stopped: what is asked of it then would be asked of nobody, or start it anew. */
  mustRun(): void {
    if (this.#stopped !== null) throw new StoppedError()
  }

  async #stop(): Promise<void> {
    this.#ended()
    await this.#last.catch(() => undefined)
    const made = await Promise.allSettled([...this.#forks, ...[...this.#clusters.values()].map(({ kit }) => kit)])
    this.#forks.clear()
    this.#clusters.clear()
    // What could not be made was told to who asked for it.
    const others = made.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
    const results = await Promise.allSettled(others.map(other => other.stop()))
    this.instruments.waiting.close(new StoppedError())
    this.instruments.clear()
    this.#alone?.world.entrance.close()
    await this.run.stop()
    await this.#alone?.world.stopped()
    const failed = results.find(({ status }) => status === 'rejected')
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
  }

  /** Sets properties of the broker that may change while it runs, and of those that follow it. */
  async #alter(properties: Readonly<Record<string, string>>): Promise<void> {
    this.mustRun()
    const { parts } = this.#one('advertise').run
    const { cluster, nodeId } = parts.services
    const alter = (settings: ReadonlyMap<string, string>) => new Map([...settings, ...Object.entries(properties)])
    const [result] = await cluster.alterConfigs([{ owner: 'broker', name: String(nodeId), alter }])
    const { errorCode, errorMessage } = result!
    if (errorCode !== 0) throw new KafkaError(errorCode, errorMessage ?? 'the broker does not take it')
    await parts.settle()
    this.#changes = { ...this.#changes, ...properties }
  }

  async #become(snapshot: Snapshot | null, keeping: Keeping): Promise<void> {
    const { run, world } = this.#one('reset')
    run.use(await world.become(this.#composed(this.#family.configOf(this.#changes)), snapshot, keeping))
  }

  async #beside(snapshot: Snapshot | null, guest: Guest | null = null): Promise<Kit> {
    const family = this.#family
    const changes = guest === null ? this.#onPortsOfItsOwn() : this.#onPortsOfThis(guest)
    const world = new World(
      family,
      guest === null ? undefined : network => this.#one('a virtual cluster').world.entrance.networkOf(guest, network),
    )
    const parts = await world.open(this.#composed(family.configOf(changes)), snapshot)
    const host = guest?.by === 'serverName' ? guest.name : null
    const run = new Run(parts, null, this.run.devTls, family.base.logger, host)
    const kit = new Kit(family, changes, { world, run })
    kit.#baseline = snapshot
    return kit
  }

  #onPortsOfItsOwn() {
    const listeners = this.#family.configOf().text('listeners')!
    return { listeners: listeners.replace(/:\d+(?=,|$)/g, ':0'), 'advertised.listeners': undefined }
  }

  /** The listeners of a virtual cluster whose clients come in here; by a name that they ask for in TLS, they are told that. */
  #onPortsOfThis({ by, name }: Guest): Record<string, string | undefined> {
    const { listeners } = this.#one('a virtual cluster').run.parts
    const shared = by === 'serverName' ? listeners.filter(speaksTls) : listeners
    if (shared.length === 0) throw new TypeError('clients name a server in TLS only, and no listener speaks it')
    const changes = { ...this.#changes, listeners: shared.map(each => `${each.name}://${boundTo(each)}`).join() }
    if (by === 'clientId') return changes
    const told = listenersOf(this.#family.configOf(this.#changes))
    const portOf = (listener: (typeof shared)[number]) =>
      told.find(each => each.name === listener.name)?.advertisedPort ?? listener.port
    return {
      ...changes,
      'advertised.listeners': shared.map(each => `${each.name}://${name}:${portOf(each)}`).join(),
      'inter.broker.listener.name': undefined,
    }
  }

  #composed(config: BrokerConfig): CompositionOptions {
    return { ...this.#family.base, config, contents: null, signal: undefined }
  }

  #snapshotOf(id: string): Snapshot {
    const snapshot = this.#snapshots.get(id)
    if (snapshot === undefined) throw new RangeError(`there is no snapshot '${id}'`)
    return snapshot
  }

  /** Throws TypeError where there are several. */
  #one(what: string): Alone {
    if (this.#alone !== null) return this.#alone
    throw new TypeError(`${what} is for a broker alone, and this is a cluster of ${this.brokers!.all.length}`)
  }

  #mustBeInMemory(what: string): void {
    this.mustRun()
    if (this.#one(what).world.isInMemory) return
    throw new TypeError(`${what} is for a broker in memory, and this one keeps its data in ${this.run.dataDirectory}`)
  }

  async #inTurn<T>(what: string, run: () => Promise<T>): Promise<T> {
    this.#mustBeInMemory(what)
    const turn = this.#last.catch(() => undefined).then(run)
    this.#last = turn
    return turn
  }
}

/** As `listeners` has it: no host for all addresses. */
function boundTo({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Which part is made of which: opens them from the disk upwards, and closes them the other way round.
 * Everything that a running broker holds hangs here; nothing else knows of all parts.
 */
import { prepareZstd } from '../protocol/records/zstd.ts'
import { offLoop, offLoopDone } from './base/off-loop.ts'
import { isFenced } from './cluster/image.ts'
import { Listening } from './composition/listening.ts'
import { Opened } from './composition/opened.ts'
import { openPartitions } from './composition/partitions.ts'
import type { CompositionOptions } from './composition/parts.ts'
import { openReplication } from './composition/replicating.ts'
import { openServices } from './composition/services.ts'
import { descriptionOf, openStorage, type Storage } from './composition/storage.ts'
import type { BrokerView } from './composition/view.ts'
import { listenersOf } from './config/listeners.ts'
import { etcdSettings } from './config/metadata-store.ts'
import type { BrokerServices } from './handlers/context.ts'
import { Cluster } from './metadata/cluster.ts'
import { keepCompact } from './metadata/compaction.ts'
import { TokenExpiry } from './metadata/token-expiry.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Partitions } from './partitions/partitions.ts'
import { Turn } from './partitions/waiting/turn.ts'
import { addressOf } from './server/listener.ts'
import { type BoundListener, Outbox } from './server/server.ts'
import { TlsListeners } from './tls/listeners.ts'

export type { BrokerParts, CompositionOptions } from './composition/parts.ts'

/** The parts of one running broker. */
export class Composition {
  readonly nodeId: number
  readonly clusterId: string
  /** The parts, for who looks in. */
  readonly view: BrokerView
  /** Figures of all parts. */
  readonly metrics: Metrics
  readonly dataDirectory: string | null
  /** What handlers are given. */
  readonly services: BrokerServices
  /** As they were bound at the start. */
  readonly listeners: readonly BoundListener[]
  /** Resolves with the reason where nothing can be served any more; the broker is then to be stopped. */
  readonly failed: Promise<Error>
  readonly #close: (handsOver: boolean) => Promise<void>
  readonly #kill: () => Promise<void>
  readonly #settle: () => Promise<void>
  readonly #discard: () => Promise<void>
  /** Where data and metadata are. */
  readonly storage: Storage
  #stopped: Promise<void> | null = null

  private constructor(
    { nodeId, clusterId }: { readonly nodeId: number; readonly clusterId: string },
    dataDirectory: string | null,
    listeners: readonly BoundListener[],
    services: BrokerServices,
    opened: Opened,
    view: BrokerView,
    storage: Storage,
  ) {
    this.services = services
    this.nodeId = nodeId
    this.clusterId = clusterId
    this.dataDirectory = dataDirectory
    this.listeners = listeners
    this.failed = opened.failure.promise
    this.metrics = opened.metrics
    this.view = view
    this.#close = handsOver => {
      opened.handsOver = handsOver
      return opened.close()
    }
    this.#kill = () => opened.kill()
    this.#settle = () => opened.settle()
    this.#discard = () => opened.discard()
    this.storage = storage
  }

  /** Starts all parts; where one fails, those before it are closed again. */
  static async start(options: CompositionOptions): Promise<Composition> {
    const opened = new Opened()
    try {
      return await compose(options, opened)
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  static of(
    ids: { readonly nodeId: number; readonly clusterId: string },
    dataDirectory: string | null,
    listeners: readonly BoundListener[],
    services: BrokerServices,
    opened: Opened,
    view: BrokerView,
    storage: Storage,
  ): Composition {
    return new Composition(ids, dataDirectory, listeners, services, opened, view, storage)
  }

  /** 'host:port' of the first listener; a listener on all addresses is reached by localhost. */
  get bootstrap(): string {
    return addressOf(this.listeners[0]!)
  }

  /**
   * Resolves once all that could be done was done, and was answered: what goes on from here needs a request, or the clock to move.
   * For who turns the broker's clock.
   */
  async settle(): Promise<void> {
    await this.#settle()
  }

  /** Has others lead what this broker leads, unless they stop as well, and ends. */
  stop({ handsOver = true } = {}): Promise<void> {
    this.#stopped ??= this.#close(handsOver)
    return this.#stopped
  }

  /** Ends without having anything written or anybody told: what it had is given up. */
  discard(): Promise<void> {
    this.#stopped ??= this.#discard()
    return this.#stopped
  }

  /** Ends as a process that is killed would: others see it go, clients lose their connections, and nothing is marked as closed well. */
  kill(): Promise<void> {
    this.#stopped ??= this.#kill()
    return this.#stopped
  }
}

/** How long a broker that stops waits for others to lead what it leads. */
const handOverMs = 10_000

async function compose(given: CompositionOptions, opened: Opened): Promise<Composition> {
  const { interceptors = [] } = given
  const options = { ...given, interceptors }
  const { config, ephemeral, parts, logger } = options
  const { clocks, random } = parts
  const nodeId = config.get('node.id')
  const outbox = options.door?.outbox ?? new Outbox()
  const turn = new Turn(clocks.wire, end => outbox.gather(end))
  const storage = await openStorage(options, turn, opened)
  const { metadata } = storage
  const tls = new TlsListeners({ config, read: parts.readStore ?? (() => null), logger: logger.child('tls') })
  const cluster = await Cluster.open({
    store: storage.store,
    config,
    nodeId,
    rack: config.get('broker.rack'),
    clusterId: metadata.clusterId,
    random,
    logger: logger.child('cluster'),
    checkSettings: next => tls.check(next, listenersOf(next)),
    description: descriptionOf(storage),
    clock: clocks.wire,
    onReplaced: error => opened.failure.is('this broker is not the one of its cluster any more', error),
    ...options.continued,
  })
  opened.add(() => cluster.close())
  opened.kill = () => {
    opened.isKilled = true
    for (const directory of storage.directories) directory.isTorn = true
    const gone = cluster.kill()
    return opened.close().finally(() => gone)
  }
  opened.discard = () => {
    opened.handsOver = false
    for (const directory of storage.directories) directory.abandon()
    return opened.close()
  }
  const historyMs = etcdSettings(config)?.historyMs ?? null
  if (historyMs !== null) {
    const isController = () => cluster.image.controllerId === nodeId
    const { store } = storage
    opened.add(keepCompact({ store, historyMs, isController, clock: clocks.wire, logger: logger.child('etcd') }))
  }
  // Also where the same is set again: a file of that name may have another content.
  cluster.onChange(({ brokerConfigsChanged }) => {
    if (brokerConfigsChanged.length > 0) tls.reload()
  })
  const partitions = openPartitions(options, storage, cluster, turn, opened)
  if (opened.failure.error !== null) throw opened.failure.error
  const turnOver = () => new Promise<void>(resolve => clocks.wire.immediate(resolve))
  await prepareZstd()
  await partitions.start({
    threads: config.get('num.recovery.threads.per.data.dir'),
    pause: turnOver,
    signal: options.signal,
  })
  options.signal?.throwIfAborted()
  const makeContents = () => contentsInto(options, cluster, partitions)
  // Where there are others, it leads nothing until it serves.
  const isAlone = !isFenced(cluster.image, nodeId) && options.brokersMin === undefined
  if (isAlone) await makeContents()
  const { peers, throttles } = openReplication(options, cluster, partitions, opened)
  const listening = new Listening(options, tls)
  const services = openServices(options, cluster, partitions, { peers, throttles }, listening.endpointFor, opened)
  const { groups, transactions } = services
  const tokenExpiry = new TokenExpiry({
    ...{ cluster, nodeId, clock: clocks.broker, logger: logger.child('security') },
    intervalMs: config.get('delegation.token.expiry.check.interval.ms'),
  })
  opened.add(() => tokenExpiry.close())
  const server = await listening.open(services, cluster, outbox, opened)
  opened.add(async () => {
    if (config.get('controlled.shutdown.enable') && opened.handsOver && !opened.isKilled) {
      await cluster.handOver(handOverMs).catch(error => logger.warn('nothing could be handed over', { error }))
    }
    // Behind a door others go on with its connections.
    const isLast = options.door === undefined || options.door.services === services
    const stopping = !isLast ? Promise.resolve() : opened.isKilled ? server.stop(0) : server.stop()
    // Who waits for more records, or for the members of a group, would hold up the end.
    partitions.endWaits()
    groups.close()
    transactions.close()
    await stopping
    // The handles of the listeners are closed at the end of the turn after the one that asks for it.
    await turnOver()
    await turnOver()
  })
  await cluster.serve(listening.endpoints)
  if (!isAlone) {
    await cluster.joined(options.brokersMin ?? 1, options.signal)
    await makeContents()
  }
  opened.settle = async () => {
    // What is due writes at the end of a turn; what waits for that is answered in the next.
    await turnOver()
    for (let done = offLoopDone(); done !== null; done = offLoopDone()) {
      await done
      await turnOver()
    }
    await listening.settled()
    await partitions.settled()
    await groups.settled()
    await transactions.settled()
    await tokenExpiry.settled()
    await turnOver()
    await turnOver()
  }
  return Composition.of(
    { nodeId, clusterId: cluster.image.clusterId },
    ephemeral ? null : metadata.path,
    listening.bound,
    services,
    opened,
    {
      ...{ nodeId, config, clocks, cluster, partitions, groups, peers, server },
      logins: listening.logins,
      metrics: opened.metrics,
      interceptors,
      whenClosed: close => opened.add(close),
    },
    storage,
  )
}

/** Makes the topics and records that the broker is to begin with. */
async function contentsInto(options: CompositionOptions, cluster: Cluster, partitions: Partitions): Promise<void> {
  const { contents, config, parts, logger, signal } = options
  if (!contents) return
  const { makeContents } = await offLoop(import('./contents/contents.ts'))
  const { broker: clock, wire } = parts.clocks
  await makeContents(contents, { cluster, partitions, config, clock, wire, logger: logger.child('contents'), signal })
}

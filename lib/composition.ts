/**
 * Which part is made of which: opens them from the disk upwards, and closes them the other way round.
 * Everything that a running broker holds hangs here; nothing else knows of all parts.
 */
import { resolve } from 'node:path'
import { prepareZstd } from '../protocol/records/zstd.ts'
import { LogDirectory } from '../storage/directory.ts'
import { faultOf } from '../storage/faults.ts'
import { closeIdleFiles, type Files, openFilesMax } from '../storage/files.ts'
import type { Clocks } from './base/clock.ts'
import { Failure } from './base/failure.ts'
import type { Logger } from './base/logger.ts'
import type { Random } from './base/random.ts'
import type { TopicImage } from './cluster/image.ts'
import { clusterKey } from './cluster/stored.ts'
import { addressFor, type Published } from './config/advertised.ts'
import type { BrokerConfig } from './config/config.ts'
import { listenersOf } from './config/listeners.ts'
import { openListeners, openListenersAdvice } from './config/open-listeners.ts'
import { longMax } from './config/property.ts'
import { serverLimitsOf } from './config/server-limits.ts'
import { logConfigOf, topicReader } from './config/topic-config.ts'
import type { Contents } from './contents/contents.ts'
import { Groups } from './coordination/groups.ts'
import { MarkerWriter, type WriteMarkers } from './coordination/markers.ts'
import { Transactions } from './coordination/transactions.ts'
import type { BrokerServices, Context } from './handlers/context.ts'
import { faultOf as refusalOf } from './handlers/faults.ts'
import { advertisedApis, handlerTable, unstableApis, withUnstable } from './handlers/table.ts'
import { Cluster } from './metadata/cluster.ts'
import { EmbeddedStore } from './metadata/embedded.ts'
import { memoryJournal } from './metadata/journal.ts'
import { kraftDirectoryName } from './metadata/kraft/name.ts'
import { journalDirectoryName, openJournal } from './metadata/log-journal.ts'
import type { MetadataStore } from './metadata/store.ts'
import { loginMetrics } from './metrics/logins.ts'
import { Metrics } from './metrics/metrics.ts'
import { Neighbours, type Surroundings } from './network/neighbours.ts'
import type { Network } from './network/network.ts'
import type { PartitionSettings } from './partitions/partition.ts'
import { Partitions } from './partitions/partitions.ts'
import { ProducerIds } from './partitions/producer-ids.ts'
import { FetchSessions } from './partitions/sessions/fetch-sessions.ts'
import { compactorSettings } from './partitions/upkeep/compactor-settings.ts'
import { upkeepIntervals } from './partitions/upkeep/intervals.ts'
import { Turn } from './partitions/waiting/turn.ts'
import { Logins } from './security/logins.ts'
import { scramMechanisms } from './security/scram.ts'
import { addressOf } from './server/listener.ts'
import { type BoundListener, type HandlerTable, type Interceptor, Outbox, Server } from './server/server.ts'
import { TlsListeners } from './tls/listeners.ts'

/** The world that a broker runs in. */
export interface BrokerParts {
  readonly clocks: Clocks
  readonly random: Random
  /** Where the data directories are. */
  readonly files: Files
  readonly network: Network
  /** Reads a key or trust store; without it there are none. */
  readonly readStore?: (path: string) => Buffer | null
  /** The networks that clients may be on; without it, none. */
  readonly surroundings?: () => Surroundings
  /** Opens the store of the cluster's metadata; without it, the broker keeps them in its first data directory. */
  readonly openStore?: () => Promise<MetadataStore>
}

export interface CompositionOptions {
  readonly config: BrokerConfig
  readonly ephemeral: boolean
  readonly parts: BrokerParts
  readonly logger: Logger
  /** What is told to clients that are on no network of this machine, and have no advertised address. */
  readonly published?: Published
  /** What answers requests; by default all handlers there are. */
  readonly handlers?: HandlerTable<Context>
  /** What stands around every request. */
  readonly interceptors?: readonly Interceptor[]
  /** Topics and records that are there before clients can connect. */
  readonly contents?: Contents | null
  /** What stands between the transaction coordinator and the partitions that its markers go to: a simulation delays and repeats them. */
  readonly markersThrough?: (write: WriteMarkers) => WriteMarkers
  /** Calls the start off. */
  readonly signal?: AbortSignal
}

/** A transaction is late when it is open for so much longer than any may take: the same as in Apache Kafka. */
const lateTransactionBufferMs = 300_000

/** When the storage tries again what it could not do as the process had no file descriptors. */
const againMs = 1_000

/** The parts of one running broker. */
export class Composition {
  readonly nodeId: number
  readonly clusterId: string
  /** Figures of all parts. */
  readonly metrics: Metrics
  readonly dataDirectory: string | null
  /** As they were bound at the start. */
  readonly listeners: readonly BoundListener[]
  /** Resolves with the reason where nothing can be served any more; the broker is then to be stopped. */
  readonly failed: Promise<Error>
  readonly #close: () => Promise<void>
  readonly #settle: () => Promise<void>
  #stopped: Promise<void> | null = null

  private constructor(
    { nodeId, clusterId }: { readonly nodeId: number; readonly clusterId: string },
    dataDirectory: string | null,
    listeners: readonly BoundListener[],
    opened: Opened,
  ) {
    this.nodeId = nodeId
    this.clusterId = clusterId
    this.dataDirectory = dataDirectory
    this.listeners = listeners
    this.failed = opened.failure.promise
    this.metrics = opened.metrics
    this.#close = () => opened.close()
    this.#settle = () => opened.settle()
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
    opened: Opened,
  ): Composition {
    return new Composition(ids, dataDirectory, listeners, opened)
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

  stop(): Promise<void> {
    this.#stopped ??= this.#close()
    return this.#stopped
  }
}

/** What was opened so far, how to close it, and whether it failed meanwhile. */
class Opened {
  readonly failure = new Failure()
  readonly metrics = new Metrics()
  readonly #closings: (() => unknown)[] = []
  settle: () => Promise<void> = () => Promise.resolve()

  add(close: () => unknown): void {
    this.#closings.push(close)
  }

  /** Closes in reverse order, all of it even where something fails; then rejects with the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closings.pop(); close !== undefined; close = this.#closings.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

async function compose(options: CompositionOptions, opened: Opened): Promise<Composition> {
  const { config, ephemeral, parts, logger } = options
  const { clocks, random, network } = parts
  const nodeId = config.get('node.id')
  const outbox = new Outbox()
  const turn = new Turn(clocks.wire, end => outbox.gather(end))
  const later = (run: () => void) => void clocks.wire.schedule(againMs, run)
  const storage = openDirectories(options, nodeId, turn, later, opened)
  const { metadata } = storage
  const metadataFailed = (error: Error) =>
    opened.failure.is(`the data directory ${metadata.path}, which holds the cluster's metadata, has failed`, error)
  const embedded = () =>
    new EmbeddedStore(
      ephemeral
        ? memoryJournal()
        : openJournal({
            dataDirectory: metadata.path,
            files: parts.files,
            now: () => clocks.broker.now(),
            schedule: turn.schedule,
            later,
            logger,
            onFailed: metadataFailed,
          }),
      () => new Promise(later),
    )
  const store = parts.openStore ? await parts.openStore() : embedded()
  opened.add(() => store.close())
  if (!ephemeral) await takeOverFromKafka(store, storage.directories, options)
  const tls = new TlsListeners({ config, read: parts.readStore ?? (() => null), logger: logger.child('tls') })
  const securedListeners = () => listenersOf(config).map(listener => ({ ...listener, tls: tls.of(listener) }))
  const cluster = await Cluster.open({
    store,
    config,
    nodeId,
    rack: config.get('broker.rack'),
    clusterId: metadata.clusterId,
    random,
    logger: logger.child('cluster'),
    checkSettings: next => tls.check(next, listenersOf(next)),
  })
  opened.add(() => cluster.close())
  // Also where the same is set again: a file of that name may have another content.
  cluster.onChange(({ brokerConfigsChanged }) => {
    if (brokerConfigsChanged.length > 0) tls.reload()
  })
  const partitions = Partitions.open({
    nodeId,
    image: cluster.image,
    directories: storage.directories,
    missingDirectories: storage.failed,
    cordonedDirectories: () => config.get('cordoned.log.dirs').map(path => (path === '*' ? path : resolve(path))),
    onDirectoryFailed: (path, anyUsable, error) => {
      if (path === metadata.path) metadataFailed(error)
      else if (!anyUsable) opened.failure.is('all data directories have failed', error)
    },
    settingsOf: topic => topicSettings(topic, config),
    clocks,
    turn,
    logger: logger.child('partitions'),
    intervals: upkeepIntervals(config),
    compaction: () => compactorSettings(config),
    lateTransactionMs: () => config.get('transaction.max.timeout.ms') + lateTransactionBufferMs,
    relocationBytesPerSecondMax: () => relocationBytesPerSecondMax(config),
    replicaLagMsMax: () => config.get('replica.lag.time.max.ms'),
  })
  // From the very image that they were opened with: recovery takes its time, and the cluster goes on.
  cluster.onChange(delta => partitions.apply(delta))
  opened.add(() => partitions.close())
  opened.metrics.add(() => partitions.metrics())
  if (opened.failure.error !== null) throw opened.failure.error
  const turnOver = () => new Promise<void>(resolve => clocks.wire.immediate(resolve))
  await prepareZstd()
  await partitions.start({
    threads: config.get('num.recovery.threads.per.data.dir'),
    pause: turnOver,
    signal: options.signal,
  })
  options.signal?.throwIfAborted()
  if (options.contents) {
    const { makeContents } = await import('./contents/contents.ts')
    const { signal } = options
    await makeContents(options.contents, {
      ...{
        cluster,
        partitions,
        config,
        clock: clocks.broker,
        wire: clocks.wire,
        logger: logger.child('contents'),
        signal,
      },
    })
  }
  const groups = new Groups({
    partitions,
    cluster,
    config,
    clock: clocks.broker,
    wire: clocks.wire,
    random,
    logger: logger.child('groups'),
  })
  const producerIds = new ProducerIds(() => cluster.allocateProducerIds())
  const markers = new MarkerWriter({ partitions, groups, clock: clocks.broker })
  const writeMarkers: WriteMarkers = (end, named) => markers.write(end, named)
  const transactions = new Transactions({
    config,
    cluster,
    partitions,
    producerIds,
    writeMarkers: options.markersThrough?.(writeMarkers) ?? writeMarkers,
    clock: clocks.broker,
    wire: clocks.wire,
    logger: logger.child('transactions'),
  })
  opened.metrics.add(() => transactions.metrics())
  let listenerConfigs = securedListeners()
  const open = openListeners(config, listenerConfigs)
  if (open.length > 0) logger.warn(openListenersAdvice, { listeners: open.join(',') })
  let bound: readonly BoundListener[] = []
  const offersUnstable = config.get('unstable.api.versions.enable')
  const handlers = options.handlers ?? handlerTable
  const neighbours = new Neighbours(options.parts.surroundings ?? (() => ({ subnets: [], gateways: [] })))
  const services: BrokerServices = {
    advertisedApis: offersUnstable ? unstableApis() : advertisedApis,
    nodeId,
    config,
    cluster,
    partitions,
    groups,
    producerIds,
    transactions,
    markers,
    fetchSessions: new FetchSessions({
      slotsMax: config.get('max.incremental.fetch.session.cache.slots'),
      clock: clocks.wire,
      random,
    }),
    clock: clocks.broker,
    random,
    logger: logger.child('handlers'),
    endpointFor: connection => ({
      ...addressFor(
        connection,
        listenerConfigs.find(({ name }) => name === connection.listener),
        bound.find(({ name }) => name === connection.listener)?.port,
        options.published ?? null,
        (peer, own) => neighbours.has(peer, own),
      ),
      rack: config.get('broker.rack'),
    }),
    authorize: () => true,
  }
  const logins = new Logins({
    config,
    random,
    credentialOf: (user, mechanism) => cluster.image.scramUsers.get(user)?.get(scramMechanisms[mechanism].number),
    clock: clocks.wire,
    logger: logger.child('security'),
  })
  await logins.use(listenerConfigs)
  opened.metrics.add(() => loginMetrics(logins))
  const server = new Server<Context>({
    listeners: listenerConfigs,
    handlers: offersUnstable ? withUnstable(handlers) : handlers,
    errors: { faultOf: refusalOf },
    makeContext: (connection, header, exchange) => ({
      connection,
      clientId: header.clientId,
      apiVersion: header.apiVersion,
      correlationId: header.correlationId,
      broker: services,
      exchange,
    }),
    limits: { ...serverLimitsOf(config), descriptorMax: descriptorMax() },
    logins,
    freeDescriptors: closeIdleFiles,
    network,
    interceptors: options.interceptors,
    clock: clocks.wire,
    logger,
    outbox,
  })
  config.onChange(() => server.updateLimits(serverLimitsOf(config)))
  bound = await server.start()
  let relistening: Promise<void> = Promise.resolve()
  config.onChange(changed => {
    if (changed.has('advertised.listeners')) listenerConfigs = securedListeners()
    relistening = relistening.then(() => logins.useAnew(listenersOf(config)))
    if (!changed.has('listeners') && !changed.has('listener.security.protocol.map')) return
    relistening = relistening.then(async () => {
      listenerConfigs = securedListeners()
      bound = await server.listenOn(listenerConfigs)
    })
  })
  opened.add(async () => {
    const stopping = server.stop()
    // Who waits for more records, or for the members of a group, would hold up the end.
    partitions.endWaits()
    groups.close()
    transactions.close()
    await stopping
    // The handles of the listeners are closed at the end of the turn after the one that asks for it.
    await turnOver()
    await turnOver()
  })
  opened.settle = async () => {
    // What is due writes at the end of a turn; what waits for that is answered in the next.
    await turnOver()
    await relistening
    await partitions.settled()
    await groups.settled()
    await transactions.settled()
    await turnOver()
    await turnOver()
  }
  return Composition.of({ nodeId, clusterId: cluster.image.clusterId }, ephemeral ? null : metadata.path, bound, opened)
}

/** Where Apache Kafka wrote the directories, and no broker of ours was started on them yet, its cluster becomes ours. */
async function takeOverFromKafka(
  store: MetadataStore,
  directories: readonly LogDirectory[],
  { config, parts: { files }, logger }: CompositionOptions,
): Promise<void> {
  const apart = config.get('metadata.log.dir')
  const places = [...(apart === null ? [] : [resolve(apart)]), ...directories.map(({ path }) => path)]
  const dataDirectory = places.find(path => files.exists(`${path}/${kraftDirectoryName}`))
  if (dataDirectory === undefined || (await store.get(clusterKey)) !== null) return
  // Hardly ever needed, and so not loaded at each start.
  const { takeOver } = await import('./metadata/kraft/import.ts')
  await takeOver({
    store,
    files,
    dataDirectory,
    clusterId: directories[0]!.clusterId,
    nodeId: config.get('node.id'),
    logger: logger.child('cluster'),
  })
}

function topicSettings(topic: TopicImage, config: BrokerConfig): PartitionSettings {
  const read = topicReader(topic.configs, config)
  return { log: logConfigOf(topic.configs, config), minInsyncReplicas: read('min.insync.replicas') }
}

/** Bytes a second that a partition moves at where nothing is set: others need the disks, too. */
const relocationBytesPerSecondDefault = 100_000_000

function relocationBytesPerSecondMax(config: BrokerConfig): number {
  const bytes = config.get('replica.alter.log.dirs.io.max.bytes.per.second')
  // Kafka's default is the greatest number there is.
  return bytes >= 1 && bytes < longMax ? bytes : relocationBytesPerSecondDefault
}

/** Descriptors that connections leave to files and threads: many of what may be few. */
function descriptorMax(): number {
  const max = openFilesMax()
  return max - Math.min(256, Math.floor(max / 4))
}

/** Opens all data directories. One that is broken is left out with an error; one that is somebody else's stops the start. */
function openDirectories(
  { config, ephemeral, parts: { files, clocks, random }, logger }: CompositionOptions,
  nodeId: number,
  turn: Turn,
  later: (run: () => void) => void,
  opened: Opened,
) {
  const paths = ephemeral ? ['/memory'] : (config.get('log.dirs') ?? config.get('log.dir')).map(path => resolve(path))
  const directories: LogDirectory[] = []
  const failed: string[] = []
  let clusterId: string | undefined
  for (const path of paths) {
    try {
      const directory = LogDirectory.open(path, {
        files,
        nodeId,
        clusterId,
        uuid: () => random.uuid(),
        now: () => clocks.broker.now(),
        schedule: turn.schedule,
        later,
        logger: logger.child('storage'),
        producerIdExpirationMs: () => config.get('producer.id.expiration.ms'),
      })
      clusterId ??= directory.clusterId
      directories.push(directory)
      opened.add(() => directory.close())
    } catch (error) {
      // One that is somebody else's is not to be gone without, and a start without descriptors is none.
      if (faultOf(error) !== 'disk' || paths.length === 1) throw error
      logger.error('a data directory cannot be used; its partitions are offline', { path, error })
      failed.push(path)
    }
  }
  if (directories.length === 0) throw new Error(`none of ${paths.join(', ')} can be used; see the errors above`)
  const metadata =
    directories.find(({ path }) => files.exists(`${path}/${journalDirectoryName}`)) ??
    directories.find(({ path }) => path === paths[0])
  // A cluster begun anew would not know the topics of the one that is away.
  if (metadata === undefined) {
    throw new Error(`the cluster's metadata are in none of the data directories that can be used; repair ${failed[0]}`)
  }
  return { directories, failed, metadata }
}

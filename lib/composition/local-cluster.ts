/** Several brokers in this process that are one cluster: each is stopped, killed and started by itself. */
import { resolve } from 'node:path'
import { diskFiles, type Files, memoryFiles } from '../../storage/files.ts'
import { DirectoryLock } from '../../storage/lock.ts'
import { systemClock } from '../base/clock.ts'
import { createLogger, type Logger } from '../base/logger.ts'
import { offLoop } from '../base/off-loop.ts'
import { systemRandom } from '../base/random.ts'
import { Composition, type CompositionOptions } from '../composition.ts'
import { BrokerConfig } from '../config/config.ts'
import { startProperties } from '../config/start.ts'
import { ConfigError } from '../config/values.ts'
import { newToken } from '../http/access.ts'
import { EmbeddedStore } from '../metadata/embedded.ts'
import { memoryJournal } from '../metadata/journal.ts'
import { openJournal } from '../metadata/log-journal.ts'
import { agreedClusterId } from '../metadata/registration.ts'
import { sharedStore } from '../metadata/shared.ts'
import type { MetadataStore } from '../metadata/store.ts'
import { addressOf } from '../server/listener.ts'
import { startErrorOf } from '../start-error.ts'
import { contentsOf, systemParts } from './broker-options.ts'
import type { BrokerCluster, ClusterBroker, ClusterOptions } from './cluster-options.ts'
import type { HttpSide } from './http.ts'
import { checkOptions, clusterOptionNames } from './option-names.ts'
import type { HttpSettings } from './options.ts'

/** What somebody puts around each broker as it starts. */
export type Around = (composed: CompositionOptions) => CompositionOptions

/** Brokers that a laptop can bear. */
const brokersMax = 16
/** How long a disk without descriptors is left alone. */
const againMs = 1_000
const dataDefault = './ottla-cluster'

/** Brokers that are one cluster, in this process. */
export class LocalCluster implements BrokerCluster {
  /** By node id. */
  readonly brokers: readonly LocalBroker[]
  readonly clusterId: string
  readonly #store: Store

  private constructor(brokers: readonly LocalBroker[], clusterId: string, store: Store) {
    this.brokers = brokers
    this.clusterId = clusterId
    this.#store = store
  }

  /** Starts all brokers, and resolves once each takes part and clients can connect. Nothing is left open where one cannot be started. */
  static async start(options: ClusterOptions = {}, around: Around = composed => composed): Promise<LocalCluster> {
    checkOptions(options, clusterOptionNames)
    const { brokers: count = 3 } = options
    if (!Number.isInteger(count) || count < 1 || count > brokersMax) {
      throw new ConfigError('brokers', `brokers is ${count}; it takes a number from 1 to ${brokersMax}`)
    }
    const logger = options.logger ?? createLogger(options.logLevel ?? 'warn')
    const data = options.ephemeral ? null : resolve(options.data ?? dataDefault)
    const store = await openStore(data, logger)
    const calledOff = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, calledOff.signal]) : calledOff.signal
    const brokers: LocalBroker[] = []
    try {
      const clusterId = await agreedClusterId(store.store, systemRandom.uuid())
      const http = httpOf(options.http)
      for (let i = 0; i < count; i++)
        brokers.push(new LocalBroker(propertiesOf(options, data, i, count), store, logger, { around, http: http(i) }))
      const contents = contentsOf(options)
      const starts = brokers.map((broker, i) =>
        broker.startAmong(count, signal, i === 0 ? contents : null).catch(error => {
          calledOff.abort(error)
          throw error
        }),
      )
      const failed = (await Promise.allSettled(starts)).find(({ status }) => status === 'rejected')
      if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
      return new LocalCluster(brokers, clusterId, store)
    } catch (error) {
      await Promise.allSettled(brokers.map(broker => broker.kill()))
      await store.close()
      throw calledOff.signal.reason ?? error
    }
  }

  /** The directory of all, or null where everything is in memory. */
  get dataDirectory(): string | null {
    return this.#store.data
  }

  /** 'host:port' of each broker that runs, as clients take them for `bootstrap.servers`. */
  get bootstrap(): string {
    return this.brokers
      .filter(({ isRunning }) => isRunning)
      .map(({ bootstrap }) => bootstrap)
      .join(',')
  }

  /** The broker with this node id. */
  broker(nodeId: number): LocalBroker {
    const broker = this.brokers.find(each => each.nodeId === nodeId)
    if (broker === undefined) {
      throw new RangeError(`there is no broker ${nodeId}, but ${this.brokers.map(each => each.nodeId).join(', ')}`)
    }
    return broker
  }

  /** Stops all brokers. May be called again. */
  async stop(): Promise<void> {
    // All at once: there is nobody to hand over to.
    await Promise.all(this.brokers.map(broker => broker.stopWithAll()))
    await this.#store.close()
  }

  /** `stop`, for `await using cluster = await Cluster.start()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** One broker of a cluster. */
export class LocalBroker implements ClusterBroker {
  readonly nodeId: number
  /** Its data directory, or null where everything is in memory. */
  readonly dataDirectory: string | null
  readonly #properties: Record<string, string>
  readonly #store: Store
  readonly #logger: Logger
  readonly #around: Around
  /** Kept through its stops, also where they are in memory. */
  readonly #files: Files
  /** What is asked for over HTTP; null where nothing is. */
  #askedHttp: HttpSettings | null
  #http: HttpSide | null = null
  #running: Composition | null = null
  #bootstrap = ''
  #listeners: LocalBroker['listeners'] = []

  constructor(
    properties: Record<string, string>,
    store: Store,
    logger: Logger,
    { around, http }: { readonly around: Around; readonly http: HttpSettings | null },
  ) {
    this.#around = around
    this.#askedHttp = http
    this.nodeId = Number(properties['node.id'])
    this.#properties = properties
    this.#store = store
    this.#logger = logger.beside(`broker-${this.nodeId}`)
    this.#files = store.data === null ? memoryFiles() : diskFiles
    this.dataDirectory = store.data === null ? null : properties['log.dirs']!
  }

  /** @internal */
  get running(): Composition | null {
    return this.#running
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  /** 'host:port' of its first listener, as of its last start. */
  get bootstrap(): string {
    return this.#bootstrap
  }

  /** 'host:port' that answers over HTTP; null where it was not asked for, or the broker does not run. */
  get http(): string | null {
    return this.#http?.server.address ?? null
  }

  /** The link by which a browser may write. */
  get httpLink(): string | null {
    return this.#http?.server.link ?? null
  }

  /** Its listeners, as of its last start. */
  get listeners(): readonly { name: string; securityProtocol: string; address: string }[] {
    return this.#listeners
  }

  /** Starts it again, on the same port; resolves once it takes part. */
  start(): Promise<void> {
    return this.startAmong(1)
  }

  /** Has the others lead what it leads, answers what is in flight, writes everything to disk, and leaves the cluster. */
  stop(): Promise<void> {
    return this.#end(running => running.stop())
  }

  /** Ends it as SIGKILL would end a process: connections break, others see it go at once, and its logs are recovered at the next start. */
  kill(): Promise<void> {
    return this.#end(running => running.kill())
  }

  /** @internal */
  stopWithAll(): Promise<void> {
    return this.#end(running => running.stop({ handsOver: false }))
  }

  async #end(by: (running: Composition) => Promise<void>): Promise<void> {
    const [running, http] = [this.#running, this.#http]
    this.#running = null
    this.#http = null
    if (http !== null) http.stage = 'stopping'
    try {
      if (running !== null) await by(running)
    } finally {
      await http?.server.close()
    }
  }

  /** @internal */
  async startAmong(
    brokersMin: number,
    signal?: AbortSignal,
    contents: ReturnType<typeof contentsOf> = null,
  ): Promise<void> {
    if (this.#running !== null) return
    const config = BrokerConfig.parse(this.#properties, { warn: message => this.#logger.warn(message) })
    const asked = this.#askedHttp
    const http = asked && (await (await offLoop(import('./http.ts'))).openHttp(asked, config, this.#logger))
    try {
      this.#running = await Composition.start(
        this.#around({
          ...{ config, contents, brokersMin, logger: this.#logger, signal },
          ephemeral: this.#store.data === null,
          parts: { ...systemParts(this.#files), openStore: async () => sharedStore(this.#store.store) },
        }),
      )
    } catch (error) {
      await http?.server.close()
      throw startErrorOf(error, this.dataDirectory === null ? [] : [this.dataDirectory])
    }
    http?.measure(this.#running.view)
    http?.serves(this.#running)
    this.#http = http
    if (http !== null) this.#askedHttp = { ...asked, address: http.server.address }
    this.#bootstrap = this.#running.bootstrap
    this.#listeners = this.#running.listeners.map(listener => {
      const { name, securityProtocol } = listener
      return { name, securityProtocol, address: addressOf(listener) }
    })
    // Clients go on to look for it where it was.
    if (!/:0(?:,|$)/.test(this.#properties.listeners!)) return
    const bound = this.#running.listeners
    this.#properties.listeners = this.#properties
      .listeners!.split(',')
      .map((text, i) => text.replace(/:0$/, `:${bound[i]?.port ?? 0}`))
      .join(',')
  }
}

/** What each broker serves over HTTP, by its place; one token opens all of them. */
function httpOf(asked: ClusterOptions['http']): (i: number) => HttpSettings | null {
  if (asked === undefined) return () => null
  const settings = typeof asked === 'object' ? asked : { address: asked }
  const token = settings.token ?? newToken(systemRandom)
  return i => {
    const address = String(settings.address).replace(/\d+$/, at => (at === '0' ? at : String(Number(at) + i)))
    return { ...settings, address, token }
  }
}

/** The metadata that all brokers share. */
interface Store {
  readonly store: MetadataStore
  /** Null where everything is in memory. */
  readonly data: string | null
  close(): Promise<void>
}

async function openStore(data: string | null, logger: Logger): Promise<Store> {
  const later = (run: () => void) => void systemClock.schedule(againMs, run)
  const pause = () => new Promise<void>(later)
  if (data === null) {
    const store = new EmbeddedStore(memoryJournal(), pause)
    return { store, data, close: () => store.close() }
  }
  const directory = `${data}/metadata`
  if (diskFiles.exists(`${data}/meta.properties`)) {
    throw new ConfigError('data', `${data} is the data directory of a broker that is alone: name another for a cluster`)
  }
  diskFiles.mkdir(data)
  diskFiles.mkdir(directory)
  const lock = DirectoryLock.take(diskFiles, directory, { warn: message => logger.warn(message) })
  try {
    const journal = openJournal({
      ...{ dataDirectory: directory, files: diskFiles, later, logger },
      now: () => systemClock.now(),
      schedule: run => systemClock.immediate(run),
      onFailed: error => logger.error('the directory of the metadata has failed', { path: directory, error }),
    })
    const store = new EmbeddedStore(journal, pause)
    return { store, data, close: () => store.close().finally(() => lock.release()) }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The properties of the broker at this place. */
function propertiesOf(options: ClusterOptions, data: string | null, i: number, count: number): Record<string, string> {
  const { port = 9092, properties = {} } = options
  const nodeId = Number(properties['node.id'] ?? properties['broker.id'] ?? 1) + i
  const replicas = String(Math.min(3, count))
  const started = startProperties({
    ...options,
    port: properties.listeners !== undefined && options.port === undefined ? undefined : port === 0 ? 0 : port + i,
    data: data === null ? '/memory' : `${data}/broker-${nodeId}`,
    properties: {
      'default.replication.factor': replicas,
      'offsets.topic.replication.factor': replicas,
      'transaction.state.log.replication.factor': replicas,
      'transaction.state.log.min.isr': String(Math.min(2, count)),
      'share.coordinator.state.topic.replication.factor': replicas,
      'share.coordinator.state.topic.min.isr': String(Math.min(2, count)),
      ...properties,
      'node.id': String(nodeId),
    },
  })
  delete started['broker.id']
  if (options.port !== undefined || properties.listeners === undefined) return started
  // Each broker has ports of its own.
  for (const name of ['listeners', 'advertised.listeners']) {
    const all = started[name]?.split(',')
    if (all === undefined) continue
    started[name] = all
      .map(text => text.replace(/:(\d+)$/, (_, at) => `:${at === '0' ? 0 : Number(at) + i * all.length}`))
      .join(',')
  }
  return started
}

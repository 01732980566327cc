/** A broker of a program, started and told of: what its options say, the parts behind it, and the HTTP server beside it. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { faultOf } from '../../storage/faults.ts'
import { diskFiles, memoryFiles } from '../../storage/files.ts'
import { nodeIdIn, readMetaProperties } from '../../storage/meta-properties.ts'
import { systemClocks } from '../base/clock.ts'
import { createLogger, type Logger } from '../base/logger.ts'
import { offLoop } from '../base/off-loop.ts'
import { Composition, type CompositionOptions } from '../composition.ts'
import { parsePublished } from '../config/advertised.ts'
import { BrokerConfig } from '../config/config.ts'
import { listenersOf } from '../config/listeners.ts'
import { startProperties } from '../config/start.ts'
import { ConfigError } from '../config/values.ts'
import type { HttpRoutes } from '../http/routes.ts'
import type { Metric } from '../metrics/metrics.ts'
import { addressOf } from '../server/listener.ts'
import { startErrorOf } from '../start-error.ts'
import type { DevTls } from '../tls/dev-tls.ts'
import { contentsOf, systemParts } from './broker-options.ts'
import type { HttpSide } from './http.ts'
import { brokerOptionNames, checkOptions } from './option-names.ts'
import type { BrokerOptions, BrokerRun } from './options.ts'

/** Reads the settings anew, as at the start; with others in the place of some, or without those that are undefined. */
export type ConfigOf = (changes?: Readonly<Record<string, string | undefined>>) => BrokerConfig

/** What somebody puts around a broker that starts; nothing of it is needed. */
export interface RunSurroundings {
  /** Starts the parts, of what the options made. */
  readonly compose?: (options: CompositionOptions, configOf: ConfigOf) => Promise<Composition>
  /** More that is served over HTTP. */
  readonly routes?: HttpRoutes
}

/** See the head of the file. */
export class Run implements BrokerRun {
  /** What serves now. */
  parts: Composition
  readonly devTls: DevTls | null
  readonly failed: Promise<Error>
  readonly #http: HttpSide | null
  readonly #logger: Logger
  /** The host by which clients reach it; null where it is that of its listeners. */
  readonly #host: string | null
  #hasFailed: (error: Error) => void = () => {}

  constructor(
    parts: Composition,
    http: HttpSide | null,
    devTls: DevTls | null,
    logger: Logger,
    host: string | null = null,
  ) {
    this.#host = host
    this.parts = parts
    this.#http = http
    this.devTls = devTls
    this.#logger = logger
    this.failed = new Promise(resolve => {
      this.#hasFailed = resolve
    })
    this.use(parts)
  }

  /** These parts serve from now on. */
  use(parts: Composition): void {
    this.parts = parts
    this.#http?.measure(parts.view)
    this.#http?.serves(parts)
    void parts.failed.then(async error => {
      if (this.parts !== parts) return
      this.#logger.error('the broker stops', { error })
      if (this.#http !== null) this.#http.stage = 'failed'
      await this.stop().catch(second => this.#logger.error('the broker was not stopped well', { error: second }))
      this.#hasFailed(error)
    })
  }

  get bootstrap(): string {
    return this.listeners[0]!.address
  }

  get listeners(): BrokerRun['listeners'] {
    return this.parts.listeners.map(listener => {
      const { name, securityProtocol } = listener
      return { name, securityProtocol, address: addressOf({ ...listener, host: this.#host ?? listener.host }) }
    })
  }

  get http(): string | null {
    return this.#http?.server.address ?? null
  }

  get httpLink(): string | null {
    return this.#http?.server.link ?? null
  }

  get nodeId(): number {
    return this.parts.nodeId
  }

  get clusterId(): string {
    return this.parts.clusterId
  }

  get dataDirectory(): string | null {
    return this.parts.dataDirectory
  }

  metrics(): Metric[] {
    return this.parts.metrics.read()
  }

  async stop(): Promise<void> {
    if (this.#http?.stage === 'ready') this.#http.stage = 'stopping'
    try {
      await this.parts.stop()
    } finally {
      await this.#http?.server.close()
    }
  }
}

function configBy(properties: Readonly<Record<string, string>>): ConfigOf {
  return changes => {
    const given = Object.entries({ ...properties, ...changes }).filter(([, value]) => value !== undefined)
    return BrokerConfig.parse(Object.fromEntries(given) as Record<string, string>)
  }
}

/** Starts a broker as `Broker.start` says. */
export async function startRun(options: BrokerOptions, { compose, routes }: RunSurroundings = {}): Promise<Run> {
  checkOptions(options, brokerOptionNames)
  const logger = options.logger ?? createLogger(options.logLevel ?? 'warn')
  const devTls = options.devTls ? await devTlsOf(options) : null
  const properties = { ...propertiesOf(options), ...devTls?.properties }
  const config = BrokerConfig.parse(properties, { warn: message => logger.warn(message) })
  const contents = contentsOf(options)
  const http =
    options.http === undefined
      ? null
      : await (await offLoop(import('./http.ts'))).openHttp(options.http, config, logger)
  if (routes !== undefined) http?.server.add(routes)
  try {
    const composed: CompositionOptions = {
      config,
      ephemeral: options.ephemeral ?? false,
      parts: systemParts(options.ephemeral ? memoryFiles() : diskFiles),
      published: options.published === undefined ? undefined : parsePublished(options.published),
      logger,
      contents,
      signal: options.signal,
    }
    const parts = await (compose?.(composed, configBy(properties)) ?? Composition.start(composed))
    return new Run(parts, http, devTls, logger)
  } catch (error) {
    await http?.server.close()
    throw startErrorOf(error, options.ephemeral ? [] : config.logDirs.map(path => resolve(path)))
  }
}

/** Loaded only for who asks for it. Throws ConfigError. */
async function devTlsOf(options: BrokerOptions): Promise<DevTls> {
  const properties = propertiesOf(options)
  const own = Object.keys(properties).find(name => /(?:^|\.)ssl\.(?:keystore|truststore)\./.test(name))
  if (own !== undefined) {
    throw new ConfigError(own, `${own} is set, and devTls (--dev-tls) makes keys of its own: leave one of them out`)
  }
  const listeners = listenersOf(BrokerConfig.parse(properties))
  const { speaksTls } = await offLoop(import('../tls/listeners.ts'))
  if (!listeners.some(speaksTls)) {
    throw new ConfigError(
      'listeners',
      'devTls (--dev-tls) is for listeners that speak TLS: listeners has none with SSL or SASL_SSL',
    )
  }
  const { devTls } = await offLoop(import('../tls/dev-tls.ts'))
  const published = options.published === undefined ? [] : [parsePublished(options.published).host]
  const named = listeners.flatMap(({ host, advertisedHost }) => [host, advertisedHost ?? '']).concat(published)
  const reachable = named.filter(host => !['', '0.0.0.0', '::'].includes(host))
  return devTls(systemClocks.broker.now(), ['localhost', '127.0.0.1', '::1', hostname(), ...reachable])
}

/** Who does not say which broker this is means the one whose data directory it is. */
function propertiesOf(options: BrokerOptions): Record<string, string> {
  const properties = startProperties(options)
  const { 'node.id': nodeId, 'broker.id': brokerId } = options.properties ?? {}
  if (options.ephemeral || nodeId !== undefined || brokerId !== undefined) return properties
  for (const path of (properties['log.dirs'] ?? properties['log.dir'] ?? '').split(',')) {
    const stored = storedNodeId(path.trim())
    if (stored) return { ...properties, 'node.id': stored }
  }
  return properties
}

function storedNodeId(path: string): string | null {
  try {
    const meta = readMetaProperties(diskFiles, path)
    return meta && nodeIdIn(meta)
  } catch (error) {
    // The start says what is the matter with it.
    if (faultOf(error) === 'disk') return null
    throw error
  }
}

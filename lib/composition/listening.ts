/** The listeners of a broker: who logs in by them, where clients are told to find them, and what becomes of them when settings change. */

import { hostname } from 'node:os'
import { closeIdleFiles, openFilesMax } from '../../storage/files.ts'
import type { BrokerEndpoint } from '../cluster/brokers.ts'
import { addressFor } from '../config/advertised.ts'
import { listenersOf } from '../config/listeners.ts'
import { openListeners, openListenersAdvice } from '../config/open-listeners.ts'
import { serverLimitsOf } from '../config/server-limits.ts'
import type { BrokerServices, Context } from '../handlers/context.ts'
import { isDenial, faultOf as refusalOf } from '../handlers/faults.ts'
import { handlerTable, withUnstable } from '../handlers/table.ts'
import type { Cluster } from '../metadata/cluster.ts'
import { loginMetrics } from '../metrics/logins.ts'
import { Neighbours } from '../network/neighbours.ts'
import { Logins } from '../security/logins.ts'
import { scramMechanisms } from '../security/scram.ts'
import { type BoundListener, type MakeContext, type Outbox, Server } from '../server/server.ts'
import type { TlsListeners } from '../tls/listeners.ts'
import type { Door } from './door.ts'
import type { Opened } from './opened.ts'
import type { CompositionOptions } from './parts.ts'
import { keepQuotas } from './quotas.ts'

/** See the head of the file. */
export class Listening {
  /** Null until listeners are open. */
  logins: Logins | null = null
  readonly #options: CompositionOptions
  readonly #tls: TlsListeners
  readonly #neighbours: Neighbours
  #configs: ReturnType<Listening['secured']>
  #bound: readonly BoundListener[] = []
  #quotas: Awaited<ReturnType<typeof keepQuotas>> | null = null
  #relistening: Promise<void> = Promise.resolve()

  constructor(options: CompositionOptions, tls: TlsListeners) {
    this.#options = options
    this.#tls = tls
    this.#neighbours = new Neighbours(options.parts.surroundings ?? (() => ({ subnets: [], gateways: [] })))
    if (options.door !== undefined) options.door.tls = tls
    this.#configs = this.secured()
  }

  /** The listeners as the settings have them now, with what they shake hands by. */
  secured() {
    return listenersOf(this.#options.config).map(listener => ({
      ...listener,
      tls: this.#options.door?.tlsOf(listener) ?? this.#tls.of(listener),
    }))
  }

  get bound(): readonly BoundListener[] {
    return this.#bound
  }

  /** Where other brokers, and clients of theirs, are told to reach this one. */
  get endpoints(): BrokerEndpoint[] {
    const { published = null } = this.#options
    return this.#configs.flatMap(({ name, securityProtocol, host, advertisedHost, advertisedPort }) => {
      const port = advertisedPort ?? this.#bound.find(listener => listener.name === name)?.port
      if (port === undefined) return []
      const own = host === '' || host === '0.0.0.0' || host === '::' ? (published?.host ?? hostname()) : host
      return [{ listener: name, host: advertisedHost ?? own, port, securityProtocol }]
    })
  }

  /** What a client is told for this broker. */
  readonly endpointFor: BrokerServices['endpointFor'] = connection => ({
    ...addressFor(
      connection,
      this.#configs.find(({ name }) => name === connection.listener),
      this.#bound.find(({ name }) => name === connection.listener)?.port,
      this.#options.published ?? null,
      (peer, own) => this.#neighbours.has(peer, own),
    ),
    rack: this.#options.config.get('broker.rack'),
  })

  /** Opens the listeners, and follows the settings from then on. The server is to be stopped by the caller. */
  async open(services: BrokerServices, cluster: Cluster, outbox: Outbox, opened: Opened): Promise<Server<Context>> {
    const { config, parts, logger, interceptors, handlers = handlerTable, door } = this.#options
    const { clocks, random, network } = parts
    this.#configs = this.secured()
    const logins = new Logins({
      config,
      random,
      credentialOf: (user, mechanism) => cluster.image.scramUsers.get(user)?.get(scramMechanisms[mechanism].number),
      tokenOf: (tokenId, mechanism) => services.delegationTokens.loginOf(tokenId, mechanism),
      clock: clocks.wire,
      logger: logger.child('security'),
    })
    await logins.use(this.#configs)
    this.logins = logins
    opened.metrics.add(() => loginMetrics(logins))
    this.#quotas = await keepQuotas(cluster, config, clocks.wire)
    if (door !== undefined) {
      door.services = services
      door.cluster = cluster
      door.logins = logins
      door.quotas = this.#quotas
      if (door.server !== null) return this.#enter(door, door.server, logins, cluster)
    }
    const open = openListeners(config, this.#configs)
    if (open.length > 0) logger.warn(openListenersAdvice, { listeners: open.join(',') })
    // One object for all requests, unless others serve behind the same door later.
    const behind = door ?? { services, cluster }
    const makeContext: MakeContext<Context> = (connection, header, exchange) => ({
      connection,
      clientId: header.clientId,
      apiKey: header.apiKey,
      apiVersion: header.apiVersion,
      correlationId: header.correlationId,
      broker: behind.services,
      exchange,
    })
    const server = new Server<Context>({
      listeners: this.#configs,
      handlers: config.get('unstable.api.versions.enable') ? withUnstable(handlers) : handlers,
      errors: { faultOf: refusalOf, isTold: error => behind.services.hasAuthorizer && isDenial(error) },
      makeContext:
        door === undefined
          ? makeContext
          : (...of) => {
              door.clientIds.set(of[0].id, of[1].clientId)
              return makeContext(...of)
            },
      limits: { ...serverLimitsOf(config), descriptorMax: descriptorMax() },
      logins: door?.loginRules ?? logins,
      freeDescriptors: closeIdleFiles,
      network,
      interceptors,
      quotas: door?.quotaKeeping ?? this.#quotas,
      clock: clocks.wire,
      logger,
      outbox,
    })
    config.onChange(() => server.updateLimits(serverLimitsOf(config)))
    this.#bound = await server.start()
    config.onChange(changed => this.#follow(changed, server, logins, cluster))
    if (door !== undefined) {
      door.server = server
      door.bound = this.#bound
    }
    return server
  }

  /** Serves behind listeners that are open. */
  #enter(door: Door, server: Server<Context>, logins: Logins, cluster: Cluster): Server<Context> {
    const { config } = this.#options
    server.updateLimits(serverLimitsOf(config))
    config.onChange(() => server.updateLimits(serverLimitsOf(config)))
    config.onChange(changed => this.#follow(changed, server, logins, cluster))
    this.#bound = door.bound
    return server
  }

  #follow(changed: ReadonlySet<string>, server: Server<Context>, logins: Logins, cluster: Cluster): void {
    const { config } = this.#options
    if (changed.has('advertised.listeners')) this.#configs = this.secured()
    this.#relistening = this.#relistening.then(() => logins.useAnew(listenersOf(config)))
    const isElsewhere = changed.has('listeners') || changed.has('listener.security.protocol.map')
    if (!isElsewhere && !changed.has('advertised.listeners')) return
    this.#relistening = this.#relistening.then(async () => {
      if (isElsewhere) {
        this.#configs = this.secured()
        this.#bound = await server.listenOn(this.#configs)
      }
      await cluster.serve(this.endpoints)
    })
  }

  /** Resolves once listeners are as the settings ask for. */
  async settled(): Promise<void> {
    await this.#relistening
    await this.#quotas?.settled()
  }
}

/** Descriptors that connections leave to files and threads: many of what may be few. */
function descriptorMax(): number {
  const max = openFilesMax()
  return max - Math.min(256, Math.floor(max / 4))
}

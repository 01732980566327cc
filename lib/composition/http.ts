/** The HTTP server beside a broker: opened ahead of the rest of the start, which may take long. */
import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { offLoop } from '../base/off-loop.ts'
import { systemRandom } from '../base/random.ts'
import type { Composition } from '../composition.ts'
import type { BrokerConfig } from '../config/config.ts'
import { listenersOf } from '../config/listeners.ts'
import { ConfigError } from '../config/values.ts'
import type { Console } from '../console/console.ts'
import { HttpAccess } from '../http/access.ts'
import { type BrokerStage, probeRoutes } from '../http/probes.ts'
import { type HttpHandler, type HttpRoutes, handlerFor } from '../http/routes.ts'
import { HttpServer, httpAddressOf } from '../http/server.ts'
import { metricsOf } from './metrics.ts'
import type { HttpSettings } from './options.ts'
import type { BrokerView } from './view.ts'

/** The HTTP server, and what its answers tell of the broker. */
export interface HttpSide {
  readonly server: HttpServer
  stage: BrokerStage
  /** The broker serves from now on. */
  serves(parts: Composition): void
  /** Tells figures of these parts from now on. */
  measure(view: BrokerView): void
}

/** Throws ConfigError where the address is none, and rejects where its port cannot be had. */
export async function openHttp(
  asked: string | number | HttpSettings,
  config: BrokerConfig,
  logger: Logger,
): Promise<HttpSide> {
  const settings = typeof asked === 'object' ? asked : { address: asked }
  const address = httpAddressOf(String(settings.address))
  if (address === null) {
    throw new ConfigError('http', `http is '${settings.address}'; it takes [HOST:]PORT, as in 8080 or 0.0.0.0:8080`)
  }
  const stage = { now: 'starting' as BrokerStage }
  let console: Console | null = null
  let awaited: (() => Promise<unknown>) | null = null
  const server = await HttpServer.listen({
    address,
    routes: {
      ...probeRoutes(() => stage.now),
      ...consoleRoutes(
        () => stage.now,
        () => void awaited?.().catch(() => undefined),
      ),
    },
    names: listenersOf(config).flatMap(({ advertisedHost }) => advertisedHost ?? []),
    proxies: settings.hosts ?? [],
    base: settings.path ?? '',
    access: new HttpAccess({
      random: systemRandom,
      clock: systemClock,
      token: settings.token,
      isOpen: settings.write ?? false,
    }),
    logger: logger.child('http'),
  })
  return {
    server,
    get stage() {
      return stage.now
    },
    set stage(next) {
      stage.now = next
      // Its connections would hold up the end.
      if (next !== 'ready') void console?.close()
    },
    serves(parts) {
      stage.now = 'ready'
      // Of who served before.
      void console?.close()
      console = null
      const opened = remembered(async () => {
        const { consoleOf } = await offLoop(import('./console.ts'))
        console = consoleOf(parts, config, server, logger.child('console'))
        return console
      })
      awaited = async () => (await opened()).expect()
      server.add(
        apiRoutes(
          () => stage.now,
          async () => (await opened()).routes,
        ),
      )
    },
    measure: view => server.add(metricsOf(view)),
  }
}

/** The page and its interface, of which nothing is loaded before somebody asks for it. */
function consoleRoutes(stage: () => BrokerStage, isComing: () => void): HttpRoutes {
  const page = remembered(async () => (await offLoop(import('../console/console.ts'))).pageRoutes())
  const GET: HttpHandler = async request => (await page())[request.path]!.GET!(request)
  const first: HttpHandler = request => {
    // The page is going to ask for it.
    isComing()
    return GET(request)
  }
  return { '/': { GET: first }, '/console.js': { GET }, '/console.css': { GET }, ...apiRoutes(stage, async () => ({})) }
}

function apiRoutes(stage: () => BrokerStage, routes: () => Promise<HttpRoutes>): HttpRoutes {
  const handler: HttpHandler = async request => {
    if (stage() !== 'ready') return { status: 503, body: { error: `the broker is ${stage()}` } }
    return handlerFor(await routes(), request.method, request.path)(request)
  }
  const methods = { GET: handler, POST: handler, DELETE: handler }
  const open = { isOpen: true, POST: handler } as const
  return { '/api/': methods, '/api/login': open, '/api/logout': open }
}

/** Made when it is first asked for; what failed is tried again. */
function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make().catch(error => {
      made = null
      throw error
    })
    return made
  }
}

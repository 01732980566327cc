/** Where the console meets its broker: by which listener it comes as a client, who it is there, and what it is told of groups. */
import { createRequire } from 'node:module'
import { diskFiles } from '../../storage/files.ts'
import { Admin } from '../admin/admin.ts'
import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import type { ClientLogin } from '../client/login.ts'
import { isHiddenTopic } from '../cluster/topic-names.ts'
import type { Composition } from '../composition.ts'
import type { BrokerConfig } from '../config/config.ts'
import { listenersOf } from '../config/listeners.ts'
import { Console } from '../console/console.ts'
import type { ListedTopic } from '../console/topics.ts'
import type { Place } from '../console/visits.ts'
import type { HttpServer } from '../http/server.ts'
import type { ConnectOptions, Network, TlsConnecting } from '../network/network.ts'
import { systemNetwork } from '../network/tcp.ts'
import { addressOf, type BoundListener } from '../server/listener.ts'
import { LiveTrace } from './live-trace.ts'
import { tlsOf } from './peer-security.ts'

/** How long the console tries what fails at first: somebody waits for it. */
const timeoutMs = 8_000
const mechanisms: readonly ClientLogin['mechanism'][] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']

/** The console of a broker that serves. */
export function consoleOf(parts: Composition, config: BrokerConfig, server: HttpServer, logger: Logger): Console {
  const { view } = parts
  const trace = new LiveTrace({
    interceptors: view.interceptors,
    topicNameOf: topicId => view.partitions.topicNameOf(topicId),
    clock: view.clocks.wire,
  })
  view.whenClosed(() => trace.close())
  return new Console({
    place: placeOf(parts, config, server.has('/testing/')),
    logger,
    groupEvents: groupId => view.groups.events.of(groupId),
    trace: since => trace.look(since),
    enter: session => server.enter(session),
    leave: request => server.leave(request),
  })
}

/**
 * Who has not logged in comes by a listener without logins. Where others ask for one, that is only so if there are rules of who may do what: else whoever
 * reaches this page could do by it what that listener, which may be for brokers alone, lets everybody do.
 */
function placeOf(parts: Composition, config: BrokerConfig, isForTests: boolean): Place {
  const by = (...protocols: string[]) =>
    protocols.flatMap(protocol => parts.listeners.filter(each => each.securityProtocol === protocol))[0]
  const withLogin = by('SASL_PLAINTEXT', 'SASL_SSL')
  const hasRules = config.get('authorizer.class.name') !== ''
  const open = withLogin === undefined || hasRules ? by('PLAINTEXT', 'SSL') : undefined
  const enabled: readonly string[] = config.get('sasl.enabled.mechanisms')
  const { version } = createRequire(import.meta.url)('ottla/package.json') as { version: string }
  return {
    ...{ nodeId: parts.nodeId, version, bootstrap: parts.bootstrap },
    ...{ isOpen: open !== undefined, canLogIn: withLogin !== undefined, isForTests },
    // Under rules, each user is told of their own, as the broker answers all clients.
    topics: hasRules ? null : topicsOf(parts),
    mechanisms: mechanisms.filter(mechanism => enabled.includes(mechanism)),
    connect: login => adminBy((login === null ? open : undefined) ?? withLogin!, login, config),
  }
}

/** Gives all topics as they are now, by name: a reference to each, as none of them ever changes, nor does what an image has. */
function topicsOf({ view: { cluster } }: Composition): () => readonly ListedTopic[] {
  let [seen, listed]: [unknown, readonly ListedTopic[]] = [null, []]
  return () => {
    const { topics } = cluster.image
    if (topics !== seen) listed = [...topics.values()].filter(({ name }) => !isHiddenTopic(name))
    seen = topics
    return listed
  }
}

function adminBy(listener: BoundListener, login: ClientLogin | null, config: BrokerConfig): Admin {
  const tls = listener.securityProtocol.endsWith('SSL')
    ? nameless(tlsOf(listener, config, path => diskFiles.read(path)))
    : undefined
  return new Admin({
    ...{
      bootstrap: [addressOf(listener)],
      clientId: 'ottla-console',
      timeoutMs,
      network: comingHome(listener, config),
    },
    ...(tls && { tls }),
    ...(login && { login }),
    ...{ clock: systemClock, random: systemRandom },
  })
}

/** Without the broker's own certificate: who shows that may do what the broker may. */
function nameless({ options, checksHost }: TlsConnecting): TlsConnecting {
  return { options: { ...options, cert: undefined, key: undefined }, checksHost }
}

/**
 * The network, on which the broker's own listener is reached where it is bound, whatever is advertised: from inside a container, what clients outside are told
 * leads nowhere. Nobody else can be behind that address, so no certificate has to prove it.
 */
function comingHome(listener: BoundListener, config: BrokerConfig): Network {
  const home = addressOf(listener)
  const at = home.lastIndexOf(':')
  const own = { host: home.slice(0, at).replace(/^\[|\]$/g, ''), port: listener.port }
  const isOwn = ({ host, port }: ConnectOptions) => {
    if (host === own.host && port === own.port) return true
    const told = listenersOf(config).find(({ name }) => name === listener.name)
    return told !== undefined && told.advertisedHost === host && (told.advertisedPort ?? own.port) === port
  }
  return {
    listen: options => systemNetwork.listen(options),
    connect: (to, signal) =>
      systemNetwork.connect(isOwn(to) ? { ...own, ...(to.tls && { tls: unchecked(to.tls) }) } : to, signal),
  }
}

function unchecked({ options }: TlsConnecting): TlsConnecting {
  return { options: { ...options, rejectUnauthorized: false }, checksHost: false }
}

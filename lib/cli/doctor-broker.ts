/** A broker as clients would find it from here: each address that it tells them is dialled, and what comes of it is said in plain words. */

import { isIP } from 'node:net'
import { KafkaError } from '../../protocol/errors.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { checkHealth, UnhealthyError } from '../admin/health.ts'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { ClientError } from '../client/client.ts'
import { type BrokerAddress, Connection, parseAddress } from '../client/connections.ts'
import { type ClientLogin, LoginError } from '../client/login.ts'
import type { Network, TlsConnecting } from '../network/network.ts'
import { type Finding, fail, ok, warn } from './doctor-finding.ts'

export interface BrokerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  /** Encrypts the connections. */
  readonly tls?: TlsConnecting | undefined
  /** Who asks, where brokers want to know. */
  readonly login?: ClientLogin | undefined
  /** How long one connection or answer may take. */
  readonly timeoutMs: number
  /** Whether somebody named the broker; else one that is not there is no fault. */
  readonly isNamed: boolean
}

export async function brokerFindings(bootstrap: string, options: BrokerOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const text of bootstrap.split(',')) {
    const address = parseAddress(text)
    const found = await reach(address, options)
    if (typeof found === 'string') {
      const what = `no broker answers at ${text}: ${found}`
      findings.push(
        options.isNamed
          ? fail('broker', what)
          : ok('broker', `${what}; name one with --bootstrap to have it looked at`),
      )
      continue
    }
    findings.push(
      ok(
        'broker',
        `${text} answers: cluster ${found.clusterId}, ${found.brokers.length === 1 ? 'one broker' : `${found.brokers.length} brokers`}`,
      ),
    )
    for (const broker of found.brokers)
      findings.push(...(await advertisedFindings(address, broker, found.clusterId, options)))
    findings.push(await healthFinding(address, options))
  }
  return findings
}

interface Found {
  readonly clusterId: string | null
  readonly brokers: readonly (BrokerAddress & { readonly nodeId: number })[]
}

/** What a broker says of its cluster; why not, where there is none. */
async function reach(
  address: BrokerAddress,
  { timeoutMs, clock, network, tls, login }: BrokerOptions,
): Promise<Found | string> {
  let connection: Connection | null = null
  try {
    connection = await Connection.open(address, {
      ...{ clientId: 'ottla-doctor', requestTimeoutMs: timeoutMs, clock, network, tls, login },
    })
    const { clusterId, brokers } = await connection.ask(Metadata, { topics: [], allowAutoTopicCreation: false })
    return { clusterId, brokers }
  } catch (error) {
    if (error instanceof LoginError) return `the login is refused: ${error.message}`
    if (!(error instanceof ClientError || error instanceof KafkaError)) throw error
    return reasonOf(error, address)
  } finally {
    await connection?.close()
  }
}

function reasonOf(error: Error, { host, port }: BrokerAddress): string {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  switch (code) {
    case 'ECONNREFUSED':
      return `the connection is refused, so nobody listens on port ${port} there; is it started, and its port published?`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} is not known here; names of containers are known on their own network only`
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no way to ${host} from here; another network, or a firewall`
    default:
      return error.message
  }
}

/** Where clients are sent after their first answer. */
async function advertisedFindings(
  bootstrap: BrokerAddress,
  { nodeId, host, port }: BrokerAddress & { readonly nodeId: number },
  clusterId: string | null,
  options: BrokerOptions,
): Promise<Finding[]> {
  const told = `clients that come by ${bootstrap.host}:${bootstrap.port} are told that node ${nodeId} is at ${host}:${port}`
  const found = await reach({ host, port }, options)
  if (typeof found === 'string') {
    const text = `${told}, and cannot connect to it from here: ${found}. Every client here fails after its first answer. Set advertised.listeners to an address that is reached from here, or use a listener that is meant for here`
    return [fail('clients', text)]
  }
  if (found.clusterId !== clusterId) {
    const text = `${told}, where another cluster answers (${found.clusterId}): clients would produce into that one. Set advertised.listeners to this broker's own address`
    return [fail('clients', text)]
  }
  if (!isLoopback(host)) return [ok('clients', `${told}, which is reached from here${reachOf(host)}`)]
  const own = `${told}. On this machine that works; in a container, or on another machine, ${host} is itself, so clients there fail`
  if (isLoopback(bootstrap.host)) return [ok('clients', `${own}, unless they come by another address or listener`)]
  return [warn('clients', `${own}. Set advertised.listeners to ${bootstrap.host} if they are to connect`)]
}

function reachOf(host: string): string {
  return isIP(host) === 0 && !host.includes('.') ? `; clients elsewhere need to know the name ${host}, too` : ''
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

async function healthFinding(
  address: BrokerAddress,
  { clock, random, network, tls, login, timeoutMs }: BrokerOptions,
): Promise<Finding> {
  try {
    await checkHealth({ address, clock, random, network, tls, login, timeoutMs: Math.max(timeoutMs, 5_000) })
    return ok('broker', 'a record was produced and consumed, and a group joined')
  } catch (error) {
    if (!(error instanceof UnhealthyError)) throw error
    if (error.isDenied) {
      const whose = login === undefined ? 'who connects without a login' : login.user
      const text = `it serves, but its access rules do not let ${whose} do what the check does (${error.message}); name another user in --command-config, or add rules by ottla acls`
      return warn('broker', text)
    }
    return fail('broker', `it does not serve its clients: ${error.message}`)
  }
}

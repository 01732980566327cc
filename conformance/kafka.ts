/**
 * Apache Kafka itself, to compare with: its jars come from Maven into a cache, and it runs as one node or as several, on directories of
 * its own. Needs Java 17 or later and Maven.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '../lib/client/client.ts'
import { ApiVersions } from '../protocol/messages/api-versions.ts'
import { freePorts } from '../test/free-port.ts'
import { until } from './scenario.ts'

/** The judge of behaviour, and the rival in benchmarks. */
export const kafkaVersion = '4.4.0'
/** The last one that speaks the versions of requests that Apache Kafka 4 has dropped. */
export const oldKafkaVersion = '3.9.2'

export type KafkaVersion = typeof kafkaVersion | typeof oldKafkaVersion | '4.3.1'

/** Where its jars are kept. */
export function homeOf(version: KafkaVersion): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla', `kafka-${version}`)
}

/** What is asked of Maven, and something to write logs with. */
function pom(artifacts: readonly string[], version: string): string {
  const wanted = [
    ...artifacts.map(artifact => ['org.apache.kafka', artifact, version]),
    ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.4'],
  ]
  const dependencies = wanted.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>kafka-jars</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>\n`
}

/** Why Apache Kafka cannot be had here, or null. Fetches it where it is not there yet: the broker and its tools. */
export function fetchKafka(version: KafkaVersion = kafkaVersion): string | null {
  return fetchJars(homeOf(version), ['kafka_2.13', 'kafka-tools'], version)
}

/** Why these of Kafka's jars cannot be had here, or null. They are put into `home`/jars, with what they depend on. */
export function fetchJars(home: string, artifacts: readonly string[], version: string): string | null {
  if (existsSync(join(home, 'fetched'))) return null
  for (const [tool, argument] of [
    ['java', '-version'],
    ['mvn', '--version'],
  ] as const) {
    if (spawnSync(tool, [argument]).status !== 0) return `there is no ${tool} here`
  }
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'pom.xml'), pom(artifacts, version))
  console.error(`fetching Apache Kafka ${version} …`)
  const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${join(home, 'jars')}`]
  const maven = spawnSync('mvn', ['-q', '-f', join(home, 'pom.xml'), ...copy], { encoding: 'utf8' })
  if (maven.status !== 0) return `Maven could not fetch it: ${maven.stdout.trim().split('\n')[0]}`
  writeFileSync(join(home, 'fetched'), '')
  return null
}

function java(version: KafkaVersion, options: readonly string[], main: string, args: readonly string[]): string[] {
  const jars = join(homeOf(version), 'jars', '*')
  return [...options, '-Dorg.apache.logging.log4j.level=ERROR', '-cp', jars, main, ...args]
}

/** One of Kafka's command-line tools by its class; answers what it printed. */
export async function kafkaTool(
  main: string,
  args: readonly string[],
  msMax = 300_000,
  version: KafkaVersion = kafkaVersion,
): Promise<string> {
  const options = ['-Xmx512M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const { stdout } = await promisify(execFile)('java', java(version, options, main, args), {
    timeout: msMax,
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

export type KafkaSettings = Readonly<Record<string, string>>

export interface KafkaOptions {
  readonly version?: KafkaVersion
  /** Of the JVM, in MB. */
  readonly heapMb?: number
  /** Listeners beside the plain one, with commas between. */
  readonly listeners?: string
  /** Features that a new cluster begins with at another level than usual, as `name=level`. */
  readonly features?: readonly string[]
  /** Gives it a listener that speaks TLS besides, with this certificate and key (PEM). */
  readonly tls?: { readonly certificate: string; readonly key: string }
}

export interface RunningKafka {
  readonly version: KafkaVersion
  /** host:port, and of several nodes all of them with commas between. */
  readonly bootstrap: string
  /** The same of the listener that speaks TLS; null without one. */
  readonly tlsBootstrap: string | null
  /** Another one after each restart. */
  readonly pid: number
  /** From the start of the process to its first answer; formatting the directory is not counted. */
  readonly readyMs: number
  /** Where its topics are. */
  readonly dataDirectory: string
  /** Ends it by a signal, and starts it again on its directory, of which something may become in between. */
  restart(signal: 'SIGTERM' | 'SIGKILL', meanwhile?: () => void | Promise<void>): Promise<void>
  stop(): Promise<void>
}

/** Starts one node on a new directory, with the settings that Kafka's own scripts use, and resolves when it answers. */
export async function startKafka(
  directory: string,
  settings: KafkaSettings = {},
  options: KafkaOptions = {},
): Promise<RunningKafka> {
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const quorum = { 'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}` }
  const clusterId = await newClusterId(options)
  return startNode(directory, clusterId, 1, [port, controllerPort], true, { ...quorum, ...settings }, options)
}

export interface RunningCluster {
  /** All nodes, as clients take them. */
  readonly bootstrap: string
  /** In the order of their ids, which count from 1. */
  readonly nodes: readonly RunningKafka[]
  stop(): Promise<void>
}

/**
 * Starts a cluster of so many nodes on a new directory, each a broker and a controller in a rack of its own (three racks at most), with
 * up to three replicas of whatever is made, and resolves when all of them answer.
 */
export async function startKafkaCluster(
  count: number,
  directory: string,
  settings: KafkaSettings = {},
  options: KafkaOptions = {},
): Promise<RunningCluster> {
  const ports = await freePorts(2 * count)
  const portsOf = (at: number) => [ports[2 * at]!, ports[2 * at + 1]!] as const
  const ids = Array.from({ length: count }, (_, at) => at)
  const replicas = String(Math.min(count, 3))
  const inSync = count > 1 ? '2' : '1'
  const shared = {
    // Written down beforehand, so that no node waits for another to be formatted.
    'controller.quorum.voters': ids.map(at => `${at + 1}@127.0.0.1:${portsOf(at)[1]}`).join(','),
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    ...replicated(replicas, inSync),
  }
  const clusterId = await newClusterId(options)
  const begun = await Promise.allSettled(
    ids.map(at => {
      const own = { ...shared, 'broker.rack': `rack-${at % 3}`, ...settings }
      return startNode(join(directory, String(at + 1)), clusterId, at + 1, portsOf(at), false, own, options)
    }),
  )
  const nodes = begun.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  const stop = async () => {
    await Promise.all(nodes.map(node => node.stop()))
    rmSync(directory, { recursive: true, force: true })
  }
  const failed = begun.find(each => each.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return { bootstrap: nodes.map(node => node.bootstrap).join(','), nodes, stop }
}

async function newClusterId({ version }: KafkaOptions): Promise<string> {
  return (await kafkaTool('kafka.tools.StorageTool', ['random-uuid'], undefined, version)).trim()
}

/** The topics that Kafka keeps for itself. */
function replicated(replicas: string, inSync: string): KafkaSettings {
  return {
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
  }
}

/** A certificate and its key as the key store of a broker, in one line each, as files of properties have them. */
function storesOf({ certificate, key }: { readonly certificate: string; readonly key: string }): KafkaSettings {
  const inLine = (pem: string) => pem.trim().replaceAll('\n', '\\n')
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': inLine(certificate),
    'ssl.keystore.key': inLine(key),
  }
}

async function startNode(
  directory: string,
  clusterId: string,
  id: number,
  [port, controllerPort]: readonly [number, number],
  standalone: boolean,
  settings: KafkaSettings,
  { version = kafkaVersion, heapMb = 1024, features = [], listeners: more, tls }: KafkaOptions,
): Promise<RunningKafka> {
  const [tlsPort] = tls === undefined ? [] : await freePorts(1)
  const secured = tlsPort === undefined ? '' : `,SSL://127.0.0.1:${tlsPort}`
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${secured}${more === undefined ? '' : `,${more}`}`
  const properties: KafkaSettings = {
    'node.id': String(id),
    'process.roles': 'broker,controller',
    'log.dirs': join(directory, 'data'),
    listeners,
    'advertised.listeners': listeners,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL',
    'controller.listener.names': 'CONTROLLER',
    ...(tls === undefined ? {} : storesOf(tls)),
    'group.initial.rebalance.delay.ms': '0',
    ...replicated('1', '1'),
    ...settings,
  }
  const file = join(directory, 'server.properties')
  mkdirSync(directory, { recursive: true })
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const quorum = standalone ? ['--standalone'] : []
  const levels = features.flatMap(feature => ['--feature', feature])
  const format = ['format', ...quorum, '-t', clusterId, '-c', file, ...levels]
  await kafkaTool('kafka.tools.StorageTool', format, undefined, version)
  const log = join(directory, 'server.log')
  const options = [
    `-Xms${heapMb}M`,
    `-Xmx${heapMb}M`,
    '-server',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
  ]
  const run = async () => {
    const output = openSync(log, 'w')
    const child = spawn('java', java(version, options, 'kafka.Kafka', [file]), { stdio: ['ignore', output, output] })
    closeSync(output)
    try {
      await answers(child, port, log)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
    return child
  }
  const begin = performance.now()
  let child = await run()
  const readyMs = performance.now() - begin
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    version,
    bootstrap: `127.0.0.1:${port}`,
    tlsBootstrap: tlsPort === undefined ? null : `127.0.0.1:${tlsPort}`,
    get pid() {
      return child.pid!
    },
    readyMs,
    dataDirectory: join(directory, 'data'),
    restart: async (signal, meanwhile) => {
      await end(signal)
      await meanwhile?.()
      child = await run()
    },
    stop: async () => {
      await end('SIGTERM')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** No start takes longer, on a machine that has much else to do. */
const readyMsMax = 90_000

async function answers(child: ChildProcess, port: number, log: string): Promise<void> {
  const ready = async () => {
    if (child.exitCode !== null) throw new Error(`Apache Kafka ended: ${readFileSync(log, 'utf8').slice(-1_000)}`)
    try {
      const client = await Client.connect({ host: '127.0.0.1', port, timeoutMs: 5_000 })
      const { errorCode } = await client.send(ApiVersions, 0, {} as never)
      await client.close()
      return errorCode === 0 ? true : undefined
    } catch {
      return undefined
    }
  }
  await until('Apache Kafka to answer', ready, readyMsMax)
}

/**
 * Apache Kafka itself, to compare with: its jars come from Maven into a cache, and it runs as one node on a directory of its own.
 * Needs Java 17 or later and Maven.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '../lib/client/client.ts'
import { ApiVersions } from '../protocol/messages/api-versions.ts'
import { until } from './scenario.ts'

export const kafkaVersion = '4.4.0'

const home = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla', `kafka-${kafkaVersion}`)
const jars = join(home, 'jars')

/** What is asked of Maven: the broker, its tools, and something to write its log with. */
function pom(): string {
  const wanted = [
    ['org.apache.kafka', 'kafka_2.13', kafkaVersion],
    ['org.apache.kafka', 'kafka-tools', kafkaVersion],
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

/** Why Apache Kafka cannot be had here, or null. Fetches it where it is not there yet. */
export function fetchKafka(): string | null {
  if (existsSync(join(home, 'fetched'))) return null
  for (const [tool, argument] of [
    ['java', '-version'],
    ['mvn', '--version'],
  ] as const) {
    if (spawnSync(tool, [argument]).status !== 0) return `there is no ${tool} here`
  }
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'pom.xml'), pom())
  console.error(`fetching Apache Kafka ${kafkaVersion} …`)
  const arguments_ = ['-q', '-f', join(home, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`]
  const maven = spawnSync('mvn', arguments_, { encoding: 'utf8' })
  if (maven.status !== 0) return `Maven could not fetch it: ${maven.stdout.trim().split('\n')[0]}`
  writeFileSync(join(home, 'fetched'), '')
  return null
}

function java(heap: readonly string[], main: string, args: readonly string[]): string[] {
  return [...heap, '-Dorg.apache.logging.log4j.level=ERROR', '-cp', join(jars, '*'), main, ...args]
}

/** One of Kafka's command-line tools by its class; answers what it printed. */
export async function kafkaTool(main: string, args: readonly string[], msMax = 300_000): Promise<string> {
  const heap = ['-Xmx512M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const { stdout } = await promisify(execFile)('java', java(heap, main, args), {
    timeout: msMax,
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map(server => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

export interface RunningKafka {
  readonly bootstrap: string
  readonly pid: number
  /** From the start of the process to its first answer; formatting the directory is not counted. */
  readonly readyMs: number
  stop(): Promise<void>
}

/** Starts one node on a new directory, with the settings that Kafka's own scripts use, and resolves when it answers. */
export async function startKafka(
  directory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningKafka> {
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const properties: Record<string, string> = {
    'node.id': '1',
    'process.roles': 'broker,controller',
    'log.dirs': join(directory, 'data'),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
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
  const clusterId = (await kafkaTool('kafka.tools.StorageTool', ['random-uuid'])).trim()
  await kafkaTool('kafka.tools.StorageTool', ['format', '--standalone', '-t', clusterId, '-c', file])
  const log = join(directory, 'server.log')
  const output = openSync(log, 'w')
  const begin = performance.now()
  const heap = [
    '-Xms1G',
    '-Xmx1G',
    '-server',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
  ]
  const child = spawn('java', java(heap, 'kafka.Kafka', [file]), { stdio: ['ignore', output, output] })
  await answers(child, port, log)
  return {
    bootstrap: `127.0.0.1:${port}`,
    pid: child.pid!,
    readyMs: performance.now() - begin,
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function answers(child: ChildProcess, port: number, log: string): Promise<void> {
  await until('Apache Kafka to answer', async () => {
    if (child.exitCode !== null) throw new Error(`Apache Kafka ended: ${readFileSync(log, 'utf8').slice(-1_000)}`)
    try {
      const client = await Client.connect({ host: '127.0.0.1', port, timeoutMs: 5_000 })
      const { errorCode } = await client.send(ApiVersions, 0, {} as never)
      await client.close()
      return errorCode === 0 ? true : undefined
    } catch {
      return undefined
    }
  })
}

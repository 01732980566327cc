/** The options of commands that start a broker, and what they mean to the library. */

import type { BrokerOptions } from '../broker.ts'
import { type StartTopic, topicOfText } from '../contents/topic-text.ts'
import { parsed } from './arguments.ts'
import { type Io, UsageError } from './io.ts'

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  published: { type: 'string' },
  data: { type: 'string' },
  ephemeral: { type: 'boolean' },
  dev: { type: 'boolean' },
  'dev-tls': { type: 'boolean' },
  set: { type: 'string', multiple: true },
  topic: { type: 'string', multiple: true },
  load: { type: 'string', multiple: true },
  http: { type: 'string' },
  'ready-file': { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** What a command line asks for. */
export interface Asked {
  readonly broker: BrokerOptions
  /** Where to say that clients can connect; null where nobody asked. */
  readonly readyFile: string | null
}

/** What the command line asks for, or null where only help is wanted. Throws UsageError. */
export async function brokerOptionsOf(command: string, argv: readonly string[]): Promise<Asked | null> {
  const { values, positionals } = parse(command, argv)
  if (values.help) return null
  // One --set may be followed by several assignments.
  const more = values.set === undefined ? [] : positionals.filter(text => text.includes('='))
  const files = positionals.filter(text => !more.includes(text))
  if (files.length > 1) {
    throw new UsageError(
      `one properties file is read, not ${files.join(' and ')}; ottla ${command} --help lists the options`,
    )
  }
  if (values.ephemeral && values.data !== undefined) {
    throw new UsageError('--ephemeral keeps nothing in --data; leave one of them out')
  }
  const broker: BrokerOptions = {
    properties: { ...(await propertiesOf(files[0])), ...assignments(values.set ?? []), ...assignments(more) },
  }
  const port = portOf(values.port)
  if (port !== undefined) broker.port = port
  if (values.host !== undefined) broker.host = values.host
  if (values.published !== undefined) broker.published = values.published
  if (values.data !== undefined) broker.data = values.data
  if (values.ephemeral) broker.ephemeral = true
  if (values.dev) broker.dev = true
  if (values['dev-tls']) {
    if (command !== 'start') throw new UsageError(`--dev-tls is for ottla start, not for ottla ${command}`)
    broker.devTls = true
  }
  if (values.topic !== undefined) broker.topics = topicsOf(values.topic)
  if (values.load !== undefined) broker.load = values.load
  if (values.http !== undefined) broker.http = values.http
  if (values['log-level'] !== undefined) broker.logLevel = await logLevelOf(values['log-level'])
  return { broker, readyFile: values['ready-file'] ?? null }
}

/** Prints the help of a command; its exit code. */
export async function printHelp(command: string, io: Io): Promise<number> {
  const { helpFor } = await import('./help.ts')
  io.stdout.write(helpFor(command))
  return 0
}

function parse(command: string, argv: readonly string[]) {
  return parsed({ args: [...argv], options, allowPositionals: true }, `ottla ${command} --help lists the options`)
}

/** Kafka's own names and values, given one by one as `name=value`. */
function assignments(given: readonly string[]): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const assignment of given) {
    const at = assignment.indexOf('=')
    if (at < 1) throw new UsageError(`--set ${assignment} names no value; write --set name=value`)
    properties[assignment.slice(0, at).trim()] = assignment.slice(at + 1).trim()
  }
  return properties
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError(`--port ${text} is no port; give a number from 0 to 65535, where 0 takes a free one`)
  }
  return port
}

async function propertiesOf(file: string | undefined): Promise<Record<string, string>> {
  if (file === undefined) return {}
  const { readProperties } = await import('./properties-file.ts')
  return readProperties(file)
}

function topicsOf(texts: readonly string[]): NonNullable<BrokerOptions['topics']> {
  const entries = texts.map(topicOfText).map(({ name, partitions, configs }: StartTopic) => {
    return [name, { ...(partitions !== null && { partitions }), config: configs }] as const
  })
  return Object.fromEntries(entries)
}

async function logLevelOf(text: string): Promise<NonNullable<BrokerOptions['logLevel']>> {
  const { logLevels } = await import('../base/logger.ts')
  const level = logLevels.find(known => known === text)
  if (level === undefined) throw new UsageError(`--log-level ${text} is unknown; choose one of ${logLevels.join(', ')}`)
  return level
}

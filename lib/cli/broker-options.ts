/** The options of commands that start a broker, and what they mean to the library. */

import type { BrokerOptions, HttpSettings } from '../broker.ts'
import { type StartTopic, topicOfText } from '../contents/topic-text.ts'
import { parsed } from './arguments.ts'
import { type Io, UsageError } from './io.ts'

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  published: { type: 'string' },
  data: { type: 'string' },
  ephemeral: { type: 'boolean' },
  brokers: { type: 'string' },
  dev: { type: 'boolean' },
  'dev-tls': { type: 'boolean' },
  set: { type: 'string', multiple: true },
  topic: { type: 'string', multiple: true },
  load: { type: 'string', multiple: true },
  http: { type: 'string' },
  testing: { type: 'boolean' },
  persona: { type: 'string' },
  seed: { type: 'string' },
  'offset-commit-version': { type: 'string' },
  trace: { type: 'boolean' },
  'trace-json': { type: 'boolean' },
  'ready-file': { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** What a command line asks for. */
export interface Asked {
  readonly broker: BrokerOptions
  /** How many brokers are to be one cluster; null for a broker alone. */
  readonly brokers: number | null
  /** Whether it is a broker for tests. */
  readonly testing: boolean
  /** The version of Apache Kafka for which a broker for tests passes; null for what it is. */
  readonly persona: string | null
  /** What ids of a broker for tests are drawn from; null for chance. */
  readonly seed: number | null
  /** The version in which a broker for tests records offsets of groups; null for Kafka's own. */
  readonly offsetCommitVersion: 3 | 4 | null
  /** How requests and answers are written to standard output; null where they are not. */
  readonly trace: 'words' | 'json' | null
  /** Where to say that clients can connect; null where nobody asked. */
  readonly readyFile: string | null
}

/** What the command line asks for, or null where only help is wanted. Throws UsageError. */
export async function brokerOptionsOf(
  command: string,
  argv: readonly string[],
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Asked | null> {
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
  const http = httpOf(values.http, command === 'exec' ? {} : variables)
  if (http !== null) broker.http = http
  if (values['log-level'] !== undefined) broker.logLevel = await logLevelOf(values['log-level'])
  const brokers = brokersOf(command, values)
  const testing = isForTests(command, values)
  for (const name of ['persona', 'seed', 'offset-commit-version'] as const) {
    if (values[name] !== undefined && !testing) throw new UsageError(`--${name} is for ottla start --testing`)
  }
  return {
    ...{ broker, brokers, testing, persona: values.persona ?? null },
    ...{ seed: seedOf(values.seed), offsetCommitVersion: offsetVersionOf(values['offset-commit-version']) },
    ...{ trace: traceOf(command, values), readyFile: values['ready-file'] ?? null },
  }
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

/** By the option, or by the variables that an image is told by. Null where neither asks for it. */
function httpOf(option: string | undefined, variables: NodeJS.ProcessEnv): HttpSettings | null {
  const address = option ?? variables.OTTLA_HTTP ?? ''
  if (address === '') return null
  const { OTTLA_HTTP_HOSTS: hosts, OTTLA_HTTP_PATH: path, OTTLA_HTTP_TOKEN: token, OTTLA_HTTP_WRITE: write } = variables
  return {
    address,
    ...(hosts && { hosts: hosts.split(/[\s,]+/).filter(host => host !== '') }),
    ...(path && { path }),
    ...(token && { token }),
    ...(write === '1' && { write: true }),
  }
}

function seedOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const seed = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new UsageError(`--seed ${text} is no whole number; write --seed 1`)
  }
  return seed
}

function offsetVersionOf(text: string | undefined): 3 | 4 | null {
  if (text === undefined) return null
  if (text !== '3' && text !== '4') throw new UsageError(`--offset-commit-version takes 3 or 4, not ${text}`)
  return text === '3' ? 3 : 4
}

function brokersOf(command: string, values: ReturnType<typeof parse>['values']): number | null {
  const text = values.brokers
  if (text === undefined) return null
  if (command !== 'start') throw new UsageError(`--brokers is for ottla start, not for ottla ${command}`)
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1)
    throw new UsageError(`--brokers ${text} is no number of brokers; write --brokers 3`)
  for (const name of ['dev-tls', 'published'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--${name} is for a broker alone, not for --brokers`)
  }
  return count
}

function traceOf(command: string, values: ReturnType<typeof parse>['values']): Asked['trace'] {
  if (!values.trace && !values['trace-json']) return null
  if (command !== 'start' || (values.brokers !== undefined && !isForTests(command, values))) {
    throw new UsageError('--trace and --trace-json are for a broker alone, of ottla start')
  }
  return values['trace-json'] ? 'json' : 'words'
}

function isForTests(command: string, values: ReturnType<typeof parse>['values']): boolean {
  const mayBe = command === 'start' || command === 'container'
  if (values.testing && !mayBe) throw new UsageError('--testing is for ottla start')
  return values.testing ?? (mayBe && process.env.OTTLA_TESTING === '1')
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

/** A broker that is started as Kafka's images start theirs: from a file of properties, with what the environment says beside it. */
import { resolve } from 'node:path'
import type { LogLevel } from '../base/logger.ts'
import { BrokerConfig } from '../config/config.ts'
import { startProperties } from '../config/start.ts'
import { ConfigError } from '../config/values.ts'
import { isDataDirectory } from '../container/dialects.ts'
import type { Setting } from '../container/findings.ts'
import { propertyOf, variableOf } from '../container/names.ts'
import { clusterIdOf, namingOrigin } from '../container/translate.ts'
import { parseCreateTopics, type StartTopic } from '../contents/topic-text.ts'
import type { Asked } from './broker-options.ts'
import { clusterOf, formatDirectory, unwritable } from './format.ts'
import { type Io, UsageError } from './io.ts'
import { kafkaLines } from './kafka-lines.ts'
import { serve } from './start.ts'

/** Properties by their names, each with what set it. */
export type Settings = ReadonlyMap<string, Setting>
type Variables = Readonly<Record<string, string>>

/**
 * Formats new data directories with the cluster's id, starts, and says so in Kafka's words. Errors name
 * the variable to change, or the place that is given for what nobody has set.
 */
export async function serveAsKafka(
  asked: Asked,
  settings: Settings,
  variables: Variables,
  io: Io,
  place: (property: string) => string = variableOf,
): Promise<number> {
  const { broker, testing } = asked
  const given = [...settings].filter(([name, setting]) => !testing || !isOfImage(name, setting))
  const properties = Object.fromEntries(given.map(([name, { value }]) => [name, value]))
  const options = {
    ...broker,
    logLevel: broker.logLevel ?? logLevelIn(variables),
    properties: { ...properties, ...broker.properties },
    topics: { ...topicsIn(variables), ...broker.topics },
  }
  const isInMemory = broker.ephemeral || (testing && given.length < settings.size)
  try {
    if (!isInMemory) format(startProperties(options), variables, io)
    return await serve({ ...asked, broker: options }, io, ({ nodeId }) => kafkaLines(nodeId))
  } catch (error) {
    throw explained(error, settings, place)
  }
}

/** A directory that nobody has asked for: a broker for tests is in memory then. */
function isOfImage(name: string, { value, origin }: Setting): boolean {
  return name === 'log.dirs' && isDataDirectory(value) && !byVariable.test(origin)
}

/** Where nothing is formatted yet, the first data directory becomes the cluster's; the others follow it. */
function format(properties: Record<string, string>, variables: Variables, io: Io): void {
  const clusterId = clusterIdOf(variables)
  if (clusterId === null) return
  const config = BrokerConfig.parse(properties)
  const stored = config.logDirs.map(clusterOf).find(id => id !== null)
  if (stored === undefined || stored === null) {
    formatDirectory(config.logDirs[0], { nodeId: config.get('node.id'), clusterId })
  } else if (stored !== clusterId) {
    io.stderr.write(
      `ottla: the data belong to cluster ${stored}, and CLUSTER_ID says ${clusterId}; the id of the data counts\n`,
    )
  }
}

const byVariable = /^KAFKA_/

const log4jLevels: Readonly<Record<string, LogLevel>> = {
  OFF: 'silent',
  FATAL: 'error',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'trace',
  ALL: 'trace',
}

/** How much is logged: as `KAFKA_LOG4J_ROOT_LOGLEVEL` says in log4j's words. */
export function logLevelIn(variables: Variables): LogLevel {
  return log4jLevels[variables.KAFKA_LOG4J_ROOT_LOGLEVEL?.trim().toUpperCase() ?? ''] ?? 'info'
}

function topicsIn(variables: Variables): NonNullable<Asked['broker']['topics']> {
  const topics = parseCreateTopics(variables.KAFKA_CREATE_TOPICS ?? '', variables.KAFKA_CREATE_TOPICS_SEPARATOR || ',')
  const options = topics.map(({ name, partitions, configs }: StartTopic) => {
    return [name, { ...(partitions !== null && { partitions }), config: configs }] as const
  })
  return Object.fromEntries(options)
}

/** What is to be changed so that a directory can be written. */
export function directoryRemedy(settings: Settings): string {
  return `name another by ${variableOr(settings.get('log.dirs') ?? settings.get('log.dir'), 'KAFKA_LOG_DIRS')}`
}

/** The same error in the words of a container: by variables, not by options or properties. */
function explained(error: unknown, settings: Settings, place: (property: string) => string): unknown {
  if (error instanceof ConfigError) {
    const sentences = error.message.split('\n').map(line => namingOrigin(line, error.property, settings, place))
    return new UsageError(sentences.join('\n'))
  }
  if (!(error instanceof Error)) return error
  // The library names the options that a container does not have, so the sentence is made anew from the system's error.
  const system = error.name === 'StartError' ? (error.cause as NodeJS.ErrnoException) : (error as NodeJS.ErrnoException)
  const { code } = system
  const path = system.path ?? (system === error ? undefined : directoriesOf(settings)[0])
  if (path !== undefined && ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EEXIST'].includes(code ?? '')) {
    return new UsageError(unwritable(directoryOf(path, settings), system, directoryRemedy(settings)))
  }
  const listening = / \((?:--port|--host), or `listeners`\)/
  if (!listening.test(error.message)) return error
  const variable = variableOr(settings.get('listeners'), 'KAFKA_LISTENERS')
  return new UsageError(error.message.replace(listening, ` by ${variable}`))
}

function directoriesOf(settings: Settings): string[] {
  const { value = '' } = settings.get('log.dirs') ?? settings.get('log.dir') ?? {}
  return value.split(',').map(directory => resolve(directory.trim()))
}

/** The data directory that a path is in; the path itself where it is in none. */
function directoryOf(path: string, settings: Settings): string {
  return directoriesOf(settings).find(directory => path === directory || path.startsWith(`${directory}/`)) ?? path
}

function variableOr(setting: Setting | undefined, otherwise: string): string {
  return setting !== undefined && /^KAFKA_|^\//.test(setting.origin) ? setting.origin : otherwise
}

/** The properties of a file, each with the variable that says the same, or the file itself. */
export function settingsOfFile(
  properties: Readonly<Record<string, string>>,
  file: string,
  variables: Variables,
): Settings {
  const origins = new Map(Object.keys(variables).map(variable => [propertyOf(variable), variable]))
  return new Map(
    Object.entries(properties).map(([name, value]) => [name, { value, origin: origins.get(name) ?? file }]),
  )
}

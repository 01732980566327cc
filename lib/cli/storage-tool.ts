/** `ottla kafka-storage`: formats data directories, as Kafka's script of that name does it. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { diskFiles } from '../../storage/files.ts'
import { nodeIdIn, readMetaProperties } from '../../storage/meta-properties.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { features } from '../cluster/features.ts'
import { featuresKey, type StoredChange, writeStored } from '../cluster/stored.ts'
import { BrokerConfig } from '../config/config.ts'
import { startProperties } from '../config/start.ts'
import { formatMetadata } from '../metadata/format.ts'
import { clusterOf, formatDirectory, unwritable } from './format.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import { readProperties } from './properties-file.ts'
import { parseScramUser, storedUsers } from './scram-users.ts'

const options = {
  config: { type: 'string', short: 'c' },
  'cluster-id': { type: 'string', short: 't' },
  'ignore-formatted': { type: 'boolean', short: 'g' },
  'add-scram': { type: 'string', short: 'S', multiple: true },
  'release-version': { type: 'string', short: 'r' },
  feature: { type: 'string', short: 'f', multiple: true },
  standalone: { type: 'boolean', short: 's' },
  'no-initial-controllers': { type: 'boolean', short: 'N' },
  'initial-controllers': { type: 'string', short: 'I' },
  help: { type: 'boolean', short: 'h' },
} as const

type Options = ReturnType<typeof parse>['values']

/** The features that a format names; those of Kafka 4.4. */
const metadataVersion = '4.4-IV2'

/** Carries out one of the commands; gives the exit code. */
export async function kafkaStorage(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv)
  const [command] = positionals
  if (values.help) {
    io.stdout.write(helpFor('kafka-storage'))
    return 0
  }
  switch (command) {
    case 'random-uuid':
      io.stdout.write(`${systemRandom.uuid()}\n`)
      return 0
    case 'format':
      return format(values, io)
    case 'info':
      return info(values, io)
    default:
      throw new UsageError('kafka-storage takes one of format, info and random-uuid; kafka-storage --help says more')
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(`kafka-storage: ${(error as Error).message.split(/[.\n]/)[0]}; kafka-storage --help says more`)
  }
}

function configOf(values: Options): BrokerConfig {
  if (values.config === undefined) throw new UsageError('kafka-storage: error: argument --config/-c is required')
  const properties = readProperties(values.config)
  const place = properties['log.dirs'] ?? properties['log.dir'] ?? '/tmp/kafka-logs'
  return BrokerConfig.parse(startProperties({ properties: { ...properties, 'log.dirs': place } }))
}

async function format(values: Options, io: Io): Promise<number> {
  const clusterId = values['cluster-id']
  const config = configOf(values)
  if (clusterId === undefined) throw new UsageError('kafka-storage: error: argument --cluster-id/-t is required')
  const users = (values['add-scram'] ?? []).map(parseScramUser)
  const levels = chosenLevels(values.feature ?? [])
  const formatted = config.logDirs.filter(path => clusterOf(path) !== null)
  const foreign = formatted.find(path => clusterOf(path) !== clusterId)
  if (foreign !== undefined) {
    throw new UsageError(
      `Invalid cluster.id in: ${resolve(foreign)}/meta.properties. Expected ${clusterId}, but read ${clusterOf(foreign)}`,
    )
  }
  if (formatted.length > 0 && !values['ignore-formatted']) {
    throw new UsageError(
      `Log directory ${resolve(formatted[0])} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`,
    )
  }
  if (formatted.length === config.logDirs.length) {
    io.stdout.write('All of the log directories are already formatted.\n')
    return 0
  }
  for (const path of config.logDirs) {
    if (formatted.includes(path)) continue
    io.stdout.write(`Formatting data directory ${resolve(path)} with metadata.version ${metadataVersion}.\n`)
    try {
      formatDirectory(path, { nodeId: config.get('node.id'), clusterId })
    } catch (error) {
      throw new UsageError(unwritable(resolve(path), error as Error, 'name another by log.dirs'))
    }
  }
  const stored = [...(await storedUsers(users)), ...levels]
  if (stored.length > 0) {
    // The broker looks for its metadata in the first of them.
    await formatMetadata(resolve(config.logDirs[0]), stored, {
      files: diskFiles,
      now: () => systemClock.now(),
      schedule: run => systemClock.immediate(run),
    })
  }
  return 0
}

/** Levels that a cluster begins with, of features that can be chosen; others are for KRaft. */
function chosenLevels(texts: readonly string[]): StoredChange[] {
  const levels: Record<string, number> = {}
  for (const text of texts) {
    const [name = '', level = ''] = text.split('=').map(part => part.trim())
    const feature = features.find(each => each.name === name)
    if (!/^[0-9]{1,5}$/.test(level))
      throw new UsageError(`Can't parse feature=level string ${text}: unable to parse it.`)
    if (!feature?.isChosen) continue
    if (Number(level) < feature.minVersion || Number(level) > feature.maxVersion)
      throw new UsageError(`No feature:${name} with feature level ${level}`)
    levels[name] = Number(level)
  }
  return Object.keys(levels).length === 0 ? [] : [{ key: featuresKey, value: writeStored(levels) }]
}

function info(values: Options, io: Io): number {
  const paths = configOf(values).logDirs.map(path => resolve(path))
  const [found, missing] = [true, false].map(isThere => paths.filter(path => diskFiles.exists(path) === isThere))
  const problems = missing.map(path => `${path} does not exist`)
  for (const path of found) if (clusterOf(path) === null) problems.push(`${path} is not formatted.`)
  if (found.length > 0) io.stdout.write(`Found log directories:\n${found.map(path => `  ${path}\n`).join('')}\n`)
  const meta = found.map(path => readMetaProperties(diskFiles, path)).find(each => each !== null)
  if (meta) {
    const names = ['cluster.id', 'directory.id', 'node.id', 'version']
    const shown = names.map(name => `${name}=${name === 'node.id' ? nodeIdIn(meta) : meta.get(name)}`)
    io.stdout.write(`Found metadata: {${shown.join(', ')}}\n\n`)
  }
  if (problems.length > 0) io.stdout.write(`Found problems:\n${problems.map(each => `  ${each}\n`).join('')}\n`)
  return problems.length > 0 ? 1 : 0
}

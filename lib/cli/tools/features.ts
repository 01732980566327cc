/** `ottla features`: describes features of a cluster and chooses their levels, with the options and output of `kafka-features`. */
import { codeName, codes, KafkaError } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import { describeFeatures, type FeatureUpdate, updateFeatures } from '../../admin/cluster.ts'
import type { Io } from '../io.ts'
import { dependenciesOf, latestMetadataLevel, metadataLevelOf, metadataName, usualLevels } from './feature-levels.ts'
import { sentenceOf } from './kafka-words.ts'
import { commandIn, spelledOut } from './subcommands.ts'
import { ArgumentsError, connectionOptions, type Given, runTool, type Tool, withAdmin } from './tool.ts'

const options = {
  feature: { value: 'NAME=LEVEL', doc: 'upgrade, downgrade: a level; disable: only the name', multiple: true },
  'release-version': { value: 'VERSION', doc: 'upgrade, downgrade: all features as in this release of Kafka' },
  metadata: { value: 'VERSION', doc: 'the older name of --release-version, for metadata.version alone' },
  unsafe: { doc: 'downgrade, disable: even where something is lost by it' },
  'dry-run': { doc: 'upgrade, downgrade, disable: only say whether it could be done' },
  'node-id': { value: 'ID', doc: 'describe: as this broker tells it' },
  json: { doc: 'print JSON' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const commands = ['describe', 'upgrade', 'downgrade', 'disable', 'version-mapping', 'feature-dependencies'] as const
type Command = (typeof commands)[number]

const tool: Tool<Option> = {
  name: 'features describe|upgrade|downgrade|disable|version-mapping|feature-dependencies',
  about: 'describes features, and chooses their levels',
  example: 'features --bootstrap-server localhost:9092 upgrade --feature transaction.version=2 --dry-run',
  badOption: 'failure',
  hasCommands: true,
  options,
}

/** Carries out a command line; gives the exit code. */
export function kafkaFeatures(argv: readonly string[], io: Io): Promise<number> {
  const words = spelledOut(argv, { '-h': 'help' })
  return runTool(
    tool,
    words.flatMap(spread(words)),
    io,
    async given => {
      const command = commandIn(tool, words, commands)
      if (!given.has('bootstrap-server'))
        throw new ArgumentsError('You must specify either --bootstrap-controller or --bootstrap-server.')
      return withAdmin(given, admin => carryOut(admin, command, given, io))
    },
    error => {
      const isOfWords = error instanceof ArgumentsError || / is not a recognized option$/.test(error.message)
      const sentence = error.message.replace(/^(.*) is not a recognized option$/, "unrecognized arguments: '--$1'")
      io.stderr.write(isOfWords ? `Command line error: ${sentence}. Type --help for help.\n` : `${sentenceOf(error)}\n`)
    },
  )
}

/** `--feature a=1 b=2` is `--feature a=1 --feature b=2`. */
function spread(words: readonly string[]) {
  return (word: string, index: number): string[] => {
    const before = words.slice(0, index).findLast(each => each.startsWith('--'))
    const isLater = before === '--feature' && !word.startsWith('-') && words[index - 1] !== '--feature'
    return isLater && word.includes('=') ? ['--feature', word] : [word]
  }
}

async function carryOut(admin: Admin, command: Command, given: Given<Option>, io: Io): Promise<number> {
  switch (command) {
    case 'describe':
      await describe(admin, given, io)
      return 0
    case 'version-mapping': {
      const text = given.one('release-version') ?? metadataName(latestMetadataLevel)
      const level = metadataLevelOf(text)
      if (given.has('json')) {
        const features = [['metadata.version', level] as const, ...usualLevels(level)].map(levelRow)
        io.stdout.write(`${JSON.stringify({ releaseVersion: text, features })}\n`)
        return 0
      }
      io.stdout.write(`metadata.version=${level} (${text})\n`)
      for (const [name, usual] of usualLevels(level)) io.stdout.write(`${name}=${usual}\n`)
      return 0
    }
    case 'feature-dependencies':
      if (given.has('json')) {
        const rows = levelsIn(given.all('feature')).map(([name, level]) => ({
          ...levelRow([name, level]),
          dependencies: dependenciesOf(name, level).map(levelRow),
        }))
        io.stdout.write(`${JSON.stringify(rows)}\n`)
        return 0
      }
      for (const [name, level] of levelsIn(given.all('feature'))) {
        const needed = dependenciesOf(name, level).map(([other, least]) => `    ${shown(other, least)}\n`)
        io.stdout.write(
          needed.length === 0
            ? `${shown(name, level)} has no dependencies.\n`
            : `${shown(name, level)} requires:\n${needed.join('')}`,
        )
      }
      return 0
    default:
      return change(admin, command, given, io)
  }
}

function levelRow([feature, level]: readonly [string, number]) {
  return { feature, level, ...(feature === 'metadata.version' && { release: metadataName(level) }) }
}

function shown(name: string, level: number): string {
  return name === 'metadata.version' ? `${name}=${level} (${metadataName(level)})` : `${name}=${level}`
}

async function describe(admin: Admin, given: Given<Option>, io: Io): Promise<void> {
  const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch } = await describeFeatures(
    admin,
    given.int('node-id') ?? null,
  )
  const rows = [...supportedFeatures]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, minVersion, maxVersion }) => ({
      ...{ feature: name, supportedMinVersion: minVersion, supportedMaxVersion: maxVersion },
      finalizedVersionLevel: finalizedFeatures.find(each => each.name === name)?.maxVersionLevel ?? 0,
      epoch: finalizedFeaturesEpoch,
    }))
  if (given.has('json')) {
    io.stdout.write(`${JSON.stringify(rows)}\n`)
    return
  }
  for (const { feature, supportedMinVersion, supportedMaxVersion, finalizedVersionLevel, epoch } of rows) {
    const level = (number: number) =>
      (feature === 'metadata.version' ? metadataName(number) : String(number)).padEnd(16)
    io.stdout.write(
      `Feature: ${feature.padEnd(34)}SupportedMinVersion: ${level(supportedMinVersion)} SupportedMaxVersion: ${level(supportedMaxVersion)} FinalizedVersionLevel: ${level(finalizedVersionLevel)} Epoch: ${epoch}\n`,
    )
  }
}

/** What is said of a feature: could it be done, was it done. */
const verbs = {
  upgrade: { infinitive: 'upgrade', done: 'was upgraded', possible: 'can be upgraded' },
  downgrade: { infinitive: 'downgrade', done: 'was downgraded', possible: 'can be downgraded' },
  disable: { infinitive: 'disable', done: 'was disabled', possible: 'can be disabled' },
} as const

async function change(admin: Admin, command: keyof typeof verbs, given: Given<Option>, io: Io): Promise<number> {
  const levels = wanted(command, given, io)
  const downgrade = given.has('unsafe') ? 'unsafeDowngrade' : 'safeDowngrade'
  const type: FeatureUpdate['type'] = command === 'upgrade' ? 'upgrade' : downgrade
  const validateOnly = given.has('dry-run')
  const updates = levels.map(([feature, level]) => ({ feature, level, type }))
  const { infinitive, done, possible } = verbs[command]
  const to = (level: number) => (command === 'disable' ? '' : ` to ${level}`)
  const sorted = [...levels].sort((a, b) => (a[0] < b[0] ? -1 : 1))
  try {
    await updateFeatures(admin, updates, { validateOnly })
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code === codes.NETWORK_EXCEPTION) throw error
    if (given.has('json')) {
      const failure = { result: 'failed', error: codeName(error.code), message: sentenceOf(error) }
      io.stdout.write(`${JSON.stringify(sorted.map(each => ({ ...levelRow(each), ...failure })))}\n`)
    } else
      for (const [name, level] of sorted)
        io.stdout.write(`Could not ${infinitive} ${name}${to(level)}. ${sentenceOf(error)}\n`)
    throw new Error(`${levels.length} out of ${levels.length} operation(s) failed.`)
  }
  if (given.has('json')) {
    const result = validateOnly ? 'possible' : done.replace('was ', '')
    io.stdout.write(`${JSON.stringify(sorted.map(each => ({ ...levelRow(each), result })))}\n`)
    return 0
  }
  for (const [name, level] of sorted) io.stdout.write(`${name} ${validateOnly ? possible : done}${to(level)}.\n`)
  return 0
}

/** Levels by the features that are meant. Throws where there are none. */
function wanted(command: keyof typeof verbs, given: Given<Option>, io: Io): (readonly [string, number])[] {
  if (command === 'disable') {
    const names = given.all('feature')
    if (names.length === 0) throw new Error('You must specify at least one feature to disable')
    return names.map(name => [name, 0] as const)
  }
  const release = given.one('release-version')
  if (release !== undefined) {
    if (given.has('metadata') || given.has('feature'))
      throw new Error('Can not specify `release-version` with other feature flags.')
    const level = metadataLevelOf(release)
    return [['metadata.version', level], ...usualLevels(level)]
  }
  const levels: (readonly [string, number])[] = []
  const metadata = given.one('metadata')
  if (metadata !== undefined) {
    const words = given.has('json') ? io.stderr : io.stdout
    words.write(' `metadata` flag is deprecated and may be removed in a future release.\n')
    levels.push(['metadata.version', metadataLevelOf(metadata)])
  }
  levels.push(...levelsIn(given.all('feature')))
  if (levels.length === 0) throw new Error(`You must specify at least one feature to ${command}`)
  return levels
}

function levelsIn(texts: readonly string[]): (readonly [string, number])[] {
  return texts.map(text => {
    const [name = '', level] = text.split('=').map(part => part.trim())
    if (level === undefined) throw new Error(`Can't parse feature=level string ${text}: equals sign not found.`)
    if (!/^[+-]?\d{1,5}$/.test(level))
      throw new Error(`Can't parse feature=level string ${text}: unable to parse ${level} as a short.`)
    return [name, Number(level)] as const
  })
}

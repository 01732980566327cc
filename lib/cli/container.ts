/** `ottla container`: what the start scripts of the container image call. A container's environment becomes a broker's properties. */
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { diskFiles } from '../../storage/files.ts'
import { type DialectName, dialectNames } from '../container/dialects.ts'
import { type Translation, translate } from '../container/translate.ts'
import { brokerOptionsOf } from './broker-options.ts'
import { directoryRemedy, logLevelIn, serveAsKafka, settingsOfFile } from './container-start.ts'
import { readText, variablesHere } from './container-surroundings.ts'
import { checkWritable } from './format.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import { readProperties } from './properties-file.ts'

const options = {
  dialect: { type: 'string' },
  out: { type: 'string' },
  config: { type: 'string' },
  check: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Options = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values']
type Verb = (values: Options, rest: readonly string[], io: Io) => Promise<number> | number

const verbs: Readonly<Record<string, Verb>> = { configure, start, 'check-dirs': checkDirectories }

/** Carries out one of the verbs; gives the exit code. */
export async function container(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals, rest } = parse(argv)
  const [verb = '', ...others] = positionals
  if (values.help) {
    io.stdout.write(helpFor('container'))
    return 0
  }
  if (!Object.hasOwn(verbs, verb) || (verb !== 'start' && (others.length > 0 || rest.length > 0))) {
    throw new UsageError(
      'ottla container takes one of configure, start and check-dirs; ottla container --help says more',
    )
  }
  return verbs[verb](values, [...rest, ...others], io)
}

/** Our own options, and what is left for the options of `ottla start`. */
function parse(argv: readonly string[]) {
  const { tokens, values, positionals } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const own = tokens.find(token => token.kind === 'option' && Object.hasOwn(options, token.name) && isBroken(token))
  if (own?.kind === 'option') throw new UsageError(`${own.rawName} takes a value; ottla container --help says which`)
  const rest: string[] = []
  const verbAt = tokens.find(token => token.kind === 'positional')?.index ?? -1
  const taken = new Set<number>([verbAt])
  for (const token of tokens) {
    if (token.kind !== 'option' || !Object.hasOwn(options, token.name)) continue
    taken.add(token.index)
    if (token.value !== undefined && !token.inlineValue) taken.add(token.index + 1)
  }
  for (const [index, word] of argv.entries()) if (!taken.has(index)) rest.push(word)
  return { values: values as Options, positionals: positionals.slice(0, 1), rest }
}

function isBroken(token: { name: string; value?: string | undefined }): boolean {
  return options[token.name as keyof typeof options].type === 'string' && token.value === undefined
}

/** Writes the properties; 1 where a value cannot be, with a sentence for each on standard error. */
function configure(values: Options, _rest: readonly string[], io: Io): number {
  const translation = translated(values, values.out, io)
  if (translation === null) return 1
  const { outFile, text } = translation
  if (values.check) return 0
  if (outFile === '-') io.stdout.write(text)
  else write(outFile, text)
  return 0
}

/** Configures and serves in one process, or serves from a file that is there. */
async function start(values: Options, rest: readonly string[], io: Io): Promise<number> {
  const asked = await brokerOptionsOf('container', rest)
  const variables = variablesHere()
  if (asked === null) return 0
  const file = values.config
  if (file !== undefined && diskFiles.exists(file)) {
    return serveAsKafka(asked, settingsOfFile(readProperties(file), file, variables), variables, io)
  }
  const translation = translated(values, file, io)
  if (translation === null) return 1
  try {
    write(translation.outFile, translation.text)
  } catch (error) {
    // Nobody needs the file for this start; a root file system that can only be read is no reason to end it.
    if (isDebug(values, variables)) io.stderr.write(`ottla: ${(error as Error).message}\n`)
  }
  return serveAsKafka(asked, translation.settings, variables, io)
}

/** 1 where one of the data directories cannot be written. */
function checkDirectories(values: Options, _rest: readonly string[], io: Io): number {
  const translation = translated(values, undefined, io, { isQuiet: true })
  if (translation === null) return 1
  const { settings } = translation
  const paths = (settings.get('log.dirs') ?? settings.get('log.dir'))!.value.split(',')
  for (const path of paths) checkWritable(path.trim(), directoryRemedy(settings))
  return 0
}

/** The translation of this process's environment, with what there is to say of it said; null where it cannot be. Who is quiet tells of errors alone. */
function translated(
  values: Options,
  outFile: string | undefined,
  io: Io,
  { isQuiet = false } = {},
): Translation | null {
  const variables = variablesHere()
  const translation = translate({ variables, read: readText, dialect: dialectOf(values.dialect), outFile })
  const say = (sentence: string) => io.stderr.write(`ottla: ${sentence}\n`)
  if (isDebug(values, variables) && !isQuiet) for (const line of translation.debug) say(line)
  if (!isQuiet) for (const warning of translation.warnings) say(warning)
  for (const error of translation.errors) say(error)
  return translation.errors.length > 0 ? null : translation
}

function isDebug(values: Options, variables: Readonly<Record<string, string>>): boolean {
  const level = logLevelIn(variables)
  return (
    values.debug === true ||
    /^(?:true|yes|1)$/i.test(variables.BITNAMI_DEBUG ?? '') ||
    level === 'debug' ||
    level === 'trace'
  )
}

function dialectOf(text: string | undefined): DialectName | undefined {
  if (text === undefined) return undefined
  const dialect = dialectNames.find(name => name === text)
  if (dialect === undefined)
    throw new UsageError(`--dialect ${text} is unknown; choose one of ${dialectNames.join(', ')}`)
  return dialect
}

function write(path: string, text: string): void {
  try {
    diskFiles.mkdir(dirname(path))
    diskFiles.write(path, text)
  } catch (error) {
    throw new UsageError(
      `${path} cannot be written: ${(error as Error).message}; name another file by --out, or start without one: ottla container start`,
    )
  }
}

/** What the twins of Kafka's command-line tools share: options as those read them, help, and a cluster to ask. */
import { Admin } from '../../admin/admin.ts'
import { systemClock } from '../../base/clock.ts'
import { systemRandom } from '../../base/random.ts'
import { version } from '../../base/version.ts'
import type { TlsConnecting } from '../../network/network.ts'
import { systemNetwork } from '../../network/tcp.ts'
import { type Io, UsageError } from '../io.ts'
import { type DroppedWord, insteadOf, withoutDropped } from './dropped-words.ts'
import { ArgumentsError, ToolOptionError, ToolUsageError } from './tool-usage-error.ts'

export { ArgumentsError, ToolUsageError }

/** The version of Apache Kafka whose tools these are like. */
const kafkaVersion = '4.4.0'

/** An option by its name, without the hyphens before it. */
export interface ToolOption {
  /** What stands for its value in the help; none where it has no value. */
  readonly value?: string
  /** Whether the value may be left out. */
  readonly isOptional?: boolean
  readonly doc: string
  /** Whether it counts each time it is given; otherwise once. */
  readonly multiple?: boolean
}

export interface Tool<Name extends string = string> {
  readonly name: string
  /** What it is for, in one sentence. */
  readonly about: string
  /** A command line that works, without the leading `ottla`. */
  readonly example?: string
  /** What follows the error message of an unknown option: the help, or the output of a failed command. Nothing by default. */
  readonly badOption?: 'help' | 'failure'
  readonly options: Readonly<Record<Name, ToolOption>>
  /** Options of its namesake before Apache Kafka 4, which are taken with a warning on standard error. */
  readonly dropped?: Readonly<Record<string, DroppedWord<Name>>>
  /** It is told what to do by a word, and says what is wrong as Kafka's tools of that kind do. */
  readonly hasCommands?: boolean
}

/** Options that every tool has. */
export const connectionOptions = {
  'bootstrap-server': { value: 'HOST:PORT,...', doc: 'the brokers to begin with; required' },
  'command-config': { value: 'FILE', doc: 'properties of the client' },
  help: { doc: 'this' },
  version: { doc: 'which version of Kafka these tools are like' },
} as const satisfies Record<string, ToolOption>

/** What was given on a command line. */
export class Given<Name extends string> {
  readonly #values: ReadonlyMap<string, readonly string[]>

  readonly #hasCommands: boolean

  constructor(values: ReadonlyMap<string, readonly string[]>, hasCommands = false) {
    this.#values = values
    this.#hasCommands = hasCommands
  }

  has(name: Name): boolean {
    return this.#values.has(name)
  }

  all(name: Name): readonly string[] {
    return this.#values.get(name) ?? []
  }

  one(name: Name): string | undefined {
    return this.all(name).at(-1)
  }

  /** A whole number; undefined where the option was not given. Throws an Error with the message for the user. */
  int(name: Name): number | undefined {
    return this.#number(name, /^[+-]?\d{1,10}$/, 'Integer')
  }

  /** The same for offsets, times and producer ids, which may be greater. */
  long(name: Name): number | undefined {
    return this.#number(name, /^[+-]?\d{1,15}$/, 'Long')
  }

  #number(name: Name, form: RegExp, kind: string): number | undefined {
    const text = this.one(name)
    if (text === undefined) return undefined
    if (form.test(text)) return Number(text)
    if (this.#hasCommands)
      throw new ArgumentsError(
        `argument --${name}: could not convert '${text}' to ${kind} (For input string: "${text}")`,
      )
    throw new Error(`Cannot parse argument '${text}' of option ${name}`)
  }

  /** Throws ToolUsageError where an option was given together with one that it cannot go with. */
  refuseTogether(option: Name, others: readonly Name[]): void {
    const other = others.find(name => this.has(name))
    if (this.has(option) && other)
      throw new ToolUsageError(`Option "[${other}]" can't be used with option "[${option}]"`)
  }
}

/** Reads a command line: `--name value` or `--name=value`, names as short as they are clear. Throws ToolUsageError. */
export function parseTool<Name extends string>(tool: Tool<Name>, argv: readonly string[]): Given<Name> {
  const { options, hasCommands } = tool
  const values = new Map<string, string[]>()
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]
    if (!word.startsWith('--') || word === '--') continue
    const at = word.indexOf('=')
    const name = fullName(tool, at < 0 ? word.slice(2) : word.slice(2, at))
    const takesValue = options[name].value !== undefined
    const isLeftOut = options[name].isOptional && (argv[index + 1] ?? '-').startsWith('-')
    if (takesValue && !isLeftOut && at < 0 && index + 1 === argv.length) {
      if (hasCommands) throw new ArgumentsError(`argument --${name}: expected one argument`)
      throw new ToolOptionError(`Option ${name} requires an argument`)
    }
    const value = at >= 0 ? word.slice(at + 1) : takesValue && !isLeftOut ? argv[++index] : ''
    values.set(name, [...(values.get(name) ?? []), value])
  }
  return new Given(values, hasCommands)
}

function fullName<Name extends string>({ options, hasCommands }: Tool<Name>, given: string): Name {
  const names = Object.keys(options) as Name[]
  const exact = names.find(name => name === given)
  const near = names.filter(name => name.startsWith(given))
  if (exact === undefined && near.length !== 1) {
    if (hasCommands) throw new ArgumentsError(`unrecognized arguments: '--${given}'`)
    const hint = Object.hasOwn(insteadOf, given) ? `\n${insteadOf[given]}` : ''
    throw new ToolOptionError(`${given} is not a recognized option${hint}`)
  }
  return exact ?? near[0]
}

/** The text of `--help`. */
export function toolHelp({ name, about, example, options }: Tool): string {
  const rows = Object.entries(options).map(([option, { value, isOptional, doc }]) => [
    `--${option}${value ? (isOptional ? ` [${value}]` : ` ${value}`) : ''}`,
    doc,
  ])
  const width = Math.max(...rows.map(([left]) => left.length).filter(length => length < 40))
  const lines = rows.map(([left, doc]) => {
    return left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${doc}` : `  ${left.padEnd(width)}  ${doc}`
  })
  return `ottla ${name}: ${about}\n\n${lines.join('\n')}\n${example ? `\n  ottla ${example}\n` : ''}`
}

/**
 * Runs a tool: help and version are answered here, and so are command lines that make no sense. What else is thrown goes to `failed`, which
 * says it in the tool's own form, on `words` where Kafka's tool uses standard output: with --json that has JSON alone. Gives the exit code.
 */
export async function runTool<Name extends string>(
  tool: Tool<Name | keyof typeof connectionOptions>,
  argv: readonly string[],
  io: Io,
  run: (given: Given<Name | keyof typeof connectionOptions>) => Promise<number>,
  failed: (error: Error, words: NodeJS.WritableStream) => void,
): Promise<number> {
  const words = argv.includes('--json') ? io.stderr : io.stdout
  try {
    if (argv.length === 0 && !tool.hasCommands) {
      io.stderr.write(toolHelp(tool))
      return 1
    }
    const current = withoutDropped(tool.dropped ?? {}, argv, sentence => io.stderr.write(`${sentence}\n`))
    const given = parseTool(tool, current)
    if (given.has('help')) {
      io.stdout.write(toolHelp(tool))
      return 0
    }
    if (given.has('version')) {
      io.stdout.write(`${kafkaVersion} (ottla ${version()})\n`)
      return 0
    }
    return await run(given)
  } catch (error) {
    const isOfOptions = error instanceof ArgumentsError || error instanceof ToolOptionError
    if (isOfOptions && tool.badOption === 'failure') {
      failed(error, words)
      return 1
    }
    if (error instanceof ArgumentsError) {
      io.stderr.write(`${toolHelp(tool)}\nottla ${tool.name.split(' ')[0]}: error: ${error.message}\n`)
      return 1
    }
    if (error instanceof ToolUsageError) {
      const showHelp = error.showHelp || (error instanceof ToolOptionError && tool.badOption === 'help')
      io.stderr.write(`${error.message}\n${showHelp ? toolHelp(tool) : ''}`)
      return 1
    }
    if (!(error instanceof Error) || ['TypeError', 'ReferenceError', 'AssertionError'].includes(error.name)) throw error
    failed(error, words)
    return 1
  }
}

/** Does something with a cluster, and closes the connections to it. */
export async function withAdmin<Name extends string, T>(
  given: Given<Name | keyof typeof connectionOptions>,
  run: (admin: Admin) => Promise<T>,
  limits: { readonly timeoutMs?: number } = {},
): Promise<T> {
  const admin = await adminOf(given.one('bootstrap-server')!, given.one('command-config'), limits.timeoutMs)
  try {
    return await run(admin)
  } finally {
    await admin.close()
  }
}

/** Throws ToolUsageError where nothing can be connected to by what was given. */
async function adminOf(bootstrap: string, file: string | undefined, timeoutMsMax?: number): Promise<Admin> {
  try {
    return await adminBy(bootstrap, file === undefined ? {} : await propertiesIn(file), { file, timeoutMsMax })
  } catch (error) {
    if (error instanceof ToolUsageError || !(error instanceof Error)) throw error
    throw new ToolUsageError(error.message, { showHelp: false })
  }
}

/** Ways to a cluster by the properties of a client. Throws an Error where they are none. */
export async function adminBy(
  bootstrap: string,
  config: Readonly<Record<string, string>>,
  { file = 'the client', timeoutMsMax }: { readonly file?: string; readonly timeoutMsMax?: number } = {},
): Promise<Admin> {
  const security = config['security.protocol'] ?? 'PLAINTEXT'
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(security)) {
    throw new UsageError(
      `security.protocol ${security} of ${file} is none; set PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL`,
    )
  }
  const tls = security.endsWith('SSL') ? await tlsOf(config) : undefined
  const timeoutMs = timeoutMsMax ?? Number(config['default.api.timeout.ms'] ?? 60_000)
  const requestTimeoutMs = Number(config['request.timeout.ms'] ?? 30_000)
  return new Admin({
    bootstrap: bootstrap.split(','),
    clientId: config['client.id'],
    timeoutMs,
    requestTimeoutMs: Math.min(requestTimeoutMs, timeoutMs),
    tls,
    login: security.startsWith('SASL_') ? (await import('./login.ts')).loginOf(config) : undefined,
    ...{ clock: systemClock, network: systemNetwork, random: systemRandom },
  })
}

/** Those of a properties file, whose reader is loaded only for whoever names one. Rejects with UsageError. */
export async function propertiesIn(file: string): Promise<Record<string, string>> {
  const { readProperties } = await import('../properties-file.ts')
  return readProperties(file)
}

/** Loaded only for tools that need it. Throws ConfigError. */
async function tlsOf(config: Readonly<Record<string, string>>): Promise<TlsConnecting | undefined> {
  const { tlsOfClient } = await import('../../tls/client-settings.ts')
  const { diskFiles } = await import('../../../storage/files.ts')
  return tlsOfClient(config, path => diskFiles.read(path))
}

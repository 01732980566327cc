/**
 * The broker's own log of what it does: one line per message on standard error, for people.
 *
 *     2026-01-01T00:00:00.000Z INFO  server connection closed id=7 reason="frame of -1 bytes"
 *
 * Where several brokers share the process, the line says before the name which of them it is.
 */
import { types } from 'node:util'
import { type Clock, systemClock } from './clock.ts'

/** How much is said, from everything to nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Named values that follow the message as key=value; undefined ones are left out. */
export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** Whether a message of this level would be written: worth asking before costly fields are made. */
  enabled(level: LogLevel): boolean
  /** The same logger under another name. */
  child(name: string): Logger
  /** For one of several brokers in this process: its lines, and those of all its children, say which; their levels are its own. */
  beside(broker: string): Logger
  /** The levels of this logger and of all that have the same beginning; they can change at any time. */
  readonly levels: LogLevels
}

/** What a logger looks at with each message. */
interface Threshold {
  at: number
}

/** Levels of loggers by their names: one for all, and others for some. */
export class LogLevels {
  #root: LogLevel
  readonly #own = new Map<string, LogLevel>()
  readonly #thresholds = new Map<string, Threshold>()

  constructor(root: LogLevel) {
    this.#root = root
  }

  /** The same levels, which change by themselves from now on. */
  copy(): LogLevels {
    const copy = new LogLevels(this.#root)
    for (const [name, level] of this.#own) copy.set(name, level)
    return copy
  }

  /** Names of the loggers that there are. */
  get names(): string[] {
    return [...this.#thresholds.keys()].sort()
  }

  get root(): LogLevel {
    return this.#root
  }

  of(name: string): LogLevel {
    return this.#own.get(name) ?? this.#root
  }

  /** The level of all that have none of their own. */
  setRoot(level: LogLevel): void {
    this.#root = level
    for (const name of this.#thresholds.keys()) this.#apply(name)
  }

  /** Null gives a logger the level of all others back. */
  set(name: string, level: LogLevel | null): void {
    if (level === null) this.#own.delete(name)
    else this.#own.set(name, level)
    this.#apply(name)
  }

  /** Loggers of one name have one threshold. */
  threshold(name: string): Threshold {
    const known = this.#thresholds.get(name)
    if (known !== undefined) return known
    const threshold = { at: logLevels.indexOf(this.of(name)) }
    this.#thresholds.set(name, threshold)
    return threshold
  }

  #apply(name: string): void {
    const threshold = this.#thresholds.get(name)
    if (threshold !== undefined) threshold.at = logLevels.indexOf(this.of(name))
  }
}

class LineLogger implements Logger {
  readonly #name: string
  readonly levels: LogLevels
  readonly #threshold: Threshold
  readonly #clock: Clock
  readonly #write: (line: string) => void
  /** Where several brokers share the log, which of them it is, with a space behind it. */
  readonly #broker: string

  constructor(name: string, levels: LogLevels, clock: Clock, write: (line: string) => void, broker = '') {
    this.#name = name
    this.levels = levels
    this.#threshold = levels.threshold(name)
    this.#clock = clock
    this.#write = write
    this.#broker = broker
  }

  trace(message: string, fields?: LogFields): void {
    if (this.#threshold.at <= 0) this.#line('TRACE', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#threshold.at <= 1) this.#line('DEBUG', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.#threshold.at <= 2) this.#line('INFO ', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#threshold.at <= 3) this.#line('WARN ', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.#threshold.at <= 4) this.#line('ERROR', message, fields)
  }

  enabled(level: LogLevel): boolean {
    return this.#threshold.at <= logLevels.indexOf(level)
  }

  child(name: string): Logger {
    return new LineLogger(name, this.levels, this.#clock, this.#write, this.#broker)
  }

  beside(broker: string): Logger {
    return new LineLogger(this.#name, this.levels.copy(), this.#clock, this.#write, `${printable(broker)} `)
  }

  #line(level: string, message: string, fields: LogFields | undefined): void {
    let line = `${new Date(this.#clock.now()).toISOString()} ${level} ${this.#broker}${this.#name} ${printable(message)}`
    for (const name in fields) {
      const value = fields[name]
      if (value !== undefined) line += ` ${name}=${valueText(value)}`
    }
    this.#write(`${line}\n`)
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (types.isNativeError(value)) return quoted(errorText(value))
  if (typeof value === 'object' && value !== null) return quoted(JSON.stringify(value) ?? '')
  return String(value)
}

/** A protocol error says all in its message; any other comes with its stack, as somebody has to find the bug. */
function errorText(error: Error): string {
  const text = 'code' in error || !error.stack ? `${error.name}: ${error.message}` : error.stack
  return text.replace(/\n\s*/g, ' | ')
}

/** Names and reasons that clients give may have 32,767 characters; what is longer than this says no more. */
const valueCharactersMax = 4_000

function quoted(value: string): string {
  const text = value.length <= valueCharactersMax ? value : `${value.slice(0, valueCharactersMax)}…(${value.length})`
  // Nothing that a client sent may begin a new line or pass for another field.
  return text !== '' && /^[\w.:/@+,[\]()<>*…-]+$/.test(text) ? text : printable(JSON.stringify(text))
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A logger that writes messages of `level` and above, by default to standard error. */
export function createLogger(
  level: LogLevel,
  options: { name?: string; clock?: Clock; write?: (line: string) => void } = {},
): Logger {
  const write = options.write ?? (line => process.stderr.write(line))
  return new LineLogger(options.name ?? 'ottla', new LogLevels(level), options.clock ?? systemClock, write)
}

/** Says nothing. */
export const silentLogger: Logger = createLogger('silent', { write: () => {} })

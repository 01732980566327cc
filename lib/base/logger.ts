/**
 * The broker's own log of what it does: one line per message on standard error, for people.
 *
 *     2026-01-01T00:00:00.000Z INFO  server connection closed id=7 reason="frame of -1 bytes"
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
}

class LineLogger implements Logger {
  readonly #name: string
  readonly #threshold: number
  readonly #clock: Clock
  readonly #write: (line: string) => void

  constructor(name: string, threshold: number, clock: Clock, write: (line: string) => void) {
    this.#name = name
    this.#threshold = threshold
    this.#clock = clock
    this.#write = write
  }

  trace(message: string, fields?: LogFields): void {
    if (this.#threshold <= 0) this.#line('TRACE', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#threshold <= 1) this.#line('DEBUG', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.#threshold <= 2) this.#line('INFO ', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#threshold <= 3) this.#line('WARN ', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.#threshold <= 4) this.#line('ERROR', message, fields)
  }

  enabled(level: LogLevel): boolean {
    return this.#threshold <= logLevels.indexOf(level)
  }

  child(name: string): Logger {
    return new LineLogger(name, this.#threshold, this.#clock, this.#write)
  }

  #line(level: string, message: string, fields: LogFields | undefined): void {
    let line = `${new Date(this.#clock.now()).toISOString()} ${level} ${this.#name} ${printable(message)}`
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
  return new LineLogger(options.name ?? 'ottla', logLevels.indexOf(level), options.clock ?? systemClock, write)
}

/** Says nothing. */
export const silentLogger: Logger = createLogger('silent', { write: () => {} })

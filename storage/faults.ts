/** What an error tells of: a request, a disk, a process that has used up what the system gives it, or a bug of ours. Decided here alone. */
import { types } from 'node:util'
import { codes, KafkaError } from '../protocol/errors.ts'

/**
 * - `refusal`: it is told to whoever asked, and nothing happened.
 * - `exhaustion`: descriptors, memory or threads are used up. Nothing happened, and it may be tried again once some are free.
 * - `damage`: what lies on the disk is not what should be there, though the disk works.
 * - `disk`: the disk cannot be relied on.
 * - `bug`: anything else. Nobody knows what is in memory now: the process must end.
 */
export type Fault = 'refusal' | 'exhaustion' | 'damage' | 'disk' | 'bug'

/** What lies on the disk cannot be used as it is; the message says what to do. */
export class DamageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DamageError'
  }
}

/** The process has used up what the system gives it, and so could not do what it was asked for. */
export class ExhaustionError extends KafkaError {
  constructor(message: string) {
    super(codes.KAFKA_STORAGE_ERROR, message)
    this.name = 'ExhaustionError'
  }
}

/** What to do where something is used up, by the code of the system's error. */
const remedies: ReadonlyMap<string, string> = new Map([
  [
    'EMFILE',
    'this process has no file descriptors left; allow it more (ulimit -n, LimitNOFILE of systemd) or let in fewer clients (max.connections)',
  ],
  ['ENFILE', 'the system has no file descriptors left; allow more (sysctl fs.file-max) or close other programs'],
  ['ENOMEM', 'the system has no memory left; give it more, or close other programs'],
  ['ENOBUFS', 'the system has no memory left for buffers; give it more, or close other programs'],
  [
    'EAGAIN',
    'the system has no threads or memory left for this process; allow it more (ulimit -u, TasksMax of systemd)',
  ],
  [
    'ERR_WORKER_INIT_FAILED',
    'no thread can be started; allow this process more descriptors and threads (ulimit -n, ulimit -u)',
  ],
  ['ERR_WORKER_OUT_OF_MEMORY', 'a thread has no memory left; give Node more (NODE_OPTIONS=--max-old-space-size)'],
])

/** Errors that only a wrong call brings: the descriptor or the memory that it names is none of ours. */
const misuses: ReadonlySet<string> = new Set(['EBADF', 'EFAULT'])

/** What an error tells of. */
export function faultOf(error: unknown): Fault {
  // Where a test framework runs modules in a context of their own, Node's errors are not instances of that context's Error.
  if (!types.isNativeError(error)) return 'bug'
  if (error instanceof ExhaustionError) return 'exhaustion'
  if (error instanceof KafkaError) return 'refusal'
  if (error instanceof DamageError) return 'damage'
  const { code } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || misuses.has(code)) return 'bug'
  if (remedies.has(code)) return 'exhaustion'
  // Errors of the file system that Node has no name for are known by their number: EUCLEAN, for one.
  return /^(?:E[A-Z0-9]+$|ERR_FS_|Unknown system error)/.test(code) ? 'disk' : 'bug'
}

/** The error to tell of something that is used up. */
export function exhausted(error: Error): ExhaustionError {
  if (error instanceof ExhaustionError) return error
  const { code } = error as NodeJS.ErrnoException
  return new ExhaustionError(`${code}: ${remedies.get(String(code)) ?? error.message}`)
}

/** What whoever asked is told of an error: of a request, of a disk or of what is used up. Null for a bug, and for damage that nobody expected. */
export function refusalOf(error: unknown): KafkaError | null {
  switch (faultOf(error)) {
    case 'refusal':
      return error as KafkaError
    case 'exhaustion':
      return exhausted(error as Error)
    case 'disk':
      return new KafkaError(codes.KAFKA_STORAGE_ERROR, (error as Error).message)
    default:
      return null
  }
}

/** Where a line is written to. */
interface Warning {
  warn(message: string, fields?: object): void
}

/** How long a process that has used up something is silent after each line about it. */
const silenceMs = 10_000

interface Told {
  atMs: number
  leftOut: number
}

const told = new WeakMap<Warning, Told>()

/** Says what could not be done as something is used up: a line now and then, as everything fails then. `now` in ms since the epoch. */
export function warnOfExhaustion(
  logger: Warning | undefined,
  now: number,
  what: string,
  error: Error,
  fields: object,
): void {
  if (logger === undefined) return
  const last = told.get(logger)
  if (last !== undefined && now >= last.atMs && now - last.atMs < silenceMs) {
    last.leftOut++
    return
  }
  told.set(logger, { atMs: now, leftOut: 0 })
  logger.warn(`${what}; it can be tried again`, {
    ...fields,
    error: exhausted(error),
    leftOut: last?.leftOut || undefined,
  })
}

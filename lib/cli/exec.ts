/** `ottla exec`: a command, such as a project's tests, with a broker of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Broker, BrokerOptions } from '../broker.ts'
import { brokerOptionsOf, printHelp } from './broker-options.ts'
import { type Io, UsageError } from './io.ts'

/**
 * Where commands look for the bootstrap servers. The first is what most look for; the others are those of Spring, of many a kafkajs project
 * and of others. All of them are set, so that none leads a test to another cluster.
 */
export const bootstrapVariables = [
  'KAFKA_BOOTSTRAP_SERVERS',
  'KAFKA_BROKERS',
  'BOOTSTRAP_SERVERS',
  'SPRING_KAFKA_BOOTSTRAP_SERVERS',
] as const

/** Signals that are passed on to the command. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
type Passed = (typeof passedOn)[number]

/** What shells answer for a command that there is not, and for one that cannot be run. */
const [notFound, notExecutable] = [127, 126]

/** Runs the command; its exit code, or 128 and the number of the signal that ended it. */
export async function exec(argv: readonly string[], io: Io): Promise<number> {
  const at = argv.indexOf('--')
  const asked = await brokerOptionsOf('exec', at < 0 ? argv : argv.slice(0, at))
  if (asked === null) return printHelp('exec', io)
  const [program, ...args] = at < 0 ? [] : argv.slice(at + 1)
  if (program === undefined) throw new UsageError('ottla exec needs a command after --, as in: ottla exec -- npm test')
  const signals = new Signals(io)
  const { readyFile: path } = asked
  const readyFile = path === null ? null : new (await import('./ready-file.ts')).ReadyFile(path)
  const { Broker } = await import('../broker.ts')
  const broker = await Broker.start({ ...withDefaults(asked.broker), signal: signals.calledOff }).catch(error => {
    if (error === signals.calledOff.reason) return null
    throw error
  })
  if (broker === null) return codeOfSignal(signals.first!)
  try {
    readyFile?.write(broker)
    return await run(program, args, broker, signals, io)
  } finally {
    signals.forget()
    readyFile?.remove()
    await broker.stop()
  }
}

/** In memory, on a free port, with settings for tests, unless something else is asked for. */
function withDefaults(asked: BrokerOptions): BrokerOptions {
  const { properties = {} } = asked
  const isKept = asked.data !== undefined || properties['log.dirs'] !== undefined || properties['log.dir'] !== undefined
  return {
    dev: true,
    logLevel: 'warn',
    ...(isKept ? {} : { ephemeral: true }),
    ...(properties.listeners === undefined ? { port: 0 } : {}),
    ...asked,
  }
}

async function run(
  program: string,
  args: readonly string[],
  broker: Broker,
  signals: Signals,
  io: Io,
): Promise<number> {
  const env = { ...process.env }
  for (const name of bootstrapVariables) env[name] = broker.bootstrap
  const child = spawn(program, args, { stdio: 'inherit', env, shell: process.platform === 'win32' })
  signals.handTo(child)
  broker.failed.then(error => io.stderr.write(`ottla: the broker has stopped: ${error.message}\n`))
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => resolve(code ?? codeOfSignal(signal ?? 'SIGKILL')))
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        io.stderr.write(
          `ottla: there is no command ${program}; name it as a shell would, as in: ottla exec -- npm test\n`,
        )
        resolve(notFound)
      } else if (error.code === 'EACCES') {
        io.stderr.write(`ottla: ${program} cannot be run: this user may not execute it; chmod +x makes it a command\n`)
        resolve(notExecutable)
      } else reject(error)
    })
  })
}

function codeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

/** Signals from when they call off the start until they go to the command. */
class Signals {
  /** The one that called off the start. */
  first: Passed | null = null
  readonly #io: Io
  readonly #abort = new AbortController()
  readonly #listeners: readonly (readonly [Passed, () => void])[]
  #child: ChildProcess | null = null

  constructor(io: Io) {
    this.#io = io
    this.#listeners = passedOn.map(signal => [signal, () => this.#came(signal)] as const)
    for (const [signal, listener] of this.#listeners) io.on(signal, listener)
  }

  get calledOff(): AbortSignal {
    return this.#abort.signal
  }

  handTo(child: ChildProcess): void {
    this.#child = child
  }

  forget(): void {
    for (const [signal, listener] of this.#listeners) this.#io.off(signal, listener)
  }

  #came(signal: Passed): void {
    if (this.#child === null) {
      this.first ??= signal
      this.#abort.abort()
    } else if (signal === 'SIGTERM' || signal === 'SIGHUP' || !process.stdin.isTTY) this.#child.kill(signal)
    // The keys of a terminal reach the command by themselves; twice would mean something else to it.
  }
}

/** `ottla start`: one broker in this process, until it is told to stop. */
import { parseArgs } from 'node:util'
import { sinceProcessStartMs } from '../base/clock.ts'
import type { BrokerOptions } from '../broker.ts'
import { type Io, UsageError } from './io.ts'

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  published: { type: 'string' },
  data: { type: 'string' },
  ephemeral: { type: 'boolean' },
  dev: { type: 'boolean' },
  set: { type: 'string', multiple: true },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    const what = (error as Error).message.split(/[.\n]/)[0]
    throw new UsageError(`${what}; ottla start --help lists the options`)
  }
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

async function propertiesOf(file: string | undefined): Promise<Record<string, string>> {
  if (file === undefined) return {}
  const { readProperties } = await import('./properties-file.ts')
  return readProperties(file)
}

/** What the command line asks for, as the library takes it, or null where only help is wanted. */
export async function brokerOptionsOf(argv: readonly string[]): Promise<BrokerOptions | null> {
  const { values, positionals } = parse(argv)
  if (values.help) return null
  // One --set may be followed by several assignments.
  const more = values.set === undefined ? [] : positionals.filter(text => text.includes('='))
  const files = positionals.filter(text => !more.includes(text))
  if (files.length > 1) {
    throw new UsageError(
      `one properties file is read, not ${files.join(' and ')}; ottla start --help lists the options`,
    )
  }
  if (values.ephemeral && values.data !== undefined) {
    throw new UsageError('--ephemeral keeps nothing in --data; leave one of them out')
  }
  const broker: BrokerOptions = {
    properties: { ...(await propertiesOf(files[0])), ...assignments(values.set ?? []), ...assignments(more) },
    logLevel: values['log-level'] === undefined ? 'info' : await logLevelOf(values['log-level']),
  }
  const port = portOf(values.port)
  if (port !== undefined) broker.port = port
  if (values.host !== undefined) broker.host = values.host
  if (values.published !== undefined) broker.published = values.published
  if (values.data !== undefined) broker.data = values.data
  if (values.ephemeral) broker.ephemeral = true
  if (values.dev) broker.dev = true
  return broker
}

async function logLevelOf(text: string): Promise<NonNullable<BrokerOptions['logLevel']>> {
  const { logLevels } = await import('../base/logger.ts')
  const level = logLevels.find(known => known === text)
  if (level === undefined) throw new UsageError(`--log-level ${text} is unknown; choose one of ${logLevels.join(', ')}`)
  return level
}

/**
 * Serves until SIGTERM or SIGINT, then ends what is in flight. A second signal of the kind ends the process at once. 1 where the
 * broker stopped by itself, as its disks failed.
 */
export async function start(argv: readonly string[], io: Io): Promise<number> {
  const options = await brokerOptionsOf(argv)
  if (options === null) {
    const { helpFor } = await import('./help.ts')
    io.stdout.write(helpFor('start'))
    return 0
  }
  const calledOff = new AbortController()
  const told = new Promise<null>(resolve => {
    calledOff.signal.addEventListener('abort', () => resolve(null), { once: true })
    io.once('SIGTERM', () => calledOff.abort())
    io.once('SIGINT', () => calledOff.abort())
  })
  const { Broker } = await import('../broker.ts')
  const broker = await Broker.start({ ...options, signal: calledOff.signal }).catch(error => {
    if (error === calledOff.signal.reason) return null
    throw error
  })
  if (broker === null) return 0
  const where = options.ephemeral ? 'in memory' : `in ${broker.dataDirectory}`
  const elapsedMs = Math.round(sinceProcessStartMs())
  io.stdout.write(
    `ottla ready: ${broker.bootstrap}, node ${broker.nodeId}, data ${where}, ${elapsedMs} ms since process start\n`,
  )
  const failure = await Promise.race([told, broker.failed])
  if (failure !== null) return 1
  await broker.stop()
  return 0
}

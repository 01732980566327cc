/** `ottla start`, and `ottla` alone: one broker in this process, until it is told to stop. */
import { sinceProcessStartMs } from '../base/clock.ts'
import type { Broker, BrokerOptions } from '../broker.ts'
import { type Asked, brokerOptionsOf, printHelp } from './broker-options.ts'
import type { Io } from './io.ts'

/**
 * Serves until SIGTERM or SIGINT, then ends what is in flight. A second signal of the kind ends the process at once. 1 where the
 * broker stopped by itself, as its disks failed.
 */
export async function start(argv: readonly string[], io: Io): Promise<number> {
  const asked = await brokerOptionsOf('start', argv)
  return asked === null ? printHelp('start', io) : serve(asked, io)
}

/** The same with what a laptop wants: settings for development, and some lines on how to go on. */
export async function startOnLaptop(argv: readonly string[], io: Io): Promise<number> {
  const asked = await brokerOptionsOf('start', ['--dev', ...argv])
  return asked === null ? printHelp('start', io) : serve(asked, io, welcome)
}

/** The same with options that were read; `further` is printed after the line that says that the broker is ready. */
export async function serve(
  { broker: given, brokers, testing, trace, readyFile: path, ...forTests }: Asked,
  io: Io,
  further: (broker: Broker) => string = () => '',
): Promise<number> {
  const readyFile = path === null ? null : new (await import('./ready-file.ts')).ReadyFile(path)
  const calledOff = new AbortController()
  const told = new Promise<null>(resolve => {
    calledOff.signal.addEventListener('abort', () => resolve(null), { once: true })
    io.once('SIGTERM', () => calledOff.abort())
    io.once('SIGINT', () => calledOff.abort())
  })
  const options = { logLevel: 'info', ...given, signal: calledOff.signal } as const
  if (brokers !== null && !testing)
    return (await import('./start-cluster.ts')).serveCluster({ ...options, brokers }, told, readyFile, io)
  const starting =
    testing || trace !== null
      ? (await import('./start-testing.ts')).startWatched(options, { testing, brokers, trace, ...forTests }, io)
      : startPlain(options)
  const broker = await starting.catch(error => {
    if (error === calledOff.signal.reason) return null
    throw error
  })
  if (broker === null) return 0
  const authority = broker.devTls === null ? null : new (await import('./dev-tls.ts')).AuthorityFile(broker)
  try {
    readyFile?.write(broker)
    const tls = broker.devTls === null ? '' : authority!.write(broker.devTls)
    const http =
      broker.httpLink === null
        ? ''
        : `ottla http: ${broker.httpLink}
`
    const words = testing
      ? `ottla testing: http://${broker.http}/testing/openapi.json
`
      : ''
    io.stdout.write(`${readyLine(broker)}
${http}${words}${further(broker)}${tls}`)
    const failure = await Promise.race([told, broker.failed])
    return failure === null ? 0 : 1
  } finally {
    readyFile?.remove()
    authority?.remove()
    await broker.stop()
  }
}

async function startPlain(options: BrokerOptions): Promise<Broker> {
  const { Broker } = await import('../broker.ts')
  return Broker.start(options)
}

function readyLine({ bootstrap, nodeId, dataDirectory }: Broker): string {
  const where = dataDirectory === null ? 'in memory' : `in ${dataDirectory}`
  const elapsedMs = Math.round(sinceProcessStartMs())
  return `ottla ready: ${bootstrap}, node ${nodeId}, data ${where}, ${elapsedMs} ms since process start`
}

function welcome({ bootstrap, dataDirectory }: Broker): string {
  const data =
    dataDirectory === null
      ? 'in memory, gone at the end'
      : `${dataDirectory}; the next start here serves it again, deleting it begins anew`
  return `
  connect   ${bootstrap} is the bootstrap server of your clients
  topics    are made on first use, or at the start: ottla --topic orders:3
  data      ${data}
  stop      Ctrl-C
  more      ottla --help
`
}

/**
 * The commands. Each is imported only when it is asked for, and arguments are read by node:util's parseArgs: a command-line
 * library such as commander costs a third of the time in which the whole broker starts.
 */
import { type Io, UsageError } from './io.ts'
import { type Command, toolCommands } from './tools/index.ts'

/** Every command by its name, loaded on use. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  health: async () => (await import('./health.ts')).health,
  await: async () => (await import('./await.ts')).awaitState,
  metrics: async () => (await import('./metrics.ts')).metrics,
  doctor: async () => (await import('./doctor.ts')).doctor,
  exec: async () => (await import('./exec.ts')).exec,
  protocol: async () => (await import('./protocol.ts')).protocol,
  log: async () => (await import('./log.ts')).log,
  metadata: async () => (await import('./metadata.ts')).metadata,
  container: async () => (await import('./container.ts')).container,
  'server-start': async () => (await import('./server-start.ts')).kafkaServerStart,
  'kafka-server-start': async () => (await import('./server-start.ts')).kafkaServerStart,
  'server-stop': async () => (await import('./server-stop.ts')).serverStop,
  'kafka-server-stop': async () => (await import('./server-stop.ts')).serverStop,
  storage: async () => (await import('./storage-tool.ts')).kafkaStorage,
  'kafka-storage': async () => (await import('./storage-tool.ts')).kafkaStorage,
  'zookeeper-server-start': async () => (await import('./zookeeper.ts')).zookeeperServerStart,
  cub: async () => (await import('./cub.ts')).cub,
  completion: async () => {
    const { completion } = await import('./completion.ts')
    return (argv, io) => completion(main, Object.keys(commands), argv, io)
  },
  'kafka-run-class': async () => {
    const { runClass } = await import('./run-class.ts')
    return (argv, io) => runClass(main, argv, io)
  },
  ...toolCommands,
}

/** Carries out a command line, without the two leading words of process.argv, and answers the process's exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [word = '', ...rest] = argv
  // Kafka's scripts have their ending.
  const name = word.replace(/\.sh$/, '')
  try {
    if (name === 'help' && Object.hasOwn(commands, rest[0] ?? '')) return await main([rest[0]!, '--help'], io)
    if (name === '--help' || name === '-h' || name === 'help') {
      const { helpFor } = await import('./help.ts')
      io.stdout.write(helpFor(rest[0] ?? ''))
      return 0
    }
    if (name === '--version' || name === '-v') {
      const { version } = await import('../base/version.ts')
      io.stdout.write(`${version()}\n`)
      return 0
    }
    // Whoever names no command wants a broker to try.
    if (name === '' || name.startsWith('-')) {
      const { startOnLaptop } = await import('./start.ts')
      return await startOnLaptop(argv, io)
    }
    if (!Object.hasOwn(commands, name)) {
      throw new UsageError(`there is no command ${JSON.stringify(name)}; ottla --help lists what there is`)
    }
    // Whoever reads a tool's output may have seen enough of it.
    if (Object.hasOwn(toolCommands, name)) io.stdout.on('error', passClosed)
    const command = await commands[name]()
    return await command(Object.hasOwn(toolCommands, name) ? await withBroker(rest) : rest, io)
  } catch (error) {
    const { explain } = await import('./explain.ts')
    io.stderr.write(`ottla: ${explain(error)}\n`)
    return 1
  }
}

/** With the container's own broker for whoever names ZooKeeper. */
async function withBroker(argv: readonly string[]): Promise<readonly string[]> {
  const readyFile = process.env.OTTLA_READY_FILE
  if (readyFile === undefined || !argv.some(word => word.startsWith('--zookeeper'))) return argv
  const { withoutZooKeeper } = await import('./tools/zookeeper-option.ts')
  const { systemClock } = await import('../base/clock.ts')
  const listener = process.env.KAFKA_INTER_BROKER_LISTENER_NAME
  return withoutZooKeeper(argv, { readyFile, listener }, systemClock)
}

/** A pipe that nobody reads any more is no failure. */
function passClosed(error: Error & { readonly code?: string }): void {
  if (error.code !== 'EPIPE') throw error
}

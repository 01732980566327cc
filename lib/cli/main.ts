/**
 * The commands. Each is imported only when it is asked for, and arguments are read by node:util's parseArgs: a command-line
 * library such as commander costs a third of the time in which the whole broker starts.
 */
import { type Io, UsageError } from './io.ts'

type Command = (argv: readonly string[], io: Io) => Promise<number>

/** Every command by its name, loaded on use. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  health: async () => (await import('./health.ts')).health,
  doctor: async () => (await import('./doctor.ts')).doctor,
  exec: async () => (await import('./exec.ts')).exec,
  protocol: async () => (await import('./protocol.ts')).protocol,
  log: async () => (await import('./log.ts')).log,
  container: async () => (await import('./container.ts')).container,
  'kafka-server-start': async () => (await import('./server-start.ts')).kafkaServerStart,
  'kafka-storage': async () => (await import('./storage-tool.ts')).kafkaStorage,
  'zookeeper-server-start': async () => (await import('./zookeeper.ts')).zookeeperServerStart,
  'kafka-topics': async () => (await import('./tools/topics.ts')).kafkaTopics,
  'kafka-configs': async () => (await import('./tools/configs.ts')).kafkaConfigs,
  users: async () => {
    const { kafkaConfigs } = await import('./tools/configs.ts')
    return (argv, io) => kafkaConfigs(['--entity-type', 'users', ...argv], io)
  },
  transactions: async () => (await import('./tools/transactions.ts')).transactions,
  'kafka-transactions': async () => (await import('./tools/transactions.ts')).transactions,
  'kafka-broker-api-versions': async () => (await import('./tools/broker-api-versions.ts')).kafkaBrokerApiVersions,
  cub: async () => (await import('./cub.ts')).cub,
}

/** Carries out a command line, without the two leading words of process.argv, and answers the process's exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name = '', ...rest] = argv
  try {
    if (name === '--help' || name === '-h' || name === 'help') {
      const { helpFor } = await import('./help.ts')
      io.stdout.write(helpFor(rest[0] ?? ''))
      return 0
    }
    if (name === '--version' || name === '-v') {
      const { version } = await import('./version.ts')
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
    const command = await commands[name]()
    return await command(rest, io)
  } catch (error) {
    const { explain } = await import('./explain.ts')
    io.stderr.write(`ottla: ${explain(error)}\n`)
    return 1
  }
}

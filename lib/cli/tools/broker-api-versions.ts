/** `ottla kafka-broker-api-versions`: which versions of which APIs each broker serves, in the form of Kafka's tool. */
import { apis } from '../../../protocol/messages/index.ts'
import type { Admin } from '../../admin/admin.ts'
import type { Io } from '../io.ts'
import { connectionOptions, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const tool: Tool<keyof typeof connectionOptions> = {
  name: 'kafka-broker-api-versions',
  about: 'tells which versions of which APIs brokers serve',
  example: 'broker-api-versions --bootstrap-server localhost:9092',
  options: connectionOptions,
}

/** Carries out a command line; gives the exit code. */
export function kafkaBrokerApiVersions(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      if (!given.has('bootstrap-server')) throw new ToolUsageError('Missing required argument "[bootstrap-server]"')
      await withAdmin(given, admin => print(admin, io))
      return 0
    },
    error => io.stderr.write(`${error.message}\n`),
  )
}

async function print(admin: Admin, io: Io): Promise<void> {
  for (const { nodeId, host, port, rack } of await admin.brokers()) {
    const served = await admin.versions(nodeId)
    const lines = apis
      // What brokers ask each other alone is not on the list.
      .filter(({ name }) => name !== 'AlterPartition')
      .map(({ key, name, latestStable }) => {
        const spoken = served.get(key)
        if (spoken === undefined) return `\t${name}(${key}): UNSUPPORTED`
        const [min, max] = spoken
        const usable = Math.min(max, latestStable)
        const range = min === max ? String(min) : `${min} to ${max}`
        return `\t${name}(${key}): ${range} [usable: ${usable < min ? 'UNSUPPORTED' : usable}]`
      })
    const unknown = [...served]
      .filter(([key]) => !apis.some(api => api.key === key))
      .map(([key, [min, max]]) => `\tUNKNOWN(${key}): ${min} to ${max} [usable: none]`)
    io.stdout.write(
      `${host}:${port} (id: ${nodeId} rack: ${rack} isFenced: false) -> (\n${[...lines, ...unknown].join(',\n')}\n)\n`,
    )
  }
}

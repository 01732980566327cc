/** `ottla kafka-broker-api-versions`: which versions of which APIs each broker serves, in the form of Kafka's tool. */
import { apis } from '../../../protocol/messages/index.ts'
import type { Admin } from '../../admin/admin.ts'
import type { Io } from '../io.ts'
import { connectionOptions, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = { json: { doc: 'print JSON' }, ...connectionOptions } as const

const tool: Tool<keyof typeof options> = {
  name: 'kafka-broker-api-versions',
  about: 'tells which versions of which APIs brokers serve',
  example: 'broker-api-versions --bootstrap-server localhost:9092',
  options,
}

/** Carries out a command line; gives the exit code. */
export function kafkaBrokerApiVersions(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      if (!given.has('bootstrap-server')) throw new ToolUsageError('Missing required argument "[bootstrap-server]"')
      await withAdmin(given, admin => (given.has('json') ? printJson : print)(admin, io))
      return 0
    },
    error => io.stderr.write(`${error.message}\n`),
  )
}

async function print(admin: Admin, io: Io): Promise<void> {
  for (const { nodeId, host, port, rack } of await admin.brokers()) {
    const served = await admin.versions(nodeId)
    const lines = known.map(({ key, name, latestStable }) => {
      const spoken = served.get(key)
      if (spoken === undefined) return `\t${name}(${key}): UNSUPPORTED`
      const [min, max] = spoken
      const range = min === max ? String(min) : `${min} to ${max}`
      return `\t${name}(${key}): ${range} [usable: ${usableOf(spoken, latestStable) ?? 'UNSUPPORTED'}]`
    })
    const unknown = unknownOf(served).map(([key, [min, max]]) => `\tUNKNOWN(${key}): ${min} to ${max} [usable: none]`)
    io.stdout.write(
      `${host}:${port} (id: ${nodeId} rack: ${rack} isFenced: false) -> (\n${[...lines, ...unknown].join(',\n')}\n)\n`,
    )
  }
}

/** What brokers ask each other alone is not on the list. */
const known = apis.filter(({ name }) => name !== 'AlterPartition')

type Served = Awaited<ReturnType<Admin['versions']>>

function unknownOf(served: Served) {
  return [...served].filter(([key]) => !apis.some(api => api.key === key))
}

/** The highest version that both sides speak; null where there is none. */
function usableOf([min, max]: readonly [number, number], latestStable: number): number | null {
  const usable = Math.min(max, latestStable)
  return usable < min ? null : usable
}

/** One object for each broker. An API that it does not serve has no versions, and one that is not known here no name. */
async function printJson(admin: Admin, io: Io): Promise<void> {
  const rows: object[] = []
  for (const { nodeId, host, port, rack } of await admin.brokers()) {
    const served = await admin.versions(nodeId)
    const named = known.map(({ key, name, latestStable }) => {
      const spoken = served.get(key)
      const [min, max] = spoken ?? [null, null]
      return { key, name, min, max, usable: spoken === undefined ? null : usableOf(spoken, latestStable) }
    })
    const unknown = unknownOf(served).map(([key, [min, max]]) => ({ key, name: null, min, max, usable: null }))
    rows.push({ id: nodeId, host, port, rack, isFenced: false, apis: [...named, ...unknown] })
  }
  io.stdout.write(`${JSON.stringify(rows)}\n`)
}

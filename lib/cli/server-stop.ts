/** `kafka-server-stop`: asks the broker of a data directory to stop, by the process that its lock or its ready file names. */
import { resolve } from 'node:path'
import { diskFiles } from '../../storage/files.ts'
import { lockHolder } from '../../storage/lock.ts'
import { parsed } from './arguments.ts'
import type { Io } from './io.ts'
import { readProperties } from './properties-file.ts'

const help = `ottla server-stop [--data DIR | --config FILE | --ready-file FILE]

Asks a broker to stop, as SIGTERM does, and does not wait for it. Ends with code 1 where there is none.

  --data DIR         the broker of this data directory (./ottla-data)
  --config FILE      that of the log.dirs of a file of properties
  --ready-file FILE  that which wrote this file by ottla start --ready-file
  --process-role, --node-id   accepted

  ottla server-stop --data ./ottla-data
`

const options = {
  data: { type: 'string' },
  config: { type: 'string' },
  'ready-file': { type: 'string' },
  'process-role': { type: 'string' },
  'node-id': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Carries out a command line; gives the exit code. */
export async function serverStop(
  argv: readonly string[],
  io: Io,
  kill: (pid: number) => void = pid => process.kill(pid, 'SIGTERM'),
): Promise<number> {
  const { values } = parsed({ args: [...argv], options }, 'ottla server-stop --help lists what it takes')
  if (values.help) {
    io.stdout.write(help)
    return 0
  }
  const pid = values['ready-file'] === undefined ? holderOf(directoryOf(values)) : pidIn(values['ready-file'])
  if (pid === null) {
    io.stdout.write('No kafka server to stop\n')
    return 1
  }
  kill(pid)
  return 0
}

function directoryOf({ data, config }: { readonly data?: string; readonly config?: string }): string {
  if (config === undefined) return data ?? './ottla-data'
  const properties = readProperties(config)
  return (properties['log.dirs'] ?? properties['log.dir'] ?? '/tmp/kafka-logs').split(',')[0]!.trim()
}

function holderOf(directory: string): number | null {
  return diskFiles.exists(resolve(directory)) ? lockHolder(diskFiles, resolve(directory)) : null
}

function pidIn(path: string): number | null {
  const content = diskFiles.exists(path) ? diskFiles.read(path) : null
  if (content === null) return null
  const { pid } = JSON.parse(content.toString('utf8')) as { readonly pid?: unknown }
  return typeof pid === 'number' ? pid : null
}

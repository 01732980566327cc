/**
 * `ottla zookeeper-server-start FILE`: listens on ZooKeeper's port, and nothing more. There is no ZooKeeper; start scripts of containers
 * begin one, and wait until its port can be connected to.
 */
import type { Wire } from '../network/network.ts'
import { systemNetwork } from '../network/tcp.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import { readProperties } from './properties-file.ts'

/** Whoever connects says little and leaves; more than these at once are closed. */
const connectionsMax = 100

/** Listens until SIGTERM or SIGINT; the exit code. */
export async function zookeeperServerStart(argv: readonly string[], io: Io): Promise<number> {
  const [file, ...more] = argv.filter(word => word !== '--help' && word !== '-h')
  if (file === undefined || more.length > 0) {
    const isAsked = argv.length > 0 && file === undefined
    ;(isAsked ? io.stdout : io.stderr).write(helpFor('zookeeper-server-start'))
    return isAsked ? 0 : 1
  }
  const { clientPort = '2181', clientPortAddress: host = '' } = readProperties(file)
  const port = Number(clientPort)
  if (!/^\d+$/.test(clientPort.trim()) || port > 65_535) {
    throw new UsageError(`clientPort of ${file} cannot be '${clientPort}': it takes a number up to 65535`)
  }
  const told = new Promise<void>(resolve => {
    io.once('SIGTERM', resolve)
    io.once('SIGINT', resolve)
  })
  const open = new Set<Wire>()
  const accept = (wire: Wire) => {
    if (open.size >= connectionsMax) {
      wire.destroy()
      return
    }
    open.add(wire)
    wire.receive({
      target: () => scratch,
      filled: () => true,
      push: () => true,
      ended: () => wire.finish(),
      closed: () => void open.delete(wire),
    })
  }
  const options = { host, port, backlog: 50, accept, failed: (error: Error) => io.stderr.write(`ottla: ${error}\n`) }
  const bound = await systemNetwork.listen(options).catch(error => {
    throw new UsageError(`cannot listen on port ${port}: ${error.message}; choose another clientPort in ${file}`)
  })
  // Programs that start containers wait for words of ZooKeeper's log.
  io.stdout.write(
    `binding to port ${host || '0.0.0.0'}:${bound.port}; there is no ZooKeeper behind it, and none is needed
Creating new log file: none
`,
  )
  await told
  const closed = bound.close()
  for (const wire of open) wire.destroy()
  await closed
  return 0
}

/** What clients say goes nowhere. */
const scratch = Buffer.alloc(4_096)

/** `ottla health`: whether a broker serves its clients, as an exit code. What runs every few seconds loads little. */

import { AdminError } from '../admin/admin-error.ts'
import { parseAddress } from '../admin/connections.ts'
import { checkAccepts, checkHealth, UnhealthyError } from '../admin/health.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { systemNetwork } from '../network/tcp.ts'
import { parsed, timeoutMsOf } from './arguments.ts'
import { tlsIn } from './command-config.ts'
import { type Io, UsageError } from './io.ts'

const options = {
  bootstrap: { type: 'string', default: 'localhost:9092' },
  'ready-file': { type: 'string' },
  'command-config': { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** 0 where it serves; 1 where not, with one line that says what failed. */
export async function health(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parsed({ args: [...argv], options }, 'ottla health --help lists the options')
  if (values.help) {
    const { helpFor } = await import('./help.ts')
    io.stdout.write(helpFor('health'))
    return 0
  }
  const timeoutMs = values.timeout === undefined ? undefined : timeoutMsOf(values.timeout)
  const readyFile = values['ready-file']
  const place = readyFile === undefined ? { address: values.bootstrap } : await placeIn(readyFile)
  if (place === null) {
    io.stderr.write(`ottla health: ${readyFile} is not there: no broker has said that clients can connect\n`)
    return 1
  }
  const [first = ''] = place.address.split(',')
  const { securityProtocol = 'PLAINTEXT' } = place
  try {
    const tls = await tlsIn(values['command-config'])
    const world = { clock: systemClock, random: systemRandom, network: systemNetwork }
    const options = { address: parseAddress(first), timeoutMs, ...world, tls }
    if (securityProtocol === 'PLAINTEXT' || tls !== undefined) await checkHealth(options)
    else {
      await checkAccepts(securityProtocol, options)
      io.stdout.write(
        `${first} speaks ${securityProtocol} and accepts connections; for more than that, give --command-config\n`,
      )
    }
    return 0
  } catch (error) {
    if (!(error instanceof UnhealthyError || error instanceof AdminError)) throw error
    io.stderr.write(`ottla health: ${first}: ${error.message}\n`)
    return 1
  }
}

interface Place {
  readonly address: string
  readonly securityProtocol?: string
}

/** Where a broker can be asked most easily: by a listener without encryption and login, where there is one. Null where there is no file. */
async function placeIn(path: string): Promise<Place | null> {
  const { diskFiles } = await import('../../storage/files.ts')
  const content = diskFiles.read(path)
  if (content === null) return null
  try {
    const { listeners } = JSON.parse(content.toString('utf8')) as { listeners: readonly Place[] }
    return listeners.find(({ securityProtocol }) => securityProtocol === 'PLAINTEXT') ?? listeners[0]!
  } catch {
    throw new UsageError(`${path} is no file of ottla start --ready-file`)
  }
}

/** `ottla health`: whether a broker serves its clients, as an exit code. What runs every few seconds loads little. */

import { KafkaError } from '../../protocol/errors.ts'
import { checkAccepts, checkHealth, UnhealthyError } from '../admin/health.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { parseAddress } from '../client/connections.ts'
import { systemNetwork } from '../network/tcp.ts'
import { parsed, timeoutMsOf } from './arguments.ts'
import { connectingBy } from './command-config.ts'
import type { Io } from './io.ts'
import { placeIn } from './ready-file.ts'

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
  const connecting = await connectingBy(values['command-config'])
  const readyFile = values['ready-file']
  const place =
    readyFile === undefined ? { address: values.bootstrap } : placeIn(readyFile, connecting?.securityProtocol)
  if (place === null) {
    io.stderr.write(`ottla health: ${readyFile} is not there: no broker has said that clients can connect\n`)
    return 1
  }
  const [first = ''] = place.address.split(',')
  const { securityProtocol = 'PLAINTEXT' } = place
  const world = { clock: systemClock, random: systemRandom, network: systemNetwork }
  const asked = { address: parseAddress(first), timeoutMs, ...world, ...connecting }
  const more = 'for more than that, give --command-config'
  try {
    if (connecting !== null || securityProtocol === 'PLAINTEXT') await checkHealth(asked)
    else {
      await checkAccepts(securityProtocol, asked)
      io.stdout.write(`${first} speaks ${securityProtocol} and accepts connections; ${more}\n`)
    }
    return 0
  } catch (error) {
    if (!(error instanceof UnhealthyError || error instanceof KafkaError)) throw error
    // Whoever looks by the file has no more than what the broker leaves there.
    if (readyFile !== undefined && connecting === null && error instanceof UnhealthyError && error.isDenied) {
      const { message } = error
      io.stdout.write(`${first} answers; for more than that, access rules have to allow it (${message})\n`)
      return 0
    }
    io.stderr.write(`ottla health: ${first}: ${error.message}\n`)
    return 1
  }
}

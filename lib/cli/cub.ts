/** `ottla cub`: the checks by which start scripts of Confluent's images wait for what they need. */
import { parseArgs } from 'node:util'
import { Admin, parseAddress } from '../admin/admin.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { onAllAddresses } from '../container/listeners.ts'
import { systemNetwork } from '../network/tcp.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import { readProperties } from './properties-file.ts'

const options = {
  bootstrap_broker_list: { type: 'string', short: 'b' },
  zookeeper_connect: { type: 'string', short: 'z' },
  config: { type: 'string', short: 'c' },
  security_protocol: { type: 'string', short: 's' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Between two attempts. */
const pauseMs = 100

/** Carries out one of the checks; gives the exit code. */
export async function cub(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv)
  const [check, ...words] = positionals
  if (values.help) {
    io.stdout.write(helpFor('cub'))
    return 0
  }
  switch (check) {
    case 'kafka-ready':
      return kafkaReady(values, words, io)
    case 'zk-ready':
      return zooKeeperReady(words, io)
    case 'listeners':
      io.stdout.write(`${onAllAddresses(words[0] ?? '')}\n`)
      return 0
    default:
      throw new UsageError('cub takes one of kafka-ready, zk-ready and listeners; cub --help says more')
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(`cub: ${(error as Error).message.split(/[.\n]/)[0]}; cub --help says more`)
  }
}

function numberOf(text: string | undefined, what: string): number {
  const value = Number(text)
  if (text === undefined || !Number.isFinite(value) || value < 0) {
    throw new UsageError(`cub takes ${what} as a number, not '${text ?? ''}'; cub --help says more`)
  }
  return value
}

/** Waits until so many brokers are in the cluster. */
async function kafkaReady(
  values: ReturnType<typeof parse>['values'],
  words: readonly string[],
  io: Io,
): Promise<number> {
  const count = numberOf(words[0], 'the number of brokers')
  const seconds = numberOf(words[1], 'the seconds to wait')
  const config = values.config === undefined ? {} : readProperties(values.config)
  const security = values.security_protocol ?? config['security.protocol'] ?? 'PLAINTEXT'
  if (security !== 'PLAINTEXT') throw new UsageError(`cub speaks PLAINTEXT, not ${security}; use a listener that does`)
  const bootstrap = values.bootstrap_broker_list ?? config['bootstrap.servers']
  if (bootstrap === undefined) throw new UsageError('cub kafka-ready takes the address of a broker by -b HOST:PORT')
  const parts = { clock: systemClock, network: systemNetwork, random: systemRandom }
  const admin = new Admin({ bootstrap: bootstrap.split(','), timeoutMs: 1_000 * seconds, ...parts })
  const end = systemClock.monotonicMs() + 1_000 * seconds
  let found: string[] = []
  try {
    do {
      found = (await admin.brokers()).map(({ host, port }) => `${host}:${port}`)
      if (found.length >= count) return 0
      await pause()
    } while (systemClock.monotonicMs() < end)
  } catch (error) {
    io.stderr.write(`cub: ${(error as Error).message}\n`)
  } finally {
    await admin.close()
  }
  io.stderr.write(`Expected ${count} brokers but found only ${found.length}. Brokers found [${found}].\n`)
  return 1
}

/** Waits until one of the addresses can be connected to; there is no ZooKeeper to ask anything. */
async function zooKeeperReady(words: readonly string[], io: Io): Promise<number> {
  const addresses = (words[0] ?? '').replace(/\/.*/, '').split(',')
  const seconds = numberOf(words[1], 'the seconds to wait')
  const end = systemClock.monotonicMs() + 1_000 * seconds
  let reason = ''
  do {
    for (const address of addresses) {
      try {
        const wire = await systemNetwork.connect(parseAddress(address.includes(':') ? address : `${address}:2181`))
        wire.destroy()
        return 0
      } catch (error) {
        reason = (error as Error).message
      }
    }
    await pause()
  } while (systemClock.monotonicMs() < end)
  io.stderr.write(`cub: ${words[0]} could not be connected to within ${seconds} s: ${reason}\n`)
  return 1
}

function pause(): Promise<void> {
  return new Promise(resolve => void systemClock.schedule(pauseMs, resolve))
}

/** Brokers on a network in memory, whose clock stands still, with one client: a seed is all that their answers can depend on. */
import { createLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Secret } from '../../lib/base/secret.ts'
import { Client } from '../../lib/client/client.ts'
import { Composition, type CompositionOptions } from '../../lib/composition.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { MemoryNetwork } from '../../lib/network/memory.ts'
import type { Network, Wire } from '../../lib/network/network.ts'
import { plainMessage } from '../../lib/security/plain.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { Family } from '../../lib/testing/family.ts'
import { Instruments } from '../../lib/testing/instruments.ts'
import { World } from '../../lib/testing/world.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'
import { memoryFiles } from '../../storage/files.ts'
import type { Asking } from './every-request.ts'

/** A broker, how it comes to be, and how it ends. */
interface Served {
  readonly broker: Composition
  /** Where a client is to go, and what it is to call itself. */
  readonly port: number
  readonly clientId: string
  stop(): Promise<void>
}

type Serve = (composed: CompositionOptions, seed: number, clock: ManualClock) => Promise<Served>

const [port, clientId, host] = [9092, 'client', 'broker']
const password = 'secret'

/** A broker alone. */
export const plainly: Serve = async composed => {
  const broker = await Composition.start(composed)
  return { broker, port, clientId, stop: () => broker.stop() }
}

/** The same with all that the test-kit puts around it, which nobody uses. */
export const watched: Serve = async (composed, seed, clock) => {
  let broker: Composition | null = null
  const instruments = new Instruments(() => broker, seededRandom(~seed), { clock, timeoutMs: 1_000 })
  instruments.trace.begin()
  const network = instruments.network.around(composed.parts.network)
  const parts = { ...composed.parts, clocks: instruments.clocks, network }
  const interceptors = [...instruments.interceptors]
  const groupTimers = instruments.clock.timersOfGroups
  broker = await Composition.start({ ...composed, parts, interceptors, groupTimers })
  return { broker, port, clientId, stop: () => broker!.stop() }
}

/** The test-kit's, which is traced, and has gone back to its beginning once. */
export const reset: Serve = async (composed, seed, clock) => {
  const world = await worldOf(composed, seed, clock)
  await world.become(composed, null, { connections: true, topicIds: false })
  return { broker: world.serving, port, clientId, stop: () => stop(world) }
}

/** A virtual cluster on the port of such a broker, chosen by what clients call themselves. */
export const virtually: Serve = async (composed, seed, clock) => {
  const of = await worldOf(composed, seed, clock)
  const guest = { by: 'clientId', name: 'file-7', isStrict: true } as const
  const world = new World(of.family, network => of.entrance.networkOf(guest, network))
  await world.open(composed)
  const stopBoth = async () => {
    await stop(world)
    await stop(of)
  }
  return { broker: world.serving, port, clientId: 'file-7-client', stop: stopBoth }
}

async function worldOf(composed: CompositionOptions, seed: number, clock: ManualClock): Promise<World> {
  const family = new Family({ seed, trace: true, clock })
  family.base = composed
  const world = new World(family)
  await world.open(composed)
  return world
}

async function stop(world: World): Promise<void> {
  world.entrance.close()
  await world.serving.stop()
  await world.stopped()
}

/** One answer, byte by byte. */
export interface Answer {
  readonly name: string
  readonly hex: string
}

/** All that a broker answers to what is asked. */
export async function answersOf(serve: Serve, seed: number, ask: (asking: Asking) => Promise<void>): Promise<Answer[]> {
  const clock = new ManualClock()
  const network = new MemoryNetwork({ clock })
  const answers: Answer[] = []
  // The clock stands still, and what is due, or is to be done at the end of a turn, is done.
  let turning: NodeJS.Immediate
  const turn = () => {
    clock.advance(0)
    turning = setImmediate(turn)
  }
  turning = setImmediate(turn)
  try {
    const served = await serve(composedOf(seed, clock, network.host(host)), seed, clock)
    const received: Buffer[] = []
    let client: Client | null = null
    await ask({
      send: async (api, version, request) => {
        received.length = 0
        const response = await client!.send(api, version, wholeRequest(api, request))
        answers.push({ name: `${api.name} v${version}`, hex: Buffer.concat(received).toString('hex') })
        return response
      },
      reconnect: async () => {
        await client?.close()
        const recorded = recording(network.host('client'), received)
        client = await Client.connect({ host, clock, network: recorded, port: served.port, clientId: served.clientId })
      },
      settle: () => served.broker.settle(),
      nowMs: clock.now(),
      password: plainMessage('alice', new Secret(password)),
    })
    await (client as Client | null)?.close()
    await served.stop()
  } finally {
    clearImmediate(turning)
  }
  return answers
}

function composedOf(seed: number, clock: ManualClock, network: Network): CompositionOptions {
  return {
    config: BrokerConfig.parse({
      listeners: `SASL_PLAINTEXT://${host}:${port}`,
      'sasl.enabled.mechanisms': 'PLAIN',
      'plain.sasl.jaas.config': `a.PlainLoginModule required user_alice="${password}";`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:alice',
      'delegation.token.secret.key': 'the secret of the brokers',
      'group.initial.rebalance.delay.ms': '0',
    }),
    ephemeral: true,
    parts: { clocks: { broker: clock, wire: clock }, random: seededRandom(seed), files: memoryFiles(), network },
    logger: createLogger('silent'),
  }
}

/** A network of which it is kept what comes in. */
function recording(network: Network, received: Buffer[]): Network {
  return {
    listen: options => network.listen(options),
    connect: async (to, signal) => {
      const wire = await network.connect(to, signal)
      const receive = wire.receive.bind(wire)
      const kept: Wire['receive'] = receiver =>
        receive({
          target: () => receiver.target(),
          filled: bytes => receiver.filled(bytes),
          push: bytes => {
            received.push(Buffer.from(bytes))
            return receiver.push(bytes)
          },
          ended: () => receiver.ended(),
          closed: error => receiver.closed(error),
        })
      return Object.assign(wire, { receive: kept })
    },
  }
}

/** A network whose connections to the broker a test may cut, block, slow down and refuse. */
import type { Clock } from '../../base/clock.ts'
import type { NamesOf } from '../../base/names.ts'
import type { Network, Wire } from '../../network/network.ts'
import { checkKind, checkMs, checkNames, checkOneOf } from '../given.ts'
import { DisturbedWire } from './disturbed-wire.ts'
import type { LaneState } from './lane.ts'
import type { NetworkDisturbance, TestNetwork } from './options.ts'

const names: NamesOf<NetworkDisturbance> = {
  ...{ listener: true, blocked: true, latencyMs: true, bytesPerSecond: true, refused: true },
}

/** See the head of the file. */
export class DisturbedNetwork implements TestNetwork {
  readonly #clock: Clock
  readonly #portsOf: (listener: string) => readonly number[]
  readonly #wires = new Set<DisturbedWire>()
  readonly #disturbances: NetworkDisturbance[] = []

  /** `portsOf` is where the listeners of a name listen: one of each broker. */
  constructor(clock: Clock, portsOf: (listener: string) => readonly number[]) {
    this.#clock = clock
    this.#portsOf = portsOf
  }

  /** The network with what tests do to it. */
  around(network: Network): Network {
    return {
      listen: options => network.listen({ ...options, accept: wire => this.#accept(wire, options.accept) }),
      connect: (to, signal) => network.connect(to, signal),
    }
  }

  cut(listener?: string): number {
    if (listener !== undefined) this.#ports(listener)
    const wires = [...this.#wires].filter(wire => this.#isOf(wire, listener))
    for (const wire of wires) wire.cut()
    return wires.length
  }

  disturb(disturbance: NetworkDisturbance): AsyncDisposable {
    checkNames('disturb', disturbance, names)
    const { listener, latencyMs, bytesPerSecond = 1, blocked, refused } = disturbance
    if (listener !== undefined) this.#ports(listener)
    checkMs('latencyMs', latencyMs)
    checkKind('refused', refused, 'boolean')
    if (!(typeof bytesPerSecond === 'number' && bytesPerSecond > 0))
      throw new RangeError(`bytesPerSecond is ${bytesPerSecond}; it takes a number above 0`)
    checkOneOf('blocked', blocked, ['in', 'out', 'both'])
    this.#disturbances.push(disturbance)
    this.#changed()
    return {
      [Symbol.asyncDispose]: async () => {
        const at = this.#disturbances.indexOf(disturbance)
        if (at >= 0) this.#disturbances.splice(at, 1)
        this.#changed()
      },
    }
  }

  restore(): void {
    this.#disturbances.length = 0
    this.#changed()
  }

  #accept(wire: Wire, accept: (wire: Wire) => void): void {
    if (this.#find(wire, 'refused')) {
      wire.destroy()
      return
    }
    const disturbed: DisturbedWire = new DisturbedWire(
      wire,
      this.#clock,
      direction => this.#stateOf(wire, direction),
      closed => this.#wires.delete(closed),
    )
    this.#wires.add(disturbed)
    accept(disturbed)
  }

  #stateOf(wire: Wire, direction: 'in' | 'out'): LaneState {
    const blocked = this.#find(wire, 'blocked')
    return {
      isBlocked: blocked === 'both' || blocked === direction,
      latencyMs: this.#find(wire, 'latencyMs') ?? 0,
      bytesPerSecond: this.#find(wire, 'bytesPerSecond') ?? Number.POSITIVE_INFINITY,
    }
  }

  /** What the last disturbance says that says anything of it. */
  #find<Name extends keyof NetworkDisturbance>(wire: Wire, name: Name): NetworkDisturbance[Name] {
    return this.#disturbances.findLast(each => each[name] !== undefined && this.#isOf(wire, each.listener))?.[name]
  }

  #isOf({ localPort }: Wire, listener: string | undefined): boolean {
    return listener === undefined || this.#ports(listener).includes(localPort)
  }

  #ports(listener: string): readonly number[] {
    const ports = this.#portsOf(listener)
    if (ports.length === 0) throw new RangeError(`there is no listener '${listener}'`)
    return ports
  }

  #changed(): void {
    for (const wire of [...this.#wires]) wire.changed()
  }
}

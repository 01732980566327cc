/**
 * What a simulated broker lives in: time, a network, a disk, and chance, all out of one seed. The broker can be stopped, killed at any step
 * of its disk, or lose its power, and is started again on what is left.
 */

import type { Clock, Timer } from '../../../lib/base/clock.ts'
import { createLogger } from '../../../lib/base/logger.ts'
import { type Random, seededRandom } from '../../../lib/base/random.ts'
import { Composition } from '../../../lib/composition.ts'
import { BrokerConfig } from '../../../lib/config/config.ts'
import type { WriteMarkers } from '../../../lib/coordination/markers.ts'
import type { Context } from '../../../lib/handlers/context.ts'
import { handlerTable } from '../../../lib/handlers/table.ts'
import { MemoryNetwork } from '../../../lib/network/memory.ts'
import type { HandlerTable } from '../../../lib/server/server.ts'
import { ManualClock } from '../../../lib/testing/clock.ts'
import { Died, type StepKind } from '../../storage/simulated-files.ts'
import { turnOfTheLoop } from '../../turn-of-the-loop.ts'
import { SimulatedDisk } from '../storage-disk.ts'

/** How a world is made. */
export interface WorldOptions {
  readonly properties: Readonly<Record<string, string>>
  /** Changes the handlers: a deliberate fault. */
  readonly sabotage?: (handlers: HandlerTable<Context>) => HandlerTable<Context>
  /** What stands between transactions and their markers; the clock is that of one life of the broker. */
  readonly markers?: (write: WriteMarkers, clock: Clock) => WriteMarkers
  /** The broker's own clock can be turned, apart from the one that connections and clients go by. */
  readonly turnsClock?: boolean
  readonly trace?: (line: string) => void
}

export const brokerHost = 'broker'
export const brokerPort = 9092

/** One life of the broker. */
interface Life {
  isOver: boolean
  /** It is stopping in good order: markers that are on their way do not arrive any more. */
  isStopping: boolean
}

/** A clock as one life of the broker has it: once that is over, nothing that it asked for happens any more. */
class MortalClock implements Clock {
  readonly #life: Life
  readonly #clock: Clock
  /** Whose turns end. */
  readonly #turns: Clock

  constructor(life: Life, clock: Clock, turns: Clock) {
    this.#life = life
    this.#clock = clock
    this.#turns = turns
  }

  now(): number {
    return this.#clock.now()
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  schedule(delayMs: number, run: () => void): Timer {
    return this.#clock.schedule(delayMs, () => {
      if (!this.#life.isOver) run()
    })
  }

  immediate(run: () => void): void {
    this.#turns.immediate(() => {
      if (!this.#life.isOver) run()
    })
  }
}

/** A disk whose process hears at once that it died. */
class MortalDisk extends SimulatedDisk {
  died: () => void = () => {}

  override enter(kind: StepKind): void {
    const wasDead = this.dead
    try {
      super.enter(kind)
    } catch (error) {
      if (error instanceof Died && !wasDead) this.died()
      throw error
    }
  }
}

export class World {
  readonly random: Random
  readonly clock = new ManualClock()
  /** What the broker takes for the time of day; the same unless it can be turned. */
  readonly brokerClock: ManualClock
  readonly network: MemoryNetwork
  readonly startMs: number
  #disk = this.#equip(new MortalDisk())
  #broker: Composition | null = null
  #life: Life | null = null
  readonly #options: WorldOptions
  /** What no part may have run into: bugs that were thrown where nobody waits. */
  readonly errors: Error[] = []

  constructor(seed: number, options: WorldOptions) {
    this.random = seededRandom(seed)
    this.#options = options
    this.brokerClock = options.turnsClock ? new ManualClock() : this.clock
    this.startMs = this.clock.now()
    this.network = new MemoryNetwork({ clock: this.clock, random: this.random, delayMs: [0, 8] })
  }

  failed(error: Error): void {
    this.errors.push(error)
  }

  say(line: () => string): void {
    this.#options.trace?.(`${this.clock.now() - this.startMs} ms: ${line()}`)
  }

  get isUp(): boolean {
    return this.#broker !== null
  }

  /** Starts the broker on what its disk has; false where it died on the way. */
  async start(): Promise<boolean> {
    const life: Life = { isOver: false, isStopping: false }
    const [broker, wire] = [this.brokerClock, this.clock].map(clock => new MortalClock(life, clock, this.clock))
    const disk = this.#disk
    const { markers } = this.#options
    this.#life = life
    const starting = Composition.start({
      config: BrokerConfig.parse(
        { 'log.dirs': '/data', listeners: `PLAINTEXT://:${brokerPort}`, ...this.#options.properties },
        { warn: message => this.say(() => message) },
      ),
      ephemeral: false,
      parts: {
        clocks: { broker: broker!, wire: wire! },
        random: seededRandom(this.random.int(2 ** 32)),
        files: disk,
        network: this.network.host(brokerHost),
      },
      handlers: this.#options.sabotage?.(handlerTable),
      markersThrough: markers && (write => markers(whileAlive(life, write), wire!)),
      logger: createLogger('debug', {
        clock: this.clock,
        write: line => {
          if (!life.isOver) this.say(() => line.trim())
        },
      }),
    })
    const started = await this.#until(starting, () => disk.dead)
    if (started === null) {
      starting.catch(() => undefined)
      this.#bury()
      return false
    }
    this.#broker = started
    void started.failed.then(error => {
      if (!life.isOver) this.errors.push(error)
    })
    this.say(() => 'the broker is up')
    return true
  }

  /** The broker's disk takes so many changes more, then the process dies. */
  dieAtStep(steps: number): void {
    this.#disk.stepsLeft = steps
  }

  get hasDied(): boolean {
    return this.#disk.dead
  }

  /** Stops the broker as its user would. */
  async stop(): Promise<void> {
    const broker = this.#broker
    if (broker === null) return
    this.#broker = null
    if (this.#life) this.#life.isStopping = true
    this.say(() => 'the broker is stopped')
    const stopping = broker.stop()
    await this.#until(stopping, () => this.#disk.dead)
    if (this.#disk.dead) stopping.catch(() => undefined)
    this.#bury()
  }

  /** Ends the process, or takes the power from its machine. */
  kill(losesPower: boolean): void {
    this.say(() => (losesPower ? 'the power is gone' : 'the broker is killed'))
    this.#broker = null
    this.#bury(losesPower)
  }

  #bury(losesPower = false): void {
    this.#silence()
    this.#disk = this.#equip(losesPower ? this.#disk.lostPower(() => this.random.next()) : this.#disk.killed())
  }

  /** Whatever the broker does from now on, nobody hears of it. */
  #silence(): void {
    if (this.#life) this.#life.isOver = true
    this.network.cut()
    this.network.unlisten(brokerHost)
  }

  #equip(disk: MortalDisk): MortalDisk {
    disk.died = () => {
      // Of an earlier life, which had something to finish when it was killed.
      if (disk !== this.#disk) return
      this.say(() => 'the broker dies')
      this.#silence()
    }
    return disk
  }

  /** Lets so much time pass, with all that is due in it. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    while (this.clock.now() < end && !this.hasDied) await this.step(end)
  }

  /** What can run runs; then time goes on to the next moment at which something is due. */
  async step(endMs: number): Promise<void> {
    await turnOfTheLoop()
    try {
      if (this.clock.heldImmediates > 0) this.clock.runImmediates()
      else this.#advance(endMs)
    } catch (error) {
      // Thrown into a broker that is dead: nobody is there to catch it.
      if (!(error instanceof Died)) throw error
    }
  }

  #advance(endMs: number): void {
    const { clock, brokerClock } = this
    const nextMs = Math.min(untilNext(clock), untilNext(brokerClock))
    const ms = Math.max(0, Math.min(endMs - clock.now(), nextMs))
    clock.advance(ms)
    if (brokerClock !== clock) brokerClock.advance(ms)
  }

  /** Turns the broker's clock: what is due meanwhile there happens at once. */
  turn(ms: number): void {
    this.say(() => `the broker's clock is turned by ${ms} ms`)
    try {
      this.brokerClock.advance(ms)
    } catch (error) {
      if (!(error instanceof Died)) throw error
    }
  }

  /** Lets time pass until the promise is settled; null where `gaveUp` says so before that. */
  async #until<T>(promise: Promise<T>, gaveUp: () => boolean): Promise<T | null> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => undefined)
    while (!isSettled && !gaveUp()) await this.step(this.clock.now() + 1_000)
    return gaveUp() ? null : settled
  }
}

/** Markers are written while the broker lives; later on there is no answer. */
function whileAlive(life: Life, write: WriteMarkers): WriteMarkers {
  return (end, partitions) => (life.isOver || life.isStopping ? new Promise(() => undefined) : write(end, partitions))
}

function untilNext(clock: ManualClock): number {
  return Math.max(0, clock.nextTimerMs - clock.now())
}

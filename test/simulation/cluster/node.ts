/** One broker of a simulated cluster: a disk that outlives its processes, and the process that runs now, if one does. */
import { createLogger } from '../../../lib/base/logger.ts'
import { type Random, seededRandom } from '../../../lib/base/random.ts'
import { Client, ClientError } from '../../../lib/client/client.ts'
import { Composition } from '../../../lib/composition.ts'
import { BrokerConfig } from '../../../lib/config/config.ts'
import type { Context } from '../../../lib/handlers/context.ts'
import { handlerTable } from '../../../lib/handlers/table.ts'
import { type MetadataStore, StoreUnavailable } from '../../../lib/metadata/store.ts'
import type { MemoryNetwork } from '../../../lib/network/memory.ts'
import type { HandlerTable } from '../../../lib/server/server.ts'
import type { ManualClock } from '../../../lib/testing/clock.ts'
import { Metadata } from '../../../protocol/messages/metadata.ts'
import { wholeRequest } from '../../../protocol/whole-request.ts'
import { LogDirectory } from '../../../storage/directory.ts'
import { Died, type StepKind } from '../../storage/simulated-files.ts'
import { SimulatedDisk } from '../storage-disk.ts'
import { Life, LifeClock } from './life.ts'
import { SimulatedStore } from './store.ts'

export interface NodeOptions {
  readonly id: number
  readonly clock: ManualClock
  readonly network: MemoryNetwork
  readonly random: Random
  readonly store: MetadataStore
  /** How many of a thousand answers of the store are lost. */
  readonly lost: number
  readonly properties: Readonly<Record<string, string>>
  readonly say: (line: () => string) => void
  /** Told of bugs. */
  readonly failed: (error: Error) => void
}

export const brokerPort = 9092
const clusterId = 'a-simulated-cluster-00'
const sessionMs = 9_000

export function hostOf(id: number): string {
  return `broker-${id}`
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

export class Node {
  readonly id: number
  /** How often it was started. */
  starts = 0
  /** What its clock is wrong by. */
  skewMs = 0
  /** Null while it is not up. */
  services: Context['broker'] | null = null
  store: SimulatedStore | null = null
  /** Whether what it had may be lost, until it is in sync again. */
  isTorn = false
  isStopped = false
  readonly #options: NodeOptions
  #disk: MortalDisk
  #life: Life | null = null
  /** Resolves when its disk stops working, and the process with it. */
  #death: Promise<void> = Promise.resolve()
  #composition: Composition | null = null

  constructor(options: NodeOptions) {
    this.id = options.id
    this.#options = options
    this.#disk = this.#equip(new MortalDisk())
  }

  /** Its data directory is that of the cluster. */
  async format(): Promise<void> {
    const random = seededRandom(this.id)
    const { clock } = this.#options
    const open = { files: this.#disk, nodeId: this.id, clusterId, uuid: () => random.uuid(), now: () => clock.now() }
    await LogDirectory.open('/data', { ...open, schedule: write => write(), producerIdExpirationMs: () => 1 }).close()
  }

  get isUp(): boolean {
    return this.#composition !== null && !this.#disk.dead
  }

  get hasDied(): boolean {
    return this.#disk.dead
  }

  /** Begins to start it on what its disk has; resolves with false where it does not get so far. */
  async start(): Promise<boolean> {
    const { clock, network, random, say, failed, properties, lost } = this.#options
    const life = new Life()
    const own = new LifeClock(life, clock, () => this.skewMs)
    this.#life = life
    this.starts++
    const store = new SimulatedStore({ engine: this.#options.store, life, clock, random, lost })
    this.store = store
    const name = hostOf(this.id)
    const disk = this.#disk
    say(() => `${this.id} starts`)
    try {
      const composition = await Composition.start({
        config: BrokerConfig.parse({
          ...{ 'node.id': String(this.id), 'log.dirs': '/data', listeners: `PLAINTEXT://:${brokerPort}` },
          ...{ 'advertised.listeners': `PLAINTEXT://${name}:${brokerPort}`, ...properties },
          'broker.session.timeout.ms': String(sessionMs),
        }),
        ephemeral: false,
        parts: {
          clocks: { broker: own, wire: own },
          random: seededRandom(random.int(2 ** 32)),
          files: disk,
          network: network.host(name),
          openStore: async () => store,
        },
        handlers: this.#watched(life),
        logger: createLogger('debug', {
          clock,
          write: line => {
            if (!life.isOver) say(() => `${this.id} ${line.trim()}`)
          },
        }),
      })
      if (life.isOver) return false
      this.#composition = composition
      void composition.failed.then(error => {
        if (!life.isOver) failed(error)
      })
      say(() => `${this.id} is up`)
      void this.#show(life, own)
      return true
    } catch (error) {
      if (life.isOver || error instanceof Died) return false
      say(() => `${this.id} could not start: ${(error as Error).message}`)
      this.kill(false)
      return false
    }
  }

  /** Has a handler called, by which the parts of the broker are known. */
  async #show(life: Life, clock: LifeClock): Promise<void> {
    while (this.services === null && !life.isOver) {
      try {
        const at = { host: hostOf(this.id), port: brokerPort, clock, timeoutMs: 5_000 }
        const client = await Client.connect({ ...at, network: this.#options.network.host(`probe-${this.id}`) })
        await client.send(Metadata, 9, wholeRequest(Metadata, { topics: [] }))
        await client.close()
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        await new Promise<void>(resolve => clock.schedule(1_000, resolve))
      }
    }
  }

  /** Handlers that show what the broker's parts are. */
  #watched(life: Life): HandlerTable<Context> {
    return new Map(
      [...handlerTable].map(([key, row]) => [
        key,
        {
          ...row,
          handle: (request: object, context: Context) => {
            if (!life.isOver) this.services = context.broker
            return row.handle(request, context)
          },
        },
      ]),
    )
  }

  /** The disk takes so many changes more, then the process dies. */
  dieAtStep(steps: number): void {
    this.#disk.stepsLeft = steps
  }

  /** Whether its process is going to die at some step. */
  get isDoomed(): boolean {
    return this.#disk.stepsLeft < Number.POSITIVE_INFINITY
  }

  /** As its user would: it hands on what it leads. */
  async stop(): Promise<void> {
    const composition = this.#composition
    if (composition === null) return
    this.#options.say(() => `${this.id} is stopped`)
    this.#composition = null
    const life = this.#life
    const stopping = composition.stop()
    stopping.catch(() => undefined)
    try {
      await Promise.race([stopping, this.#death])
    } catch (error) {
      // What the store does not say, others hear of when the lease ends.
      if (!(error instanceof Died || error instanceof StoreUnavailable)) throw error
    }
    if (this.#life === life) this.#bury(false)
  }

  /** Ends the process, or takes the power from its machine. */
  kill(losesPower: boolean): void {
    this.#options.say(() => `${this.id} ${losesPower ? 'loses its power' : 'is killed'}`)
    this.#composition = null
    this.#bury(losesPower)
  }

  /** Nothing of it runs for a while; its clock goes on. */
  pause(): void {
    this.#options.say(() => `${this.id} stands still`)
    this.isStopped = true
    this.#life?.stop()
  }

  goOn(): void {
    this.#options.say(() => `${this.id} goes on`)
    this.isStopped = false
    this.#life?.goOn(work => this.#options.clock.immediate(work))
  }

  #bury(losesPower: boolean): void {
    this.#silence()
    if (losesPower) this.isTorn = true
    this.#disk = this.#equip(losesPower ? this.#disk.lostPower(() => this.#options.random.next()) : this.#disk.killed())
  }

  /** Whatever it does from now on, nobody hears of it. */
  #silence(): void {
    const { network, random } = this.#options
    this.isStopped = false
    this.services = null
    if (this.#life?.isOver === false) this.store?.abandon(random.int(sessionMs))
    if (this.#life) this.#life.isOver = true
    network.cut(hostOf(this.id))
    network.unlisten(hostOf(this.id))
  }

  #equip(disk: MortalDisk): MortalDisk {
    this.#death = new Promise(resolve => {
      disk.died = () => {
        // Of an earlier life, which had something to finish when it was killed.
        if (disk !== this.#disk) return
        this.#dies()
        resolve()
      }
    })
    return disk
  }

  #dies(): void {
    this.#options.say(() => `${this.id} dies`)
    this.#composition = null
    this.#silence()
  }
}

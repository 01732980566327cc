/** What producers of simulations keep books of: what they sent, what was acknowledged, and what nobody knows of. */
import { codes } from '../../../protocol/errors.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { type Model, Violation } from '../broker/model.ts'
import type { ActorWorld } from './actor.ts'

/** Codes after which the same may be sent again. */
const passing = new Set<number>([
  codes.NOT_LEADER_OR_FOLLOWER,
  codes.LEADER_NOT_AVAILABLE,
  codes.FENCED_LEADER_EPOCH,
  codes.REQUEST_TIMED_OUT,
  codes.KAFKA_STORAGE_ERROR,
  codes.NOT_ENOUGH_REPLICAS,
  codes.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  codes.UNKNOWN_TOPIC_OR_PARTITION,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.COORDINATOR_LOAD_IN_PROGRESS,
])

export interface BooksOptions {
  readonly model: Model
  readonly topic: string
  readonly partitions: number
  readonly isIdempotent: boolean
}

/** A batch that was not acknowledged yet. */
export interface Pending {
  readonly index: number
  readonly values: readonly string[]
  readonly baseSequence: number
}

export class Books {
  readonly #name: string
  readonly #world: ActorWorld
  readonly #options: BooksOptions
  #producerId = -1
  #number = 0
  readonly #sequences: number[]
  #pending: Pending | null = null

  constructor(name: string, world: ActorWorld, options: BooksOptions) {
    this.#name = name
    this.#world = world
    this.#options = options
    this.#sequences = new Array(options.partitions).fill(0)
  }

  /** Whether it has to ask for an id first. */
  get needsId(): boolean {
    return this.#options.isIdempotent && this.#producerId < 0
  }

  /** What the broker said to that. False where it is to be asked again. */
  takeId({ errorCode, producerId }: { readonly errorCode: number; readonly producerId: number }): boolean {
    if (errorCode !== 0) return false
    this.#producerId = producerId
    return true
  }

  /** What is to be sent: the same again until it is settled. */
  next(): Pending {
    this.#pending ??= this.#another()
    return this.#pending
  }

  batchOf({ values, baseSequence }: Pending): Buffer {
    return buildBatch({
      ...(this.#options.isIdempotent ? { producerId: this.#producerId, producerEpoch: 0, baseSequence } : {}),
      records: values.map(value => ({ timestamp: this.#world.clock.now(), key: null, value: Buffer.from(value) })),
    })
  }

  /** What the leader said. False where it is to be sent again, or was refused. Throws Violation. */
  settle(
    { index, values }: Pending,
    leader: string,
    { errorCode, baseOffset }: { readonly errorCode: number; readonly baseOffset: number },
  ): boolean {
    if (errorCode === 0) {
      if (baseOffset >= 0) this.#options.model.acknowledge(`${this.#options.topic}-${index}`, baseOffset, values)
      this.#pending = null
      return true
    }
    if (!passing.has(errorCode))
      throw new Violation(`${this.#name}: ${values[0]} is refused by ${leader} with ${errorCode}`)
    this.#world.say(() => `${this.#name}: ${values[0]} is refused by ${leader} with ${errorCode}`)
    this.unknown()
    return false
  }

  /** Nobody knows what became of it, so only who is idempotent may send it again: another would double it. */
  unknown(): void {
    if (!this.#options.isIdempotent) this.#pending = null
  }

  #another(): Pending {
    const { random } = this.#world
    const index = random.int(this.#options.partitions)
    const count = 1 + random.int(3)
    const values = Array.from({ length: count }, () => `${this.#name}:${index}:${this.#number++}`)
    const baseSequence = this.#sequences[index]!
    this.#sequences[index] = baseSequence + count
    return { index, values, baseSequence }
  }
}

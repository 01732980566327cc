/** A producer that keeps books: what it sent, what was acknowledged, and what nobody knows of. */
import { codes } from '../../../protocol/errors.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { Actor } from './actor.ts'
import type { Model } from './model.ts'
import { Violation } from './model.ts'
import type { World } from './world.ts'

/** Codes after which the same may be sent again. */
const passing = new Set<number>([
  codes.NOT_LEADER_OR_FOLLOWER,
  codes.LEADER_NOT_AVAILABLE,
  codes.REQUEST_TIMED_OUT,
  codes.KAFKA_STORAGE_ERROR,
  codes.NOT_ENOUGH_REPLICAS,
  codes.UNKNOWN_TOPIC_OR_PARTITION,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.COORDINATOR_LOAD_IN_PROGRESS,
])

interface Pending {
  readonly index: number
  readonly values: readonly string[]
  readonly baseSequence: number
}

export class Producer extends Actor {
  readonly #topic: string
  readonly #partitions: number
  readonly #idempotent: boolean
  #producerId = -1
  #number = 0
  readonly #sequences: number[]
  #pending: Pending | null = null

  constructor(
    name: string,
    world: World,
    model: Model,
    options: { topic: string; partitions: number; idempotent: boolean },
  ) {
    super(name, world, model)
    this.#topic = options.topic
    this.#partitions = options.partitions
    this.#idempotent = options.idempotent
    this.#sequences = new Array(options.partitions).fill(0)
  }

  protected override disconnected(): void {
    // Only who is idempotent may send it again: another would double it.
    if (!this.#idempotent) this.#pending = null
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    if (this.#idempotent && this.#producerId < 0) {
      const answer = await this.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
      if (answer.errorCode !== 0) return this.sleep(50)
      this.#producerId = answer.producerId
    }
    this.#pending ??= this.#next()
    const { index, values, baseSequence } = this.#pending
    const records = buildBatch({
      ...(this.#idempotent ? { producerId: this.#producerId, producerEpoch: 0, baseSequence } : {}),
      records: values.map(value => ({ timestamp: this.world.clock.now(), key: null, value: Buffer.from(value) })),
    })
    const { responses } = await this.send(Produce, 9, {
      transactionalId: null,
      acks: random.int(4) === 0 ? 1 : -1,
      timeoutMs: 2_000,
      topicData: [{ name: this.#topic, topicId: '', partitionData: [{ index, records }] }],
    })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    if (errorCode === 0) {
      if (baseOffset >= 0) this.model.acknowledge(`${this.#topic}-${index}`, baseOffset, values)
      this.#pending = null
    } else if (passing.has(errorCode)) {
      this.say(() => `${values[0]} is refused with ${errorCode}`)
      if (!this.#idempotent) this.#pending = null
      await this.sleep(20 + random.int(100))
    } else throw new Violation(`${this.name}: ${values[0]} is refused with ${errorCode}`)
    await this.sleep(random.int(60))
  }

  #next(): Pending {
    const { random } = this.world
    const index = random.int(this.#partitions)
    const count = 1 + random.int(3)
    const values = Array.from({ length: count }, () => `${this.name}:${index}:${this.#number++}`)
    const baseSequence = this.#sequences[index]!
    this.#sequences[index] = baseSequence + count
    return { index, values, baseSequence }
  }
}

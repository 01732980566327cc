/** A consumer without a group: reads on and on from whoever leads, and holds what it reads against the model. */
import { codes } from '../../../protocol/errors.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { type Model, Violation } from '../broker/model.ts'
import { ClusterClient } from './client.ts'
import type { ClusterWorld } from './world.ts'

export interface ClusterReaderOptions {
  readonly model: Model
  readonly topic: string
  readonly partitions: number
  /** Whether a broker leads a partition, whatever it believes itself. */
  readonly isLedBy: (nodeId: number, index: number) => boolean
}

export class ClusterReader extends ClusterClient {
  readonly #model: Model
  readonly #topic: string
  readonly #isLedBy: ClusterReaderOptions['isLedBy']
  /** The next offset by partition. */
  readonly #positions: number[]

  constructor(name: string, world: ClusterWorld, options: ClusterReaderOptions) {
    super(name, world)
    this.#model = options.model
    this.#topic = options.topic
    this.#isLedBy = options.isLedBy
    this.#positions = new Array(options.partitions).fill(0)
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    const index = random.int(this.#positions.length)
    const leader = await this.leaderOf(this.#topic, index)
    if (leader < 0) {
      this.forgetLeaders()
      return this.sleep(50 + random.int(200))
    }
    const from = this.#positions[index]!
    const partitions = [{ partition: index, fetchOffset: from, partitionMaxBytes: 100 + random.int(10_000) }]
    const answer = await this.send(leader, Fetch, 11, {
      ...{ replicaId: -1, maxWaitMs: random.int(500), minBytes: random.int(200), maxBytes: 100_000 },
      ...{ isolationLevel: random.int(2), topics: [{ topic: this.#topic, partitions }] },
    })
    const { errorCode, records } = answer.responses[0]!.partitions[0]!
    // One that was replaced and has not heard of it ends before its successor; whoever names the epoch gets UNKNOWN_LEADER_EPOCH, as with Kafka.
    if (errorCode === codes.OFFSET_OUT_OF_RANGE && this.#isLedBy(leader, index))
      throw new Violation(`${this.name}: offset ${from} of ${this.#topic}-${index} is out of range at ${leader}`)
    if (errorCode !== 0) this.forgetLeaders()
    else if (records !== null)
      this.#positions[index] = this.#model.sawRecords(`${this.#topic}-${index}`, records as Buffer, from)
    // Now and then from the beginning: what was there before must be there still.
    if (random.int(40) === 0) this.#positions.fill(0)
    await this.sleep(random.int(300))
  }
}

/** A consumer without a group: reads partitions on and on, and holds what it reads against the model. */
import { codes } from '../../../protocol/errors.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { Actor } from './actor.ts'
import { type Model, Violation } from './model.ts'
import type { World } from './world.ts'

export class Reader extends Actor {
  readonly #topic: string
  /** The next offset by partition. */
  readonly #positions: number[]

  constructor(name: string, world: World, model: Model, options: { topic: string; partitions: number }) {
    super(name, world, model)
    this.#topic = options.topic
    this.#positions = new Array(options.partitions).fill(0)
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    const answer = await this.send(Fetch, 11, {
      maxWaitMs: random.int(500),
      minBytes: random.int(2_000),
      maxBytes: 100 + random.int(100_000),
      isolationLevel: random.int(2),
      topics: [
        {
          topic: this.#topic,
          topicId: '',
          partitions: this.#positions.map((fetchOffset, partition) => ({
            partition,
            fetchOffset,
            partitionMaxBytes: 100 + random.int(10_000),
          })),
        },
      ],
      forgottenTopicsData: [],
    })
    for (const { partitions } of answer.responses) {
      for (const { partitionIndex, errorCode, records, highWatermark } of partitions) {
        const from = this.#positions[partitionIndex]!
        if (errorCode === codes.OFFSET_OUT_OF_RANGE)
          throw new Violation(`${this.name}: offset ${from} of ${this.#topic}-${partitionIndex} is out of range`)
        if (errorCode !== 0 || records === null) continue
        if (highWatermark < from)
          throw new Violation(`${this.name}: the high watermark went back from ${from} to ${highWatermark}`)
        this.#positions[partitionIndex] = this.model.sawRecords(`${this.#topic}-${partitionIndex}`, records, from)
      }
    }
    // Now and then from the beginning: what was there before must be there still.
    if (random.int(40) === 0) this.#positions.fill(0)
    await this.sleep(random.int(40))
  }
}

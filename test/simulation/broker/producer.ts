/** A producer that keeps books. */
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { Books, type BooksOptions } from '../clients/producer.ts'
import { Actor } from './actor.ts'
import type { World } from './world.ts'

export class Producer extends Actor {
  readonly #topic: string
  readonly #books: Books

  constructor(name: string, world: World, options: BooksOptions) {
    super(name, world, options.model)
    this.#topic = options.topic
    this.#books = new Books(name, world, options)
  }

  protected override disconnected(): void {
    this.#books.unknown()
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    if (this.#books.needsId) {
      const answer = await this.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
      if (!this.#books.takeId(answer)) return this.sleep(50)
    }
    const pending = this.#books.next()
    const partitionData = [{ index: pending.index, records: this.#books.batchOf(pending) }]
    const { responses } = await this.send(Produce, 9, {
      transactionalId: null,
      acks: random.int(4) === 0 ? 1 : -1,
      timeoutMs: 2_000,
      topicData: [{ name: this.#topic, topicId: '', partitionData }],
    })
    const isSettled = this.#books.settle(pending, 'the broker', responses[0]!.partitionResponses[0]!)
    if (!isSettled) await this.sleep(20 + random.int(100))
    await this.sleep(random.int(60))
  }
}

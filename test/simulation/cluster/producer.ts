/** A producer that keeps books of what all in-sync replicas acknowledged. */
import { codes } from '../../../protocol/errors.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { Books, type BooksOptions } from '../clients/producer.ts'
import { ClusterClient } from './client.ts'
import type { ClusterWorld } from './world.ts'

export interface ClusterProducerOptions extends BooksOptions {
  /** Whether a broker leads a partition, whatever it believes itself. */
  readonly isLedBy: (nodeId: number, index: number) => boolean
}

export class ClusterProducer extends ClusterClient {
  readonly #topic: string
  readonly #books: Books
  readonly #isLedBy: ClusterProducerOptions['isLedBy']

  constructor(name: string, world: ClusterWorld, options: ClusterProducerOptions) {
    super(name, world)
    this.#topic = options.topic
    this.#isLedBy = options.isLedBy
    this.#books = new Books(name, world, options)
  }

  protected override disconnected(): void {
    super.disconnected()
    this.#books.unknown()
  }

  protected override async round(): Promise<void> {
    const { random, nodes } = this.world
    if (this.#books.needsId) {
      const any = 1 + random.int(nodes.length)
      const answer = await this.send(any, InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
      if (!this.#books.takeId(answer)) return this.sleep(50)
    }
    const pending = this.#books.next()
    const leader = await this.leaderOf(this.#topic, pending.index)
    if (leader < 0) return this.#again()
    const partitionData = [{ index: pending.index, records: this.#books.batchOf(pending) }]
    const { responses } = await this.send(leader, Produce, 9, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 1_000 + random.int(3_000) },
      topicData: [{ name: this.#topic, partitionData }],
    })
    const answer = responses[0]!.partitionResponses[0]!
    // One that was replaced and has not heard of it misses what its successor took, as with Kafka.
    const isLate = answer.errorCode === codes.OUT_OF_ORDER_SEQUENCE_NUMBER && !this.#isLedBy(leader, pending.index)
    if (isLate) return this.#again()
    const isSettled = this.#books.settle(pending, `${leader}`, answer)
    return isSettled ? this.sleep(random.int(300)) : this.#again()
  }

  #again(): Promise<void> {
    this.forgetLeaders()
    return this.sleep(20 + this.world.random.int(200))
  }
}

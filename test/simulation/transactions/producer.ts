/** An instance of a transactional producer: transactions over several partitions that commit, abort, are forgotten, or are left for too long. */
import type { World } from '../broker/world.ts'
import type { TransactionModel } from './model.ts'
import { Session, type SessionOptions, type Target } from './session.ts'

export class TransactionalProducer extends Session {
  readonly #targets: readonly Target[]

  constructor(
    name: string,
    world: World,
    model: TransactionModel,
    options: SessionOptions & { readonly targets: readonly Target[] },
  ) {
    super(name, world, model, options)
    this.#targets = options.targets
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    if (!this.isInitialised) await this.initialise()
    for (let transactions = 1 + random.int(6); transactions > 0 && this.isInitialised && !this.isOver; transactions--) {
      await this.transact(async transaction => {
        for (let batches = random.int(5); batches > 0; batches--) {
          const to = this.#targets[random.int(this.#targets.length)]!
          const key = `${to.topic}-${to.partition}`
          const values = Array.from({ length: 1 + random.int(3) }, () =>
            to.isFleeting ? 'fleeting' : this.model.value(transaction, key),
          )
          await this.produce(transaction, to, values)
          await this.pause()
        }
        const wish = random.int(12)
        return wish === 0 ? 'forget' : wish < 4 ? 'abort' : 'commit'
      })
    }
    // Another instance may take its turn.
    if (random.int(4) === 0) this.isInitialised = false
    await this.sleep(random.int(1_500))
  }
}

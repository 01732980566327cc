/** Reads a partition, writes a copy of each record to another topic, and commits how far it has come, all in one transaction. */
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { OffsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import type { World } from '../broker/world.ts'
import type { TransactionModel } from './model.ts'
import { committedRecords, fetchRequest } from './reader.ts'
import { Session, type SessionOptions, type Target } from './session.ts'

/** Records of one transaction. */
const recordsMax = 6

export class Copier extends Session {
  readonly #from: Target
  readonly #to: readonly Target[]
  readonly #group: string
  #position = -1
  #isGroupFound = false

  constructor(
    name: string,
    world: World,
    model: TransactionModel,
    options: SessionOptions & { readonly from: Target; readonly to: readonly Target[]; readonly group: string },
  ) {
    super(name, world, model, options)
    this.#from = options.from
    this.#to = options.to
    this.#group = options.group
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    const { topic, partition } = this.#from
    if (!this.isInitialised) {
      await this.initialise()
      this.#position = -1
    }
    if (this.#position < 0) this.#position = await this.#committed()
    if (this.#position < 0) return this.sleep(50)
    const fetched = await this.send(Fetch, 11, fetchRequest(topic, [[partition, this.#position]], { maxWaitMs: 300 }))
    const [answer] = fetched.responses[0]?.partitions ?? []
    if (answer?.errorCode !== 0) return this.sleep(50)
    const { records, next } = committedRecords(answer, this.#position)
    const taken = records.slice(0, recordsMax)
    const position = taken.length < records.length ? taken[taken.length - 1]!.offset + 1 : next
    if (taken.length === 0) {
      this.#position = position
      return this.sleep(random.int(300))
    }
    const { outcome } = await this.transact(async transaction => {
      for (const record of taken) {
        const to = this.#to[random.int(this.#to.length)]!
        const source = `${topic}-${partition}@${record.offset}`
        await this.produce(transaction, to, [this.model.value(transaction, `${to.topic}-${to.partition}`, source)])
        await this.pause()
      }
      await this.commitOffset(transaction, this.#group, this.#from, position)
      await this.pause()
      const wish = random.int(12)
      return wish === 0 ? 'forget' : wish === 1 ? 'abort' : 'commit'
    })
    // Asked again now and then, though it is known.
    this.#position = outcome === 'committed' && random.int(2) === 0 ? position : -1
    if (random.int(8) === 0) this.isInitialised = false
    await this.sleep(random.int(400))
  }

  /** How far the group has come; −1 where that is not known yet. */
  async #committed(): Promise<number> {
    const { topic, partition } = this.#from
    if (!this.#isGroupFound) {
      const { errorCode } = await this.ask(FindCoordinator, 3, { key: this.#group, keyType: 0 }, each => each.errorCode)
      this.#isGroupFound = errorCode === 0
    }
    // While this is on its way, another instance may come further.
    const least = this.model.leastOffset(`${topic}-${partition}`)
    const { response, errorCode } = await this.ask(
      OffsetFetch,
      7,
      { groupId: this.#group, requireStable: true, topics: [{ name: topic, partitionIndexes: [partition] }] },
      each => each.errorCode,
    )
    if (errorCode !== 0) return -1
    const [answer] = response.topics[0]!.partitions
    // UNSTABLE_OFFSET_COMMIT: a transaction of the instance before is still ending.
    if (answer!.errorCode !== 0) return -1
    const offset = Math.max(0, answer!.committedOffset)
    this.model.sawOffset(`${topic}-${partition}`, offset, least)
    return offset
  }
}

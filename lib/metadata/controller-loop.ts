/**
 * Has the cluster become what the controller decides (lib/controller), as long as this broker is the one: looks at the whole when it takes
 * office, and at what is new after each change.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { admitBrokerChanges, keysBehind, partitionStateChanges } from '../cluster/changes.ts'
import type { ClusterImage } from '../cluster/image.ts'
import { admittedKey, brokerKey, partitionKey, type StoredChange } from '../cluster/stored.ts'
import {
  type Admission,
  type ControllerRules,
  type PartitionChange,
  rebalance,
  reconcile,
} from '../controller/reconcile.ts'
import type { Leadership } from './leadership.ts'
import { type Condition, StoreClosed } from './store.ts'

/** The cluster as the controller sees and changes it. */
export interface ControlledCluster {
  readonly image: ClusterImage
  /** Null where this broker is not the controller. */
  readonly leadership: Leadership | null
  /** Holds as long as nobody has written the key since this image. */
  unchanged(key: string): Condition
  /** Writes where the conditions hold, and resolves once the image has it. */
  put(conditions: readonly Condition[], changes: readonly StoredChange[]): Promise<boolean>
}

export interface ControllerLoopOptions {
  readonly cluster: ControlledCluster
  readonly rules: ControllerRules
  readonly clock: Clock
  readonly logger: Logger
  /** Null where leaders stay where they are. */
  readonly rebalanceEveryMs: () => number | null
}

/** What is written at once, and rests on being as it was. */
interface Write {
  readonly conditions: readonly Condition[]
  readonly changes: readonly StoredChange[]
}

/** Partitions in one transaction, and what they may rest on: stores bound both. */
const partitionsMax = 100
const conditionsMax = 110
/** Transactions that are under way at once: while the store carries one out, what came of the last is taken into the image. */
const inFlightMax = 4
/** Where nothing could be written, it is tried again after a while. */
const againMs = 500
/** How often it is looked whether leaders are to be moved, while none may be. */
const idleMs = 300_000

export class ControllerLoop {
  readonly #options: ControllerLoopOptions
  /** An image for which nothing was left to do. */
  #settledFor: ClusterImage | undefined
  #running: Promise<void> | null = null
  #isDue = false
  #isClosed = false
  readonly #timers = new Set<Timer>()
  #isKeeping = false

  constructor(options: ControllerLoopOptions) {
    this.#options = options
  }

  /** Something has changed, or this broker has become the controller. */
  wake(): void {
    const { image, leadership } = this.#options.cluster
    if (this.#isClosed || leadership === null || isLone(image)) return
    if (!this.#isKeeping) this.#keep()
    this.#isDue = true
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  /** Settings that the rules depend on have changed. */
  rulesChanged(): void {
    this.#settledFor = undefined
    this.wake()
  }

  /** Resolves once nothing is left to do that could be done. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    await this.settled()
  }

  async #run(): Promise<void> {
    // What else this turn brings is looked at together.
    await null
    while (this.#isDue && !this.#isClosed) {
      this.#isDue = false
      try {
        await this.#round()
      } catch (error) {
        if (error instanceof StoreClosed) return
        this.#options.logger.warn('the controller could not write, and tries again', { error })
        this.#in(againMs, () => this.wake())
      }
    }
  }

  async #round(): Promise<void> {
    const { cluster, rules } = this.#options
    const { image } = cluster
    const { partitions, admissions } = reconcile(image, rules, this.#settledFor)
    if (partitions.length === 0 && admissions.length === 0) {
      this.#settledFor = image
      return
    }
    let written = await this.#write(partitions)
    if (written === partitions.length) written += await this.#admit(admissions, image)
    // Nor is it known when that is different: it may not even be the controller any more.
    if (written === 0) {
      this.#in(againMs, () => this.wake())
      return
    }
    this.#isDue = true
  }

  /** Returns how many were written. */
  async #write(partitions: readonly PartitionChange[]): Promise<number> {
    const { cluster, logger } = this.#options
    const { image } = cluster
    // What they rest on is what they were planned for, not what comes of the first of them.
    const batches = inBatches(partitions).map(batch =>
      batch.map(change => ({ change, conditions: this.#conditionsOf(change) })),
    )
    const put = (some: (typeof batches)[number]) =>
      this.#put({
        conditions: some.flatMap(({ conditions }) => conditions),
        changes: partitionStateChanges(
          some.map(({ change }) => change),
          image.starts,
        ),
      })
    let written = 0
    await eachOf(batches, inFlightMax, async batch => {
      if (await put(batch)) written += batch.length
      else if (batch.length > 1) for (const one of batch) if (await put([one])) written++
    })
    if (partitions.length > 0)
      logger.info('the controller has changed partitions', { planned: partitions.length, written })
    return written
  }

  #conditionsOf(change: PartitionChange): Condition[] {
    const keys = [partitionKey(change.topic.topicId, change.index), ...keysBehind(change)]
    return keys.map(key => this.#options.cluster.unchanged(key))
  }

  async #put({ conditions, changes }: Write): Promise<boolean> {
    const { cluster } = this.#options
    const { leadership } = cluster
    if (leadership === null || this.#isClosed) return false
    const once = new Map(conditions.map(condition => [condition.key, condition]))
    // Where the image shows it already, the store need not be asked: that may be thousands of times after a broker has started.
    for (const { key, revision } of once.values()) if (cluster.unchanged(key).revision !== revision) return false
    return cluster.put([leadership.condition, ...once.values()], changes)
  }

  /** A broker whose key is gone by then begins anew when it comes back. Returns how many were admitted. */
  async #admit(admissions: readonly Admission[], image: ClusterImage): Promise<number> {
    const { cluster, logger } = this.#options
    let admitted = 0
    for (const { id, epoch, rack } of admissions) {
      if (image.brokers !== cluster.image.brokers) return admitted
      const conditions = [cluster.unchanged(brokerKey(id)), cluster.unchanged(admittedKey(id))]
      if (!(await this.#put({ conditions, changes: admitBrokerChanges({ id, epoch, rack }) }))) return admitted
      admitted++
      logger.info('the controller has admitted a broker', { broker: id, epoch })
    }
    return admitted
  }

  /** Leaders are moved to where they are meant to be now and then, as long as this broker is the controller. */
  #keep(): void {
    this.#isKeeping = true
    this.#in(this.#options.rebalanceEveryMs() ?? idleMs, () => {
      this.#isKeeping = false
      if (this.#options.cluster.leadership === null) return
      this.#keep()
      this.#rebalance().catch(error => {
        if (!(error instanceof StoreClosed)) this.#options.logger.warn('leaders could not be moved', { error })
      })
    })
  }

  async #rebalance(): Promise<void> {
    const { cluster, rules, rebalanceEveryMs } = this.#options
    if (rebalanceEveryMs() !== null) await this.#write(rebalance(cluster.image, rules))
  }

  #in(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(timer)
      run()
    })
    this.#timers.add(timer)
  }
}

/** A broker that never had another beside it has nothing to decide. */
function isLone({ starts }: ClusterImage): boolean {
  return starts.size <= 1
}

/** Works on so many at once, in their order; after a failure on no more of them, and rejects once none is under way. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      try {
        await work(items[next++]!)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane))
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
}

function inBatches(partitions: readonly PartitionChange[]): PartitionChange[][] {
  const batches: PartitionChange[][] = []
  let batch: PartitionChange[] = []
  let behind = new Set<string>()
  for (const change of partitions) {
    const keys = keysBehind(change)
    const conditions = batch.length + behind.size + keys.filter(key => !behind.has(key)).length
    if (batch.length === partitionsMax || conditions >= conditionsMax) {
      batches.push(batch)
      batch = []
      behind = new Set()
    }
    batch.push(change)
    for (const key of keys) behind.add(key)
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

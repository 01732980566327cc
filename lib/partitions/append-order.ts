/**
 * Appends that wait for something slow, in order: to be packed in the topic's codec, or for a coordinator to say that their transaction is open. What
 * one producer sends to a partition stays in order; nobody else waits for it. Those without a producer id cannot be told apart, and share a line.
 */
import type { AppendResult } from '../../storage/log.ts'
import type { Partition } from './partition.ts'

/** Never rejects. */
type Tail = Promise<unknown>

/** See the head of the file. */
export class AppendOrder {
  /** By producer id; −1 for whoever has none. */
  readonly #partitions = new Map<Partition, Map<number, Tail>>()
  /** Called each time that nothing is under way any more. */
  onIdle: () => void = () => {}

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#partitions.size === 0
  }

  /** Whether an append of a producer (−1 for one without an id) has to stand behind another. */
  isHeldUp(partition: Partition, producerId: number): boolean {
    return this.#partitions.get(partition)?.has(producerId) ?? false
  }

  /**
   * Appends once what the producer sent before has been done, and `ready` has resolved. `ready` is worked on at once, whoever stands before.
   * Rejects with what `ready` or `append` rejects with.
   */
  add<T>(
    partition: Partition,
    producerId: number,
    ready: Promise<T>,
    append: (prepared: T) => AppendResult,
  ): Promise<AppendResult> {
    // Whoever comes first may fail later: nobody listens until then.
    ready.catch(() => undefined)
    const lines = this.#partitions.get(partition) ?? new Map<number, Tail>()
    this.#partitions.set(partition, lines)
    const appended = Promise.resolve(lines.get(producerId))
      .then(() => ready)
      .then(append)
    const tail: Tail = appended
      .catch(() => undefined)
      .then(() => {
        if (lines.get(producerId) !== tail) return
        lines.delete(producerId)
        if (lines.size === 0) this.#partitions.delete(partition)
        if (this.isIdle) this.onIdle()
      })
    lines.set(producerId, tail)
    return appended
  }

  /** Resolves when all that is under way by now is appended, or refused. */
  async settled(): Promise<void> {
    await Promise.all([...this.#partitions.values()].flatMap(lines => [...lines.values()]))
  }
}

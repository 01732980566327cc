/**
 * Appends that wait for something slow, in order. One that has to be packed in the topic's codec holds up whoever comes to its partition after it;
 * one whose transaction is asked about at its coordinator holds up its own producer, and nobody else.
 */
import type { AppendResult } from '../../storage/log.ts'
import type { Partition } from './partition.ts'

/** The line of whoever has no producer id, and of appends that hold up all; others are those of producer ids. */
const everybody = -1

/** Never rejects. */
type Tail = Promise<unknown>

export class AppendOrder {
  readonly #partitions = new Map<Partition, Map<number, Tail>>()
  /** Called each time that nothing is under way any more. */
  onIdle: () => void = () => {}

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#partitions.size === 0
  }

  /** Whether an append of a producer (−1 for one without an id) has to stand behind another. */
  isHeldUp(partition: Partition, producerId: number): boolean {
    const lines = this.#partitions.get(partition)
    return lines !== undefined && (lines.has(everybody) || lines.has(producerId))
  }

  /**
   * Appends once what the producer sent before has been done, what holds up everybody has, and `ready` has resolved. `ready` is worked on at once,
   * whoever stands before. With `holdsUpAll` whoever comes to the partition waits behind. Rejects with what `ready` or `append` rejects with.
   */
  add<T>(
    partition: Partition,
    options: { readonly producerId: number; readonly holdsUpAll: boolean },
    ready: Promise<T>,
    append: (prepared: T) => AppendResult | Promise<AppendResult>,
  ): Promise<AppendResult> {
    const { producerId, holdsUpAll } = options
    // Whoever comes first may fail later: nobody listens until then.
    ready.catch(() => undefined)
    const lines = this.#partitions.get(partition) ?? new Map<number, Tail>()
    this.#partitions.set(partition, lines)
    const appended = Promise.all([lines.get(everybody), lines.get(producerId)])
      .then(() => ready)
      .then(append)
    // Who has no id cannot be told from others.
    const own = holdsUpAll && producerId >= 0 ? [producerId, everybody] : [holdsUpAll ? everybody : producerId]
    const tail: Tail = appended
      .catch(() => undefined)
      .then(() => {
        for (const line of own) if (lines.get(line) === tail) lines.delete(line)
        if (lines.size === 0) this.#partitions.delete(partition)
        if (this.isIdle) this.onIdle()
      })
    for (const line of own) lines.set(line, tail)
    return appended
  }

  /** Resolves when all that is under way by now is appended, or refused. */
  async settled(): Promise<void> {
    await Promise.all([...this.#partitions.values()].flatMap(lines => [...lines.values()]))
  }
}

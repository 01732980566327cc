/**
 * Transactions as a cleaning meets them, batch by batch in the order of offsets: which batches were aborted, and which markers end
 * a transaction of which nothing is left.
 */
import { readControlType } from '../../protocol/records/control.ts'
import { baseOffset, isTransactional, lastOffset, producerId, recordCount } from '../../protocol/records/header.ts'
import type { AbortedTransaction, TransactionIndex } from '../transaction-index.ts'

interface Aborted {
  readonly transaction: AbortedTransaction
  /** Whether batches of it were met. */
  met: boolean
}

/** What is known at one place of the log. */
export class CleanedTransactions {
  /** Where aborted transactions go whose markers stay for the sake of batches; null while keys are only collected. */
  index: TransactionIndex | null = null
  readonly #coming: readonly AbortedTransaction[]
  #next = 0
  readonly #aborted = new Map<number, Aborted>()
  readonly #committed = new Set<number>()

  /** `aborted` are all that may have batches where it is read; others do no harm. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Takes in a batch of records; true where it belongs to an aborted transaction. */
  data(b: Buffer, at: number): boolean {
    this.#advance(lastOffset(b, at))
    if (!isTransactional(b, at)) return false
    const id = producerId(b, at)
    const aborted = this.#aborted.get(id)
    // Its marker must be behind the batch; one that is not was ended by a marker that is gone.
    if (aborted !== undefined && aborted.transaction.lastOffset > baseOffset(b, at)) {
      aborted.met = true
      return true
    }
    this.#committed.add(id)
    return false
  }

  /** Takes in a control batch; true where nothing needs it any more, but for those who read across it before its time. */
  control(b: Buffer, at: number): boolean {
    this.#advance(lastOffset(b, at))
    if (recordCount(b, at) === 0) return true
    const id = producerId(b, at)
    switch (readControlType(b, at)) {
      case 'ABORT': {
        const aborted = this.#aborted.get(id)
        this.#aborted.delete(id)
        if (aborted === undefined || !aborted.met) return true
        this.index?.append(aborted.transaction)
        return false
      }
      case 'COMMIT':
        return !this.#committed.delete(id)
      default:
        return false
    }
  }

  #advance(offset: number): void {
    while (this.#next < this.#coming.length && this.#coming[this.#next].firstOffset <= offset) {
      const transaction = this.#coming[this.#next++]
      const open = this.#aborted.get(transaction.producerId)
      if (open === undefined || open.transaction.lastOffset < transaction.firstOffset) {
        this.#aborted.set(transaction.producerId, { transaction, met: false })
      }
    }
  }
}

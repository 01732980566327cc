/**
 * Transactions whose coordinators are asked about, before their first batch is appended to a partition (KIP-890). A marker that comes between the
 * answer and the batch makes the answer void: else the batch would begin a transaction that nobody ends.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { isControl, producerEpoch, producerId } from '../../protocol/records/header.ts'

/** That a transaction is being asked about, for one batch or commit of offsets. */
export interface Verification {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Those of one partition: as many as there are requests under way. */
export class Verifications {
  readonly #open = new Map<number, Set<Verification>>()

  get size(): number {
    return this.#open.size
  }

  /** The coordinator is going to be asked. Whatever comes of it, `release` is to be called. */
  begin(id: number, epoch: number): Verification {
    const verification = { producerId: id, producerEpoch: epoch }
    const open = this.#open.get(id) ?? new Set<Verification>()
    this.#open.set(id, open.add(verification))
    return verification
  }

  /** It is not needed any more; true where it was good until now. */
  release(verification: Verification): boolean {
    const open = this.#open.get(verification.producerId)
    const isGood = open?.delete(verification) ?? false
    if (open?.size === 0) this.#open.delete(verification.producerId)
    return isGood
  }

  /** The batch is going to be appended. Throws INVALID_TXN_STATE where the transaction has ended since. */
  redeem(verification: Verification, partition: string): void {
    if (this.release(verification)) return
    throw new KafkaError(
      codes.INVALID_TXN_STATE,
      `the transaction of producer ${verification.producerId} ended before its records came to ${partition}; begin another`,
    )
  }

  /**
   * A coordinator's batch was appended, which may be a marker. With `raisesEpoch` it is of the epoch after that of the transaction that it ends, which may
   * be the epoch of one that is asked about.
   */
  ended(records: Buffer, raisesEpoch: boolean): void {
    if (this.#open.size === 0 || !isControl(records, 0)) return
    const [id, epoch] = [producerId(records, 0), producerEpoch(records, 0)]
    for (const verification of this.#open.get(id) ?? []) {
      const isOver = raisesEpoch ? verification.producerEpoch < epoch : verification.producerEpoch <= epoch
      if (isOver) this.release(verification)
    }
  }
}

/**
 * Transactions whose coordinators are asked about, before their first batch is appended to a partition (KIP-890). A marker that comes between the
 * answer and the batch makes the answer void: else the batch would begin a transaction that nobody ends.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { isControl, producerId } from '../../protocol/records/header.ts'

/** That a transaction is being asked about. */
export interface Verification {
  readonly producerId: number
}

/** Those of one partition. */
export class Verifications {
  readonly #open = new Map<number, Verification>()

  /** The coordinator is going to be asked. */
  begin(producerId: number): Verification {
    const known = this.#open.get(producerId)
    if (known) return known
    const verification = { producerId }
    this.#open.set(producerId, verification)
    return verification
  }

  /** The batch is going to be appended. Throws INVALID_TXN_STATE where the transaction has ended since. */
  redeem(verification: Verification, partition: string): void {
    const { producerId: id } = verification
    if (this.#open.get(id) !== verification) {
      throw new KafkaError(
        codes.INVALID_TXN_STATE,
        `the transaction of producer ${id} ended before its records came to ${partition}; begin another`,
      )
    }
    this.#open.delete(id)
  }

  /** A coordinator's batch is going to be appended, which may be a marker. */
  ended(records: Buffer): void {
    if (this.#open.size > 0 && isControl(records, 0)) this.#open.delete(producerId(records, 0))
  }
}

/**
 * Transactions whose coordinators are asked about, before their first batch is appended to a partition (KIP-890). A marker that comes between the
 * answer and the batch makes the answer void: else the batch would begin a transaction that nobody ends.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { isControl, producerEpoch, producerId } from '../../protocol/records/header.ts'
import type { AppendOrigin } from '../../storage/log.ts'
import type { Beginning } from '../../storage/producers.ts'

/** That a transaction is being asked about, for one batch or commit of offsets. */
export interface Verification {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What is told of a batch that was appended. */
interface Appended {
  readonly origin: AppendOrigin
  readonly verification?: Verification | undefined
  readonly raisesEpoch?: boolean | undefined
}

/** What a producer has tried to begin a transaction with. */
interface Attempt extends Beginning {
  readonly producerEpoch: number
}

/** Producers whose attempts are remembered; the oldest are forgotten first. Most succeed, and are forgotten with that. */
const attemptsMax = 1_000

/** Those of one partition: as many as there are requests under way. */
export class Verifications {
  readonly #open = new Map<number, Set<Verification>>()
  /** By producer, until one succeeds: what was refused is sent again, and must not find what follows it in its place. */
  readonly #attempts = new Map<number, Attempt>()

  get size(): number {
    return this.#open.size
  }

  /** Producers that have tried to begin, and not succeeded yet. */
  get attempted(): number {
    return this.#attempts.size
  }

  /** The coordinator is going to be asked. Whatever comes of it, `release` is to be called. `beginning` is what a producer's batch begins with. */
  begin(id: number, epoch: number, beginning?: Beginning): Verification {
    const verification = { producerId: id, producerEpoch: epoch }
    const open = this.#open.get(id) ?? new Set<Verification>()
    this.#open.set(id, open.add(verification))
    if (beginning !== undefined) this.#attempt(id, { ...beginning, producerEpoch: epoch })
    return verification
  }

  #attempt(id: number, attempt: Attempt): void {
    const before = this.#attempts.get(id)
    if (before !== undefined) {
      const isLater = attempt.producerEpoch === before.producerEpoch && attempt.sequenceMax >= before.sequenceMax
      if (isLater || attempt.producerEpoch < before.producerEpoch) return
      this.#attempts.delete(id)
    }
    this.#attempts.set(id, attempt)
    for (const oldest of this.#attempts.keys()) {
      if (this.#attempts.size <= attemptsMax) break
      this.#attempts.delete(oldest)
    }
  }

  #beginningOf({ producerId, producerEpoch }: Verification): Beginning | undefined {
    const attempt = this.#attempts.get(producerId)
    return attempt?.producerEpoch === producerEpoch ? attempt : undefined
  }

  /** A batch was appended: of a client that begins a transaction, or of a coordinator. */
  appended(records: Buffer, append: Appended): void {
    if (append.verification !== undefined) this.#attempts.delete(append.verification.producerId)
    if (append.origin === 'coordinator') this.ended(records, append.raisesEpoch ?? false)
  }

  /** It is not needed any more; true where it was good until now. */
  release(verification: Verification): boolean {
    const open = this.#open.get(verification.producerId)
    const isGood = open?.delete(verification) ?? false
    if (open?.size === 0) this.#open.delete(verification.producerId)
    return isGood
  }

  /** The batch is going to be appended: gives with what it may begin. Throws INVALID_TXN_STATE where the transaction has ended since. */
  redeem(verification: Verification, partition: string): Beginning | undefined {
    if (this.release(verification)) return this.#beginningOf(verification)
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
    if ((this.#open.size === 0 && this.#attempts.size === 0) || !isControl(records, 0)) return
    const [id, epoch] = [producerId(records, 0), producerEpoch(records, 0)]
    const attempt = this.#attempts.get(id)
    if (attempt && (raisesEpoch ? attempt.producerEpoch < epoch : attempt.producerEpoch <= epoch)) {
      this.#attempts.delete(id)
    }
    for (const verification of this.#open.get(id) ?? []) {
      const isOver = raisesEpoch ? verification.producerEpoch < epoch : verification.producerEpoch <= epoch
      if (isOver) this.release(verification)
    }
  }
}

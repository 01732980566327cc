/** A budget of bytes that all connections share, and the queue of claims that wait for some. */

/** A claim for bytes of the budget. */
export interface BudgetClaim {
  /** Bytes that are claimed. */
  readonly bytes: number
  /** Bytes that the claimant has already taken, and holds while it waits. */
  readonly stuckBytes: number
  /** Called when the bytes are taken later; not called where `claim` took them at once. */
  granted(): void
}

/**
 * Bytes are taken and given back. A claim for more than is left waits in a queue. One exception rules out deadlock: when all taken
 * bytes are held by waiting claims, the first claim in the queue is granted beyond the bound.
 */
export class Budget {
  readonly #bytesMax: () => number
  readonly #line = new Set<BudgetClaim>()
  #taken = 0
  #stuck = 0

  constructor(bytesMax: () => number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes that are taken now. */
  get taken(): number {
    return this.#taken
  }

  /** How many claims wait. */
  get waiting(): number {
    return this.#line.size
  }

  /** Takes bytes, even beyond the bound. */
  take(bytes: number): void {
    this.#taken += bytes
  }

  /** Takes bytes, if no claim waits and enough are left. */
  tryTake(bytes: number): boolean {
    if (this.#line.size > 0 || !this.#fits(bytes)) return false
    this.#taken += bytes
    return true
  }

  /** Takes the bytes and returns true, or queues the claim and returns false. */
  claim(claim: BudgetClaim): boolean {
    if (this.tryTake(claim.bytes)) return true
    this.#line.add(claim)
    this.#stuck += claim.stuckBytes
    // With this claim, waiting claims may hold all taken bytes: then the first is granted.
    if (this.#line.size === 1 && this.#fits(claim.bytes)) {
      this.#leave(claim)
      this.#taken += claim.bytes
      return true
    }
    this.#serve()
    return false
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes
    this.#serve()
  }

  /** Removes a claim from the queue, if it is there. */
  abandon(claim: BudgetClaim): void {
    if (this.#leave(claim)) this.#serve()
  }

  #fits(bytes: number): boolean {
    return this.#taken + bytes <= this.#bytesMax() || this.#taken <= this.#stuck
  }

  #leave(claim: BudgetClaim): boolean {
    if (!this.#line.delete(claim)) return false
    this.#stuck -= claim.stuckBytes
    return true
  }

  #serve(): void {
    for (const claim of this.#line) {
      if (!this.#fits(claim.bytes)) return
      this.#leave(claim)
      this.#taken += claim.bytes
      claim.granted()
    }
  }
}

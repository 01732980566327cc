/** A number of bytes that all connections share, and the line of those who wait for some. */

/** Somebody who wants bytes. */
export interface BudgetClaim {
  /** Bytes that are wanted. */
  readonly bytes: number
  /** Bytes of the budget that the claimant keeps taken for as long as it waits. */
  readonly stuckBytes: number
  /** The bytes are taken now. Not called where they were at once. */
  granted(): void
}

/**
 * Bytes are taken and given back. Where too few are left the claimant stands in line, and the bound holds, with one exception
 * that rules out deadlock: where all that is taken is held by those who wait, the next in line is served all the same.
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

  /** How many stand in line. */
  get waiting(): number {
    return this.#line.size
  }

  /** Takes bytes whether or not they are left. */
  take(bytes: number): void {
    this.#taken += bytes
  }

  /** Takes bytes, if nobody waits for some and as many are left. */
  tryTake(bytes: number): boolean {
    if (this.#line.size > 0 || !this.#fits(bytes)) return false
    this.#taken += bytes
    return true
  }

  /** Takes the bytes and says true, or stands in line and says false. */
  claim(claim: BudgetClaim): boolean {
    if (this.tryTake(claim.bytes)) return true
    this.#line.add(claim)
    this.#stuck += claim.stuckBytes
    // The line may have come to hold all that is taken by this very claim: then its head is served.
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

  /** Steps out of the line, if in it. */
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

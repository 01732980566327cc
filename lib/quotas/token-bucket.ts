/** What may be spent: so much a second, and what was not spent in an idle time, up to a burst. It may go below nothing once. */
export class TokenBucket {
  #tokens = Number.POSITIVE_INFINITY
  #lastMs = 0

  /** Milliseconds until there is something left again; 0 where there is. */
  throttleMs(perSecond: number, burst: number, nowMs: number): number {
    this.#refill(perSecond, burst, nowMs)
    return this.#tokens < 0 ? Math.round((-this.#tokens / perSecond) * 1_000) : 0
  }

  spend(count: number, perSecond: number, burst: number, nowMs: number): void {
    this.#refill(perSecond, burst, nowMs)
    this.#tokens -= count
  }

  /** Whether it is as one that nobody has spent of. */
  isFull(perSecond: number, burst: number, nowMs: number): boolean {
    this.#refill(perSecond, burst, nowMs)
    return this.#tokens >= burst
  }

  #refill(perSecond: number, burst: number, nowMs: number): void {
    this.#tokens = Math.min(burst, this.#tokens + (perSecond * (nowMs - this.#lastMs)) / 1_000)
    this.#lastMs = nowMs
  }
}

/** Ids for idempotent producers, handed out of blocks that the cluster gives to this broker. */

/** A run of ids that nobody else hands out. */
export interface ProducerIdBlock {
  readonly first: number
  readonly count: number
}

/** The next block is asked for when a tenth of the last is left, so that nobody waits for it. */
const leftFraction = 0.1

export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>
  #next = 0
  #end = 0
  /** Ids from which on the next block is asked for. */
  #low = 0
  #nextBlock: ProducerIdBlock | null = null
  #allocating: Promise<void> | null = null

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate
  }

  /** An id that was never given to anybody; a promise only where a block has to be waited for. */
  next(): number | Promise<number> {
    if (this.#next === this.#end && this.#nextBlock !== null) this.#use(this.#nextBlock)
    if (this.#next === this.#end) return this.#wait()
    // A failure is met again, and then told, by the first who has to wait.
    if (this.#next >= this.#low && this.#nextBlock === null) this.#prefetch().catch(() => {})
    return this.#next++
  }

  async #wait(): Promise<number> {
    await this.#prefetch()
    return this.next()
  }

  #prefetch(): Promise<void> {
    this.#allocating ??= this.#allocate()
      .then(block => {
        this.#nextBlock = block
      })
      .finally(() => {
        this.#allocating = null
      })
    return this.#allocating
  }

  #use({ first, count }: ProducerIdBlock): void {
    this.#nextBlock = null
    this.#next = first
    this.#end = first + count
    this.#low = this.#end - Math.floor(count * leftFraction)
  }
}

/** First in, first out, at constant cost however long it grows: a ring that doubles (an array's shift moves every element). */

/** A queue of anything but undefined. */
export class Queue<T> {
  #ring: (T | undefined)[]
  #head = 0
  #length = 0

  /** `capacity` (a power of two) is what is allocated at first. */
  constructor(capacity = 4) {
    this.#ring = new Array<T | undefined>(capacity)
  }

  get length(): number {
    return this.#length
  }

  push(value: T): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = value
    this.#length++
  }

  /** The oldest, still in the queue; undefined where it is empty. */
  peek(): T | undefined {
    return this.#ring[this.#head]
  }

  /** Takes out the oldest; undefined where the queue is empty. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const value = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#length--
    return value
  }

  #grow(): void {
    const grown = new Array<T | undefined>(this.#ring.length * 2)
    for (let i = 0; i < this.#length; i++) grown[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]
    this.#ring = grown
    this.#head = 0
  }
}

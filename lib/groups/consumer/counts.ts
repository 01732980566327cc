/** How often each name is there; names that are there no more are forgotten. */
export class Counts<K = string> {
  readonly #counts = new Map<K, number>()

  get size(): number {
    return this.#counts.size
  }

  has(name: K): boolean {
    return this.#counts.has(name)
  }

  get(name: K): number {
    return this.#counts.get(name) ?? 0
  }

  keys(): Iterable<K> {
    return this.#counts.keys()
  }

  add(name: K, by: number): void {
    const count = this.get(name) + by
    if (count === 0) this.#counts.delete(name)
    else this.#counts.set(name, count)
  }

  /** The name that is there most often, with one taken out and another put in; null where there is none. */
  most(without: K | null = null, and: K | null = null): K | null {
    const counts = new Map(this.#counts)
    if (without !== null) counts.set(without, (counts.get(without) ?? 0) - 1)
    if (and !== null) counts.set(and, (counts.get(and) ?? 0) + 1)
    let most: K | null = null
    for (const [name, count] of counts) if (count > 0 && (most === null || count > counts.get(most)!)) most = name
    return most
  }
}

/** How often each name is there; names that are there no more are forgotten. */
export class Counts {
  readonly #counts = new Map<string, number>()

  get size(): number {
    return this.#counts.size
  }

  has(name: string): boolean {
    return this.#counts.has(name)
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  keys(): Iterable<string> {
    return this.#counts.keys()
  }

  add(name: string, by: number): void {
    const count = this.get(name) + by
    if (count === 0) this.#counts.delete(name)
    else this.#counts.set(name, count)
  }

  /** The name that is there most often, with one taken out and another put in; null where there is none. */
  most(without: string | null = null, and: string | null = null): string | null {
    const counts = new Map(this.#counts)
    if (without !== null) counts.set(without, (counts.get(without) ?? 0) - 1)
    if (and !== null) counts.set(and, (counts.get(and) ?? 0) + 1)
    let most: string | null = null
    for (const [name, count] of counts) if (count > 0 && (most === null || count > counts.get(most)!)) most = name
    return most
  }
}

/** Values by the beginnings of names: finds those of all beginnings that a name has, without looking at the others. */

export interface Prefix<V> {
  readonly prefix: string
  readonly value: V
  /** The next shorter one that this one begins with. */
  shorter: Prefix<V> | null
}

/**
 * In the order of names, each with a link to the next shorter one. Whatever stands between the longest beginning of a name and the
 * name itself begins the same way, so the links lead there from the last one that does not come after the name.
 */
export class Prefixes<V> {
  readonly #sorted: Prefix<V>[] = []

  /** The longest that the name begins with; its links lead to all the others. */
  longestOf(name: string): Prefix<V> | null {
    let found: Prefix<V> | null = this.#sorted[this.#countTo(name) - 1] ?? null
    while (found !== null && !name.startsWith(found.prefix)) found = found.shorter
    return found
  }

  /** Undefined where there is none that is just this. */
  get(prefix: string): V | undefined {
    const found = this.#sorted[this.#countTo(prefix) - 1]
    return found?.prefix === prefix ? found.value : undefined
  }

  /** One that is not there yet. */
  add(prefix: string, value: V): void {
    const at = this.#countTo(prefix)
    const shorter = this.longestOf(prefix)
    const added: Prefix<V> = { prefix, value, shorter }
    this.#sorted.splice(at, 0, added)
    this.#relink(at + 1, prefix, shorter, added)
  }

  remove(prefix: string): void {
    const at = this.#countTo(prefix) - 1
    const removed = this.#sorted[at]
    if (removed?.prefix !== prefix) return
    this.#sorted.splice(at, 1)
    this.#relink(at, prefix, removed, removed.shorter)
  }

  /** Longer ones follow without a gap. */
  #relink(from: number, prefix: string, before: Prefix<V> | null, after: Prefix<V> | null): void {
    for (let i = from; i < this.#sorted.length && this.#sorted[i]!.prefix.startsWith(prefix); i++) {
      if (this.#sorted[i]!.shorter === before) this.#sorted[i]!.shorter = after
    }
  }

  /** How many do not come after the name. */
  #countTo(name: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sorted[middle]!.prefix <= name) low = middle + 1
      else high = middle
    }
    return low
  }
}

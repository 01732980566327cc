/** Many deadlines, one question: what is due? A binary heap that knows where each key stands; no clock and no timer. */

interface Entry<K> {
  readonly key: K
  atMs: number
  /** Orders equal deadlines by when they were set, so that expiry is the same in every run. */
  sequence: number
  position: number
}

/** Deadlines by key, each at most once; setting and cancelling cost the logarithm of their number. */
export class Deadlines<K> {
  readonly #entries = new Map<K, Entry<K>>()
  readonly #heap: Entry<K>[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** When `key` is due, in the milliseconds that it was set with, or undefined where it has no deadline. */
  get(key: K): number | undefined {
    return this.#entries.get(key)?.atMs
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  /** Sets or moves the deadline of `key`. */
  set(key: K, atMs: number): void {
    const sequence = this.#sequence++
    const known = this.#entries.get(key)
    if (known) {
      known.atMs = atMs
      known.sequence = sequence
      this.#settle(known)
      return
    }
    const entry: Entry<K> = { key, atMs, sequence, position: this.#heap.length }
    this.#entries.set(key, entry)
    this.#heap.push(entry)
    this.#rise(entry)
  }

  /** Forgets the deadline of `key`; false where it had none. */
  cancel(key: K): boolean {
    const entry = this.#entries.get(key)
    if (!entry) return false
    this.#entries.delete(key)
    const last = this.#heap.pop()!
    if (last !== entry) {
      last.position = entry.position
      this.#heap[last.position] = last
      this.#settle(last)
    }
    return true
  }

  clear(): void {
    this.#entries.clear()
    this.#heap.length = 0
  }

  /** The earliest deadline, or Infinity where there is none. */
  nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Takes out and returns the keys that are due at `now`, earliest first. */
  expire(now: number): K[] {
    const due: K[] = []
    for (let key = this.expireOne(now); key !== undefined; key = this.expireOne(now)) due.push(key)
    return due
  }

  /** Takes out the earliest key that is due at `now`; undefined where none is. For work that may cancel other deadlines. */
  expireOne(now: number): K | undefined {
    const first = this.#heap[0]
    if (!first || first.atMs > now) return undefined
    this.cancel(first.key)
    return first.key
  }

  #settle(entry: Entry<K>): void {
    this.#rise(entry)
    this.#sink(entry)
  }

  #rise(entry: Entry<K>): void {
    while (entry.position > 0) {
      const parent = this.#heap[(entry.position - 1) >> 1]!
      if (!before(entry, parent)) return
      this.#swap(entry, parent)
    }
  }

  #sink(entry: Entry<K>): void {
    for (;;) {
      const left = this.#heap[2 * entry.position + 1]
      const right = this.#heap[2 * entry.position + 2]
      const child = right && before(right, left!) ? right : left
      if (!child || !before(child, entry)) return
      this.#swap(child, entry)
    }
  }

  #swap(a: Entry<K>, b: Entry<K>): void {
    const position = a.position
    a.position = b.position
    b.position = position
    this.#heap[a.position] = a
    this.#heap[b.position] = b
  }
}

function before(a: { atMs: number; sequence: number }, b: { atMs: number; sequence: number }): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}

/** Replicas that copy nothing for now, though they follow: for who wants them out of sync. */

/** See the head of the file. One for all brokers of a process: a leader does not take back in who is held. */
export class HeldReplicas {
  /** By broker, topic and index, with how often each is held. */
  readonly #holds = new Map<string, number>()
  readonly #listeners = new Set<() => void>()

  /** `partition` is a topic and index, as in orders-0. */
  has(brokerId: number, partition: string): boolean {
    return this.#holds.size > 0 && this.#holds.has(`${brokerId}/${partition}`)
  }

  /** Holds one until what this gives is called. */
  hold(brokerId: number, partition: string): () => void {
    const key = `${brokerId}/${partition}`
    this.#holds.set(key, (this.#holds.get(key) ?? 0) + 1)
    this.#changed()
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const left = this.#holds.get(key)! - 1
      if (left > 0) this.#holds.set(key, left)
      else this.#holds.delete(key)
      this.#changed()
    }
  }

  /** Gives what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

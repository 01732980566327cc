/** What members of a group told of their partitions and records, and whether that may be. */

export interface Event {
  readonly member: string
  /** Since 1970, by the clock of the machine that all members run on. */
  readonly atUs: number
  /** It was given a partition, has given it up, or has read a record of it. */
  readonly what: '+' | '-' | 'r'
  readonly partition: string
  readonly value: string
}

interface Change extends Pick<Event, 'member' | 'atUs' | 'partition'> {
  readonly what: '+' | '-'
}

export class History {
  readonly #events: Change[] = []
  readonly #owned = new Map<string, Set<string>>()
  readonly values = new Set<string>()

  add({ member, atUs, what, partition, value }: Event): void {
    if (what === 'r') {
      this.values.add(value)
      return
    }
    this.#events.push({ member, atUs, what, partition })
    const owned = this.owned(member)
    if (what === '+') owned.add(partition)
    else owned.delete(partition)
    this.#owned.set(member, owned)
  }

  /** What a member owns as far as it has told. */
  owned(member: string): Set<string> {
    return this.#owned.get(member) ?? new Set()
  }

  /** A member has ended, and so owns nothing any more: its process is gone. */
  gone(member: string): void {
    const atUs = (performance.timeOrigin + performance.now()) * 1000
    for (const partition of [...this.owned(member)]) this.add({ member, atUs, what: '-', partition, value: '' })
  }

  /** A sentence for each partition that two members owned at once. */
  faults(): string[] {
    const faults: string[] = []
    const owners = new Map<string, Set<string>>()
    // Members print what they give up before anybody can be given it: a tie is theirs.
    const order = { '-': 0, '+': 1 }
    const sorted = [...this.#events].sort((a, b) => a.atUs - b.atUs || order[a.what] - order[b.what])
    for (const { member, what, partition } of sorted) {
      const own = owners.get(partition) ?? new Set()
      owners.set(partition, own)
      if (what === '-') own.delete(member)
      if (what === '+') {
        if (own.size > 0 && !own.has(member)) faults.push(`${member} was given ${partition}, which ${[...own]} had`)
        own.add(member)
      }
    }
    return faults
  }
}

/** Committed offsets as they are looked at again and again. */
export class Commits {
  readonly #highest = new Map<string, number>()
  readonly faults: string[] = []

  look(committed: ReadonlyMap<string, number>): void {
    for (const [partition, offset] of committed) {
      const before = this.#highest.get(partition) ?? -1
      if (offset < before) this.faults.push(`${partition} was committed at ${before}, and then at ${offset}`)
      this.#highest.set(partition, Math.max(before, offset))
    }
  }

  get sum(): number {
    return [...this.#highest.values()].reduce((sum, offset) => sum + offset, 0)
  }
}

/** How often each group has begun to rebalance, by why: heard from what groups tell. */

/** Groups that are counted; the one that rebalanced least recently goes first. */
const groupsMax = 10_000

/** How often a group has begun to rebalance for one reason. */
export interface RebalanceCount {
  readonly groupId: string
  readonly reason: string
  readonly count: number
}

/** See the head of the file. */
export class RebalanceCounts {
  readonly #groups = new Map<string, Map<string, number>>()

  /** Something happened to a group. */
  heard(fields: Readonly<Record<string, unknown>>): void {
    const { group, cause } = fields
    if (typeof group !== 'string' || typeof cause !== 'string') return
    const counts = this.#groups.get(group) ?? new Map<string, number>()
    counts.set(cause, (counts.get(cause) ?? 0) + 1)
    this.#groups.delete(group)
    const oldest = this.#groups.keys().next().value
    if (this.#groups.size >= groupsMax && oldest !== undefined) this.#groups.delete(oldest)
    this.#groups.set(group, counts)
  }

  /** Those of groups that there are; the others are forgotten. */
  *of(isThere: (groupId: string) => boolean): Iterable<RebalanceCount> {
    for (const [groupId, counts] of this.#groups) {
      if (!isThere(groupId)) {
        this.#groups.delete(groupId)
        continue
      }
      for (const [reason, count] of counts) yield { groupId, reason, count }
    }
  }
}

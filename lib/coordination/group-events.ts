/** What happened to groups lately, for people who look into one: a few events of each, in memory, of those that this broker coordinates. */

/** One event, with what it is about. */
export interface GroupEvent {
  readonly timeMs: number
  /** A sentence, as in the log. */
  readonly what: string
  readonly fields: Readonly<Record<string, string | number>>
}

/** Events of one group, and groups that are kept; the one of which nothing was heard for the longest time goes first. */
const [eventsMax, groupsMax] = [50, 500]
/** Of one text: reasons come from clients. */
const charactersMax = 300

export class GroupEvents {
  readonly #events = new Map<string, GroupEvent[]>()

  /** Keeps an event of the group that `fields` names. */
  add(timeMs: number, what: string, { group, ...rest }: Readonly<Record<string, unknown>>): void {
    if (typeof group !== 'string') return
    const events = this.#events.get(group) ?? []
    this.#events.delete(group)
    const [oldest] = this.#events.keys()
    if (this.#events.size >= groupsMax && oldest !== undefined) this.#events.delete(oldest)
    const fields: Record<string, string | number> = {}
    for (const [name, value] of Object.entries(rest))
      fields[name] = typeof value === 'number' ? value : String(value).slice(0, charactersMax)
    events.push({ timeMs, what, fields })
    if (events.length > eventsMax) events.shift()
    this.#events.set(group, events)
  }

  /** The newest first. */
  of(groupId: string): readonly GroupEvent[] {
    return [...(this.#events.get(groupId) ?? [])].reverse()
  }
}

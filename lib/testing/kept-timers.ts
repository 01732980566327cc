/** Timers of groups in which the sessions of some members can be held: while a clock is advanced, who is connected counts as alive. */
import { Deadlines } from '../base/deadlines.ts'
import type { GroupTimer, MemberTimer, SessionTimer } from '../groups/timers.ts'

/** What ends the session of a member, of whichever kind of group. */
export type SessionEnd = SessionTimer | MemberTimer

export interface KeptTimersOptions {
  /** Whether the session of this member is held. */
  readonly isKept: (timer: SessionEnd) => boolean
  /** Milliseconds of the clock by which timers are set. */
  readonly monotonicMs: () => number
}

/** See the head of the file. */
export class KeptTimers extends Deadlines<GroupTimer> {
  readonly #options: KeptTimersOptions
  /** How long each session is that is under way, in milliseconds. */
  readonly #lengths = new Map<SessionEnd, number>()
  readonly #held = new Set<SessionEnd>()
  #isHolding = false

  constructor(options: KeptTimersOptions) {
    super()
    this.#options = options
  }

  /** Sessions of members that are kept do not end before `release`. */
  hold(): void {
    this.#isHolding = true
    for (const timer of this.#lengths.keys()) {
      if (this.#options.isKept(timer) && super.cancel(timer)) this.#held.add(timer)
    }
  }

  /** Those that were held begin anew. */
  release(): void {
    this.#isHolding = false
    const held = [...this.#held]
    this.#held.clear()
    for (const timer of held) super.set(timer, this.#options.monotonicMs() + this.#lengths.get(timer)!)
  }

  override get size(): number {
    return super.size + this.#held.size
  }

  override get(key: GroupTimer): number | undefined {
    return this.#isHeld(key) ? Number.POSITIVE_INFINITY : super.get(key)
  }

  override has(key: GroupTimer): boolean {
    return this.#isHeld(key) || super.has(key)
  }

  override set(key: GroupTimer, atMs: number): void {
    if (isSession(key)) {
      this.#lengths.set(key, atMs - this.#options.monotonicMs())
      if (this.#isHolding && this.#options.isKept(key)) {
        super.cancel(key)
        this.#held.add(key)
        return
      }
      this.#held.delete(key)
    }
    super.set(key, atMs)
  }

  override cancel(key: GroupTimer): boolean {
    if (isSession(key)) {
      this.#lengths.delete(key)
      if (this.#held.delete(key)) return true
    }
    return super.cancel(key)
  }

  override clear(): void {
    this.#lengths.clear()
    this.#held.clear()
    super.clear()
  }

  #isHeld(key: GroupTimer): boolean {
    return isSession(key) && this.#held.has(key)
  }
}

function isSession(timer: GroupTimer): timer is SessionEnd {
  return timer.kind === 'session' || (timer.kind === 'member' && timer.awaited === 'session')
}

/** What is waited for from each member of a consumer group. */
import type { Awaited, GroupTimers, MemberTimer } from '../timers.ts'

/** The timers of the members of one group. */
export class MemberTimers {
  readonly #groupId: string
  readonly #timers: GroupTimers
  readonly #members = new Map<string, Map<Awaited, MemberTimer>>()

  constructor(groupId: string, timers: GroupTimers) {
    this.#groupId = groupId
    this.#timers = timers
  }

  has(memberId: string, awaited: Awaited): boolean {
    const timer = this.#members.get(memberId)?.get(awaited)
    return timer !== undefined && this.#timers.has(timer)
  }

  /** `atMs` is monotonic. */
  set(memberId: string, awaited: Awaited, atMs: number): void {
    let ofMember = this.#members.get(memberId)
    if (!ofMember) {
      ofMember = new Map()
      this.#members.set(memberId, ofMember)
    }
    let timer = ofMember.get(awaited)
    if (!timer) {
      timer = { kind: 'member', groupId: this.#groupId, memberId, awaited }
      ofMember.set(awaited, timer)
    }
    this.#timers.set(timer, atMs)
  }

  cancel(memberId: string, awaited: Awaited): void {
    const timer = this.#members.get(memberId)?.get(awaited)
    if (timer) this.#timers.cancel(timer)
  }

  forget(memberId: string): void {
    for (const timer of this.#members.get(memberId)?.values() ?? []) this.#timers.cancel(timer)
    this.#members.delete(memberId)
  }

  clear(): void {
    for (const memberId of [...this.#members.keys()]) this.forget(memberId)
  }
}

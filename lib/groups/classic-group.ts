/**
 * One group of the classic protocol: who is in it, which protocol they share, and in which state they are.
 *
 *     Empty ──join──▶ PreparingRebalance ──all joined──▶ CompletingRebalance ──leader's assignment──▶ Stable
 *       ▲                 │      ▲                               │                                      │
 *       └──all left───────┘      └──────a member joins, leaves or is lost──────────────────────────────┘
 *
 * What is on record changes by replay alone. While members gather, the group runs ahead of its record; a restart, or a
 * record that could not be written, takes it back there, and its members join again.
 */

import { codes } from '../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { joinRefused, syncRefused } from './answers.ts'
import { Member, type MemberDetails, noBytes } from './member.ts'
import type { Moment } from './outcome.ts'
import type { Protocol } from './protocol.ts'
import type { RecordedGroup } from './records.ts'
import type { Scope } from './scope.ts'
import { Subscriptions } from './subscription.ts'
import type { JoinTimer, SessionTimer, SyncTimer } from './timers.ts'

/** As Kafka prints them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

/** The protocol type of consumers, whose metadata the broker may look into. */
export const consumerProtocolType = 'consumer'

/** A group of which nothing is recorded. */
const unrecorded: RecordedGroup = {
  protocolType: null,
  generation: 0,
  protocolName: null,
  leader: null,
  stateTimestampMs: -1,
  members: [],
}

export class ClassicGroup {
  readonly kind = 'classic'
  readonly groupId: string
  readonly scope: Scope
  /** The last record; null until there is one. */
  recorded: RecordedGroup | null = null
  state: GroupState = 'Empty'
  previousState: GroupState = 'Empty'
  /** When the group came into its state, in ms since 1970, or -1. */
  stateTimestampMs = -1
  generation = 0
  protocolType: string | null = null
  protocolName: string | null = null
  leader: string | null = null
  /** In the order in which they came. */
  readonly members = new Map<string, Member>()
  /** Member ids that were given out and have not joined yet (KIP-394). */
  readonly pendingJoins = new Map<string, SessionTimer>()
  /** Members that were told the generation and have not asked for their assignment yet. */
  readonly pendingSyncs = new Set<string>()
  /** Somebody joined since the initial rebalance was last put off. */
  newMemberAdded = false
  /** The delay that the initial rebalance is in, and how much of the rebalance timeout is left after it. */
  initialDelayMs = 0
  initialRemainingMs = 0
  readonly joinTimer: JoinTimer
  readonly syncTimer: SyncTimer
  readonly #staticMembers = new Map<string, string>()
  readonly #supporters = new Map<string, number>()
  #joinsWaiting = 0
  /** What members consume, as they said when the generation began; null where that cannot be known. */
  #subscriptions: Subscriptions | null = null
  /** What was last made to be recorded. */
  #made: RecordedGroup | null = null

  constructor(groupId: string, scope: Scope) {
    this.groupId = groupId
    this.scope = scope
    this.generation = scope.generations?.floor ?? 0
    this.joinTimer = { kind: 'join', groupId }
    this.syncTimer = { kind: 'sync', groupId }
  }

  // Members

  add(details: MemberDetails): Member {
    const member = new Member(details, { kind: 'session', groupId: this.groupId, memberId: details.memberId })
    this.leader ??= member.memberId
    this.members.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.#staticMembers.set(member.groupInstanceId, member.memberId)
    this.#support(member.protocols, 1)
    this.forgetPending(member.memberId)
    return member
  }

  /** Takes a member out. Answers that it waits for are given, as nobody else would. */
  remove(member: Member, joinAnswer: JoinGroupResponse, syncErrorCode: number): void {
    this.answerJoin(member, joinAnswer)
    this.answerSync(member, syncRefused(syncErrorCode))
    this.scope.timers.cancel(member.session)
    this.members.delete(member.memberId)
    this.pendingSyncs.delete(member.memberId)
    if (member.groupInstanceId !== null && this.#staticMembers.get(member.groupInstanceId) === member.memberId) {
      this.#staticMembers.delete(member.groupInstanceId)
    }
    this.#support(member.protocols, -1)
    if (this.leader === member.memberId) this.leader = this.members.keys().next().value ?? null
  }

  update(member: Member, details: Omit<MemberDetails, 'memberId'>): void {
    this.#support(member.protocols, -1)
    member.protocols = details.protocols
    member.rebalanceTimeoutMs = details.rebalanceTimeoutMs
    member.sessionTimeoutMs = details.sessionTimeoutMs
    this.#support(member.protocols, 1)
  }

  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#staticMembers.get(groupInstanceId)
  }

  expectPending(memberId: string, sessionTimeoutMs: number, now: Moment): void {
    const timer: SessionTimer = { kind: 'session', groupId: this.groupId, memberId }
    this.pendingJoins.set(memberId, timer)
    this.scope.timers.set(timer, now.monotonicMs + sessionTimeoutMs)
  }

  forgetPending(memberId: string): void {
    const timer = this.pendingJoins.get(memberId)
    if (!timer) return
    this.pendingJoins.delete(memberId)
    this.scope.timers.cancel(timer)
  }

  /** The member is alive: its session, or the time given, begins anew. */
  keepAlive(member: Member, now: Moment, timeoutMs: number = member.sessionTimeoutMs): void {
    this.scope.timers.set(member.session, now.monotonicMs + timeoutMs)
  }

  /** Its members have all asked for their assignments; nobody has to be waited for. */
  receivedSync(memberId: string): void {
    this.pendingSyncs.delete(memberId)
    if (this.pendingSyncs.size === 0) this.scope.timers.cancel(this.syncTimer)
  }

  // Answers that wait

  /** Parks a JoinGroup. One that the member asked before has lost its connection, and is told to try again. */
  awaitJoin(member: Member, reply: NonNullable<Member['joinReply']>): void {
    this.answerJoin(member, joinRefused(member.memberId, codes.REBALANCE_IN_PROGRESS))
    member.joinReply = reply
    this.#joinsWaiting++
  }

  answerJoin(member: Member, response: JoinGroupResponse): void {
    if (!member.joinReply) return
    const reply = member.joinReply
    member.joinReply = null
    this.#joinsWaiting--
    reply(response)
  }

  /** Parks a SyncGroup, as `awaitJoin` parks a JoinGroup. */
  awaitSync(member: Member, reply: NonNullable<Member['syncReply']>): void {
    this.answerSync(member, syncRefused(codes.REBALANCE_IN_PROGRESS))
    member.syncReply = reply
  }

  answerSync(member: Member, response: SyncGroupResponse): boolean {
    if (!member.syncReply) return false
    const reply = member.syncReply
    member.syncReply = null
    reply(response)
    return true
  }

  get joinsWaiting(): number {
    return this.#joinsWaiting
  }

  get hasAllMembersJoined(): boolean {
    return this.members.size === this.#joinsWaiting && this.pendingJoins.size === 0
  }

  // What members share

  /** The longest that any member asks to be waited for, in ms. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  /** Whether somebody with these protocols can work with the members there are. */
  supports(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    return (
      protocolType === this.protocolType &&
      protocols.some(({ name }) => (this.#supporters.get(name) ?? 0) === this.members.size)
    )
  }

  /** The protocol with most first choices among those that all members know. */
  voteForProtocol(): string | null {
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const choice = member.protocols.find(({ name }) => this.#supporters.get(name) === this.members.size)
      if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
    }
    let elected: string | null = null
    for (const [name, count] of votes) if (elected === null || count > votes.get(elected)!) elected = name
    return elected
  }

  #support(protocols: readonly Protocol[], change: 1 | -1): void {
    for (const name of new Set(protocols.map(protocol => protocol.name))) {
      const count = (this.#supporters.get(name) ?? 0) + change
      if (count === 0) this.#supporters.delete(name)
      else this.#supporters.set(name, count)
    }
  }

  /** Whether members consume this topic; yes where that cannot be known, and they are consumers. */
  isSubscribedTo(topic: string): boolean {
    return this.#subscriptions?.topics?.has(topic) ?? this.protocolType === consumerProtocolType
  }

  /** Whether the group knows what its members consume. */
  get knowsSubscriptions(): boolean {
    return (this.#subscriptions?.topics ?? null) !== null
  }

  #noteSubscriptions(): void {
    const { protocolType, protocolName, members } = this
    const known = protocolType === consumerProtocolType && (protocolName !== null || members.size === 0)
    this.#subscriptions = known
      ? new Subscriptions([...members.values()].map(member => member.metadataFor(protocolName)))
      : null
  }

  // States

  transition(state: GroupState, now: Moment): void {
    this.previousState = this.state
    this.state = state
    this.stateTimestampMs = now.ms
  }

  /** All who will come are here: the generation begins. */
  beginGeneration(now: Moment): void {
    this.generation++
    const { generations } = this.scope
    if (generations) generations.max = Math.max(generations.max, this.generation)
    this.pendingSyncs.clear()
    this.protocolName = this.voteForProtocol()
    this.#noteSubscriptions()
    this.transition(this.members.size === 0 ? 'Empty' : 'CompletingRebalance', now)
  }

  // The record

  /** The group as it is to be recorded where it was taken from another broker: nobody is in it, and its generations go on above all that were seen. */
  withoutMembers(): RecordedGroup {
    const generation = Math.max(this.generation, this.scope.generations?.floor ?? 0)
    return { ...this.toRecord(null), generation, protocolName: null, leader: null, members: [] }
  }

  /** The group as it would be recorded now; members that `assignments` does not name are assigned nothing. */
  toRecord(assignments: ReadonlyMap<string, Buffer> | null): RecordedGroup {
    this.#made = {
      protocolType: this.protocolType,
      generation: this.generation,
      protocolName: this.protocolName,
      leader: this.leader,
      stateTimestampMs: this.stateTimestampMs,
      members: [...this.members.values()].map(member =>
        member.recorded(
          this.protocolName,
          assignments === null ? member.assignment : (assignments.get(member.memberId) ?? noBytes),
        ),
      ),
    }
    return this.#made
  }

  /** Takes note of a record. A group that is gathering its members goes on from what it has gathered. */
  replay(value: RecordedGroup): void {
    this.recorded = value
    if (this.state !== 'PreparingRebalance') this.#adopt(value)
  }

  /** Back to what is on record: everybody who waits is told `errorCode`, and who is on record is a member again. */
  revert(errorCode: number, now: Moment): void {
    for (const member of [...this.members.values()]) {
      this.remove(member, joinRefused(member.memberId, errorCode), errorCode)
    }
    this.scope.timers.cancel(this.joinTimer)
    this.scope.timers.cancel(this.syncTimer)
    this.#adopt(this.recorded ?? { ...unrecorded, generation: this.scope.generations?.floor ?? 0 })
    for (const member of this.members.values()) this.keepAlive(member, now)
  }

  /** Ends the group: whoever waits is told `errorCode`, and no timer is left. */
  die(errorCode: number, now: Moment): void {
    this.recorded = null
    this.revert(errorCode, now)
    for (const memberId of [...this.pendingJoins.keys()]) this.forgetPending(memberId)
    this.state = 'Dead'
  }

  #adopt(value: RecordedGroup): void {
    const known = new Set(value.members.map(member => member.memberId))
    for (const member of [...this.members.values()]) {
      if (!known.has(member.memberId))
        this.remove(member, joinRefused('', codes.UNKNOWN_MEMBER_ID), codes.UNKNOWN_MEMBER_ID)
    }
    for (const recorded of value.members) {
      const details = { ...recorded, protocols: [{ name: value.protocolName ?? '', metadata: recorded.subscription }] }
      const member = this.members.get(recorded.memberId) ?? this.add(details)
      // A member that lives on keeps its other protocols; one that is read back has this one.
      if (!member.metadataFor(value.protocolName).equals(recorded.subscription)) this.update(member, details)
      member.assignment = recorded.assignment
      this.members.delete(member.memberId)
      this.members.set(member.memberId, member)
    }
    this.previousState = this.state
    this.state = value.members.length === 0 ? 'Empty' : 'Stable'
    this.stateTimestampMs = value.stateTimestampMs
    this.generation = value.generation
    this.protocolType = value.protocolType
    this.protocolName = value.protocolName
    this.leader = value.leader
    // A static member that came back says what counts from the next generation on.
    if (value !== this.#made) this.#noteSubscriptions()
    this.#made = null
  }
}

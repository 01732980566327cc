/**
 * One group of the consumer protocol (KIP-848): its members, the target assignment, and how far each member has come towards it.
 *
 *     Empty ──join──▶ Assigning ──assignor──▶ Reconciling ──all members have theirs──▶ Stable
 *       ▲                 ▲                        │                                     │
 *       └──all left       └──members, subscriptions or topics change, the epoch grows────┘
 *
 * All that is on record changes by replay alone: an operation computes what the records are to be, and they take effect once they are
 * written. Only timers, and when topics are looked at again, run ahead.
 */
import type { Moment } from '../outcome.ts'
import type { Scope } from '../scope.ts'
import { Counts } from './counts.ts'
import {
  assignmentOf,
  type ConsumerMember,
  detailsOf,
  leavingStaticEpoch,
  newMember,
  removedAssignment,
} from './member.ts'
import { noPartitions, type PartitionEpochs, type PartitionSets } from './partitions.ts'
import type { AssignmentRecord, ConsumerRecord, MemberRecord, ResolvedRegex } from './records.ts'
import { MemberTimers } from './timers.ts'

/** As Kafka prints them. */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead'

/** The epoch of a group of which nothing is recorded; its first assignment comes with the next one. */
const firstEpoch = 1

/** How long topics that a group consumes are taken to be unchanged, if nobody says otherwise. */
const refreshMs = 600_000

export class ConsumerGroup {
  readonly kind = 'consumer'
  readonly groupId: string
  readonly scope: Scope
  epoch = firstEpoch
  metadataHash = 0n
  /** -1 once its record was taken away. */
  targetEpoch = firstEpoch
  /** When the target assignment was made, in ms since 1970; 0 where that is not known. */
  targetTimestampMs = 0
  /** A record of Apache Kafka 4.0 about topics is to be taken away. */
  hasSeenTopics = false
  readonly members = new Map<string, ConsumerMember>()
  /** Member ids by instance ids. */
  readonly staticMembers = new Map<string, string>()
  readonly targets = new Map<string, PartitionSets>()
  /** How many members subscribe to each topic by its name. */
  readonly topicNames = new Counts()
  /** How many members subscribe by each regular expression. */
  readonly regexes = new Counts()
  readonly resolved = new Map<string, ResolvedRegex>()
  /** How many members ask for each assignor. */
  readonly assignors = new Counts()
  /** How many members of the classic protocol know each of its assignors. */
  readonly classicProtocols = new Counts()
  classicMembers = 0
  readonly timers: MemberTimers
  #isLive = false
  /** How many members that are stable are in each epoch. */
  readonly #stableEpochs = new Counts<number>()
  readonly #owners = new Map<string, Map<number, string>>()
  #refresh = { atMs: Number.NEGATIVE_INFINITY, epoch: 0 }

  constructor(groupId: string, scope: Scope) {
    this.groupId = groupId
    this.scope = scope
    this.timers = new MemberTimers(groupId, scope.timers)
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.epoch > this.targetEpoch) return 'Assigning'
    return this.#stableEpochs.get(this.targetEpoch) === this.members.size ? 'Stable' : 'Reconciling'
  }

  /** The member that has this instance id. */
  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  /** What a member shall own; a static member that comes back shall own what it was to own before. */
  targetOf({ memberId, instanceId }: ConsumerMember): PartitionSets {
    const holder = instanceId === null ? memberId : (this.staticMembers.get(instanceId) ?? memberId)
    return this.targets.get(holder) ?? noPartitions
  }

  /** Who owns a partition, or has not said that it gave it up. */
  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition)
  }

  /** The topics that any member subscribes to, by name or by a regular expression that is resolved. */
  subscribedTopics(): Set<string> {
    const topics = new Set(this.topicNames.keys())
    for (const { topics: matched } of this.resolved.values()) for (const topic of matched) topics.add(topic)
    return topics
  }

  isSubscribedTo(topic: string): boolean {
    if (this.topicNames.has(topic)) return true
    for (const { topics } of this.resolved.values()) if (topics.has(topic)) return true
    return false
  }

  /** The same for any of these: the fewer are looked for among the others, as thousands may be made at once, and there may be thousands of groups. */
  isSubscribedToAny(topics: ReadonlySet<string>): boolean {
    if (haveOneInCommon(this.topicNames, topics)) return true
    for (const { topics: matched } of this.resolved.values()) if (haveOneInCommon(matched, topics)) return true
    return false
  }

  // Time

  /** Work begins: sessions of all members, and what they have to give up. */
  begin(now: Moment): void {
    this.#isLive = true
    for (const member of this.members.values()) {
      this.keepAlive(member, now)
      this.#awaitRevocation(member, now)
    }
  }

  keepAlive({ memberId, classic }: ConsumerMember, now: Moment): void {
    const timeoutMs = classic?.sessionTimeoutMs ?? this.scope.settings.consumerGroup(this.groupId).sessionTimeoutMs
    this.timers.set(memberId, 'session', now.monotonicMs + timeoutMs)
  }

  #awaitRevocation({ memberId, classic, state, epoch, rebalanceTimeoutMs }: ConsumerMember, now: Moment): void {
    // Members of the classic protocol have other timers: they join and sync. Who left for a while has its session to come back.
    if (classic === null && state === 'unrevoked' && epoch !== leavingStaticEpoch) {
      this.timers.set(memberId, 'revocation', now.monotonicMs + rebalanceTimeoutMs)
    } else {
      this.timers.cancel(memberId, 'revocation')
    }
  }

  /** Whether topics are to be looked at: it is long ago, somebody said so, or what came of it was not written. */
  mustLookAtTopics(now: Moment): boolean {
    return now.monotonicMs >= this.#refresh.atMs || this.epoch < this.#refresh.epoch
  }

  /** Topics were looked at, and the group is to have this epoch. */
  lookedAtTopics(epoch: number, now: Moment): void {
    this.#refresh = { atMs: now.monotonicMs + refreshMs, epoch }
  }

  /** Topics have changed. */
  lookAtTopics(): void {
    this.#refresh = { atMs: Number.NEGATIVE_INFINITY, epoch: 0 }
  }

  /** Ends the group: no timer is left. */
  end(): void {
    this.timers.clear()
    this.#isLive = false
  }

  // Records

  replay(record: ConsumerRecord, now: Moment): void {
    switch (record.kind) {
      case 'consumerEpoch':
        if (record.value === null) return
        this.epoch = record.value.epoch
        this.metadataHash = record.value.metadataHash
        return
      case 'consumerSeenTopics':
        this.hasSeenTopics = record.value !== null
        return
      case 'consumerMember':
        this.#replayMember(record, now)
        return
      case 'consumerTarget':
        this.targetEpoch = record.value?.epoch ?? -1
        this.targetTimestampMs = record.value?.timestampMs ?? 0
        return
      case 'consumerTargetMember':
        if (record.value === null) this.targets.delete(record.memberId)
        else this.targets.set(record.memberId, record.value)
        return
      case 'consumerAssignment':
        this.#replayAssignment(record, now)
        return
      case 'consumerRegex':
        if (record.value === null) this.resolved.delete(record.regex)
        else this.resolved.set(record.regex, record.value)
    }
  }

  #replayMember({ memberId, value }: MemberRecord, now: Moment): void {
    const before = this.members.get(memberId)
    if (value !== null) {
      this.#set({ ...(before ?? newMember(memberId)), ...detailsOf(value) }, now)
      return
    }
    if (!before) return
    this.#count(before, -1)
    this.#disown(before)
    this.members.delete(memberId)
    this.timers.forget(memberId)
    const { instanceId } = before
    if (instanceId !== null && this.staticMembers.get(instanceId) === memberId) this.staticMembers.delete(instanceId)
  }

  #replayAssignment({ memberId, value }: AssignmentRecord, now: Moment): void {
    const before = this.members.get(memberId)
    if (value === null && !before) return
    const member = { ...(before ?? newMember(memberId)), ...assignmentOf(value ?? removedAssignment) }
    this.#set(member, now)
    if (this.#isLive) this.#awaitRevocation(member, now)
  }

  #set(member: ConsumerMember, now: Moment): void {
    const before = this.members.get(member.memberId)
    if (before) {
      this.#count(before, -1)
      this.#disown(before)
    }
    this.members.set(member.memberId, member)
    this.#count(member, 1)
    this.#own(member, member.assigned)
    this.#own(member, member.pendingRevocation)
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId)
    if (!this.#isLive) return
    if (!this.timers.has(member.memberId, 'session')) this.keepAlive(member, now)
  }

  #count({ topicNames, topicRegex, serverAssignor, classic, state, epoch }: ConsumerMember, by: 1 | -1): void {
    if (state === 'stable') this.#stableEpochs.add(epoch, by)
    for (const name of topicNames) this.topicNames.add(name, by)
    if (topicRegex !== '') this.regexes.add(topicRegex, by)
    if (serverAssignor !== null) this.assignors.add(serverAssignor, by)
    if (classic === null) return
    this.classicMembers += by
    for (const { name } of classic.protocols) this.classicProtocols.add(name, by)
  }

  #own({ memberId }: ConsumerMember, partitions: PartitionEpochs): void {
    for (const [topicId, epochs] of partitions) {
      let owners = this.#owners.get(topicId)
      if (!owners) {
        owners = new Map()
        this.#owners.set(topicId, owners)
      }
      for (const partition of epochs.keys()) owners.set(partition, memberId)
    }
  }

  #disown({ memberId, assigned, pendingRevocation }: ConsumerMember): void {
    for (const partitions of [assigned, pendingRevocation]) {
      for (const [topicId, epochs] of partitions) {
        const owners = this.#owners.get(topicId)
        if (!owners) continue
        for (const partition of epochs.keys()) if (owners.get(partition) === memberId) owners.delete(partition)
        if (owners.size === 0) this.#owners.delete(topicId)
      }
    }
  }
}

interface Names {
  readonly size: number
  has(name: string): boolean
  keys(): Iterable<string>
}

function haveOneInCommon(a: Names, b: Names): boolean {
  const [fewer, more] = a.size < b.size ? [a, b] : [b, a]
  for (const name of fewer.keys()) if (more.has(name)) return true
  return false
}

/**
 * The groups of one partition of `__consumer_offsets`: a state machine without socket, log or clock.
 *
 * An operation takes a request and the time, and gives the records to be written and the answer. Records take effect
 * when they are replayed, which happens once they are appended, and again after a restart: loading, failover and normal
 * work are one path. What is not on record (members that wait, timers) lives here and is lost with the shard.
 */
import { codes } from '../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../protocol/messages/consumer-group-heartbeat.ts'
import type { DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../../protocol/messages/heartbeat.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/messages/leave-group.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../../protocol/messages/offset-delete.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { assert } from '../base/assert.ts'
import { joinRefused, syncRefused } from './answers.ts'
import { ClassicGroup } from './classic-group.ts'
import type { Commit, Committer } from './commits.ts'
import { ConsumerGroups, type TopicsChanged } from './consumer/consumer-groups.ts'
import type { DescribedConsumerGroup } from './consumer/describe.ts'
import type { ClusterTopics } from './consumer/topics.ts'
import { describeGroup, type GroupFigure, type ListedGroup, listedGroup } from './describe.ts'
import { GoneTopics } from './gone-topics.ts'
import { type Group, tombstonesOf } from './group.ts'
import { joinGroup } from './join.ts'
import { heartbeat, leaveGroup } from './membership.ts'
import {
  commitOffsets,
  type FetchedTopic,
  fetchOffsets,
  offsetDeleteError,
  offsetFetchError,
  offsetTombstones,
  tombstone,
} from './offset-requests.ts'
import { type Committed, Offsets } from './offsets.ts'
import { answer, type Caller, type Moment, noRecords, type Outcome, type Reply } from './outcome.ts'
import {
  dropMember,
  joinTimedOut,
  prepareRebalance,
  rebalanceOrComplete,
  sessionTimedOut,
  syncTimedOut,
} from './rebalance.ts'
import type { GroupRecord } from './records.ts'
import type { ShardScope } from './scope.ts'
import { assignmentsNotRecorded, syncGroup } from './sync.ts'
import type { DowngradedTimer, JoinTimer, MemberTimer, SessionTimer, SyncTimer } from './timers.ts'
import { Upkeep } from './upkeep.ts'

type Records = readonly GroupRecord[]

/** Groups and members that begin to work at once: about a millisecond. */
const beginMax = 1024

/** See the head of the file. */
export class GroupShard {
  readonly #scope: ShardScope
  readonly #groups = new Map<string, Group>()
  readonly #consumers: ConsumerGroups
  /** Empty consumer groups that become classic ones as soon as that is written. */
  readonly #replaced = new Map<string, Group>()
  readonly #upkeep: Upkeep
  readonly #offsets: Offsets
  /** How far groups have begun to work, and what is to be written of it. */
  #beginning: Iterator<void> | null = null
  readonly #toBegin: GroupRecord[] = []

  constructor(scope: ShardScope, image: ClusterTopics) {
    const gone = new GoneTopics(image)
    this.#scope = scope
    this.#consumers = new ConsumerGroups(scope, this.#groups, image)
    this.#offsets = new Offsets((topic, topicId) => gone.has(topic, topicId))
    this.#upkeep = new Upkeep({ scope, groups: this.#groups, offsets: this.#offsets, gone })
  }

  // Records

  /** Applies a record that is in the log; `producerId` is that of the open transaction it belongs to, or -1. */
  replay(record: GroupRecord, producerId: number, now: Moment): void {
    if (record.kind === 'offset') {
      // Whoever commits without joining has a group too: a simple one, also where a transaction decides about its first offset.
      if (record.value !== null) this.#groupOf(record.groupId)
      if (producerId >= 0) this.#offsets.replayOpen(record, producerId)
      else this.#offsets.replay(record)
    } else if (record.kind !== 'group') {
      this.#consumers.replay(record, now)
      if (record.kind === 'consumerEpoch') this.#replaced.delete(record.groupId)
    } else if (record.value !== null) {
      this.#classicOf(record.groupId)?.replay(record.value)
    } else {
      const group = this.#groups.get(record.groupId)
      // Of a group that has become another kind since.
      if (group?.kind !== 'classic') return
      group.die(codes.UNKNOWN_MEMBER_ID, now)
      this.#groups.delete(record.groupId)
    }
  }

  /** A transaction's marker was replayed. */
  endTransaction(producerId: number, committed: boolean): void {
    for (const { groupId, value } of this.#offsets.endTransaction(producerId, committed)) {
      if (value !== null) this.#groupOf(groupId)
    }
  }

  /** The whole log was replayed: sessions begin, and groups that are larger than now allowed gather anew. */
  begin(now: Moment): boolean {
    this.#beginning ??= this.#begun(now)
    return !this.#beginning.next().done
  }

  loaded(now: Moment): Outcome<null> {
    while (this.begin(now));
    this.#upkeep.begin(now)
    return { records: this.#toBegin.splice(0), response: null, divisible: true }
  }

  *#begun(now: Moment): Generator<void, void> {
    this.#consumers.begin()
    let begun = 0
    for (const group of [...this.#groups.values()]) {
      if (group.kind === 'consumer') group.begin(now)
      if (this.#scope.membersAreGone) this.#toBegin.push(...this.#withoutMembers(group, now))
      else if (group.kind === 'classic') this.#toBegin.push(...this.#gathered(group, now))
      begun += 1 + group.members.size
      if (begun < beginMax) continue
      begun = 0
      yield
    }
  }

  #gathered(group: ClassicGroup, now: Moment): Records {
    for (const member of group.members.values()) group.keepAlive(member, now)
    if (group.members.size <= this.#scope.settings.membersMax) return noRecords
    const reason = 'the group has more members than are allowed'
    return prepareRebalance(group, { cause: 'too_many_members', reason }, now)
  }

  /** The records by which a group that was taken from another broker has no members. */
  #withoutMembers(group: Group, now: Moment): Records {
    if (group.kind === 'consumer') return this.#consumers.fence(group, [...group.members.values()], now)
    if (group.recorded === null) return noRecords
    const value = group.withoutMembers()
    // Whoever asks before that is written is not to see them either.
    group.replay(value)
    return [{ kind: 'group', groupId: group.groupId, value }]
  }

  /** Topics may be gone, and with them what was committed for them. */
  imageChanged(change: TopicsChanged): void {
    this.#upkeep.topicsChanged(change)
    this.#consumers.imageChanged(change)
  }

  /**
   * Records could not be written: their groups go back to what is on record. A group that waited for its assignments keeps the members
   * that have gathered, who join again.
   */
  revert(records: Records, errorCode: number, now: Moment): void {
    this.#upkeep.reverted(records, now)
    for (const { kind, groupId } of records) {
      const group = kind === 'group' ? this.#groups.get(groupId) : undefined
      if (group?.kind !== 'classic') continue
      if (group.state === 'CompletingRebalance') {
        assignmentsNotRecorded(group, errorCode, now)
        continue
      }
      group.revert(errorCode, now)
      if (group.recorded !== null || this.#offsets.has(groupId)) continue
      group.die(errorCode, now)
      this.#groups.delete(groupId)
      const replaced = this.#replaced.get(groupId)
      if (replaced) this.#groups.set(groupId, replaced)
      this.#replaced.delete(groupId)
    }
  }

  /** Ends membership at the word of whoever runs the broker: of one member, or of all of a group. Gives how many there were. */
  evict(groupId: string, memberId: string | null, now: Moment, { keepsStatic = false } = {}): Outcome<number> {
    const group = this.#groups.get(groupId)
    const isMeant = (id: string, instanceId: string | null) =>
      (memberId ?? id) === id && !(keepsStatic && instanceId !== null)
    if (group?.kind === 'consumer') {
      const members = [...group.members.values()].filter(each => isMeant(each.memberId, each.instanceId))
      return { records: this.#consumers.fence(group, members, now), response: members.length }
    }
    const all = [...(group?.members.values() ?? [])]
    const members = all.filter(each => isMeant(each.memberId, each.groupInstanceId))
    if (group === undefined || members.length === 0) return answer(0)
    for (const member of members) dropMember(group, member)
    const rebalances = group.state !== 'Empty'
    const records = rebalances
      ? rebalanceOrComplete(group, { cause: 'leave', reason: 'members were taken out' }, now)
      : noRecords
    return { records, response: members.length }
  }

  /** Ends a member's session as if it had not been heard of in time. False where there is no such member, or what it waits for keeps it. */
  endSession(groupId: string, memberId: string, now: Moment): Outcome<boolean> {
    const group = this.#groups.get(groupId)
    if (group?.members.has(memberId) !== true) return answer(false)
    const session = { groupId, memberId }
    if (group.kind === 'consumer') {
      return { records: this.#timedOut({ kind: 'member', awaited: 'session', ...session }, now), response: true }
    }
    const records = this.#timedOut({ kind: 'session', ...session }, now)
    return { records, response: !group.members.has(memberId) }
  }

  /** Sets offsets at the word of whoever runs the broker, whoever is in the group. */
  setOffsets(groupId: string, commits: readonly Commit[], now: Moment): Outcome<readonly number[]> {
    const nobody = { generation: -1, memberId: '', groupInstanceId: null, apiVersion: -1, retentionTimeMs: -1 }
    // Of a group that nobody knows, so that nobody is asked.
    return commitOffsets(groupId, undefined, nobody, commits, { settings: this.#scope.settings, now })
  }

  /** The shard is given up: whoever waits is told `errorCode`. */
  close(errorCode: number, now: Moment): void {
    for (const group of this.#groups.values()) {
      if (group.kind === 'classic') group.die(errorCode, now)
      else group.end()
    }
    this.#groups.clear()
    this.#consumers.end()
    this.#upkeep.end()
  }

  // Timers

  /** When the next timer is due, in monotonic milliseconds; Infinity where there is none. */
  get nextTimerMs(): number {
    return this.#scope.timers.nextMs()
  }

  /** Does what the earliest timer that is due stands for; null where none is due. */
  expire(now: Moment): Outcome<null> | null {
    const timer = this.#scope.timers.expireOne(now.monotonicMs)
    if (timer === undefined) return null
    if (timer.kind === 'retention') this.#upkeep.lookForExpired(now)
    else if (timer.kind === 'goneTopics') this.#upkeep.lookForGoneTopics()
    else if (timer.kind === 'downgraded') return { records: this.#downgraded(timer, now), response: null }
    else return { records: this.#timedOut(timer, now), response: null }
    return { records: noRecords, response: null }
  }

  #timedOut(timer: SessionTimer | JoinTimer | SyncTimer | MemberTimer, now: Moment): Records {
    // A group that dies takes its timers with it.
    const group = this.#groups.get(timer.groupId)
    assert(group !== undefined, `the ${timer.kind} timer of ${timer.groupId} has outlived its group`)
    if (group.kind === 'consumer') {
      assert(timer.kind === 'member', `a ${timer.kind} timer of the classic group ${timer.groupId} was not taken over`)
      return this.#consumers.timedOut(group, timer, now)
    }
    switch (timer.kind) {
      case 'session':
        return sessionTimedOut(group, timer.memberId, now)
      case 'join':
        return joinTimedOut(group, now)
      case 'sync':
        return syncTimedOut(group, now)
      case 'member':
        throw new Error(`a timer of the consumer group ${timer.groupId} was not taken over`)
    }
  }

  /** A group that was a consumer group a moment ago, unless that could not be written. */
  #downgraded({ groupId, rebalances }: DowngradedTimer, now: Moment): Records {
    const group = this.#groups.get(groupId)
    if (group?.kind !== 'classic' || group.state !== 'Stable') return noRecords
    for (const member of group.members.values()) group.keepAlive(member, now)
    const reason = 'the group uses the classic protocol again'
    return rebalances ? prepareRebalance(group, { cause: 'downgrade', reason }, now) : noRecords
  }

  // Work

  /** Whether what nobody waits for is to be done: a look at all that is here. */
  get hasWork(): boolean {
    return this.#consumers.hasWork || this.#upkeep.hasWork
  }

  /** Does a step of it. */
  work(now: Moment, hasTime: () => boolean): Outcome<null> {
    if (this.#consumers.hasWork) return { records: this.#consumers.work(now, hasTime), response: null }
    return { records: this.#upkeep.step(), response: null, divisible: true }
  }

  // Membership

  join(request: JoinGroupRequest, caller: Caller, now: Moment, reply: Reply<JoinGroupResponse>): Outcome<undefined> {
    const { groupId, memberId } = request
    const known = this.#groups.get(groupId)
    if (known?.kind === 'consumer' && known.state !== 'Empty') {
      const { records, response } = this.#consumers.join(known, request, caller, now)
      reply(response)
      return { records, response: undefined }
    }
    const isNew = known?.kind !== 'classic'
    if (isNew && memberId !== '') {
      reply(joinRefused(memberId, codes.UNKNOWN_MEMBER_ID))
      return answered
    }
    const before = known?.kind === 'consumer' ? this.#replace(known) : noRecords
    const group = this.#classicOf(groupId)!
    if (isNew) group.stateTimestampMs = now.ms
    const records = joinGroup(group, { request, caller, now, reply })
    if (!isNew || records.length > 0) return { records: [...before, ...records], response: undefined }
    // A group exists from its first request on, also for whoever takes over from this broker.
    const value = { ...group.toRecord(null), protocolType: null, leader: null, members: [] }
    return { records: [...before, { kind: 'group', groupId, value }], response: undefined }
  }

  /** An empty group of another kind makes room for a classic one. */
  #replace(group: Group): Records {
    this.#replaced.set(group.groupId, group)
    this.#groups.delete(group.groupId)
    // Of members whose joining could not be written.
    if (group.kind === 'consumer') group.timers.clear()
    return tombstonesOf(group)
  }

  sync(request: SyncGroupRequest, now: Moment, reply: Reply<SyncGroupResponse>): Outcome<undefined> {
    const group = this.#groups.get(request.groupId)
    if (group?.kind === 'classic') return { records: syncGroup(group, request, now, reply), response: undefined }
    reply(group ? this.#consumers.sync(group, request, now) : syncRefused(codes.UNKNOWN_MEMBER_ID))
    return answered
  }

  heartbeat(request: HeartbeatRequest, now: Moment): Outcome<HeartbeatResponse> {
    const group = this.#groups.get(request.groupId)
    const beat = () =>
      group?.kind === 'consumer' ? this.#consumers.beat(group, request, now) : codes.UNKNOWN_MEMBER_ID
    const errorCode = group?.kind === 'classic' ? heartbeat(group, request, now) : beat()
    return answer({ throttleTimeMs: 0, errorCode })
  }

  leave(
    groupId: string,
    members: LeaveGroupRequest['members'],
    now: Moment,
  ): Outcome<NonNullable<LeaveGroupResponse['members']>> {
    const group = this.#groups.get(groupId)
    if (group?.kind === 'classic') return leaveGroup(group, members, now)
    if (group) return this.#consumers.leave(group, members, now)
    const errorCode = codes.UNKNOWN_MEMBER_ID
    return answer(members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, errorCode })))
  }

  // The consumer protocol

  consumerHeartbeat(
    request: ConsumerGroupHeartbeatRequest,
    caller: Caller,
    now: Moment,
  ): Outcome<ConsumerGroupHeartbeatResponse> {
    return this.#consumers.heartbeat(request, caller, now)
  }

  /** The group as ConsumerGroupDescribe shows it. */
  describeConsumer(groupId: string): DescribedConsumerGroup {
    return this.#consumers.describe(groupId)
  }

  // Offsets

  commit(groupId: string, committer: Committer, commits: readonly Commit[], now: Moment): Outcome<readonly number[]> {
    const { settings } = this.#scope
    return commitOffsets(groupId, this.#groups.get(groupId), committer, commits, { settings, now })
  }

  /** The same as part of a transaction, whose marker decides whether it counts. */
  commitTransactional(
    groupId: string,
    committer: Committer,
    commits: readonly Commit[],
    now: Moment,
  ): Outcome<readonly number[]> {
    const { settings } = this.#scope
    const options = { settings, now, isTransactional: true }
    return commitOffsets(groupId, this.#groups.get(groupId), committer, commits, options)
  }

  /** Why this member may not ask for the group's offsets, or 0. */
  offsetFetchError(groupId: string, memberId: string | null, memberEpoch: number): number {
    return offsetFetchError(this.#groups.get(groupId), memberId, memberEpoch)
  }

  fetchOffsets(
    groupId: string,
    topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null,
    requireStable: boolean,
  ): FetchedTopic[] {
    return fetchOffsets(groupId, this.#offsets, topics, requireStable)
  }

  deleteOffsets(groupId: string, topics: OffsetDeleteRequest['topics']): Outcome<OffsetDeleteResponse> {
    const group = this.#groups.get(groupId)
    const errorCode = offsetDeleteError(group)
    if (!group || errorCode !== 0) return answer({ errorCode, throttleTimeMs: 0, topics: [] })
    const records: GroupRecord[] = []
    const response = topics.map(({ name, partitions }) => {
      const subscribed = group.isSubscribedTo(name)
      return {
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          if (subscribed) return { partitionIndex, errorCode: codes.GROUP_SUBSCRIBED_TO_TOPIC }
          const place = [groupId, name, partitionIndex] as const
          // What only a transaction has would come back with its end.
          if (this.#offsets.get(...place) || this.#offsets.isOpen(...place)) records.push(tombstone(...place))
          return { partitionIndex, errorCode: 0 }
        }),
      }
    })
    return { records, response: { errorCode: 0, throttleTimeMs: 0, topics: response } }
  }

  // Administration

  /** Deletes an empty group with its offsets; answers an error code. */
  deleteGroup(groupId: string): Outcome<number> {
    const group = this.#groups.get(groupId)
    if (!group) return answer(codes.GROUP_ID_NOT_FOUND)
    if (group.state !== 'Empty') return answer(codes.NON_EMPTY_GROUP)
    const records = offsetTombstones(groupId, this.#offsets)
    records.push(...tombstonesOf(group))
    // As large as it may be, it is deleted at once or not at all, as by Kafka.
    return { records, response: 0 }
  }

  list(): ListedGroup[] {
    return [...this.#groups.values()].map(listedGroup)
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** What figures tell of each group. */
  *figures(): Iterable<GroupFigure> {
    for (const group of this.#groups.values()) {
      const { groupId, groupType, groupState } = listedGroup(group)
      yield { groupId, kind: groupType, state: groupState, members: group.members.size }
    }
  }

  /** Every offset that is committed and counts. */
  committed(): Iterable<Committed> {
    return this.#offsets.committed()
  }

  /** The group as DescribeGroups shows it, or null where there is none. */
  describe(groupId: string): DescribeGroupsResponse['groups'][number] | null {
    const group = this.#groups.get(groupId)
    return group?.kind === 'classic' ? describeGroup(group) : null
  }

  /** A group of this name, of whichever kind; a simple one where there is none. */
  #groupOf(groupId: string): Group {
    return this.#groups.get(groupId) ?? this.#make(groupId)
  }

  /** The classic group of this name; null where there is one of another kind. */
  #classicOf(groupId: string): ClassicGroup | null {
    const group = this.#groupOf(groupId)
    return group.kind === 'classic' ? group : null
  }

  #make(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.#consumers.scope)
    this.#groups.set(groupId, group)
    return group
  }
}

/** An operation that needed nothing written, and gave its answer through its `reply`. */
const answered: Outcome<undefined> = { records: noRecords, response: undefined }

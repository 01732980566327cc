/**
 * The groups of one partition of `__consumer_offsets`: a state machine without socket, log or clock.
 *
 * An operation takes a request and the time, and gives the records to be written and the answer. Records take effect
 * when they are replayed, which happens once they are appended, and again after a restart: loading, failover and normal
 * work are one path. What is not on record (members that wait, timers) lives here and is lost with the shard.
 */
import { codes } from '../../protocol/errors.ts'
import type { DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../../protocol/messages/heartbeat.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/messages/leave-group.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../../protocol/messages/offset-delete.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { assert } from '../base/assert.ts'
import { joinRefused, syncRefused } from './answers.ts'
import { ClassicGroup } from './classic-group.ts'
import { describeGroup, type ListedGroup, listedGroup } from './describe.ts'
import { GoneTopics, type Topics, type TopicsChange } from './gone-topics.ts'
import { joinGroup } from './join.ts'
import { heartbeat, leaveGroup } from './membership.ts'
import {
  type Commit,
  type Committer,
  commitOffsets,
  type FetchedTopic,
  fetchOffsets,
  offsetDeleteError,
  offsetTombstones,
  tombstone,
  transactionalCommitError,
} from './offset-requests.ts'
import { Offsets } from './offsets.ts'
import { answer, type Caller, type Moment, noRecords, type Outcome, type Reply } from './outcome.ts'
import { joinTimedOut, prepareRebalance, sessionTimedOut, syncTimedOut } from './rebalance.ts'
import type { GroupRecord } from './records.ts'
import type { Scope } from './scope.ts'
import { assignmentsNotRecorded, syncGroup } from './sync.ts'
import type { JoinTimer, SessionTimer, SyncTimer } from './timers.ts'
import { Upkeep } from './upkeep.ts'

type Records = readonly GroupRecord[]

export class GroupShard {
  readonly #scope: Scope
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #upkeep: Upkeep
  readonly #offsets: Offsets

  constructor(scope: Scope, topics: Topics) {
    const gone = new GoneTopics(topics)
    this.#scope = scope
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
    } else if (record.value !== null) {
      this.#groupOf(record.groupId).replay(record.value)
    } else {
      this.#groups.get(record.groupId)?.die(codes.UNKNOWN_MEMBER_ID, now)
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
  loaded(now: Moment): Outcome<null> {
    const records: GroupRecord[] = []
    for (const group of this.#groups.values()) {
      for (const member of group.members.values()) group.keepAlive(member, now)
      if (group.members.size > this.#scope.settings.membersMax) {
        records.push(...prepareRebalance(group, 'the group has more members than are allowed', now))
      }
    }
    this.#upkeep.begin(now)
    return { records, response: null, divisible: true }
  }

  /** Topics may be gone, and with them what was committed for them. */
  imageChanged(change: TopicsChange): void {
    this.#upkeep.topicsChanged(change)
  }

  /**
   * Records could not be written: their groups go back to what is on record. A group that waited for its assignments keeps the members
   * that have gathered, who join again.
   */
  revert(records: Records, errorCode: number, now: Moment): void {
    this.#upkeep.reverted(records, now)
    for (const { kind, groupId } of records) {
      const group = kind === 'group' ? this.#groups.get(groupId) : undefined
      if (!group) continue
      if (group.state === 'CompletingRebalance') {
        assignmentsNotRecorded(group, errorCode, now)
        continue
      }
      group.revert(errorCode, now)
      if (group.recorded !== null || this.#offsets.has(groupId)) continue
      group.die(errorCode, now)
      this.#groups.delete(groupId)
    }
  }

  /** The shard is given up: whoever waits is told `errorCode`. */
  close(errorCode: number, now: Moment): void {
    for (const group of this.#groups.values()) group.die(errorCode, now)
    this.#groups.clear()
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
    else return { records: this.#timedOut(timer, now), response: null }
    return { records: noRecords, response: null }
  }

  #timedOut(timer: SessionTimer | JoinTimer | SyncTimer, now: Moment): Records {
    // A group that dies takes its timers with it.
    const group = this.#groups.get(timer.groupId)
    assert(group !== undefined, `the ${timer.kind} timer of ${timer.groupId} has outlived its group`)
    switch (timer.kind) {
      case 'session':
        return sessionTimedOut(group, timer.memberId, now)
      case 'join':
        return joinTimedOut(group, now)
      case 'sync':
        return syncTimedOut(group, now)
    }
  }

  // Work

  /** Whether what nobody waits for is to be done: a look at all that is here. */
  get hasWork(): boolean {
    return this.#upkeep.hasWork
  }

  /** Does a step of it. */
  work(): Outcome<null> {
    return { records: this.#upkeep.step(), response: null, divisible: true }
  }

  // Membership

  join(request: JoinGroupRequest, caller: Caller, now: Moment, reply: Reply<JoinGroupResponse>): Outcome<undefined> {
    const { groupId, memberId } = request
    const isNew = !this.#groups.has(groupId)
    if (isNew && memberId !== '') {
      reply(joinRefused(memberId, codes.UNKNOWN_MEMBER_ID))
      return answered
    }
    const group = this.#groupOf(groupId)
    if (isNew) group.stateTimestampMs = now.ms
    const records = joinGroup(group, { request, caller, now, reply })
    if (!isNew || records.length > 0) return { records, response: undefined }
    // A group exists from its first request on, also for whoever takes over from this broker.
    const value = { ...group.toRecord(null), protocolType: null, leader: null, members: [] }
    return { records: [{ kind: 'group', groupId, value }], response: undefined }
  }

  sync(request: SyncGroupRequest, now: Moment, reply: Reply<SyncGroupResponse>): Outcome<undefined> {
    const group = this.#groups.get(request.groupId)
    if (group) return { records: syncGroup(group, request, now, reply), response: undefined }
    reply(syncRefused(codes.UNKNOWN_MEMBER_ID))
    return answered
  }

  heartbeat(request: HeartbeatRequest, now: Moment): Outcome<HeartbeatResponse> {
    const group = this.#groups.get(request.groupId)
    const errorCode = group ? heartbeat(group, request, now) : codes.UNKNOWN_MEMBER_ID
    return answer({ throttleTimeMs: 0, errorCode })
  }

  leave(
    groupId: string,
    members: LeaveGroupRequest['members'],
    now: Moment,
  ): Outcome<NonNullable<LeaveGroupResponse['members']>> {
    const group = this.#groups.get(groupId)
    if (group) return leaveGroup(group, members, now)
    const errorCode = codes.UNKNOWN_MEMBER_ID
    return answer(members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, errorCode })))
  }

  // Offsets

  commit(groupId: string, committer: Committer, commits: readonly Commit[], now: Moment): Outcome<readonly number[]> {
    return commitOffsets(groupId, this.#groups.get(groupId), committer, commits, this.#scope.settings, now)
  }

  /** The same as part of a transaction, whose marker decides whether it counts. */
  commitTransactional(
    groupId: string,
    committer: Committer,
    commits: readonly Commit[],
    now: Moment,
  ): Outcome<readonly number[]> {
    const { settings } = this.#scope
    return commitOffsets(
      groupId,
      this.#groups.get(groupId),
      committer,
      commits,
      settings,
      now,
      transactionalCommitError,
    )
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
          if (this.#offsets.get(groupId, name, partitionIndex)) records.push(tombstone(groupId, name, partitionIndex))
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
    records.push({ kind: 'group', groupId, value: null })
    // As large as it may be, it is deleted at once or not at all, as by Kafka.
    return { records, response: 0 }
  }

  list(): ListedGroup[] {
    return [...this.#groups.values()].map(listedGroup)
  }

  /** The group as DescribeGroups shows it, or null where there is none. */
  describe(groupId: string): DescribeGroupsResponse['groups'][number] | null {
    const group = this.#groups.get(groupId)
    return group ? describeGroup(group) : null
  }

  #groupOf(groupId: string): ClassicGroup {
    let group = this.#groups.get(groupId)
    if (!group) {
      group = new ClassicGroup(groupId, this.#scope)
      this.#groups.set(groupId, group)
    }
    return group
  }
}

/** An operation that needed nothing written, and gave its answer through its `reply`. */
const answered: Outcome<undefined> = { records: noRecords, response: undefined }

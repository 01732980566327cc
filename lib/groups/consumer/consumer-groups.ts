/** The consumer groups of a shard: their requests, their timers, and what is computed for them between requests. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../protocol/messages/consumer-group-heartbeat.ts'
import type { HeartbeatRequest } from '../../../protocol/messages/heartbeat.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../../protocol/messages/leave-group.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import { joinRefused, syncRefused } from '../answers.ts'
import type { ClassicGroup } from '../classic-group.ts'
import { answer, type Caller, type Moment, noRecords, type Outcome } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import type { Scope, ShardScope } from '../scope.ts'
import type { MemberTimer } from '../timers.ts'
import { beatAsClassic, joinAsClassic, leaveAsClassic, syncAsClassic } from './classic-members.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { type DescribedConsumerGroup, describeConsumerGroup } from './describe.ts'
import { heartbeat, isLeaving } from './heartbeat.ts'
import { leave } from './leave.ts'
import { type ConsumerMember, joiningEpoch } from './member.ts'
import { downgradeRecords, isDowngraded, tellUpgraded, upgraded } from './migration.ts'
import type { ConsumerRecord } from './records.ts'
import { RegexWork } from './regexes.ts'
import type { Resolving } from './resolving.ts'
import { TargetWork } from './target.ts'
import type { ClusterTopics } from './topics.ts'
import { fenceRecords } from './upkeep.ts'

type AnyGroup = ClassicGroup | ConsumerGroup

/** How long after it could not be written that a member is fenced it is tried again. */
const retryMs = 500

/** Topics that were made, and those that are another in some way. */
export interface TopicsChanged {
  readonly image: ClusterTopics
  readonly created: readonly { readonly name: string }[]
  readonly deleted: readonly { readonly name: string }[]
  readonly changed: readonly { readonly after: { readonly name: string } }[]
  readonly brokersChanged: boolean
}

export class ConsumerGroups {
  /** What all groups of the shard are given. */
  readonly scope: Scope
  readonly #groups: Map<string, AnyGroup>
  readonly #readPattern: NonNullable<ShardScope['readPattern']>
  #image: ClusterTopics
  #newTopicsRevision: number
  #isLive = false
  /** Groups that wait for a target assignment, and the one that is computed. */
  readonly #toAssign = new Set<string>()
  #assigning: TargetWork | null = null
  /** Regular expressions that wait, by group, and those that are matched. */
  readonly #toResolve = new Map<string, Resolving>()
  #resolving: RegexWork | null = null

  constructor(given: ShardScope, groups: Map<string, AnyGroup>, image: ClusterTopics) {
    const { readPattern = () => null } = given
    this.#groups = groups
    this.#image = image
    this.#newTopicsRevision = image.revision
    this.#readPattern = readPattern
    this.scope = {
      ...given,
      readPattern: text => readPattern()?.(text) ?? null,
      assignLater: groupId => this.#toAssign.add(groupId),
      resolveLater: resolving => this.#toResolve.set(resolving.groupId, resolving),
      isResolving: groupId => this.#toResolve.has(groupId) || this.#resolving?.groupId === groupId,
      newTopicsRevision: () => this.#newTopicsRevision,
    }
  }

  get image(): ClusterTopics {
    return this.#image
  }

  // Records

  replay(record: ConsumerRecord, now: Moment): void {
    const { groupId, value } = record
    const known = this.#groups.get(groupId)
    if (known?.kind === 'consumer') {
      if (record.kind !== 'consumerEpoch' || value !== null) known.replay(record, now)
      else {
        known.end()
        this.#groups.delete(groupId)
      }
      return
    }
    // A tombstone of a group that is gone, or of another kind by now.
    if (value === null) return
    // A simple group has no record that would say it is over.
    known?.die(codes.UNKNOWN_MEMBER_ID, now)
    const group = new ConsumerGroup(groupId, this.scope)
    this.#groups.set(groupId, group)
    if (this.#isLive) group.begin(now)
    group.replay(record, now)
  }

  /** All is loaded: groups begin to work, one by one, and those that are made from now on at once. */
  begin(): void {
    this.#isLive = true
  }

  end(): void {
    this.#isLive = false
    this.#toAssign.clear()
    this.#toResolve.clear()
    this.#assigning = null
    this.#resolving = null
  }

  /** Groups look at their topics again where these have changed. */
  imageChanged({ image, created, deleted, changed, brokersChanged }: TopicsChanged): void {
    this.#image = image
    if (created.length > 0) this.#newTopicsRevision = image.revision
    const names = new Set([...created, ...deleted, ...changed.map(({ after }) => after)].map(({ name }) => name))
    if (names.size === 0 && !brokersChanged) return
    for (const group of this.#groups.values()) {
      if (group.kind === 'consumer' && (brokersChanged || group.isSubscribedToAny(names))) group.lookAtTopics()
    }
  }

  // Requests

  heartbeat(
    request: ConsumerGroupHeartbeatRequest,
    caller: Caller,
    now: Moment,
  ): Outcome<ConsumerGroupHeartbeatResponse> {
    try {
      if (isLeaving(request)) {
        const group = this.#existing(request.groupId)
        return leave(group, request, members => this.fence(group, members, now))
      }
      const records: GroupRecord[] = []
      const group = this.#toBeat(request, records, now)
      const outcome = heartbeat(group, { request, caller, image: this.#image, now }, records)
      const before = this.#groups.get(request.groupId)
      if (before?.kind === 'classic') tellUpgraded(before)
      return outcome
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return answer(heartbeatRefused(error.code, error.message))
    }
  }

  /** The group that is there, or, for who joins, a new one. */
  #toBeat({ groupId, memberEpoch }: ConsumerGroupHeartbeatRequest, records: GroupRecord[], now: Moment): ConsumerGroup {
    const group = this.#groups.get(groupId)
    if (group?.kind === 'consumer') return group
    if (memberEpoch !== joiningEpoch) throw notFound(groupId)
    if (group && group.state !== 'Empty') {
      const made = upgraded(group, this.scope, this.#image, now)
      records.push(...made.records)
      return made.group
    }
    if (group) records.push({ kind: 'group', groupId, value: null })
    return new ConsumerGroup(groupId, this.scope)
  }

  #existing(groupId: string): ConsumerGroup {
    const group = this.#groups.get(groupId)
    if (group?.kind !== 'consumer') throw notFound(groupId)
    return group
  }

  /** Takes members out for good. */
  fence(group: ConsumerGroup, members: readonly ConsumerMember[], now: Moment): readonly GroupRecord[] {
    if (members.length === 0) return noRecords
    if (!isDowngraded(group, members)) return fenceRecords(group, members, this.#image)
    this.#downgraded(group.groupId, true, now)
    return downgradeRecords(group, members, this.#image, now)
  }

  /** What is to be done once a group is a classic one. */
  #downgraded(groupId: string, rebalances: boolean, now: Moment): void {
    this.scope.log('consumer group becomes a classic one', { group: groupId })
    this.scope.timers.set({ kind: 'downgraded', groupId, rebalances }, now.monotonicMs)
  }

  // Members of the classic protocol

  join(group: ConsumerGroup, request: JoinGroupRequest, caller: Caller, now: Moment): Outcome<JoinGroupResponse> {
    const { groupId } = request
    const downgraded = (rebalances: boolean) => this.#downgraded(groupId, rebalances, now)
    // Who is refused is told no id, not even its own.
    const refused = (code: number) => answer(joinRefused('', code))
    return orRefused(() => joinAsClassic(group, { request, caller, image: this.#image, now, downgraded }), refused)
  }

  sync(group: ConsumerGroup, request: SyncGroupRequest, now: Moment): SyncGroupResponse {
    return orRefused(() => syncAsClassic(group, request, this.#image, now), syncRefused)
  }

  beat(group: ConsumerGroup, request: HeartbeatRequest, now: Moment): number {
    return orRefused(
      () => beatAsClassic(group, request, now),
      code => code,
    )
  }

  leave(
    group: ConsumerGroup,
    members: LeaveGroupRequest['members'],
    now: Moment,
  ): Outcome<NonNullable<LeaveGroupResponse['members']>> {
    const { leaving, results } = leaveAsClassic(group, members)
    return { records: this.fence(group, leaving, now), response: results }
  }

  describe(groupId: string): DescribedConsumerGroup {
    const group = this.#groups.get(groupId)
    if (group?.kind === 'consumer') return describeConsumerGroup(group, this.#image)
    const { code, message } = notFound(groupId)
    return {
      ...{ errorCode: code, errorMessage: message, groupId, groupState: '' },
      ...{ groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] },
    }
  }

  // Time

  /** A member has not done in time what was waited for. */
  timedOut(group: ConsumerGroup, { memberId, awaited }: MemberTimer, now: Moment): readonly GroupRecord[] {
    const member = group.members.get(memberId)
    if (!member) return noRecords
    this.scope.log('member is fenced', { group: group.groupId, member: memberId, cause: `${awaited}_timeout` })
    // Where that cannot be written, the member is still there.
    group.timers.set(memberId, awaited, now.monotonicMs + retryMs)
    return this.fence(group, [member], now)
  }

  // Work

  get hasWork(): boolean {
    return (
      this.#assigning !== null ||
      this.#toAssign.size > 0 ||
      this.#resolving !== null ||
      (this.#toResolve.size > 0 && this.#readPattern() !== null)
    )
  }

  /** Goes on with what is computed. */
  work(now: Moment, hasTime: () => boolean): readonly GroupRecord[] {
    return this.#assigning !== null || this.#toAssign.size > 0 ? this.#assign(now) : this.#resolve(now, hasTime)
  }

  #assign(now: Moment): readonly GroupRecord[] {
    if (this.#assigning === null) {
      const [groupId] = this.#toAssign
      this.#toAssign.delete(groupId!)
      const group = this.#groups.get(groupId!)
      if (group?.kind !== 'consumer' || group.epoch <= group.targetEpoch) return noRecords
      this.#assigning = new TargetWork(group, this.#image)
      return noRecords
    }
    const work = this.#assigning
    // The next heartbeat sees that there is none for the group's epoch.
    const isStale = work.isStale || this.#groups.get(work.group.groupId) !== work.group
    const records = isStale ? noRecords : work.step(now)
    if (records !== null) this.#assigning = null
    return records ?? noRecords
  }

  #resolve(now: Moment, hasTime: () => boolean): readonly GroupRecord[] {
    const read = this.#readPattern()
    if (this.#resolving === null) {
      const next = this.#toResolve.values().next().value
      if (!next || !read) return noRecords
      this.#toResolve.delete(next.groupId)
      this.#resolving = new RegexWork(next, read, this.#image, now)
      return noRecords
    }
    if (!this.#resolving.step(hasTime)) return noRecords
    const work = this.#resolving
    this.#resolving = null
    const group = this.#groups.get(work.groupId)
    return group?.kind === 'consumer' ? work.records(group, this.#image, now) : noRecords
  }
}

/** What is to be done, or, where that is refused, the answer that says so. */
function orRefused<T>(run: () => T, refused: (code: number) => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return refused(error.code)
  }
}

/** The answer to ConsumerGroupHeartbeat that says no. */
export function heartbeatRefused(errorCode: number, errorMessage: string | null): ConsumerGroupHeartbeatResponse {
  return {
    ...{ throttleTimeMs: 0, errorCode, errorMessage },
    ...{ memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null },
  }
}

function notFound(groupId: string): KafkaError {
  return new KafkaError(codes.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
}

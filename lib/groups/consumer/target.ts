/**
 * The target assignment of a group: who shall own what in its epoch. That of a small group is computed within the heartbeat that makes it
 * necessary, as by Kafka; that of a large one in pieces between requests, and dropped where the epoch has moved meanwhile.
 */
import { type Moment, noRecords } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import { type AssignorMember, type AssignorSpec, byName, type Targets } from './assignors/assignor.ts'
import { assignors } from './assignors/index.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import { areSamePartitions, noPartitions, type PartitionSets, partitionsIn } from './partitions.ts'
import type { ConsumerRecord } from './records.ts'
import { prepareConsumerRecord } from './stored.ts'
import { subscribedTopicIds } from './subscription.ts'
import type { ClusterTopics } from './topics.ts'

/** Members up to which an assignment is computed at once, and partitions, and topics of members: half a millisecond. */
const [membersAtOnceMax, atOnceMax] = [100, 1000]
/** What is looked at in one piece of the work: partitions and topics of members, and of each member as much as that of so many. */
const [pieceMax, perMember] = [2048, 32]

/** A heartbeat for which a target assignment may have to be computed. */
export interface TargetRequest {
  /** The group's epoch, as this heartbeat makes it. */
  readonly epoch: number
  /** The member that beats, before and after. */
  readonly member: ConsumerMember
  readonly updated: ConsumerMember
  readonly image: ClusterTopics
  readonly now: Moment
  readonly records: GroupRecord[]
}

/** The target that the member is to come to now. */
export function nextTarget(
  group: ConsumerGroup,
  { epoch, updated, image, now, records }: TargetRequest,
): { targetEpoch: number; target: PartitionSets } {
  const last = { targetEpoch: group.targetEpoch, target: group.targetOf(updated) }
  if (group.targetEpoch >= epoch || !isTime(group, now)) return last
  const { offloadsAssignor } = group.scope.settings.consumerGroup(group.groupId)
  const mayBeAtOnce = !offloadsAssignor || group.members.size <= membersAtOnceMax
  const given = mayBeAtOnce ? finish(specOf(group, image, updated)) : null
  if (given === null || (offloadsAssignor && given.size > atOnceMax)) {
    group.scope.assignLater(group.groupId)
    return last
  }
  const targets = finish(assignors[given.assignor]!(given.spec))
  records.push(...finish(changedTargets(group, targets, updated)), targetRecord(group, epoch, now))
  return { targetEpoch: epoch, target: targets.get(updated.memberId) ?? noPartitions }
}

/** Whether the last assignment is old enough for another (`group.consumer.assignment.interval.ms`). */
function isTime(group: ConsumerGroup, now: Moment): boolean {
  const { assignmentIntervalMs } = group.scope.settings.consumerGroup(group.groupId)
  const { targetTimestampMs } = group
  return targetTimestampMs === 0 || assignmentIntervalMs === 0 || now.ms >= targetTimestampMs + assignmentIntervalMs
}

function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** An assignment that is computed bit by bit, from the group as it is on record. */
export class TargetWork {
  readonly group: ConsumerGroup
  readonly epoch: number
  readonly #image: ClusterTopics
  readonly #computed: Generator<void, ConsumerRecord[] | null>

  constructor(group: ConsumerGroup, image: ClusterTopics) {
    this.group = group
    this.epoch = group.epoch
    this.#image = image
    this.#computed = this.#compute()
  }

  /** Whether the group has moved on, so that nobody needs this any more. */
  get isStale(): boolean {
    return this.group.epoch !== this.epoch || this.group.targetEpoch >= this.epoch
  }

  /** Goes on; records once it is done, null before. */
  step(now: Moment): readonly GroupRecord[] | null {
    const { done, value } = this.#computed.next()
    if (!done) return null
    return value === null ? noRecords : [...value, targetRecord(this.group, this.epoch, now)]
  }

  *#compute(): Generator<void, ConsumerRecord[] | null> {
    const { group } = this
    const { spec, assignor } = yield* specOf(group, this.#image)
    const targets = yield* assignors[assignor]!(spec)
    const records = yield* changedTargets(group, targets)
    // What they are written as takes longer than to write it.
    let looked = 0
    for (const record of records) {
      prepareConsumerRecord(record)
      looked += perMember + (record.kind === 'consumerTargetMember' ? partitionsIn(record.value ?? noPartitions) : 0)
      if (looked < pieceMax) continue
      looked = 0
      yield
    }
    // Another may have come in the place of a static member meanwhile, which leaves the epoch as it is.
    return spec.members.every(({ memberId }) => group.members.has(memberId)) ? records : null
  }
}

/** What the assignor is given; `updated` is a member as it will be. */
function* specOf(group: ConsumerGroup, image: ClusterTopics, updated?: ConsumerMember) {
  const members: AssignorMember[] = []
  const subscriptions = new Map<string, ReadonlySet<string>>()
  const partitionCounts = new Map<string, number>()
  let size = 0
  /** Gives how much was looked at. */
  const add = (member: ConsumerMember): number => {
    const { memberId, instanceId, topicNames, topicRegex } = member
    const key = JSON.stringify([topicNames, topicRegex])
    let topicIds = subscriptions.get(key)
    const looked = topicNames.length + (topicIds ? 0 : (group.resolved.get(topicRegex)?.topics.size ?? 0))
    if (!topicIds) {
      topicIds = subscribedTopicIds(group, member, image)
      subscriptions.set(key, topicIds)
      for (const topicId of topicIds) {
        const count = image.topicsById.get(topicId)!.partitions.length
        if (!partitionCounts.has(topicId)) size += count
        partitionCounts.set(topicId, count)
      }
    }
    size += topicIds.size
    members.push({ memberId, instanceId, topicIds, target: group.targetOf(member) })
    return looked
  }
  const replacedId = updated?.instanceId != null ? group.staticMembers.get(updated.instanceId) : undefined
  let looked = 0
  // Members may come and go while this is left and taken up again; then it is for nothing.
  for (const member of [...group.members.values()]) {
    looked += perMember
    if (member.memberId !== updated?.memberId && member.memberId !== replacedId) looked += add(member)
    if (looked < pieceMax) continue
    looked = 0
    yield
  }
  if (updated) add(updated)
  members.sort(byName)
  const preferred = updated
    ? group.assignors.most(
        group.members.get(replacedId ?? updated.memberId)?.serverAssignor ?? null,
        updated.serverAssignor,
      )
    : group.assignors.most()
  const { consumerAssignors } = group.scope.settings
  const assignor = preferred !== null && consumerAssignors.includes(preferred) ? preferred : consumerAssignors[0]!
  const spec: AssignorSpec = { members, partitionCounts, isHomogeneous: subscriptions.size <= 1 }
  return { spec, assignor, size }
}

/** What is to be written of targets: what has changed. `replacing` is a member whose records may have taken the place of another's. */
function* changedTargets(
  group: ConsumerGroup,
  targets: Targets,
  replacing?: ConsumerMember,
): Generator<void, ConsumerRecord[]> {
  const { groupId } = group
  const records: ConsumerRecord[] = []
  let looked = 0
  for (const [memberId, value] of targets) {
    const before = memberId === replacing?.memberId ? lastTarget(group, replacing) : group.targets.get(memberId)
    if (!before || !areSamePartitions(before, value)) {
      records.push({ kind: 'consumerTargetMember', groupId, memberId, value })
    }
    looked += perMember + partitionsIn(value)
    if (looked < pieceMax) continue
    looked = 0
    yield
  }
  return records
}

/** What says that targets are those of an epoch: it stands behind them. */
function targetRecord({ groupId }: ConsumerGroup, epoch: number, now: Moment): GroupRecord {
  return { kind: 'consumerTarget', groupId, value: { epoch, timestampMs: now.ms } }
}

function lastTarget(group: ConsumerGroup, { memberId, instanceId }: ConsumerMember): PartitionSets | undefined {
  return group.targets.get((instanceId !== null && group.staticMembers.get(instanceId)) || memberId)
}

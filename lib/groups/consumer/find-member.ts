/** Who a request is about: a member that is there, a new one, or a static member that comes back under another id. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { GroupRecord } from '../records.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, joiningEpoch, leavingStaticEpoch, newMember } from './member.ts'
import { noPartitions, ownsOnly, type TopicPartitions } from './partitions.ts'
import { memberTombstones } from './records.ts'

/** Who a request says that it is from. */
export interface Who {
  readonly memberId: string
  readonly instanceId: string | null
  readonly isJoining: boolean
  readonly usesClassic: boolean
}

/** Throws where there is no such member, or where it has lost its place. A static member's place is taken over by records. */
export function memberToUpdate(group: ConsumerGroup, who: Who, records: GroupRecord[]): ConsumerMember {
  const { memberId, instanceId, isJoining } = who
  if (instanceId === null) {
    const member = group.members.get(memberId)
    if (member) return member
    if (!isJoining) throw unknownMember(memberId)
    return newMember(memberId)
  }
  const holder = group.staticMember(instanceId)
  if (!isJoining) return staticMemberOf(group, memberId, instanceId)
  if (!holder) return group.members.get(memberId) ?? newMember(memberId)
  return takePlace(group, holder, who, records)
}

/** The static member of this instance id, which is to have this member id. */
export function staticMemberOf(group: ConsumerGroup, memberId: string, instanceId: string): ConsumerMember {
  const holder = group.staticMember(instanceId)
  if (!holder) throw new KafkaError(codes.UNKNOWN_MEMBER_ID, `there is no member with instance id ${instanceId}`)
  if (holder.memberId !== memberId) {
    const message = `another member has the instance id ${instanceId} now`
    throw new KafkaError(codes.FENCED_INSTANCE_ID, message)
  }
  return holder
}

/** The refusal of who is no member of the group. */
export function unknownMember(memberId: string): KafkaError {
  return new KafkaError(codes.UNKNOWN_MEMBER_ID, `there is no member ${memberId}`)
}

/** A member of the new protocol keeps its place until it says that it goes. */
function takePlace(
  group: ConsumerGroup,
  holder: ConsumerMember,
  { memberId, instanceId, usesClassic }: Who,
  records: GroupRecord[],
): ConsumerMember {
  if (!usesClassic && holder.classic === null && holder.epoch !== leavingStaticEpoch) {
    const message = `a member that has not left has the instance id ${instanceId}`
    throw new KafkaError(codes.UNRELEASED_INSTANCE_ID, message)
  }
  const { groupId } = group
  const target = group.targets.get(holder.memberId) ?? noPartitions
  const member = { ...holder, memberId, epoch: joiningEpoch, previousEpoch: joiningEpoch }
  records.push(
    ...memberTombstones(groupId, holder.memberId),
    { kind: 'consumerMember', groupId, memberId, value: member },
    { kind: 'consumerTargetMember', groupId, memberId, value: target },
    { kind: 'consumerAssignment', groupId, memberId, value: member },
  )
  return member
}

/** A member that has not heard its new epoch may come with the one before, if it owns nothing beyond what it was given. */
export function checkEpoch(member: ConsumerMember, epoch: number, owned: readonly TopicPartitions[] | null): void {
  if (epoch === member.epoch) return
  if (epoch < member.epoch && epoch === member.previousEpoch && ownsOnly(owned, member.assigned)) return
  const message = `the member is in epoch ${member.epoch}, not ${epoch}: it must give up all its partitions and join again`
  throw new KafkaError(codes.FENCED_MEMBER_EPOCH, message)
}

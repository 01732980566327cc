/** How members go: at their own wish, for a while, or because they were not heard of. */
import { codes } from '../../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { answer, type Outcome } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { staticMemberOf, unknownMember } from './find-member.ts'
import { type ConsumerMember, leavingStaticEpoch } from './member.ts'
import { atEpoch, noPartitions } from './partitions.ts'

/** A heartbeat that says goodbye. `fence` gives the records by which members go for good. */
export function leave(
  group: ConsumerGroup,
  { memberId, memberEpoch, instanceId }: ConsumerGroupHeartbeatRequest,
  fence: (members: readonly ConsumerMember[]) => readonly GroupRecord[],
): Outcome<ConsumerGroupHeartbeatResponse> {
  const member = instanceId === null ? group.members.get(memberId) : staticMemberOf(group, memberId, instanceId)
  if (!member) throw unknownMember(memberId)
  const response = {
    ...{ throttleTimeMs: 0, errorCode: codes.NONE, errorMessage: null },
    ...{ memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null },
  }
  if (instanceId === null || memberEpoch !== leavingStaticEpoch) return { records: fence([member]), response }
  return { ...answer(response), records: [goneForAWhile(group, member)] }
}

/** A static member keeps its partitions until its session ends; whoever comes back in its place may commit for all of them. */
function goneForAWhile({ groupId }: ConsumerGroup, member: ConsumerMember): GroupRecord {
  const value = {
    ...member,
    epoch: leavingStaticEpoch,
    assigned: atEpoch(member.assigned, 0),
    pendingRevocation: noPartitions,
  }
  return { kind: 'consumerAssignment', groupId, memberId: member.memberId, value }
}

/** A heartbeat of a member, and what it changes of it. */
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import type { Caller, Moment } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import type { ConsumerMember } from './member.ts'
import type { ClusterTopics } from './topics.ts'

/** One heartbeat, and what it is answered by. */
export interface Beat {
  readonly request: ConsumerGroupHeartbeatRequest
  readonly caller: Caller
  readonly image: ClusterTopics
  readonly now: Moment
}

/** A member as it was and as it is to be. */
export interface MemberChange {
  readonly member: ConsumerMember
  readonly updated: ConsumerMember
  readonly beat: Omit<Beat, 'request'>
  readonly records: GroupRecord[]
}

/**
 * When a committed offset is forgotten. An empty classic group's offsets age from the moment that it became empty, those of a simple group
 * and of a consumer group from their commit; an active group keeps those of the topics it consumes.
 */
import { consumerProtocolType } from './classic-group.ts'
import type { Group } from './group.ts'
import type { GroupSettings, Moment } from './outcome.ts'
import type { CommittedOffset } from './records.ts'

/** Whether the time of this offset of a group is over. */
export function isExpired(
  group: Group,
  topic: string,
  offset: CommittedOffset,
  settings: GroupSettings,
  now: Moment,
): boolean {
  const sinceMs = agesSinceMs(group, offset)
  if (sinceMs === null) return false
  const isOver =
    offset.expireTimestampMs >= 0 ? now.ms >= offset.expireTimestampMs : now.ms - sinceMs >= settings.offsetsRetentionMs
  return isOver && !group.isSubscribedTo(topic)
}

/** The moment from which an offset of this group ages, or null where none does. */
function agesSinceMs(group: Group, offset: CommittedOffset): number | null {
  if (group.kind === 'consumer' || group.protocolType === null) return offset.commitTimestampMs
  if (group.state === 'Empty') return group.stateTimestampMs < 0 ? offset.commitTimestampMs : group.stateTimestampMs
  const knows = group.state === 'Stable' && group.protocolType === consumerProtocolType && group.knowsSubscriptions
  return knows ? offset.commitTimestampMs : null
}

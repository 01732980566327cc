/** A group of any kind, and what all of them can be asked. */
import type { ClassicGroup } from './classic-group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import { groupTombstones } from './consumer/upkeep.ts'
import type { GroupRecord } from './records.ts'

export type Group = ClassicGroup | ConsumerGroup

/** Takes away all that is on record of a group but its offsets. */
export function tombstonesOf(group: Group): GroupRecord[] {
  return group.kind === 'classic' ? [{ kind: 'group', groupId: group.groupId, value: null }] : groupTombstones(group)
}

/** Whether nobody is in the group, nor about to be. */
export function isDeserted(group: Group): boolean {
  return group.state === 'Empty' && (group.kind !== 'classic' || group.pendingJoins.size === 0)
}

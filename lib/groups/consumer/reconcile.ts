/**
 * How a member comes from what it owns to what it shall own: it gives up first, and only then, in the new epoch, gets what nobody else
 * owns any more.
 */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, isReconciledTo, type MemberState } from './member.ts'
import { noPartitions, type PartitionEpochs, type PartitionSets, type TopicPartitions } from './partitions.ts'

/** Where a member is to come to, and what it says of itself. */
export interface Destination {
  readonly targetEpoch: number
  readonly target: PartitionSets
  /** What the member says it owns; null where it does not say. */
  readonly owned: readonly TopicPartitions[] | null
  /** Ids of the topics that it subscribes to. */
  readonly topicIds: ReadonlySet<string>
  /** Whether it has just changed that: what it does not subscribe to any more is taken away at once. */
  readonly subscriptionChanged: boolean
}

/** The member as it is next; itself where there is nothing to be done now. */
export function reconciled(group: ConsumerGroup, member: ConsumerMember, to: Destination): ConsumerMember {
  if (!to.subscriptionChanged && isReconciledTo(member, to.targetEpoch)) return member
  switch (member.state) {
    case 'stable':
      if (member.epoch !== to.targetEpoch) return next(group, member, member.epoch, to)
      return withoutUnsubscribed(member, to)
    case 'unrevoked':
      if (!ownsAny(to.owned, member.pendingRevocation)) return next(group, member, member.epoch, to)
      return to.subscriptionChanged ? withoutUnsubscribed(member, to) : member
    case 'unreleased':
      return next(group, member, member.epoch, to)
    case 'unknown':
      // Nobody here knows what the member may own: it has to begin anew.
      if (to.owned === null || to.owned.length > 0) {
        throw new KafkaError(
          codes.FENCED_MEMBER_EPOCH,
          'the member is in an unknown state: it must give up all and join again',
        )
      }
      return next(group, member, to.targetEpoch, to)
  }
}

/** Whether the member may still own any of these: unless it says what it owns, it may. */
function ownsAny(owned: readonly TopicPartitions[] | null, given: PartitionEpochs): boolean {
  if (owned === null) return true
  return owned.some(({ topicId, partitions }) => {
    const known = given.get(topicId)
    return known !== undefined && partitions.some(partition => known.has(partition))
  })
}

/** Takes away topics that the member does not subscribe to any more, and leaves the rest to the next target assignment. */
function withoutUnsubscribed(member: ConsumerMember, { topicIds, owned }: Destination): ConsumerMember {
  const assigned = new Map<string, ReadonlyMap<number, number>>()
  const pending = new Map(member.pendingRevocation)
  for (const [topicId, epochs] of member.assigned) {
    if (topicIds.has(topicId)) assigned.set(topicId, epochs)
    else pending.set(topicId, new Map([...(pending.get(topicId) ?? []), ...epochs]))
  }
  if (assigned.size === member.assigned.size) return member
  const mustGiveUp = pending.size > 0 && ownsAny(owned, pending)
  const { epoch } = member
  if (!mustGiveUp) return { ...member, previousEpoch: epoch, assigned }
  return { ...member, state: 'unrevoked', previousEpoch: epoch, assigned, pendingRevocation: pending }
}

function next(group: ConsumerGroup, member: ConsumerMember, epoch: number, to: Destination): ConsumerMember {
  const assigned = new Map<string, Map<number, number>>()
  const pending = new Map<string, Map<number, number>>()
  const free: [topicId: string, partition: number][] = []
  let isUnreleased = false
  for (const topicId of new Set([...to.target.keys(), ...member.assigned.keys()])) {
    const target = to.topicIds.has(topicId) ? to.target.get(topicId) : undefined
    const current = member.assigned.get(topicId)
    for (const [partition, since] of current ?? []) {
      put(target?.has(partition) ? assigned : pending, topicId, partition, since)
    }
    for (const partition of target ?? []) {
      if (current?.has(partition)) continue
      const owner = group.ownerOf(topicId, partition)
      if (owner === undefined || isGivenUpBy(member, topicId, partition)) free.push([topicId, partition])
      else isUnreleased = true
    }
  }
  if (pending.size > 0 && ownsAny(to.owned, pending)) {
    return become(member, 'unrevoked', epoch, assigned, pending)
  }
  for (const [topicId, partition] of free) put(assigned, topicId, partition, to.targetEpoch)
  const state = isUnreleased ? 'unreleased' : 'stable'
  return become(member, state, to.targetEpoch, assigned, noPartitions)
}

/** A partition that this member was to give up is nobody else's. */
function isGivenUpBy({ pendingRevocation }: ConsumerMember, topicId: string, partition: number): boolean {
  return pendingRevocation.get(topicId)?.has(partition) ?? false
}

function put(to: Map<string, Map<number, number>>, topicId: string, partition: number, epoch: number): void {
  const epochs = to.get(topicId)
  if (epochs) epochs.set(partition, epoch)
  else to.set(topicId, new Map([[partition, epoch]]))
}

function become(
  member: ConsumerMember,
  state: MemberState,
  epoch: number,
  assigned: PartitionEpochs,
  pendingRevocation: PartitionEpochs,
): ConsumerMember {
  return { ...member, state, epoch, previousEpoch: member.epoch, assigned, pendingRevocation }
}

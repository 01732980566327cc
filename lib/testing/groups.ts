/** What a test does with groups by itself: without being a member, and whether they are in use or not. */
import { codeName, codes, KafkaError } from '../../protocol/errors.ts'
import { checkList, checkText } from './given.ts'
import type { GroupOffset } from './record-options.ts'
import type { KitServices } from './services.ts'

/** Takes out a member, or all; gives how many there were. */
export async function evict({ groups }: KitServices, groupId: string, memberId: string | null): Promise<number> {
  const there = await groups.write<number>(
    groupId,
    errorCode => -errorCode,
    (shard, now) => shard.evict(groupId, memberId, now),
  )
  // Where there is no coordinator yet, there are no members.
  if (there < 0 && there !== -codes.NOT_COORDINATOR) throw refusal(-there, groupId)
  return Math.max(0, there)
}

/** Ends a member's session as if it had been silent for too long; false where there is no such member, or what it waits for keeps it. */
export async function expire({ groups }: KitServices, groupId: string, memberId: string): Promise<boolean> {
  const ended = await groups.write<boolean | number>(
    groupId,
    errorCode => errorCode,
    (shard, now) => shard.endSession(groupId, memberId, now),
  )
  if (typeof ended === 'boolean') return ended
  // Where there is no coordinator yet, there are no members.
  if (ended === codes.NOT_COORDINATOR) return false
  throw refusal(ended, groupId)
}

/** Forgets a group; false where there is none. */
export async function deleteGroup(services: KitServices, groupId: string): Promise<boolean> {
  await evict(services, groupId, null)
  const errorCode = await services.groups.write<number>(
    groupId,
    code => code,
    shard => shard.deleteGroup(groupId),
  )
  if (errorCode === codes.NONE) return true
  if (errorCode === codes.GROUP_ID_NOT_FOUND || errorCode === codes.NOT_COORDINATOR) return false
  throw refusal(errorCode, groupId)
}

/** Sets offsets. Throws RangeError for partitions that there are not. */
export async function setOffsets(
  { cluster, groups }: KitServices,
  groupId: string,
  offsets: readonly GroupOffset[],
): Promise<void> {
  checkText('the id of a group', groupId)
  checkList('offsets', offsets)
  await cluster.autoCreateTopic('__consumer_offsets')
  const commits = offsets.map(({ topic: name, partition, offset, metadata = '' }) => {
    const topic = cluster.image.topics.get(name)
    if (topic?.partitions[partition] === undefined) throw new RangeError(`there is no partition ${name}-${partition}`)
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`${offset} is no offset`)
    const { topicId } = topic
    return { ...{ topic: name, topicId, partition, offset, metadata }, leaderEpoch: -1, timestampMs: -1 }
  })
  const results = await groups.write<readonly number[]>(
    groupId,
    errorCode => [errorCode],
    (shard, now) => shard.setOffsets(groupId, commits, now),
  )
  const failed = results.find(errorCode => errorCode !== codes.NONE)
  if (failed !== undefined) throw refusal(failed, groupId)
}

function refusal(errorCode: number, groupId: string): KafkaError {
  return new KafkaError(errorCode, `the group ${groupId} cannot be changed: ${codeName(errorCode)}`)
}

/** Groups as a broker describes them: all that clients can see of what is on record. */
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import type { Session } from '../session.ts'

/** By the names of the groups, and in an order of its own; what is bytes, in base64. */
export async function describedGroups(session: Session): Promise<Readonly<Record<string, unknown>>> {
  const { groups } = await session.prepare(ListGroups, 5, { statesFilter: [], typesFilter: [] })
  const described: [string, unknown][] = []
  for (const { groupId, groupType, protocolType } of groups) {
    const about = groupType === 'consumer' ? await ofConsumers(session, groupId) : await classic(session, groupId)
    const fetched = await session.prepare(OffsetFetch, 8, { groups: [{ groupId, topics: null }] })
    const offsets = fetched.groups[0]!.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset, metadata }) => [
        `${name}-${partitionIndex}`,
        committedOffset,
        metadata,
      ]),
    )
    described.push([groupId, { groupType, protocolType, ...about, offsets: sorted(offsets, String) }])
  }
  const plain = JSON.stringify(Object.fromEntries(sorted(described, ([groupId]) => groupId)), (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value,
  )
  return JSON.parse(plain)
}

async function ofConsumers(session: Session, groupId: string) {
  const { groups } = await session.prepare(ConsumerGroupDescribe, 1, { groupIds: [groupId] })
  const { members, authorizedOperations, ...group } = groups[0]!
  const assigned = ({ topicPartitions }: (typeof members)[number]['assignment']) =>
    sorted(
      topicPartitions.map(each => ({ ...each, partitions: [...each.partitions].sort((a, b) => a - b) })),
      ({ topicName }) => topicName,
    )
  const all = members.map(({ assignment, targetAssignment, subscribedTopicNames, ...member }) => ({
    ...{ ...member, subscribedTopicNames: [...(subscribedTopicNames ?? [])].sort() },
    ...{ assignment: assigned(assignment), targetAssignment: assigned(targetAssignment) },
  }))
  return { ...group, members: sorted(all, ({ memberId }) => memberId) }
}

async function classic(session: Session, groupId: string) {
  const { groups } = await session.prepare(DescribeGroups, 5, { groups: [groupId] })
  const { members, authorizedOperations, ...group } = groups[0]!
  const all = members.map(member => ({
    ...member,
    memberMetadata: Buffer.from(member.memberMetadata),
    memberAssignment: Buffer.from(member.memberAssignment),
  }))
  return { ...group, members: sorted(all, ({ memberId }) => memberId) }
}

function sorted<T>(list: readonly T[], by: (each: T) => string): T[] {
  return [...list].sort((a, b) => (by(a) < by(b) ? -1 : 1))
}

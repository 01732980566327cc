/** A group as ListGroups and DescribeGroups show it. */
import type { DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import type { ListGroupsResponse } from '../../protocol/messages/list-groups.ts'
import { type ClassicGroup, consumerProtocolType } from './classic-group.ts'
import type { Group } from './group.ts'
import { noBytes } from './member.ts'

export type ListedGroup = Required<Omit<ListGroupsResponse['groups'][number], 'unknownTaggedFields'>>

/** A group as figures tell of it. */
export interface GroupFigure {
  readonly groupId: string
  readonly kind: string
  readonly state: string
  readonly members: number
}

/** The group as ListGroups shows it. */
export function listedGroup(group: Group): ListedGroup {
  const { groupId, kind, state } = group
  const protocolType = group.kind === 'classic' ? (group.protocolType ?? '') : consumerProtocolType
  return { groupId, protocolType, groupState: state, groupType: kind }
}

/** While members gather there is no protocol and no metadata to show, only the assignments that were. */
export function describeGroup(group: ClassicGroup): DescribeGroupsResponse['groups'][number] {
  const stable = group.state === 'Stable'
  return {
    errorCode: 0,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map(member => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: stable ? member.metadataFor(group.protocolName) : noBytes,
      memberAssignment: member.assignment,
    })),
  }
}

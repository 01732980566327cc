/** The answers to JoinGroup and SyncGroup that say no, and those that tell a member its group's generation. */
import type { JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { type Member, noBytes } from './member.ts'

/** What members are told of their group. */
interface Generation {
  readonly generation: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string | null
  readonly members: ReadonlyMap<string, Member>
}

/** The answer to JoinGroup that says no. */
export function joinRefused(memberId: string, errorCode: number): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    memberId,
    members: [],
  }
}

/** The group's generation as one member is told it: the leader also gets everybody's metadata, to share out the work. */
export function joinAccepted(group: Generation, member: Member): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leader ?? '',
    memberId: member.memberId,
    members: group.leader === member.memberId ? membersForLeader(group) : [],
  }
}

/** What the leader of the group is told of all members, to assign partitions by: their metadata for the protocol that was chosen. */
export function membersForLeader(group: Generation): JoinGroupResponse['members'] {
  return [...group.members.values()].map(({ memberId, groupInstanceId, protocols }) => ({
    memberId,
    groupInstanceId,
    metadata: protocols.find(({ name }) => name === group.protocolName)?.metadata ?? noBytes,
  }))
}

/** The answer to SyncGroup that says no. */
export function syncRefused(errorCode: number): SyncGroupResponse {
  return { throttleTimeMs: 0, errorCode, protocolType: null, protocolName: null, assignment: noBytes }
}

/** The answer to SyncGroup that gives a member its assignment. */
export function syncAccepted(group: Generation, assignment: Buffer): SyncGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment,
  }
}

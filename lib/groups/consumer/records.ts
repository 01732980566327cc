/** The hard state of consumer groups, record by record. A null value is a tombstone. */
import type { MemberAssignment, MemberDetails } from './member.ts'
import type { PartitionSets } from './partitions.ts'

/** The topics that a regular expression matched. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** Revision of the cluster's image that it was resolved with. */
  readonly version: number
  /** In ms since 1970. */
  readonly timestampMs: number
}

interface Of<Kind extends string, Value> {
  readonly kind: Kind
  readonly groupId: string
  readonly value: Value | null
}

interface OfMember<Kind extends string, Value> extends Of<Kind, Value> {
  readonly memberId: string
}

/** The group's epoch, and a hash of the topics that it consumes. */
export type EpochRecord = Of<'consumerEpoch', { readonly epoch: number; readonly metadataHash: bigint }>
/** The topics that a group saw, as Apache Kafka 4.0 kept them: only that there is such a record. */
export type SeenTopicsRecord = Of<'consumerSeenTopics', object>
export type MemberRecord = OfMember<'consumerMember', MemberDetails>
/** The epoch of the target assignment, and when it was made, in ms since 1970; 0 where that is not known. */
export type TargetRecord = Of<'consumerTarget', { readonly epoch: number; readonly timestampMs: number }>
export type TargetMemberRecord = OfMember<'consumerTargetMember', PartitionSets>
export type AssignmentRecord = OfMember<'consumerAssignment', MemberAssignment>
export type RegexRecord = Of<'consumerRegex', ResolvedRegex> & { readonly regex: string }

export type ConsumerRecord =
  | EpochRecord
  | SeenTopicsRecord
  | MemberRecord
  | TargetRecord
  | TargetMemberRecord
  | AssignmentRecord
  | RegexRecord

/** Takes a member out of the records, in the order in which Apache Kafka can replay it. */
export function memberTombstones(groupId: string, memberId: string): ConsumerRecord[] {
  return [
    { kind: 'consumerAssignment', groupId, memberId, value: null },
    { kind: 'consumerTargetMember', groupId, memberId, value: null },
    { kind: 'consumerMember', groupId, memberId, value: null },
  ]
}

/** One member of a consumer group (KIP-848). A member never changes: each change makes another, which counts once its records are replayed. */
import type { Protocol } from '../protocol.ts'
import { areSameEpochs, noPartitions, type PartitionEpochs } from './partitions.ts'

/**
 * How far a member has come towards its target assignment: it has it; it still owns what it must give up; it waits for what others
 * still own; or it is in a state of a version to come.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'unknown'

/** What a member of the classic protocol said when it joined; null for a member of the new one. */
export interface ClassicDetails {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly Protocol[]
}

/** Who a member is and what it subscribes to: one record. */
export interface MemberDetails {
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** How long it may take to give up partitions, in ms; -1 where it has not said. */
  readonly rebalanceTimeoutMs: number
  /** In alphabetical order, each once. */
  readonly topicNames: readonly string[]
  /** Empty where it has none. */
  readonly topicRegex: string
  readonly serverAssignor: string | null
  readonly classic: ClassicDetails | null
}

/** What a member owns: the other record. */
export interface MemberAssignment {
  readonly epoch: number
  readonly previousEpoch: number
  readonly state: MemberState
  readonly assigned: PartitionEpochs
  /** What it owned, and has not said that it gave up. */
  readonly pendingRevocation: PartitionEpochs
}

/** See the head of the file. */
export interface ConsumerMember extends MemberDetails, MemberAssignment {
  readonly memberId: string
}

/** Epochs by which heartbeats join and leave. */
export const joiningEpoch = 0
export const leavingEpoch = -1
/** A static member goes, and will be back. */
export const leavingStaticEpoch = -2

const noDetails: MemberDetails = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  rebalanceTimeoutMs: -1,
  topicNames: [],
  topicRegex: '',
  serverAssignor: null,
  classic: null,
}

/** What a member says of itself, and nothing else. */
export function detailsOf(member: MemberDetails): MemberDetails {
  const { instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs } = member
  const { topicNames, topicRegex, serverAssignor, classic } = member
  return {
    instanceId,
    rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    topicNames,
    topicRegex,
    serverAssignor,
    classic,
  }
}

/** What it owns, and nothing else. */
export function assignmentOf({
  epoch,
  previousEpoch,
  state,
  assigned,
  pendingRevocation,
}: MemberAssignment): MemberAssignment {
  return { epoch, previousEpoch, state, assigned, pendingRevocation }
}

/** What a member has of which no assignment is on record. */
export const noAssignment: MemberAssignment = {
  epoch: joiningEpoch,
  previousEpoch: -1,
  state: 'stable',
  assigned: noPartitions,
  pendingRevocation: noPartitions,
}

/** A member whose assignment was taken away, and who is about to be. */
export const removedAssignment: MemberAssignment = { ...noAssignment, epoch: leavingEpoch, previousEpoch: leavingEpoch }

/** A member of which nothing is known but its id. */
export function newMember(memberId: string): ConsumerMember {
  return { memberId, ...noDetails, ...noAssignment }
}

/** Whether the member has all of the target assignment of this epoch. */
export function isReconciledTo(member: ConsumerMember, targetEpoch: number): boolean {
  return member.state === 'stable' && member.epoch === targetEpoch
}

/** Whether both members say the same of themselves. */
export function hasSameDetails(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.topicRegex === b.topicRegex &&
    a.serverAssignor === b.serverAssignor &&
    areSameNames(a.topicNames, b.topicNames) &&
    areSameClassic(a.classic, b.classic)
  )
}

export function areSameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]))
}

function areSameClassic(a: ClassicDetails | null, b: ClassicDetails | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.protocols.length === b.protocols.length &&
    a.protocols.every(({ name, metadata }, i) => {
      const other = b.protocols[i]!
      return name === other.name && metadata.equals(other.metadata)
    })
  )
}

/** Whether both own the same in the same epochs. */
export function hasSameAssignment(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.epoch === b.epoch &&
    a.previousEpoch === b.previousEpoch &&
    a.state === b.state &&
    areSameEpochs(a.assigned, b.assigned) &&
    areSameEpochs(a.pendingRevocation, b.pendingRevocation)
  )
}

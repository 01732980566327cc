/**
 * What becomes of one partition when brokers come and go, by the rules of Apache Kafka with eligible leader replicas (KIP-966) or without them:
 * who leaves the in-sync replicas, who leads, and who might lead as long as nobody is in sync. Pure: state in, state out.
 */
import { epochWithoutLeader } from '../cluster/leader-epochs.ts'

/** What the cluster keeps of a partition. */
export interface PartitionState {
  /** -1 where nobody leads. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** In order of preference. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly elr: readonly number[]
  /** The last leader, where neither an in-sync nor an eligible replica is left; else empty. */
  readonly lastKnownElr: readonly number[]
  readonly recovering: boolean
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

/** The brokers, as far as an election depends on them. */
export interface Electorate {
  /** Whether it may lead, and may be in sync. */
  isActive(brokerId: number): boolean
  /** Whether it has started without having stopped well, and nothing followed from that yet: it may have lost what it had. */
  isTorn(brokerId: number): boolean
}

/** How a leader is chosen: any where there is none, the preferred one, or even one that may lack committed records. */
export type Election = 'online' | 'preferred' | 'unclean'

/** What an election of one partition goes by. */
export interface ElectionRules {
  readonly election: Election
  /** `min.insync.replicas` of the topic. */
  readonly minInsyncReplicas: number
  /** Whether there are eligible leader replicas. Without them the last ones in sync stay so, whatever becomes of them. */
  readonly hasEligible: boolean
}

/** What is asked for beside what follows from the brokers: a leader's in-sync replicas, that it has recovered, or a reassignment. */
export type Asked = Partial<
  Pick<PartitionState, 'replicas' | 'isr' | 'recovering' | 'addingReplicas' | 'removingReplicas'>
>

/** Nobody. */
export const noLeader = -1

/** The state that follows, or null where it is the present one. */
export function nextState(
  before: PartitionState,
  electorate: Electorate,
  rules: ElectionRules,
  asked: Asked = {},
): PartitionState | null {
  let target = completed({ ...before, ...asked, isr: inSync(asked.isr ?? before.isr, electorate, rules) })
  target = { ...target, elr: eligible(before, target, electorate, rules) }
  const { leader, isUnclean } = elected(before, target, electorate, rules)
  if (leader !== before.leader && leader !== noLeader) {
    if (isUnclean) target = { ...target, isr: [leader], elr: [], recovering: true }
    // All that is committed is there, and nobody else is in sync.
    else if (target.elr.includes(leader)) {
      target = { ...target, isr: [leader], elr: target.elr.filter(id => id !== leader) }
    }
  }
  target = { ...target, leader, lastKnownElr: rules.hasEligible ? lastKnown(before, target, leader) : [] }
  if (isSame(before, target)) return null
  const isNewEpoch = leader !== before.leader || before.replicas.some(id => !target.replicas.includes(id))
  return {
    ...target,
    leaderEpoch: isNewEpoch ? epochAfter(before, leader, electorate) : before.leaderEpoch,
    partitionEpoch: before.partitionEpoch + 1,
  }
}

/** Whether the one who is meant to lead does. */
export function isLedByPreferred({ leader, replicas }: Pick<PartitionState, 'leader' | 'replicas'>): boolean {
  return leader === replicas[0]
}

/** Those that are there; without eligible replicas the last ones stay, of whom any that has not been torn is better than one that has. */
function inSync(isr: readonly number[], { isActive, isTorn }: Electorate, { hasEligible }: ElectionRules) {
  const there = isr.filter(isActive)
  if (hasEligible || there.length > 0) return there
  const whole = isr.filter(id => !isTorn(id))
  return whole.length > 0 ? whole : isr
}

/**
 * A reassignment is done once all that it adds are in sync, and somebody of those who stay is. One that takes away more than it adds waits for all who
 * stay, as else fewer might have what is committed than before.
 */
function completed(state: PartitionState): PartitionState {
  const { addingReplicas, removingReplicas } = state
  if (addingReplicas.length === 0 && removingReplicas.length === 0) return state
  const staying = (id: number) => !removingReplicas.includes(id)
  const isr = state.isr.filter(staying)
  const replicas = state.replicas.filter(staying)
  const awaited = addingReplicas.length < removingReplicas.length ? replicas : addingReplicas
  if (isr.length === 0 || replicas.length === 0 || !awaited.every(id => isr.includes(id))) return state
  return { ...state, isr, replicas, addingReplicas: [], removingReplicas: [] }
}

/**
 * Who is out of sync and has all that is committed: who left while the in-sync replicas were too few, as then nothing more is
 * committed. Unless it has been torn, or is no replica any more.
 */
function eligible(
  before: PartitionState,
  { isr, replicas }: PartitionState,
  { isTorn }: Electorate,
  { minInsyncReplicas, hasEligible }: ElectionRules,
): readonly number[] {
  // What was eligible before there were to be none any more is all that is left where nobody is in sync.
  if (!hasEligible && isr.length > 0) return []
  if (isr.length >= Math.min(minInsyncReplicas, replicas.length)) return []
  const candidates = [...new Set([...before.elr, ...before.isr])]
  return candidates.filter(id => !isr.includes(id) && replicas.includes(id) && !isTorn(id))
}

function elected(
  before: PartitionState,
  target: PartitionState,
  { isActive }: Electorate,
  { election, hasEligible }: ElectionRules,
): { readonly leader: number; readonly isUnclean: boolean } {
  const mayLead = (id: number) =>
    isActive(id) && (target.isr.includes(id) || (target.isr.length === 0 && target.elr.includes(id)))
  const clean = (leader: number) => ({ leader, isUnclean: false })
  const [preferred = noLeader] = target.replicas
  if (election === 'preferred' && mayLead(preferred)) return clean(preferred)
  if (mayLead(before.leader) && target.replicas.includes(before.leader)) return clean(before.leader)
  const leader = target.replicas.find(mayLead)
  if (leader !== undefined) return clean(leader)
  const [last, ...others] = before.lastKnownElr
  const isNobodyLeft = hasEligible && target.isr.length === 0 && target.elr.length === 0
  if (isNobodyLeft && last !== undefined && others.length === 0 && isActive(last) && target.replicas.includes(last)) {
    return { leader: last, isUnclean: true }
  }
  const anybody = election === 'unclean' ? target.replicas.find(isActive) : undefined
  return anybody === undefined ? clean(noLeader) : { leader: anybody, isUnclean: true }
}

/** Who led last is kept from the moment on in which nobody is in sync, until somebody leads. */
function lastKnown(before: PartitionState, { isr }: PartitionState, leader: number): readonly number[] {
  if (leader !== noLeader) return []
  if (isr.length > 0 || before.leader === noLeader) return before.lastKnownElr
  return [before.leader]
}

/** Beyond what clients were told while the leader was away. That nobody leads is told in the epoch that they know by then. */
function epochAfter(before: PartitionState, leader: number, { isActive }: Electorate): number {
  if (leader === noLeader) return epochWithoutLeader(before)
  return (isActive(before.leader) ? before.leaderEpoch : epochWithoutLeader(before)) + 1
}

function isSame(a: PartitionState, b: PartitionState): boolean {
  return (
    a.leader === b.leader &&
    a.recovering === b.recovering &&
    areEqual(a.replicas, b.replicas) &&
    areEqual(a.isr, b.isr) &&
    haveSame(a.elr, b.elr) &&
    areEqual(a.lastKnownElr, b.lastKnownElr) &&
    areEqual(a.addingReplicas, b.addingReplicas) &&
    areEqual(a.removingReplicas, b.removingReplicas)
  )
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((id, i) => id === b[i]))
}

function haveSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every(id => b.includes(id))
}

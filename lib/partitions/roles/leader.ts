/**
 * What the leader of a partition knows of its replicas, and what follows from that: how far records are committed, who may join the in-sync
 * replicas, and who falls behind. Pure: no clock, no log, no store.
 */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { Replica, type ReplicaFetch } from './replica.ts'

/** What the cluster says of a partition that this broker leads. */
export interface Leadership {
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Who is out of sync and has all that is committed (KIP-966). */
  readonly elr: readonly number[]
}

/** The leader's own log and clock, and the rules of the moment. */
export interface LeaderView {
  /** What the leader itself has in its file. */
  readonly logEndOffset: number
  /** In ms of the wire clock. */
  readonly nowMs: number
  /** `replica.lag.time.max.ms`. */
  readonly lagMsMax: number
  /** Whether a replica's broker is there, in this run, and stays: then it may join the in-sync replicas. */
  isEligible(brokerId: number, brokerEpoch: number): boolean
}

const none: readonly Replica[] = []

/** The view of a partition's leader, read anew each time. */
export function viewOf(
  partition: { readonly log: { readonly writtenOffset: number } },
  host: { wireMs(): number; lagMsMax(): number; isActive(brokerId: number, brokerEpoch: number): boolean },
): LeaderView {
  return {
    get logEndOffset() {
      return partition.log.writtenOffset
    },
    get nowMs() {
      return host.wireMs()
    },
    get lagMsMax() {
      return host.lagMsMax()
    },
    isEligible: (brokerId, brokerEpoch) => host.isActive(brokerId, brokerEpoch),
  }
}

/** See the head of the file. One for each time that this broker leads without a pause. */
export class Leader {
  readonly #nodeId: number
  #state: Leadership
  #followers: readonly Replica[] = none
  /** In-sync replicas that the cluster was asked to take over, and may have by now. */
  #proposed: readonly number[] | null = null
  /** Where the log ended when the epoch began; -1 while that is not known. */
  epochStartOffset = -1

  constructor(nodeId: number, state: Leadership) {
    this.#nodeId = nodeId
    this.#state = state
  }

  /** True where no other replica has a say, so that what the leader has is committed. */
  get isAlone(): boolean {
    return this.#followers.length === 0
  }

  get isr(): readonly number[] {
    return this.#state.isr
  }

  get leaderEpoch(): number {
    return this.#state.leaderEpoch
  }

  /** What a change of the in-sync replicas rests on. */
  get partitionEpoch(): number {
    return this.#state.partitionEpoch
  }

  get followers(): readonly Replica[] {
    return this.#followers
  }

  /** Whether a change of the in-sync replicas is on its way to the cluster. */
  get isProposing(): boolean {
    return this.#proposed !== null
  }

  follower(id: number): Replica | undefined {
    return this.#followers.find(replica => replica.id === id)
  }

  /**
   * Takes over what the cluster says, first of all when the leadership begins. A proposal is over once the partition was written again: either it was by that
   * proposal, or the proposal came too late, as it rests on what was written before.
   */
  follow(state: Leadership, nowMs: number): void {
    const before = this.#state
    const isNewEpoch = before === state || state.leaderEpoch !== before.leaderEpoch
    if (isNewEpoch || state.partitionEpoch !== before.partitionEpoch) this.#proposed = null
    if (isNewEpoch) this.epochStartOffset = -1
    this.#state = state
    const ids = state.replicas.filter(id => id !== this.#nodeId)
    const known = isNewEpoch ? none : this.#followers
    this.#followers =
      ids.length === 0
        ? none
        : ids.map(id => known.find(replica => replica.id === id) ?? new Replica(id, state.isr.includes(id), nowMs))
  }

  /** In-sync replicas that acks=all needs, of those that the topic asks for (`min.insync.replicas`). */
  isrSizeMin(minInsyncReplicas: number): number {
    return Math.min(minInsyncReplicas, this.#followers.length + 1)
  }

  /**
   * Whether the cluster has taken over fewer in-sync replicas than are asked for: then nothing more is committed (KIP-966). Nor is it while others
   * may be elected that are not in sync, as when the topic has come to ask for fewer and the controller has not looked yet.
   */
  isUnderMinIsr(minInsyncReplicas: number): boolean {
    const { isr, elr } = this.#state
    return elr.length > 0 || isr.length < this.isrSizeMin(minInsyncReplicas)
  }

  /** Whether any set of in-sync replicas that the cluster may have by now is large enough. */
  mayBeUnderMinIsr(minInsyncReplicas: number): boolean {
    let size = this.#state.isr.length
    for (const id of this.#proposed ?? []) if (!this.#state.isr.includes(id)) size++
    return size < this.isrSizeMin(minInsyncReplicas)
  }

  /** Whether a replica is in sync as the cluster may see it (the maximal ISR, KIP-497): so may be elected. */
  mayBeInSync(id: number): boolean {
    return this.#state.isr.includes(id) || this.#proposed?.includes(id) === true
  }

  /**
   * The follower with this id. Throws where it is none: UNKNOWN_LEADER_EPOCH where the fetch names the epoch, as its broker may know of a
   * reassignment that is not known here yet, else NOT_LEADER_OR_FOLLOWER.
   */
  checkReplica(id: number, currentLeaderEpoch: number): Replica {
    const replica = this.follower(id)
    if (replica !== undefined) return replica
    const code = currentLeaderEpoch < 0 ? codes.NOT_LEADER_OR_FOLLOWER : codes.UNKNOWN_LEADER_EPOCH
    throw new KafkaError(code, `node ${id} is no replica in epoch ${this.#state.leaderEpoch}; try again`)
  }

  /**
   * Takes over a fetch of a follower. Throws UNKNOWN_LEADER_EPOCH where it is no replica (yet), and NOT_LEADER_OR_FOLLOWER where the fetch was
   * sent in an earlier run of its broker.
   */
  fetched(id: number, fetch: ReplicaFetch): void {
    const replica = this.checkReplica(id, this.#state.leaderEpoch)
    if (!replica.fetched(fetch)) {
      throw new KafkaError(codes.NOT_LEADER_OR_FOLLOWER, `node ${id} has started again since it sent this fetch`)
    }
  }

  /**
   * Offset below which all replicas have everything that could be elected, or are about to join those: the high watermark, unless that is
   * beyond it already. -1 where it must stay.
   */
  committedEnd(view: LeaderView, minInsyncReplicas: number): number {
    if (this.isAlone) return view.logEndOffset
    if (this.isUnderMinIsr(minInsyncReplicas)) return -1
    let end = view.logEndOffset
    for (const replica of this.#followers) {
      if (replica.logEndOffset >= end) continue
      if (this.mayBeInSync(replica.id) || this.#isAboutToJoin(replica, view)) end = replica.logEndOffset
    }
    return end
  }

  /** Least log start of the leader and its followers that are there: what is below was deleted everywhere. */
  lowWatermark(logStartOffset: number, isThere: (brokerId: number) => boolean): number {
    let low = logStartOffset
    for (const replica of this.#followers) {
      if (replica.logStartOffset < low && isThere(replica.id)) low = replica.logStartOffset
    }
    return low
  }

  /** Whether a follower may join the in-sync replicas: it has what is committed, and all that was there when the epoch began. */
  mayJoin(id: number, highWatermark: number, { isEligible }: LeaderView): boolean {
    const replica = this.follower(id)
    if (replica === undefined || this.#proposed !== null || this.#state.isr.includes(id)) return false
    if (this.epochStartOffset < 0 || replica.brokerEpoch === null || !isEligible(id, replica.brokerEpoch)) return false
    return replica.logEndOffset >= highWatermark && replica.logEndOffset >= this.epochStartOffset
  }

  /** In-sync replicas that have not caught up for too long. */
  lagging({ logEndOffset, nowMs, lagMsMax }: LeaderView): number[] {
    if (this.#proposed !== null) return []
    return this.#followers
      .filter(replica => this.#state.isr.includes(replica.id) && !replica.isCaughtUp(logEndOffset, nowMs, lagMsMax))
      .map(({ id }) => id)
  }

  /** The cluster is asked to take over other in-sync replicas: until it is known whether it has, both count. */
  propose(isr: readonly number[]): void {
    this.#proposed = isr
  }

  /** It is certain that the proposal was not taken over, and will not be. */
  withdraw(): void {
    this.#proposed = null
  }

  /** Else it would stay behind a high watermark that moves with the leader alone, and never catch up with it. */
  #isAboutToJoin(replica: Replica, { logEndOffset, nowMs, lagMsMax, isEligible }: LeaderView): boolean {
    return (
      replica.brokerEpoch !== null &&
      replica.isCaughtUp(logEndOffset, nowMs, lagMsMax) &&
      isEligible(replica.id, replica.brokerEpoch)
    )
  }
}

/** One follower as the leader of its partition knows it, by what its fetches say. Pure: no clock, no log. */

/** What a follower's fetch tells of it. */
export interface ReplicaFetch {
  /** Offset that it reads from: it has what is below. */
  readonly fetchOffset: number
  readonly logStartOffset: number
  /** Of its broker's present run; -1 where it does not say. */
  readonly brokerEpoch: number
  /** Where the leader's log ended when the fetch was answered. */
  readonly leaderEndOffset: number
  /** When that was, in ms of the wire clock. */
  readonly atMs: number
}

/** See the head of the file. Made anew for each epoch of the leader, as others may have led in between; offsets are -1 until the first fetch. */
export class Replica {
  readonly id: number
  logEndOffset = -1
  logStartOffset = -1
  /** Null before the first fetch; -1 where its fetches do not say. */
  brokerEpoch: number | null = null
  /** When it last had all that the leader had. */
  lastCaughtUpMs: number
  #lastFetchMs = Number.NEGATIVE_INFINITY
  /** Where the leader's log ended at the last fetch. */
  #lastLeaderEnd = Number.POSITIVE_INFINITY

  /** Of an in-sync replica it is believed at first that it keeps up. */
  constructor(id: number, isInSync: boolean, nowMs: number) {
    this.id = id
    this.lastCaughtUpMs = isInSync ? nowMs : Number.NEGATIVE_INFINITY
  }

  /** Takes over a fetch. One that comes from an earlier run of its broker is left out: false. */
  fetched({ fetchOffset, logStartOffset, brokerEpoch, leaderEndOffset, atMs }: ReplicaFetch): boolean {
    if (this.brokerEpoch !== null && brokerEpoch >= 0 && brokerEpoch < this.brokerEpoch) return false
    if (fetchOffset >= leaderEndOffset) this.lastCaughtUpMs = Math.max(this.lastCaughtUpMs, atMs)
    // It has all that there was at the fetch before: then it had caught up, as of that.
    else if (fetchOffset >= this.#lastLeaderEnd) this.lastCaughtUpMs = Math.max(this.lastCaughtUpMs, this.#lastFetchMs)
    this.logEndOffset = fetchOffset
    this.logStartOffset = logStartOffset
    this.brokerEpoch = brokerEpoch
    this.#lastFetchMs = atMs
    this.#lastLeaderEnd = leaderEndOffset
    return true
  }

  /** Whether it has all that the leader has, or had so no longer ago than `lagMsMax` (`replica.lag.time.max.ms`). */
  isCaughtUp(leaderEndOffset: number, nowMs: number, lagMsMax: number): boolean {
    return this.logEndOffset === leaderEndOffset || nowMs - this.lastCaughtUpMs <= lagMsMax
  }
}

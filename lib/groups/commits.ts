/** What is committed, and by whom. */

/** Who commits: a member of a generation, or, with generation -1 and no name, somebody outside the group protocol. */
export interface Committer {
  readonly generation: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly apiVersion: number
  /** How long to keep the offsets, in ms; -1: as the broker is set (versions 2 to 4). */
  readonly retentionTimeMs: number
}

/** One partition's offset, as it is to be committed. */
export interface Commit {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string | null
  /** In ms since 1970; -1: now. */
  readonly timestampMs: number
}

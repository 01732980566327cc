/** The hard state of groups, record by record: what is written to `__consumer_offsets` and replayed from it. */
import type { ConsumerRecord } from './consumer/records.ts'

/** A member as its group's record keeps it. */
export interface RecordedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** The member's metadata for the group's protocol, opaque to the broker. */
  readonly subscription: Buffer
  readonly assignment: Buffer
}

/** A classic group's last settled generation. */
export interface RecordedGroup {
  readonly protocolType: string | null
  readonly generation: number
  readonly protocolName: string | null
  readonly leader: string | null
  /** When the group came into its state, in ms since 1970; -1 where the record is too old to say. */
  readonly stateTimestampMs: number
  readonly members: readonly RecordedMember[]
}

/** A committed offset. */
export interface CommittedOffset {
  readonly offset: number
  /** Epoch of the last record consumed, -1 where unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** When it is to be forgotten, in ms since 1970; -1: by the broker's retention. */
  readonly expireTimestampMs: number
  /** Id of the topic that it was committed for; zero where the client gave none. */
  readonly topicId: string
}

/** One record. A null value is a tombstone. */
export type GroupRecord =
  | { readonly kind: 'group'; readonly groupId: string; readonly value: RecordedGroup | null }
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly value: CommittedOffset | null
    }
  | ConsumerRecord

export const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** One member of a classic group. */
import type { JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import type { Reply } from './outcome.ts'
import type { Protocol } from './protocol.ts'
import type { RecordedMember } from './records.ts'
import type { SessionTimer } from './timers.ts'

export const noBytes: Buffer = Buffer.alloc(0)

/** What a member says of itself when it joins. */
export interface MemberDetails {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly protocols: readonly Protocol[]
}

/** See the head of the file. */
export class Member {
  readonly memberId: string
  /** Name that outlives the member's connection (KIP-345), or null for a dynamic member. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  protocols: readonly Protocol[]
  assignment: Buffer = noBytes
  /** Still to be given the answer that tells it its id: it cannot send heartbeats. */
  isNew = false
  joinReply: Reply<JoinGroupResponse> | null = null
  syncReply: Reply<SyncGroupResponse> | null = null
  readonly session: SessionTimer

  constructor(details: MemberDetails, session: SessionTimer) {
    this.memberId = details.memberId
    this.groupInstanceId = details.groupInstanceId
    this.clientId = details.clientId
    this.clientHost = details.clientHost
    this.rebalanceTimeoutMs = details.rebalanceTimeoutMs
    this.sessionTimeoutMs = details.sessionTimeoutMs
    this.protocols = details.protocols
    this.session = session
  }

  /** Whether waiting for an answer stands in for heartbeats. */
  get keptByWaiting(): boolean {
    return !this.isNew && (this.joinReply !== null || this.syncReply !== null)
  }

  /** What it tells the leader under this protocol; empty where it does not know it. */
  metadataFor(protocolName: string | null): Buffer {
    return this.protocols.find(protocol => protocol.name === protocolName)?.metadata ?? noBytes
  }

  /** Whether these are the protocols that it joined with, in the same order and with the same metadata. */
  hasProtocols(protocols: readonly Protocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every((protocol, i) => {
        const own = this.protocols[i]!
        return protocol.name === own.name && protocol.metadata.equals(own.metadata)
      })
    )
  }

  recorded(protocolName: string | null, assignment: Buffer): RecordedMember {
    return {
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      clientId: this.clientId,
      clientHost: this.clientHost,
      rebalanceTimeoutMs: this.rebalanceTimeoutMs,
      sessionTimeoutMs: this.sessionTimeoutMs,
      subscription: this.metadataFor(protocolName),
      assignment,
    }
  }
}

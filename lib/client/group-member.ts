/** A member of a classic group: joins, is given partitions, keeps its session by heartbeats, commits, and leaves. */
import { decode, encode } from '../../protocol/codec.ts'
import { codes, isRetriable, KafkaError } from '../../protocol/errors.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { Api, ClientResponseOf } from '../../protocol/schema.ts'
import { ConsumerProtocolAssignment } from '../../protocol/stored/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from '../../protocol/stored/consumer-protocol-subscription.ts'
import { assignors, listedByTopic, type Subscriber } from './assignors.ts'
import type { Connection, RequestAt } from './connections.ts'
import { byTopicName, type GroupOffset, type PartitionName } from './producer-identity.ts'
import type { Routes } from './routes.ts'
import { type Lane, newLane } from './targets.ts'

export interface GroupOptions {
  readonly groupId: string
  readonly groupInstanceId?: string
  readonly sessionTimeoutMs?: number
  readonly heartbeatMs?: number
  readonly rebalanceTimeoutMs?: number
  /** Names of assignors, the preferred one first. */
  readonly assignors?: readonly string[]
}

/** What a member tells of, and asks, its consumer. */
export interface GroupListener {
  /** The topics that it subscribes to now. */
  topics(): readonly string[]
  /** How many partitions topics have, for the leader of the group. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Its partitions are about to be given to others: the last moment to commit. */
  revoking(): Promise<void>
  assigned(partitions: readonly PartitionName[]): Promise<void>
  failed(error: Error): void
}

const [sessionTimeoutMsDefault, heartbeatMsDefault, rebalanceTimeoutMsDefault] = [45_000, 3_000, 300_000]
/** A coordinator answers a JoinGroup when all have joined; what is beyond that is the way. */
const graceMs = 5_000
const retryBackoffMs = 100
/** The newest versions that name topics. */
const [commitVersion, fetchVersion] = [9, 7]
const [subscriptionVersion, assignmentVersion, versionBytes] = [1, 0, 2]
const protocolType = 'consumer'

export class GroupMember {
  readonly #routes: Routes
  readonly #options: GroupOptions
  readonly #listener: GroupListener
  readonly #lane: Lane = newLane('group')
  #memberId = ''
  #generationId = -1
  #owned: readonly PartitionName[] = []
  /** Ends the wait for the next heartbeat. */
  #hurry: (() => void) | null = null
  #wantsRejoin = false
  #isLeaving = false
  #running: Promise<void> | null = null

  constructor(routes: Routes, options: GroupOptions, listener: GroupListener) {
    this.#routes = routes
    this.#options = options
    this.#listener = listener
  }

  /** Joins, and stays a member until it leaves or fails. */
  start(): void {
    this.#running = this.#run().catch(error => this.#listener.failed(error as Error))
  }

  /** Joins anew, as its subscription has changed. */
  rejoin(): void {
    this.#wantsRejoin = true
    this.#hurry?.()
  }

  /** Commits offsets as a member. Rejects with KafkaError, where the group has moved on, too. */
  async commit(offsets: readonly GroupOffset[]): Promise<void> {
    if (offsets.length === 0) return
    const topics = [...byTopicName(offsets)].map(([name, all]) => ({
      name,
      partitions: all.map(({ partition, offset, metadata }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: metadata ?? '',
      })),
    }))
    const { groupId, groupInstanceId = null } = this.#options
    const request = {
      ...{ groupId, groupInstanceId, topics },
      ...{ generationIdOrMemberEpoch: this.#generationId, memberId: this.#memberId },
    }
    await this.#routes.ask({ to: 'coordinator', of: 'group', key: groupId }, OffsetCommit, request, {
      mostVersion: commitVersion,
      errorOf: answer => answer.topics.flatMap(each => each.partitions).find(each => each.errorCode)?.errorCode ?? 0,
    })
  }

  /** The offsets that the group has committed; partitions without one are left out. */
  async committed(partitions: readonly PartitionName[]): Promise<GroupOffset[]> {
    const { groupId } = this.#options
    const topics = listedByTopic(partitions).map(({ topic, partitions: partitionIndexes }) => ({
      name: topic,
      partitionIndexes,
    }))
    const request = { groupId, topics, requireStable: true }
    const answer = await this.#routes.ask({ to: 'coordinator', of: 'group', key: groupId }, OffsetFetch, request, {
      mostVersion: fetchVersion,
      errorOf: ({ errorCode, topics: told }) =>
        errorCode || (told.flatMap(each => each.partitions).find(each => each.errorCode)?.errorCode ?? 0),
    })
    return answer.topics.flatMap(({ name, partitions: told }) =>
      told
        .filter(({ committedOffset }) => committedOffset >= 0)
        .map(({ partitionIndex, committedOffset: offset }) => ({ topic: name, partition: partitionIndex, offset })),
    )
  }

  /** Leaves the group, so that others get its partitions at once; a static member stays. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#hurry?.()
    await this.#running
    if (this.#memberId === '' || this.#options.groupInstanceId !== undefined) return
    const { groupId } = this.#options
    const memberId = this.#memberId
    try {
      await this.#ask(LeaveGroup, { groupId, memberId, members: [{ memberId, groupInstanceId: null }] })
    } catch {
      // The session runs out by itself.
    }
  }

  async #run(): Promise<void> {
    let isMember = false
    while (!this.#isLeaving) {
      try {
        if (!isMember || this.#wantsRejoin) {
          if (isMember) await this.#listener.revoking()
          isMember = false
          this.#wantsRejoin = false
          isMember = await this.#join()
        } else {
          await this.#pause(this.#options.heartbeatMs ?? heartbeatMsDefault)
          if (!this.#isLeaving && !this.#wantsRejoin) this.#wantsRejoin = !(await this.#beat())
        }
      } catch (error) {
        if (error instanceof KafkaError && !isRetriable(error.code)) throw error
        if (!(error instanceof KafkaError) && (error as Error).name !== 'ClientError') throw error
        await this.#pause(retryBackoffMs)
      }
    }
    if (isMember) await this.#listener.revoking()
  }

  #pause(ms: number): Promise<void> {
    if (this.#isLeaving) return Promise.resolve()
    return new Promise(resolve => {
      const timer = this.#routes.clock.schedule(ms, resolve)
      this.#hurry = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  /** Asks the coordinator, by a connection that other requests do not wait for. */
  async #ask<A extends Api>(api: A, request: RequestAt<A>, timeoutMs?: number): Promise<ClientResponseOf<A>> {
    const target = { to: 'coordinator', of: 'group', key: this.#options.groupId } as const
    let connection: Connection | null = null
    try {
      connection = await this.#routes.connectionTo(target, this.#lane)
      return await connection.ask(api, request, timeoutMs === undefined ? {} : { timeoutMs })
    } catch (error) {
      if (connection !== null && !(error instanceof KafkaError)) this.#routes.drop(connection)
      throw error
    }
  }

  /** Whether the generation goes on. */
  async #beat(): Promise<boolean> {
    const { groupId, groupInstanceId = null } = this.#options
    const { errorCode } = await this.#ask(Heartbeat, {
      ...{ groupId, groupInstanceId, generationId: this.#generationId, memberId: this.#memberId },
    })
    if (errorCode === codes.NONE) return true
    return this.#movedOn(errorCode)
  }

  /** False where the group wants its members to join anew. Throws KafkaError for anything else. */
  #movedOn(errorCode: number): false {
    if (errorCode === codes.UNKNOWN_MEMBER_ID) this.#memberId = ''
    if (errorCode === codes.UNKNOWN_MEMBER_ID || errorCode === codes.ILLEGAL_GENERATION) this.#owned = []
    else if (errorCode !== codes.REBALANCE_IN_PROGRESS) throw new KafkaError(errorCode)
    return false
  }

  /** Joins and is given partitions; false where the group has begun another round meanwhile. */
  async #join(): Promise<boolean> {
    const { groupId, groupInstanceId = null, assignors: names = Object.keys(assignors) } = this.#options
    const rebalanceTimeoutMs = this.#options.rebalanceTimeoutMs ?? rebalanceTimeoutMsDefault
    const sessionTimeoutMs = this.#options.sessionTimeoutMs ?? sessionTimeoutMsDefault
    const metadata = subscriptionOf(this.#listener.topics(), this.#owned)
    const protocols = names.map(name => ({ name, metadata }))
    const joined = await this.#ask(
      JoinGroup,
      {
        ...{ groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType, protocols },
        memberId: this.#memberId,
      },
      rebalanceTimeoutMs + graceMs,
    )
    if (joined.errorCode === codes.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      return false
    }
    if (joined.errorCode !== codes.NONE) return this.#movedOn(joined.errorCode)
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment
    const assignments = isLeader ? await this.#assignments(joined.protocolName ?? '', joined.members) : []
    const synced = await this.#ask(SyncGroup, {
      ...{ groupId, groupInstanceId, assignments, protocolType, protocolName: joined.protocolName },
      ...{ generationId: this.#generationId, memberId: this.#memberId },
    })
    if (synced.errorCode !== codes.NONE) return this.#movedOn(synced.errorCode)
    this.#owned = assignedIn(synced.assignment)
    await this.#listener.assigned(this.#owned)
    return true
  }

  async #assignments(protocol: string, members: readonly { readonly memberId: string; readonly metadata: Buffer }[]) {
    const assign = assignors[protocol]
    if (assign === undefined)
      throw new KafkaError(codes.INCONSISTENT_GROUP_PROTOCOL, `there is no assignor ${protocol}`)
    const subscribers: Subscriber[] = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decode(ConsumerProtocolSubscription, 0, metadata, versionBytes).topics,
    }))
    const topics = [...new Set(subscribers.flatMap(each => each.topics))].sort()
    const shares = assign(subscribers, await this.#listener.partitionCounts(topics))
    return [...shares].map(([memberId, partitions]) => ({
      memberId,
      assignment: versioned(
        assignmentVersion,
        encode(ConsumerProtocolAssignment, assignmentVersion, {
          assignedPartitions: listedByTopic(partitions),
          userData: null,
        }),
      ),
    }))
  }
}

function subscriptionOf(topics: readonly string[], owned: readonly PartitionName[]): Buffer {
  const subscription = { topics: [...topics].sort(), userData: null, ownedPartitions: listedByTopic(owned) }
  return versioned(subscriptionVersion, encode(ConsumerProtocolSubscription, subscriptionVersion, subscription))
}

function assignedIn(assignment: Buffer): PartitionName[] {
  if (assignment.length < versionBytes) return []
  const { assignedPartitions } = decode(ConsumerProtocolAssignment, 0, assignment, versionBytes)
  return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map(partition => ({ topic, partition })))
}

function versioned(version: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([version >> 8, version & 0xff]), body])
}

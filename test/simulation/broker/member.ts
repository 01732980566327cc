/** A member of a classic group: joins, shares out partitions where it leads, beats, commits, leaves, and now and then falls silent. */
import { codes } from '../../../protocol/errors.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../../protocol/messages/leave-group.ts'
import { OffsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../../protocol/messages/sync-group.ts'
import { Actor } from './actor.ts'
import { type Model, Violation } from './model.ts'
import type { World } from './world.ts'

const sessionTimeoutMs = 6_000

/** The group's commits are numbers of one counter, so that a newer one is always greater. */
export interface Counter {
  next: number
}

export class Member extends Actor {
  readonly #group: string
  readonly #topic: string
  readonly #partitions: number
  readonly #counter: Counter
  readonly #instanceId: string | null
  /** The first who looks for a coordinator has the topic of offsets made. */
  #isFound = false
  #memberId = ''
  #generation = -1
  #owned: readonly number[] = []

  constructor(
    name: string,
    world: World,
    model: Model,
    options: { group: string; topic: string; partitions: number; counter: Counter; instanceId: string | null },
  ) {
    super(name, world, model)
    this.#group = options.group
    this.#topic = options.topic
    this.#partitions = options.partitions
    this.#counter = options.counter
    this.#instanceId = options.instanceId
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    if (this.#generation < 0) return this.#join()
    await this.sleep(20 + random.int(300))
    const choice = random.int(20)
    if (choice === 0) return this.#leave()
    if (choice === 1) return this.sleep(random.int(3 * sessionTimeoutMs))
    if (choice < 6) return this.#fetch()
    if (choice < 12) return this.#commit()
    const { errorCode } = await this.send(Heartbeat, 3, this.#identity())
    this.#obey(errorCode)
  }

  #identity() {
    return {
      groupId: this.#group,
      generationId: this.#generation,
      memberId: this.#memberId,
      groupInstanceId: this.#instanceId,
    }
  }

  async #join(): Promise<void> {
    if (!this.#isFound) {
      const { errorCode } = await this.send(FindCoordinator, 3, { key: this.#group, keyType: 0, coordinatorKeys: [] })
      this.#isFound = errorCode === 0
      if (!this.#isFound) return this.sleep(100)
    }
    const joined = await this.send(JoinGroup, 5, {
      groupId: this.#group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: 2_000,
      memberId: this.#memberId,
      groupInstanceId: this.#instanceId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from(this.name) }],
    })
    if (joined.errorCode === codes.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      return
    }
    if (joined.errorCode !== 0) return this.#refused(joined.errorCode)
    this.#memberId = joined.memberId
    const { generationId } = joined
    const assignments =
      joined.leader === joined.memberId
        ? joined.members.map(({ memberId }, i) => ({
            memberId,
            assignment: Buffer.from(this.#share(i, joined.members.length).join(' ')),
          }))
        : []
    this.say(() => `joined generation ${generationId}${assignments.length > 0 ? ' and leads it' : ''}`)
    this.#generation = generationId
    const synced = await this.send(SyncGroup, 3, { ...this.#identity(), assignments })
    if (synced.errorCode !== 0) return this.#refused(synced.errorCode)
    const owned = String(synced.assignment)
    this.#owned = owned === '' ? [] : owned.split(' ').map(Number)
    this.model.assigned(this.#group, generationId, this.#instanceId ?? this.#memberId, owned.split(' '))
  }

  #share(index: number, members: number): number[] {
    return Array.from({ length: this.#partitions }, (_, partition) => partition).filter(
      each => each % members === index,
    )
  }

  async #leave(): Promise<void> {
    const members = [{ memberId: this.#memberId, groupInstanceId: this.#instanceId }]
    await this.send(LeaveGroup, 3, { groupId: this.#group, memberId: this.#memberId, members })
    this.#begin()
    await this.sleep(this.world.random.int(2_000))
  }

  async #commit(): Promise<void> {
    const partition = this.#owned[this.world.random.int(Math.max(1, this.#owned.length))]
    if (partition === undefined) return
    const offset = this.#counter.next++
    const key = `${this.#topic}-${partition}`
    this.model.committing(this.#group, key, offset)
    const { topics } = await this.send(OffsetCommit, 7, {
      groupId: this.#group,
      generationIdOrMemberEpoch: this.#generation,
      memberId: this.#memberId,
      groupInstanceId: this.#instanceId,
      topics: [
        {
          name: this.#topic,
          topicId: '',
          partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: null }],
        },
      ],
    })
    const { errorCode } = topics[0]!.partitions[0]!
    if (errorCode === 0) this.model.committed(this.#group, key, offset)
    else {
      if (fencing.has(errorCode)) this.model.refused(this.#group, key, offset)
      this.#obey(errorCode)
    }
  }

  async #fetch(): Promise<void> {
    const partitionIndexes = Array.from({ length: this.#partitions }, (_, partition) => partition)
    const may = partitionIndexes.map(each => this.model.mayFetch(this.#group, `${this.#topic}-${each}`))
    const answer = await this.send(OffsetFetch, 5, {
      groupId: this.#group,
      topics: [{ name: this.#topic, partitionIndexes }],
      groups: [],
    })
    if (answer.errorCode !== 0) return this.sleep(50)
    for (const { partitionIndex, committedOffset, errorCode } of answer.topics[0]!.partitions) {
      if (errorCode !== 0) continue
      this.model.fetched(this.#group, `${this.#topic}-${partitionIndex}`, committedOffset, may[partitionIndex]!)
    }
  }

  #obey(errorCode: number): void {
    if (errorCode === 0 || busy.has(errorCode)) return
    if (errorCode === codes.REBALANCE_IN_PROGRESS) this.#generation = -1
    else if (fencing.has(errorCode)) this.#begin()
    else throw new Violation(`${this.name} is told ${errorCode}`)
  }

  async #refused(errorCode: number): Promise<void> {
    this.#generation = -1
    if (!busy.has(errorCode) && errorCode !== codes.REBALANCE_IN_PROGRESS) {
      if (!fencing.has(errorCode)) throw new Violation(`${this.name} may not join: ${errorCode}`)
      this.#begin()
    }
    await this.sleep(20 + this.world.random.int(200))
  }

  #begin(): void {
    this.#memberId = ''
    this.#generation = -1
    this.#owned = []
  }
}

/** Codes that say: not now. */
const busy = new Set<number>([
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.NOT_COORDINATOR,
  codes.REQUEST_TIMED_OUT,
])
/** Codes that say: you are no member of this generation. */
const fencing = new Set<number>([codes.UNKNOWN_MEMBER_ID, codes.ILLEGAL_GENERATION, codes.FENCED_INSTANCE_ID])

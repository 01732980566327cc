/** Members of groups for cases of tools: they are there until the case is over, and beat only when they are told to. */
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { ClientRequestOf } from '../../protocol/schema.ts'
import { subscription } from '../cases/groups.ts'
import { until } from '../scenario.ts'
import type { Loose } from '../session.ts'
import type { World } from './world.ts'

type Beat = Loose<ClientRequestOf<typeof ConsumerGroupHeartbeat>>
type Owned = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

/** A member by the consumer protocol. */
export class Member {
  readonly #world: World
  readonly #who: { readonly groupId: string; readonly memberId: string; readonly instanceId: string | null }
  #epoch = 0
  #owned: Owned = []

  private constructor(world: World, groupId: string, memberId: string, instanceId: string | null) {
    this.#world = world
    this.#who = { groupId, memberId, instanceId }
  }

  /** Joins; `fields` are what it subscribes to. */
  static async join(world: World, groupId: string, memberId: string, fields: Beat): Promise<Member> {
    const member = new Member(world, groupId, memberId, fields.instanceId ?? null)
    world.atEnd(() => member.leave())
    await member.beat({ memberEpoch: 0, rebalanceTimeoutMs: 600_000, ...fields })
    return member
  }

  get owns(): number {
    return this.#owned.reduce((sum, { partitions }) => sum + partitions.length, 0)
  }

  /** Tells what it owns, and owns what it is told. */
  async beat(fields: Beat = {}): Promise<void> {
    const told = await this.#world.session.prepare(ConsumerGroupHeartbeat, 1, {
      ...{ ...this.#who, memberEpoch: this.#epoch, topicPartitions: this.#owned, ...fields },
    })
    if (told.errorCode !== 0) throw new Error(`${this.#who.memberId} is refused: ${told.errorMessage}`)
    this.#epoch = told.memberEpoch
    if (told.assignment !== null) this.#owned = told.assignment.topicPartitions
  }

  async leave(): Promise<void> {
    await this.#world.session.prepare(ConsumerGroupHeartbeat, 1, { ...this.#who, memberEpoch: -1 })
  }
}

/** Members beat in turn until each owns as many partitions as is said, and has told so. */
export function owning(members: readonly Member[], counts: readonly number[]): Promise<boolean> {
  let rounds = 0
  return until(`members to own ${counts}`, async () => {
    for (const member of members) await member.beat()
    rounds = members.every(({ owns }, at) => owns === counts[at]) ? rounds + 1 : 0
    return rounds > 1 ? true : undefined
  })
}

/** A member by the classic protocol, which syncs at once. */
export async function joinClassic(world: World, groupId: string, topic: string): Promise<void> {
  const { session } = world
  const join = (memberId: string) =>
    session.prepare(JoinGroup, 5, {
      ...{ groupId, sessionTimeoutMs: 300_000, rebalanceTimeoutMs: 300_000, memberId, protocolType: 'consumer' },
      protocols: [{ name: 'range', metadata: subscription(topic) }],
    })
  const { memberId, generationId, errorCode } = await join((await join('')).memberId)
  if (errorCode !== 0) throw new Error(`a classic member did not join ${groupId}: error ${errorCode}`)
  world.atEnd(async () => {
    await session.prepare(LeaveGroup, 3, { groupId, members: [{ memberId }] })
  })
  await session.prepare(SyncGroup, 3, {
    ...{ groupId, memberId, generationId },
    assignments: [{ memberId, assignment: Buffer.alloc(0) }],
  })
}

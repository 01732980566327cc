/** Follows what clients do: counts their requests, knows which members' connections are open, and who has fetched what since when. */
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { ConnectionInfo } from '../server/connection-info.ts'
import type { Aftermath, CallInfo, Interceptor, Verdict } from '../server/interceptor.ts'
import type { About, Abouts } from '../trace/about.ts'
import { fitOf, type Matched } from './matching.ts'
import type { Mark, RequestMatch } from './options.ts'
import type { Waiting } from './waiting.ts'

/** Requests that are remembered: those before them count no more. */
export const requestsMax = 10_000
/** Members, and partitions by client, of which it is known when they were last heard of. */
const namesMax = 100_000

interface SeenRequest extends Matched {
  readonly number: number
  readonly about: About
}

/** A member of a group, and the connection by which it was last heard of. */
interface Member {
  readonly connection: number
  readonly groupId: string
  readonly memberId: string
}

/** See the head of the file. */
export class Watch implements Interceptor {
  readonly #abouts: Abouts
  readonly #waiting: Waiting
  #seen: SeenRequest[] = []
  #count = 0
  /** Connections by group and member, and members by connection. */
  readonly #members = new Map<string, Member>()
  readonly #ofConnection = new Map<number, Set<string>>()
  /** When a member last got its assignment, and when a client last fetched a partition, as marks. */
  readonly #synced = new Map<string, Mark>()
  readonly #fetched = new Map<string, Mark>()
  /** A member's connection was closed. */
  onMemberGone: (groupId: string, memberId: string) => void = () => {}

  constructor(abouts: Abouts, waiting: Waiting) {
    this.#abouts = abouts
    this.#waiting = waiting
  }

  /** Requests that are answered from now on come after it. */
  mark(): Mark {
    return this.#count
  }

  /** How many requests that fit were answered since a mark, at most those that are remembered. */
  count(match: RequestMatch, since: Mark = 0): number {
    let count = 0
    for (const each of this.#after(since)) if (fitOf(match, each, each.about).miss === null) count++
    return count
  }

  /** How many requests of each API were answered since a mark. */
  countsByApi(since: Mark = 0): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { api } of this.#after(since)) counts[api] = (counts[api] ?? 0) + 1
    return counts
  }

  /** Whether the connection is open by which a member of a group was last heard of. */
  isOpen(groupId: string, memberId: string): boolean {
    return this.#members.has(keyOf(groupId, memberId))
  }

  /** When the member last got an assignment; undefined where it did not. */
  syncedAt(groupId: string, memberId: string): Mark | undefined {
    return this.#synced.get(keyOf(groupId, memberId))
  }

  /** Whether a client has asked for a partition since then. */
  hasFetched(clientId: string, topic: string, partition: number, since: Mark): boolean {
    return (this.#fetched.get(keyOf(clientId, topic, partition)) ?? -1) >= since
  }

  before(call: CallInfo): Verdict | undefined {
    const { request } = call as { request: { memberId?: unknown; groupId?: unknown } }
    const { memberId, groupId } = request
    if (typeof memberId === 'string' && memberId !== '' && typeof groupId === 'string') {
      this.#heard(call.connection.id, groupId, memberId)
    }
    if (call.api.key === Fetch.key) {
      for (const { topic, partitions } of this.#abouts.of(call).topics ?? []) {
        for (const partition of partitions ?? []) {
          put(this.#fetched, keyOf(call.clientId ?? '', topic, partition), this.#count)
        }
      }
    }
    return undefined
  }

  after(call: CallInfo, response: object | null): Aftermath | undefined {
    const about = this.#abouts.of(call)
    this.#abouts.answered(call, response)
    this.#count++
    const { api, apiVersion, clientId } = call
    this.#seen.push({ number: this.#count, api: api.name, apiVersion, clientId, about })
    if (this.#seen.length > 2 * requestsMax) this.#seen = this.#seen.slice(-requestsMax)
    this.#memberAnswered(call, response)
    this.#waiting.changed()
    return undefined
  }

  closed({ id }: ConnectionInfo): void {
    for (const key of this.#ofConnection.get(id) ?? []) {
      const member = this.#members.get(key)
      if (member?.connection !== id) continue
      this.#members.delete(key)
      this.onMemberGone(member.groupId, member.memberId)
    }
    this.#ofConnection.delete(id)
    this.#waiting.changed()
  }

  #memberAnswered(call: CallInfo, response: object | null): void {
    const { groupId, memberId } = call.request as { groupId?: string; memberId?: string }
    const answer = (response ?? {}) as { memberId?: unknown; errorCode?: number }
    if (groupId === undefined) return
    // Who joins is told its id.
    if (typeof answer.memberId === 'string' && answer.memberId !== '') {
      this.#heard(call.connection.id, groupId, answer.memberId)
    }
    const isAssigned =
      call.api.key === ConsumerGroupHeartbeat.key && (answer as { assignment?: unknown }).assignment !== null
    if ((call.api.key === SyncGroup.key || isAssigned) && answer.errorCode === 0)
      put(this.#synced, keyOf(groupId, memberId || String(answer.memberId ?? '')), this.#count)
    if (call.api.key === LeaveGroup.key) {
      const { members } = call.request as { members: readonly { memberId: string }[] }
      for (const each of [memberId ?? '', ...members.map(member => member.memberId)]) {
        this.#members.delete(keyOf(groupId, each))
        this.#synced.delete(keyOf(groupId, each))
      }
    }
  }

  #heard(connection: number, groupId: string, memberId: string): void {
    const key = keyOf(groupId, memberId)
    if (this.#members.get(key)?.connection === connection) return
    put(this.#members, key, { connection, groupId, memberId })
    const keys = this.#ofConnection.get(connection) ?? new Set()
    this.#ofConnection.set(connection, keys.add(key))
  }

  *#after(since: Mark): Generator<SeenRequest> {
    for (const each of this.#seen) if (each.number > since) yield each
  }
}

function keyOf(...parts: readonly (string | number)[]): string {
  return parts.join('\0')
}

/** Sets it as the latest; the oldest goes where there are too many. */
function put<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > namesMax) map.delete(map.keys().next().value as K)
}

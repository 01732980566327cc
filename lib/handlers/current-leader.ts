/** Who leads a partition, told together with the error of a client that asks the wrong broker or in an old epoch (KIP-951). */
import { codes } from '../../protocol/errors.ts'
import type { Context } from './context.ts'
import { endpointOf, type NodeEndpoint } from './endpoints.ts'

export interface CurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** The versions from which on the leader is told. */
export const leaderToldSince = { fetch: 16, produce: 10 } as const

/** The leader of a partition, where the error says that the client does not know it; undefined for other errors. */
export function currentLeader(
  { broker: { partitions } }: Context,
  errorCode: number,
  topic: { readonly name: string; readonly topicId: string },
  index: number,
): CurrentLeader | undefined {
  if (errorCode !== codes.NOT_LEADER_OR_FOLLOWER && errorCode !== codes.FENCED_LEADER_EPOCH) return undefined
  const name = topic.name || partitions.topicNameOf(topic.topicId)
  return name === undefined ? undefined : partitions.leaderOf(name, index)
}

/** Where this client reaches the leaders that it is told. */
export function endpointsOf(leaders: Iterable<CurrentLeader>, context: Context): NodeEndpoint[] {
  const ids = new Set<number>()
  for (const { leaderId } of leaders) ids.add(leaderId)
  return [...ids].flatMap(id => endpointOf(id, context) ?? [])
}

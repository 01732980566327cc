/** What a transaction needs of other brokers: markers in partitions that they lead, and the word of the coordinator that one of them is. */
import { codes } from '../../protocol/errors.ts'
import type { Claim } from '../transactions/shard.ts'
import type { TopicPartitions } from '../transactions/transaction.ts'
import type { TransactionEnd } from './coordinator.ts'
import type { MarkerResult, WriteMarkers } from './markers.ts'

/** Other brokers. None of these rejects: who cannot be reached is told as a code after which it is tried again. */
export interface Elsewhere {
  /** Node id of another broker that leads a partition; null where this one does, or nobody is known to. */
  leaderOf(topic: string, index: number): number | null
  writeMarkers(nodeId: number, end: TransactionEnd, partitions: TopicPartitions): Promise<readonly MarkerResult[]>
  /** Has the coordinator of a transaction add partitions, or say whether they are in it. */
  addPartitions(
    nodeId: number,
    claim: Claim,
    partitions: TopicPartitions,
    verifyOnly: boolean,
  ): Promise<readonly MarkerResult[]>
}

/** Writes markers wherever their partitions are led. */
export function markersAmong(here: WriteMarkers, elsewhere: Elsewhere): WriteMarkers {
  return async (end, partitions) => {
    const own = new Map<string, Set<number>>()
    const others = new Map<number, Map<string, Set<number>>>()
    for (const [topic, indexes] of partitions) {
      for (const index of indexes) {
        const leader = elsewhere.leaderOf(topic, index)
        const of = leader === null ? own : (others.get(leader) ?? new Map<string, Set<number>>())
        if (leader !== null) others.set(leader, of)
        of.set(topic, (of.get(topic) ?? new Set()).add(index))
      }
    }
    if (others.size === 0) return here(end, partitions)
    const all = [...others].map(([nodeId, named]) => elsewhere.writeMarkers(nodeId, end, named))
    if (own.size > 0) all.push(here(end, own))
    return (await Promise.all(all)).flat()
  }
}

/** One code for all partitions that are named. */
export function sameForAll(partitions: TopicPartitions, errorCode: number): MarkerResult[] {
  return [...partitions].flatMap(([topic, indexes]) => [...indexes].map(index => ({ topic, index, errorCode })))
}

/**
 * Another broker's code, as it counts here: one that does not know a topic that this one knows has not heard of it yet, which must not be taken
 * for the end of the topic.
 */
export function unlessBehind(errorCode: number, retriable: number): number {
  return errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION ? retriable : errorCode
}

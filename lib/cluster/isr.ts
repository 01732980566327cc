/** Other in-sync replicas of a partition, as its leader has them written: what that changes, and what it rests on. Pure. */
import { hasEligibleReplicas } from './features.ts'
import { brokerOf, type ClusterImage } from './image.ts'
import { brokerKey, partitionKey, type StoredChange, type StoredPartition, topicKey, writeStored } from './stored.ts'

/** What a leader wants, and what it knew of the partition when it decided. */
export interface IsrChange {
  readonly topicId: string
  readonly index: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** By preference. */
  readonly isr: readonly number[]
  /** Those that were not in sync before, each in the run of its broker that has what is committed (KIP-903). */
  readonly joining: readonly { readonly id: number; readonly epoch: number }[]
  readonly minInsyncReplicas: number
}

/** What is written, and the keys that must be as they are, beside the partition's own. */
export interface IsrPlan {
  readonly change: StoredChange
  readonly restsOn: readonly string[]
}

/**
 * Null where the partition is not as its leader thought, or a broker that joins is not active in that run. It rests on the topic's key, as the
 * partition's may be absent and would come back for a topic that is gone; and on the keys of the leader and of those that join, of which
 * the controller thinks that they are what they were. A leader that was elected without all that is committed has nothing to recover from that.
 */
export function planIsr(image: ClusterImage, nodeId: number, change: IsrChange): IsrPlan | null {
  const topic = image.topicsById.get(change.topicId)
  const partition = topic?.partitions[change.index]
  if (topic === undefined || partition === undefined) return null
  const { leader, leaderEpoch, partitionEpoch, replicas } = partition
  if (leader !== nodeId || leaderEpoch !== change.leaderEpoch || partitionEpoch !== change.partitionEpoch) return null
  const { isr } = change
  if (!isr.includes(nodeId) || isr.some(id => !replicas.includes(id))) return null
  const may = change.joining.every(({ id, epoch }) => {
    const broker = brokerOf(image, id)
    return broker?.state === 'active' && broker.epoch === epoch
  })
  if (!may) return null
  // Who leaves while too few are left has all that is committed, as nothing more is from then on (KIP-966).
  const isUnder = hasEligibleReplicas(image) && isr.length < Math.min(change.minInsyncReplicas, replicas.length)
  const elr = isUnder
    ? [...new Set([...partition.elr, ...partition.isr])].filter(id => !isr.includes(id) && replicas.includes(id))
    : []
  const stored: StoredPartition = {
    ...{ leader, leaderEpoch, starts: image.starts.get(leader) ?? 0 },
    ...{ partitionEpoch: partitionEpoch + 1, isr, offlineReplicas: partition.offlineReplicas },
    ...(elr.length > 0 ? { elr } : {}),
    ...(partition.addingReplicas.length > 0 ? { addingReplicas: partition.addingReplicas } : {}),
    ...(partition.removingReplicas.length > 0 ? { removingReplicas: partition.removingReplicas } : {}),
  }
  return {
    change: { key: partitionKey(topic.topicId, change.index), value: writeStored(stored) },
    restsOn: [topicKey(topic.name), brokerKey(nodeId), ...change.joining.map(({ id }) => brokerKey(id))],
  }
}

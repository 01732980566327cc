import { array, type EncodableOf, int8, int32, message, uuid } from '../../schema.ts'

/**
 * What became different in a partition; what is null, or a leader of -2, stayed as it was (record type 5). A new leader, and also
 * none (-1), begins a new leader epoch; every record of this kind begins a new partition epoch.
 * v1 the directory of each replica (KIP-858) · v2 replicas that may lead though they are not in sync (KIP-966)
 */
export const PartitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  versions: [0, 2],
  flexible: 0,
  fields: {
    partitionId: int32.default(-1),
    topicId: uuid,
    isr: array(int32).nullable().default(null).tagged(0),
    leader: int32.default(-2).tagged(1),
    replicas: array(int32).nullable().default(null).tagged(2),
    removingReplicas: array(int32).nullable().default(null).tagged(3),
    addingReplicas: array(int32).nullable().default(null).tagged(4),
    leaderRecoveryState: int8.default(-1).tagged(5),
    directories: array(uuid).nullable(1).default(null).since(1).tagged(8),
    eligibleLeaderReplicas: array(int32).nullable(2).default(null).since(2).tagged(6),
    lastKnownElr: array(int32).nullable(2).default(null).since(2).tagged(7),
  },
})

export interface PartitionChangeRecord extends EncodableOf<typeof PartitionChangeRecord> {}

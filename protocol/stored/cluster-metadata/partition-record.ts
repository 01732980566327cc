import { array, type EncodableOf, int8, int32, message, uuid } from '../../schema.ts'

/**
 * A partition as it stands: where its replicas are and who leads it (record type 3).
 * v1 the directory of each replica (KIP-858) · v2 replicas that may lead though they are not in sync (KIP-966)
 */
export const PartitionRecord = message({
  name: 'PartitionRecord',
  versions: [0, 2],
  flexible: 0,
  fields: {
    partitionId: int32.default(-1),
    topicId: uuid,
    replicas: array(int32),
    isr: array(int32),
    removingReplicas: array(int32),
    addingReplicas: array(int32),
    leader: int32.default(-1),
    leaderRecoveryState: int8.tagged(0),
    leaderEpoch: int32.default(-1),
    partitionEpoch: int32.default(-1),
    directories: array(uuid).since(1),
    eligibleLeaderReplicas: array(int32).nullable(2).default(null).since(2).tagged(1),
    lastKnownElr: array(int32).nullable(2).default(null).since(2).tagged(2),
  },
})

export interface PartitionRecord extends EncodableOf<typeof PartitionRecord> {}

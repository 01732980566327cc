/** Consumers that read from followers (KIP-392): to whom the leader sends them, and where they are served. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { checkLeaderEpoch, checkLeadsIn } from '../partitions/leader-epoch-checks.ts'
import type { Partition } from '../partitions/partition.ts'
import { preferredReadReplica } from '../partitions/roles/read-replica.ts'
import type { Context } from './context.ts'
import { endpointOf } from './endpoints.ts'

/** The first version of Fetch whose clients know that followers may be read. */
export const followersReadSince = 11

/** The one selector of Apache Kafka's that looks for anybody but the leader. */
const rackAware = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/** The follower that this consumer is to read a partition from, which is led here; -1 where it is to stay. */
export function readReplicaFor(context: Context, partition: Partition, rack: string, fetchOffset: number): number {
  const { broker } = context
  if (rack === '' || broker.config.get('replica.selector.class') !== rackAware || !partition.isLeader) return -1
  const { followers, isr } = partition.leading
  const { brokers } = broker.cluster.image
  return preferredReadReplica(followers, {
    ...{ leaderId: broker.nodeId, isr, fetchOffset, rack },
    rackOf: id => {
      const there = brokers.find(each => each.id === id)
      if (there === undefined || there.state === 'fenced' || endpointOf(id, context) === null) return null
      return there.rack
    },
  })
}

/**
 * Throws where a partition cannot be read here in the epoch that the client knows: it may be wherever there is a replica, up to where that
 * knows that it is committed, by clients that know of it. What a follower does not have is refused with NOT_LEADER_OR_FOLLOWER, as it may
 * only be behind: by Kafka's OFFSET_OUT_OF_RANGE a client that takes it for the leader still would begin anew elsewhere, and lose records.
 */
export function checkReadableIn(
  partition: Partition,
  { currentLeaderEpoch, fetchOffset }: { readonly currentLeaderEpoch: number; readonly fetchOffset: number },
  apiVersion: number,
): void {
  if (apiVersion < followersReadSince || partition.standing !== 'online' || partition.isLeader) {
    checkLeadsIn(partition, currentLeaderEpoch)
    return
  }
  checkLeaderEpoch(partition, currentLeaderEpoch)
  const { logStartOffset, logEndOffset, name } = partition
  if (fetchOffset >= logStartOffset && fetchOffset <= logEndOffset) return
  throw new KafkaError(
    codes.NOT_LEADER_OR_FOLLOWER,
    `this follower of ${name} has offsets from ${logStartOffset} to ${logEndOffset}; of ${fetchOffset} its leader knows`,
  )
}

/** The partition that a request names. */
import { KafkaError } from '../../protocol/errors.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Context } from './context.ts'

/** The partition as this broker has it. Throws UNKNOWN_TOPIC_OR_PARTITION, or NOT_LEADER_OR_FOLLOWER where another has it. */
export function partitionFor({ broker: { partitions } }: Context, topic: string, index: number): Partition {
  const partition = partitions.get(topic, index)
  if (partition !== undefined) return partition
  const code = partitions.whyMissing(topic, index)
  throw new KafkaError(code, `${topic}-${index} is not on this broker; refresh the metadata`)
}

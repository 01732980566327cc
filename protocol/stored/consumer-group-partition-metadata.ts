import { array, type EncodableOf, int32, message, string, struct, uuid } from '../schema.ts'

/** Key of the topics that a consumer group saw (record type 4). */
export const ConsumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ConsumerGroupPartitionMetadataKey extends EncodableOf<typeof ConsumerGroupPartitionMetadataKey> {}

/** The topics that a consumer group saw with their partitions; no longer written (record type 4). */
export const ConsumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    topics: array(
      struct({
        topicId: uuid,
        topicName: string,
        numPartitions: int32,
        partitionMetadata: array(
          struct({
            partition: int32,
            racks: array(string),
          }),
        ),
      }),
    ),
  },
})

export interface ConsumerGroupPartitionMetadataValue extends EncodableOf<typeof ConsumerGroupPartitionMetadataValue> {}

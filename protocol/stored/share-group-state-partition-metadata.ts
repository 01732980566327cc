import { array, type EncodableOf, int32, message, string, struct, uuid } from '../schema.ts'

/** Key of the topics whose state a share group keeps (record type 15). */
export const ShareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
  },
})

export interface ShareGroupStatePartitionMetadataKey extends EncodableOf<typeof ShareGroupStatePartitionMetadataKey> {}

const topicPartitionsInfo = struct({
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
})

const topicInfo = struct({
  topicId: uuid,
  topicName: string,
})

/** The topics whose state a share group is setting up, keeps, or is deleting (record type 15). */
export const ShareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(topicInfo),
  },
})

export interface ShareGroupStatePartitionMetadataValue
  extends EncodableOf<typeof ShareGroupStatePartitionMetadataValue> {}

import { type EncodableOf, message, uuid } from '../../schema.ts'

/** A topic that was deleted, with its partitions and settings (record type 9). */
export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    topicId: uuid,
  },
})

export interface RemoveTopicRecord extends EncodableOf<typeof RemoveTopicRecord> {}

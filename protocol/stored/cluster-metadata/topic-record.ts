import { type EncodableOf, message, string, uuid } from '../../schema.ts'

/** A topic that was made, and its id; its partitions follow (record type 2). */
export const TopicRecord = message({
  name: 'TopicRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    name: string,
    topicId: uuid,
  },
})

export interface TopicRecord extends EncodableOf<typeof TopicRecord> {}

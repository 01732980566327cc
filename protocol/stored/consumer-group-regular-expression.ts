import { array, type EncodableOf, int64, message, string } from '../schema.ts'

/** Key of a resolved regular expression of a consumer group (record type 16). */
export const ConsumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    regularExpression: string,
  },
})

export interface ConsumerGroupRegularExpressionKey extends EncodableOf<typeof ConsumerGroupRegularExpressionKey> {}

/** The topics that a regular expression of a consumer group matched, and when (record type 16). */
export const ConsumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    topics: array(string),
    version: int64,
    timestamp: int64,
  },
})

export interface ConsumerGroupRegularExpressionValue extends EncodableOf<typeof ConsumerGroupRegularExpressionValue> {}

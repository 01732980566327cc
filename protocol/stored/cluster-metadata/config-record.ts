import { type EncodableOf, int8, message, string } from '../../schema.ts'

/**
 * One setting of a topic, a broker or whatever else has settings; null takes it away (record type 4). The types are those of
 * DescribeConfigs, and a broker without a name stands for all of them.
 */
export const ConfigRecord = message({
  name: 'ConfigRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    resourceType: int8,
    resourceName: string,
    name: string,
    value: string.nullable(),
  },
})

export interface ConfigRecord extends EncodableOf<typeof ConfigRecord> {}

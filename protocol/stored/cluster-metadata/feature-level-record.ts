import { type EncodableOf, int16, message, string } from '../../schema.ts'

/** The level that a feature is at from here on; 0 where it is off (record type 12). */
export const FeatureLevelRecord = message({
  name: 'FeatureLevelRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    name: string,
    featureLevel: int16,
  },
})

export interface FeatureLevelRecord extends EncodableOf<typeof FeatureLevelRecord> {}

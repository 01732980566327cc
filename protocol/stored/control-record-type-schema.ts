import { type EncodableOf, int16, message } from '../schema.ts'

/** PURPOSE */
export const ControlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: [0, 0],
  flexible: null,
  fields: {
    type: int16,
  },
})

export interface ControlRecordTypeSchema extends EncodableOf<typeof ControlRecordTypeSchema> {}

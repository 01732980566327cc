import { type EncodableOf, int16, message } from '../schema.ts'

/** The key of a control record: 0 is the abort of a transaction, 1 its commit. */
export const ControlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema',
  versions: [0, 0],
  flexible: null,
  fields: {
    type: int16,
  },
})

export interface ControlRecordTypeSchema extends EncodableOf<typeof ControlRecordTypeSchema> {}

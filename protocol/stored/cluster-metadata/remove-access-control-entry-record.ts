import { type EncodableOf, message, uuid } from '../../schema.ts'

/** An access control entry that holds no longer (record type 19). */
export const RemoveAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    id: uuid,
  },
})

export interface RemoveAccessControlEntryRecord extends EncodableOf<typeof RemoveAccessControlEntryRecord> {}

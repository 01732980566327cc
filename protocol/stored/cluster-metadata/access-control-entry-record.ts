import { type EncodableOf, int8, message, string, uuid } from '../../schema.ts'

/** Who may, or may not, do what with which resource (record type 18). */
export const AccessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    id: uuid,
    resourceType: int8,
    resourceName: string,
    patternType: int8,
    principal: string,
    host: string,
    operation: int8,
    permissionType: int8,
  },
})

export interface AccessControlEntryRecord extends EncodableOf<typeof AccessControlEntryRecord> {}

import { array, bool, type EncodableOf, float64, message, string, struct } from '../../schema.ts'

/**
 * One limit for the clients that an entity stands for, or the end of it (record type 14). An entity is a user, a client id, an
 * address, or several of them; a null name stands for all that have no limit of their own.
 */
export const ClientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    entity: array(
      struct({
        entityType: string,
        entityName: string.nullable(),
      }),
    ),
    key: string,
    value: float64,
    remove: bool,
  },
})

export interface ClientQuotaRecord extends EncodableOf<typeof ClientQuotaRecord> {}

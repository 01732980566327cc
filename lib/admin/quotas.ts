/** An administrator's operations on the quotas of users, clients and addresses (KIP-546). */
import { KafkaError } from '../../protocol/errors.ts'
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { DescribeClientQuotas } from '../../protocol/messages/describe-client-quotas.ts'
import type { Admin } from './admin.ts'

export type QuotaEntityType = 'user' | 'client-id' | 'ip'

/** A name of null stands for all who have no quotas of their own. */
export type QuotaEntity = ReadonlyMap<QuotaEntityType, string | null>

/** The same with undefined for any name, and for the default. */
export type QuotaQuestion = ReadonlyMap<QuotaEntityType, string | null | undefined>

export interface DescribedQuota {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

const [exact, ofDefault, any] = [0, 1, 2]

/** Quotas of entities that have what is asked for, and nothing else. */
export async function describeQuotas(admin: Admin, question: QuotaQuestion): Promise<DescribedQuota[]> {
  const components = [...question].map(([entityType, name]) => ({
    entityType,
    matchType: name === undefined ? any : name === null ? ofDefault : exact,
    match: name ?? null,
  }))
  const { entries } = await admin.ask({ to: 'any' }, DescribeClientQuotas, { components, strict: true })
  return (entries ?? []).map(({ entity, values }) => ({
    entity: new Map(entity.map(({ entityType, entityName }) => [entityType as QuotaEntityType, entityName])),
    values: new Map(values.map(({ key, value }) => [key, value])),
  }))
}

/** Sets quotas, and takes away those whose value is null. Rejects with KafkaError. */
export async function alterQuotas(
  admin: Admin,
  entity: QuotaEntity,
  values: readonly (readonly [string, number | null])[],
): Promise<void> {
  const { entries } = await admin.ask({ to: 'controller' }, AlterClientQuotas, {
    entries: [
      {
        entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
        ops: values.map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
      },
    ],
    validateOnly: false,
  })
  const failed = entries.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new KafkaError(failed.errorCode, failed.errorMessage ?? '')
}

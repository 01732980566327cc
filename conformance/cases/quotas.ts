/** Quotas: what filters may be, what can be set, and what of it a filter finds. */
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { DescribeClientQuotas } from '../../protocol/messages/describe-client-quotas.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

type Component = readonly [entityType: string, matchType: number, match: string | null]

const filters: readonly (readonly [label: string, ...components: Component[]])[] = [
  ['all'],
  ['by name', ['user', 0, 'somebody']],
  ['by name and default', ['user', 0, 'somebody'], ['client-id', 1, null]],
  ['any address', ['ip', 2, null]],
  ['an address that cannot be', ['ip', 0, 'no host']],
  ['no entity type', ['', 0, 'somebody']],
  ['unknown entity type', ['User', 0, 'somebody']],
  ['unknown entity type before a wrong match type', ['nobody', 0, 'a'], ['user', 9, 'a']],
  ['unknown match type', ['user', 9, 'a']],
  ['negative match type before no entity type', ['user', -1, null], ['', 0, 'a']],
  ['exact without a name', ['user', 0, null]],
  ['default with a name', ['user', 1, 'a']],
  ['any with a name', ['user', 2, 'a']],
  ['the same entity type twice', ['user', 1, null], ['user', 2, null]],
  ['addresses with users', ['ip', 1, null], ['user', 1, null]],
  ['unknown entity type, and addresses with users', ['nobody', 0, 'a'], ['ip', 2, null], ['user', 2, null]],
]

async function describe(session: Session): Promise<void> {
  for (const [label, ...components] of filters) {
    for (const strict of [false, true]) {
      const asked = components.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
      await session.sendAtEach(
        DescribeClientQuotas,
        { components: asked, strict },
        `${label}${strict ? ', strictly' : ''}`,
      )
    }
  }
}

type Entity = Readonly<Record<string, string | null>>

interface Alteration {
  readonly label: string
  readonly of: Entity | readonly (readonly [string, string | null])[]
  readonly set?: Readonly<Record<string, number>>
  readonly remove?: readonly string[]
  readonly validateOnly?: boolean
}

const alterations: readonly Alteration[] = [
  { label: 'a user', of: { user: 'alice' }, set: { producer_byte_rate: 1024, consumer_byte_rate: 2048 } },
  { label: 'a client', of: { 'client-id': 'app' }, set: { producer_byte_rate: 512 } },
  { label: 'both', of: { user: 'alice', 'client-id': 'app' }, set: { request_percentage: 50.5 } },
  { label: 'the default user', of: { user: null }, set: { controller_mutation_rate: 1.5 } },
  { label: 'a user and the default client', of: { user: 'bob', 'client-id': null }, set: { producer_byte_rate: 10 } },
  { label: 'an address', of: { ip: '127.0.0.1' }, set: { connection_creation_rate: 10 } },
  { label: 'the default address', of: { ip: null }, set: { connection_creation_rate: 20 } },
  { label: 'only validated', of: { user: 'carol' }, set: { producer_byte_rate: 1 }, validateOnly: true },
  { label: 'one more value', of: { user: 'alice' }, set: { request_percentage: 200 } },
  { label: 'one value less', of: { user: 'alice' }, remove: ['consumer_byte_rate'] },
  { label: 'a value that is not there', of: { user: 'alice' }, remove: ['controller_mutation_rate'] },
  { label: 'nothing', of: { user: 'alice' } },
  { label: 'an unknown key', of: { user: 'alice' }, set: { nonsense: 1 } },
  { label: 'an unknown key removed', of: { user: 'alice' }, remove: ['nonsense'] },
  { label: 'a key of addresses', of: { user: 'alice' }, set: { connection_creation_rate: 1 } },
  { label: 'a key of users', of: { ip: '127.0.0.1' }, set: { producer_byte_rate: 1 } },
  { label: 'nothing a second', of: { user: 'alice' }, set: { producer_byte_rate: 0 } },
  { label: 'less than nothing', of: { user: 'alice' }, set: { request_percentage: -1 } },
  { label: 'a fraction', of: { user: 'alice' }, set: { producer_byte_rate: 1.5 } },
  { label: 'hardly a fraction', of: { user: 'alice' }, set: { producer_byte_rate: 1024.0000001 } },
  { label: 'a good key and a bad one', of: { user: 'dave' }, set: { producer_byte_rate: 1, nonsense: 1 } },
  { label: 'no entity', of: {}, set: { producer_byte_rate: 1 } },
  { label: 'an unknown entity', of: { group: 'a' }, set: { producer_byte_rate: 1 } },
  { label: 'an empty name', of: { user: '' }, set: { producer_byte_rate: 1 } },
  { label: 'an address and a user', of: { user: 'a', ip: '127.0.0.1' }, set: { connection_creation_rate: 1 } },
  { label: 'no address', of: { ip: 'no host' }, set: { connection_creation_rate: 1 } },
]

const found: readonly (readonly [label: string, strict: boolean, ...components: Component[]])[] = [
  ['users alone', true, ['user', 2, null]],
  ['alice alone', true, ['user', 0, 'alice']],
  ['alice with whatever', false, ['user', 0, 'alice']],
  ['the default user', true, ['user', 1, null]],
  ['users with clients', true, ['user', 2, null], ['client-id', 2, null]],
  ['bob with the default client', true, ['user', 0, 'bob'], ['client-id', 1, null]],
  ['addresses', false, ['ip', 2, null]],
  ['nobody', false, ['user', 0, 'nobody']],
]

async function alter(session: Session): Promise<void> {
  for (const { label, of, set = {}, remove = [], validateOnly = false } of alterations) {
    const pairs = Array.isArray(of) ? of : Object.entries(of)
    const entity = pairs.map(([entityType, entityName]) => ({ entityType, entityName }))
    const ops = [
      ...Object.entries(set).map(([key, value]) => ({ key, value, remove: false })),
      ...remove.map(key => ({ key, value: 0, remove: true })),
    ]
    await session.sendAtEach(AlterClientQuotas, { entries: [{ entity, ops }], validateOnly }, label)
  }
  for (const [label, strict, ...components] of found) {
    const asked = components.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
    await session.send(DescribeClientQuotas, 1, { components: asked, strict }, `found: ${label}`)
  }
  // Others find none.
  for (const { of } of alterations.slice(0, 9)) {
    const entity = Object.entries(of as Entity).map(([entityType, entityName]) => ({ entityType, entityName }))
    const all =
      'ip' in of
        ? ['connection_creation_rate']
        : ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate']
    const ops = all.map(key => ({ key, value: 0, remove: true }))
    await session.prepare(AlterClientQuotas, 1, { entries: [{ entity, ops }], validateOnly: false })
  }
}

export const quotaCases: readonly Case[] = [
  { name: 'quotas: what filters may be', run: describe },
  { name: 'quotas: set and found', run: alter },
]

/** DescribeClientQuotas where there are none: what filters may be. */
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

export const quotaCases: readonly Case[] = [{ name: 'quotas: what filters may be', run: describe }]
